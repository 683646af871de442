// What a replay shows of one system of a run: who lives where, every delivery in the order of sending, and where the
// late and the lost were held. All of it is read from the run's folder; nothing is simulated again.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { placesFile, placesSchema, type Places } from '../places.ts';
import { readRecord, StoreError } from '../store.ts';
import { columnsOf, instantIn, rowsBySystem, type RowsOfSystem } from './fates-table.ts';

/** What a replay needs before anything moves. */
export interface ReplayStart {
  readonly system: string;
  readonly title: string;
  readonly systems: readonly { readonly id: string; readonly title: string }[];
  readonly epoch: string;
  readonly sendingStart: number;
  readonly sendingEnd: number;
  readonly horizon: number;
  readonly people: number;
  /** Null for runs kept before places were: people are drawn in a circle then. */
  readonly places: Places | null;
  /** Names of nodes that held something that was late or lost, phones apart. */
  readonly servers: readonly string[];
  readonly deliveries: number;
  readonly faults: readonly { readonly title: string; readonly start: number; readonly end: number }[];
  /** Person, start and end of each stretch of being cut off, seconds. */
  readonly cutOff: readonly (readonly [number, number, number])[];
}

/** Numbers of one delivery in the packed form: message, sender, recipient, sent, delivered, twin (milliseconds; -1: never). */
export const movesWidth = 6;
/** The columns behind them, and from where on these are instants. */
const moveColumns = ['message', 'sender', 'recipient', 'sent_us', 'delivered_us', 'twin_delivered_us'];
const instantsFrom = 3;
/** Numbers of one wait: message, recipient, start, end (milliseconds), holder, whether a fault stands behind it. */
export const waitsWidth = 6;

const milliseconds = (instant: number): number => (Number.isNaN(instant) ? -1 : Math.round(instant / 1_000));

/** Left out: those of the first system. */
async function rowsOf(folder: string, system: string | undefined): Promise<RowsOfSystem> {
  const all = await rowsBySystem(folder, 'fates.parquet');
  const rows = system === undefined ? [...all.values()][0] : all.get(system);
  if (rows === undefined) throw new StoreError(`the run has no fates of a system "${system ?? ''}"`);
  return rows;
}

/**
 * What stands still.
 * @throws StoreError when the run or its fates are not there
 */
export async function replayStart(folder: string, wanted?: string): Promise<ReplayStart> {
  const record = await readRecord(folder);
  const system = wanted ?? Object.keys(record.systems)[0] ?? '';
  const rows = await rowsOf(folder, system);
  const spans = await spansOf(folder, system, ['holder']);
  return {
    system,
    title: record.systems[system]?.title ?? system,
    systems: Object.entries(record.systems).map(([id, { title }]) => ({ id, title })),
    epoch: record.epoch,
    ...record.windows,
    people: record.people,
    places: await placesOf(folder),
    servers: serversIn(spans.column('holder')),
    deliveries: rows.end - rows.start,
    faults: record.faults.map(({ title, start, end }) => ({ title, start, end })),
    cutOff: await cutOffOf(folder, system),
  };
}

async function cutOffOf(folder: string, system: string): Promise<ReplayStart['cutOff']> {
  const { rows, column } = await columnsOf(folder, 'incidents.parquet', [
    'system',
    'kind',
    'person',
    'start_us',
    'end_us',
  ]);
  const [systems, kinds, people] = [column('system'), column('kind'), column('person')];
  const [starts, ends] = [column('start_us'), column('end_us')];
  const found: (readonly [number, number, number])[] = [];
  for (let row = 0; row < rows; row++)
    if (systems[row] === system && kinds[row] === 'cut-off')
      found.push([Number(people[row]), instantIn(starts[row]) / 1e6, instantIn(ends[row]) / 1e6]);
  return found;
}

async function placesOf(folder: string): Promise<Places | null> {
  try {
    return placesSchema.parse(JSON.parse(await readFile(join(folder, placesFile), 'utf8')));
  } catch {
    return null;
  }
}

const isPhone = (name: string): boolean => /^(phone|computer)\//.test(name);

/** Columns of one system's spans; a system of which nothing was late or lost has none. */
async function spansOf(
  folder: string,
  system: string,
  columns: readonly string[],
): Promise<{ readonly rows: number; readonly column: (name: string) => ArrayLike<unknown> }> {
  const rows = (await rowsBySystem(folder, 'spans.parquet')).get(system);
  return rows === undefined
    ? { rows: 0, column: () => [] }
    : columnsOf(folder, 'spans.parquet', columns, rows);
}

function serversIn(holders: ArrayLike<unknown>): readonly string[] {
  const names = new Set<unknown>();
  for (let row = 0; row < holders.length; row++) names.add(holders[row]);
  return [...names]
    .map(String)
    .filter((name) => !isPhone(name))
    .sort();
}

/** Deliveries of a system, the first when left out, from one row on, packed: little-endian 32-bit whole numbers, `movesWidth` each. */
export async function replayMoves(
  folder: string,
  wanted: string | undefined,
  range: { readonly from: number; readonly count: number },
): Promise<ArrayBuffer> {
  const rows = await rowsOf(folder, wanted);
  const start = Math.min(rows.end, rows.start + range.from);
  const end = Math.min(rows.end, start + range.count);
  const packed = new Int32Array((end - start) * movesWidth);
  if (end === start) return packed.buffer;
  const { column } = await columnsOf(folder, 'fates.parquet', moveColumns, { start, end });
  const columns = moveColumns.map((name) => column(name));
  for (let row = 0; row < end - start; row++)
    for (const [field, values] of columns.entries())
      packed[row * movesWidth + field] =
        field < instantsFrom ? Number(values[row]) : milliseconds(instantIn(values[row]));
  return packed.buffer;
}

/**
 * Where the late and the lost were held, in the order of the deliveries, packed likewise, `waitsWidth` each. Holders: a person's number for their phone,
 * and -1 minus the place in `servers` for all others.
 */
export async function replayWaits(folder: string, system: string): Promise<ArrayBuffer> {
  const { rows, column } = await spansOf(folder, system, [
    'message',
    'recipient',
    'start_us',
    'end_us',
    'holder',
    'faults',
  ]);
  const [messages, recipients, holders, faults] = [
    column('message'),
    column('recipient'),
    column('holder'),
    column('faults'),
  ];
  const [starts, ends] = [column('start_us'), column('end_us')];
  const numbers = new Map<unknown, number>(serversIn(holders).map((name, index) => [name, -1 - index]));
  const numberOf = (holder: unknown): number => {
    let number = numbers.get(holder);
    if (number === undefined) numbers.set(holder, (number = Number(String(holder).split('/')[1] ?? 0)));
    return number;
  };
  const packed = new Int32Array(rows * waitsWidth);
  for (let row = 0; row < rows; row++) {
    const at = row * waitsWidth;
    packed[at] = Number(messages[row]);
    packed[at + 1] = Number(recipients[row]);
    packed[at + 2] = milliseconds(instantIn(starts[row]));
    packed[at + 3] = milliseconds(instantIn(ends[row]));
    packed[at + 4] = numberOf(holders[row]);
    packed[at + 5] = faults[row] === '' ? 0 : 1;
  }
  return packed.buffer;
}
