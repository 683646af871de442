// SQL over the run folders of a store, thousands of them, through DuckDB, which is an optional package.
import { existsSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import type * as DuckDb from '@duckdb/node-api';
import { compareCodePoints } from '../../protocol/order.ts';
import { didYouMean } from '../../scenarios/scenario-error.ts';
import { nearest } from '../../sim/infrastructure/near-misses.ts';
import { MissingPackage } from '../missing-package.ts';
import { checkRecordVersion, isRunFolder, readRecord, StoreError } from '../store.ts';
import { fileTables, recordTables, type Cell, type FileTable, type RecordTable } from './tables.ts';

/** A query that DuckDB does not take; its message says why. */
export class QueryRefused extends Error {
  override readonly name = 'QueryRefused';
}

/** What a query found. */
export interface QueryResult {
  readonly columns: readonly string[];
  /** Whole numbers beyond 2^53 are text. */
  readonly rows: readonly (readonly unknown[])[];
  /** Run folders that could be read, and what was wrong with the others. */
  readonly runs: number;
  readonly damaged: readonly string[];
}

/** A campaign keeps its runs two folders below the store, or one below its own folder. */
const deepest = 3;

/** Every run folder in or below a folder, by path. Folders that are being written begin with a dot. */
async function runFolders(root: string, depth = 0): Promise<readonly string[]> {
  if (isRunFolder(root)) return [root];
  if (depth === deepest || !existsSync(root)) return [];
  const entries = await readdir(root, { withFileTypes: true });
  const below = await Promise.all(
    entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => runFolders(join(root, entry.name), depth + 1)),
  );
  return below.flat().sort(compareCodePoints);
}

/**
 * Runs one query. Tables that it does not name are not read; nothing outside the store can be.
 * @throws MissingPackage when DuckDB is not installed
 * @throws StoreError when the store has no runs, or none that is whole
 * @throws QueryRefused
 */
export async function queryRuns(store: string, sql: string): Promise<QueryResult> {
  const runs = await openRuns(store, ({ name }) => new RegExp(`\\b${name}\\b`, 'i').test(sql));
  try {
    return await runs.query(sql);
  } finally {
    runs.close();
  }
}

/** Runs that can be asked one query after the other. */
export interface OpenRuns {
  /** @throws QueryRefused */
  query(sql: string): Promise<QueryResult>;
  close(): void;
}

/**
 * Opens the runs of a store, with the tables that are named; left out: with every table of which a run has the file.
 * @throws MissingPackage when DuckDB is not installed
 * @throws StoreError when the store has no runs, or none that is whole
 * @throws QueryRefused when no run has a table that is named
 */
export async function openRuns(
  store: string,
  isNamed?: (table: { readonly name: string }) => boolean,
): Promise<OpenRuns> {
  const root = resolve(store);
  const duckdb = await load();
  const folders = await runFolders(root);
  if (folders.length === 0)
    throw new StoreError(`${root}: expected run folders written by netsplit, found none`);
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const close = (): void => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    const isThere = ({ file }: FileTable): boolean =>
      folders.some((folder) => existsSync(join(folder, file)));
    const wanted = fileTables.filter(isNamed ?? isThere);
    const { whole, damaged } = await wholeRuns(folders, wanted);
    for (const table of wanted) await connection.run(viewOf(table, root, whole));
    const broken = await fill(connection, recordTables.filter(isNamed ?? (() => true)), root, whole);
    await connection.run(`SET allowed_directories = [${quoted(`${root}${sep}`)}]`);
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    const found = { runs: whole.length - broken.length, damaged: [...damaged, ...broken] };
    return { query: async (sql) => ({ ...(await rowsOf(connection, sql)), ...found }), close };
  } catch (error) {
    close();
    throw refusalOf(error);
  }
}

async function rowsOf(
  connection: DuckDb.DuckDBConnection,
  sql: string,
): Promise<Pick<QueryResult, 'columns' | 'rows'>> {
  try {
    const read = await connection.runAndReadAll(sql);
    return { columns: read.columnNames(), rows: read.getRowsJS().map((row) => row.map(plain)) };
  } catch (error) {
    throw refusalOf(error);
  }
}

/** What DuckDB says is a refusal; what the store says is not. */
function refusalOf(error: unknown): unknown {
  if (error instanceof StoreError || !(error instanceof Error)) return error;
  const [, unknown] = /^Catalog Error: Table with name (\S+) does not exist/.exec(error.message) ?? [];
  if (unknown === undefined) return new QueryRefused(error.message.trim());
  const known = [...recordTables, ...fileTables].map(({ name }) => name);
  // The database was given the tables that the query names, and can only guess among its own.
  return new QueryRefused(
    `there is no table ${unknown}${didYouMean(nearest(unknown, known))}; there are ${known.join(', ')}`,
  );
}

/**
 * Runs whose record and files are whole, so that no table speaks of a run that another table leaves out. Looks at versions
 * and at the marks of the files only: thousands of records are not read for a query that names none of them.
 */
async function wholeRuns(
  folders: readonly string[],
  tables: readonly FileTable[],
): Promise<{ readonly whole: readonly string[]; readonly damaged: readonly string[] }> {
  const whole: string[] = [];
  const damaged: string[] = [];
  for (const folder of folders) {
    try {
      await checkRecordVersion(folder);
      for (const { file } of tables) await checkParquet(join(folder, file));
      whole.push(folder);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      damaged.push(error.message);
    }
  }
  if (whole.length === 0) throw new StoreError(`no run here is whole: ${damaged[0] ?? ''}`);
  return { whole, damaged };
}

/** The four bytes at either end of a Parquet file (https://parquet.apache.org/docs/file-format/). */
const parquetMark = 'PAR1';

/** @throws StoreError when a file is there and not whole */
async function checkParquet(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const mark = Buffer.alloc(parquetMark.length);
    await file.read(mark, 0, mark.length, Math.max(0, size - mark.length));
    if (size < 3 * mark.length || mark.toString('latin1') !== parquetMark)
      throw new StoreError(`${path}: expected a Parquet file; it is damaged`);
  } finally {
    await file.close();
  }
}

/** Laid over each other by name of column, so that runs of earlier versions may have fewer. */
function viewOf({ name, file }: FileTable, root: string, folders: readonly string[]): string {
  const files = folders.map((folder) => join(folder, file)).filter((path) => existsSync(path));
  if (files.length === 0)
    throw new QueryRefused(`no run here has a ${file}: they were kept with less, see \`netsplit record\``);
  const list = files.map((path) => quoted(path.replaceAll(sep, '/'))).join(', ');
  const start = root.replaceAll(sep, '/').length + 2;
  const run = `CASE WHEN length(filename) - ${file.length + start} <= 0 THEN '.' ELSE substr(filename, ${start}, length(filename) - ${file.length + start}) END`;
  return `CREATE VIEW ${name} AS SELECT ${run} AS run, * EXCLUDE (filename) FROM read_parquet([${list}], filename = true, union_by_name = true)`;
}

async function fill(
  connection: DuckDb.DuckDBConnection,
  tables: readonly RecordTable[],
  root: string,
  folders: readonly string[],
): Promise<readonly string[]> {
  if (tables.length === 0) return [];
  const appenders = new Map<RecordTable, DuckDb.DuckDBAppender>();
  for (const table of tables) {
    const columns = Object.entries({ run: 'VARCHAR', ...table.columns });
    await connection.run(
      `CREATE TABLE ${table.name} (${columns.map(([name, type]) => `"${name}" ${type}`).join(', ')})`,
    );
    appenders.set(table, await connection.createAppender(table.name));
  }
  const damaged: string[] = [];
  for (const folder of folders) {
    try {
      const record = await readRecord(folder);
      const run = relative(root, folder).replaceAll(sep, '/') || '.';
      for (const [table, appender] of appenders)
        for (const row of table.rows(record)) append(appender, table, run, row);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      damaged.push(error.message);
    }
  }
  for (const appender of appenders.values()) appender.closeSync();
  return damaged;
}

function append(
  appender: DuckDb.DuckDBAppender,
  { columns }: RecordTable,
  run: string,
  row: readonly Cell[],
): void {
  appender.appendVarchar(run);
  Object.values(columns).forEach((type, index) => {
    const cell = row[index] ?? null;
    if (cell === null) appender.appendNull();
    else if (type === 'BIGINT') appender.appendBigInt(BigInt(cell));
    else if (type === 'DOUBLE') appender.appendDouble(Number(cell));
    else if (type === 'BOOLEAN') appender.appendBoolean(cell === true);
    else appender.appendVarchar(String(cell));
  });
  appender.endRow();
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Whole numbers as numbers where that is exact. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint')
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
      ? Number(value)
      : String(value);
  return value;
}

async function load(): Promise<typeof DuckDb> {
  try {
    return await import('@duckdb/node-api');
  } catch {
    throw new MissingPackage(
      '`netsplit query`',
      '@duckdb/node-api',
      'the Parquet files can be read with any other tool',
    );
  }
}
