// A run folder's fates as columns of numbers: fast to read, small to keep.
import { join } from 'node:path';
import { asyncBufferFromFile, parquetRead } from 'hyparquet';
import { StoreError, systemErrorInWords } from '../store.ts';

/** Every expected delivery of one system, by instant of sending. Instants in microseconds, NaN for none. */
export interface FatesOfSystem {
  readonly count: number;
  readonly message: Int32Array;
  readonly sender: Int32Array;
  readonly recipient: Int32Array;
  readonly conversation: readonly string[];
  readonly sent: Float64Array;
  readonly delivered: Float64Array;
  readonly twin: Float64Array;
}

type Values = ArrayLike<unknown>;

/**
 * The columns of a Parquet file of a run folder, or some rows of them: only what is asked for is read from disk.
 * @throws StoreError when the folder has no such file
 */
export async function columnsOf(
  folder: string,
  name: string,
  columns: readonly string[],
  rows: { readonly start: number; readonly end?: number } = { start: 0 },
): Promise<{ readonly rows: number; readonly column: (name: string) => Values }> {
  const path = join(folder, name);
  let file: Awaited<ReturnType<typeof asyncBufferFromFile>>;
  try {
    file = await asyncBufferFromFile(path);
  } catch (error) {
    throw new StoreError(
      `${path}: ${systemErrorInWords(error)}; only runs kept with their fates can be shown so`,
    );
  }
  const parts = new Map<string, { from: number; data: Values }[]>();
  await parquetRead({
    file,
    columns: [...columns],
    rowStart: rows.start,
    ...(rows.end === undefined ? {} : { rowEnd: rows.end }),
    onChunk: ({ columnName, columnData, rowStart }) => {
      const list = parts.get(columnName) ?? [];
      list.push({ from: rowStart, data: columnData });
      parts.set(columnName, list);
    },
  });
  const joined = new Map<string, Values>();
  for (const [column, list] of parts) {
    list.sort((left, right) => left.from - right.from);
    // Chunks are whole row groups, which may begin before the rows asked for and end after them.
    const asked = list.map(({ from, data }): unknown[] =>
      (Array.isArray(data) ? (data as readonly unknown[]) : Array.from(data)).slice(
        Math.max(0, rows.start - from),
        Math.max(0, (rows.end ?? Infinity) - from),
      ),
    );
    joined.set(column, asked.length === 1 ? (asked[0] ?? []) : ([] as unknown[]).concat(...asked));
  }
  return { rows: joined.get(columns[0] ?? '')?.length ?? 0, column: (column) => joined.get(column) ?? [] };
}

/** Rows of a file that belong to one system: they stand together. */
export interface RowsOfSystem {
  readonly start: number;
  readonly end: number;
}

/**
 * Where the rows of each system stand in a Parquet file of a run folder.
 * @throws StoreError when the folder has no such file
 */
export async function rowsBySystem(folder: string, name: string): Promise<ReadonlyMap<string, RowsOfSystem>> {
  const { rows, column } = await columnsOf(folder, name, ['system']);
  const systems = column('system');
  const found = new Map<string, RowsOfSystem>();
  for (let start = 0; start < rows;) {
    const system = systems[start];
    let end = start;
    while (end < rows && systems[end] === system) end++;
    found.set(String(system), { start, end });
    start = end;
  }
  return found;
}

/** An instant of a column of 64-bit whole numbers. */
export const instantIn = (value: unknown): number =>
  value === null || value === undefined ? NaN : Number(value);

/**
 * All fates of a run folder, by system in the order of the run.
 * @throws StoreError when the folder has none
 */
export async function fatesBySystem(folder: string): Promise<ReadonlyMap<string, FatesOfSystem>> {
  const { column } = await columnsOf(folder, 'fates.parquet', [
    'message',
    'sender',
    'recipient',
    'conversation',
    'sent_us',
    'delivered_us',
    'twin_delivered_us',
  ]);
  const found = new Map<string, FatesOfSystem>();
  for (const [system, { start, end }] of await rowsBySystem(folder, 'fates.parquet'))
    found.set(system, sliceOf(column, start, end));
  return found;
}

function sliceOf(column: (name: string) => Values, start: number, end: number): FatesOfSystem {
  const count = end - start;
  const whole = (name: string): Int32Array => {
    const values = column(name);
    return Int32Array.from({ length: count }, (_, index) => Number(values[start + index]));
  };
  const instants = (name: string): Float64Array => {
    const values = column(name);
    return Float64Array.from({ length: count }, (_, index) => instantIn(values[start + index]));
  };
  const kinds = column('conversation');
  return {
    count,
    message: whole('message'),
    sender: whole('sender'),
    recipient: whole('recipient'),
    conversation: Array.from({ length: count }, (_, index) => String(kinds[start + index])),
    sent: instants('sent_us'),
    delivered: instants('delivered_us'),
    twin: instants('twin_delivered_us'),
  };
}
