// `netsplit query`: SQL over all kept runs.
import { queryRuns, QueryRefused, type QueryResult } from '../../reports/query/query-runs.ts';
import { fileTables, recordTables } from '../../reports/query/tables.ts';
import { exitCode, UsageError } from '../exit.ts';
import { printableLine } from '../printable.ts';

/** Options as the command line gives them. */
export interface QueryOptions {
  readonly runs: string;
  readonly format: 'table' | 'csv' | 'json';
}

/** Cells wider than this are cut in a table for people. */
const widest = 60;

/** Prints what a query finds, or which tables there are; returns the exit code. */
export async function query(sql: string | undefined, { runs, format }: QueryOptions): Promise<number> {
  if (sql === undefined) {
    process.stdout.write(tablesInWords());
    return exitCode.good;
  }
  const result = await queryRuns(runs, sql).catch((error: unknown) => {
    throw error instanceof QueryRefused ? new UsageError(error.message) : error;
  });
  for (const problem of result.damaged) process.stderr.write(`left out: ${printableLine(problem)}\n`);
  process.stdout.write(forms[format](result));
  return exitCode.good;
}

function tablesInWords(): string {
  const line = ({ name, about }: { readonly name: string; readonly about: string }): string =>
    `  ${name.padEnd(14)} ${about}`;
  return [
    'Every table begins with the column `run`, the folder of the run below --runs.',
    '',
    ...recordTables.map(line),
    ...fileTables.map(line),
    '',
    'netsplit query "SELECT seed, system, value FROM figures JOIN runs USING (run) WHERE figure = \'within-1m\'"',
    'netsplit query "DESCRIBE fates" names the columns of a table; docs/results.md says what they mean.',
    '',
  ].join('\n');
}

const forms: Readonly<Record<QueryOptions['format'], (result: QueryResult) => string>> = {
  table: asTable,
  csv: asCsv,
  json: ({ columns, rows, runs }) =>
    `${JSON.stringify({ version: 1, runs, columns, rows }, (_key, value: unknown) => (value === Infinity ? 'Infinity' : value))}\n`,
};

function asTable({ columns, rows }: QueryResult): string {
  const cells = rows.map((row) => row.map((value) => shortened(printableLine(text(value)))));
  const widths = columns.map((name, index) =>
    Math.max(name.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  const line = (values: readonly string[], isNumber: (index: number) => boolean): string =>
    values
      .map((value, index) =>
        isNumber(index) ? value.padStart(widths[index] ?? 0) : value.padEnd(widths[index] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const numeric = (index: number): boolean =>
    rows.every((row) => typeof row[index] === 'number' || row[index] === null);
  const count = rows.length === 1 ? '1 row' : `${rows.length} rows`;
  return `${[line(columns, numeric), ...cells.map((row) => line(row, numeric)), count].join('\n')}\n`;
}

function asCsv({ columns, rows }: QueryResult): string {
  const quoted = (value: string): string =>
    /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
  return `${[columns, ...rows.map((row) => row.map((value) => (value === null ? '' : text(value))))]
    .map((row) => row.map(quoted).join(','))
    .join('\n')}\n`;
}

function text(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

function shortened(value: string): string {
  return value.length <= widest ? value : `${value.slice(0, widest - 1)}…`;
}
