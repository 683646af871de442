// What a replay shows of one system of a run: who lives where, every delivery in the order of sending, and where the
// late and the lost were held. All of it is read from the run's folder; nothing is simulated again.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { placesFile, placesSchema, type Places } from '../places.ts';
import { readRecord, StoreError } from '../store.ts';
import { columnsOf, instantIn } from './fates-table.ts';

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

/** Rows of one system in a run folder's fates: they stand together. */
interface Rows {
  readonly start: number;
  readonly end: number;
}

async function rowsOf(folder: string, system: string): Promise<Rows> {
  const { rows, column } = await columnsOf(folder, 'fates.parquet', ['system']);
  const systems = Array.from(column('system'));
  const start = systems.indexOf(system);
  if (start === -1) throw new StoreError(`the run has no fates of a system "${system}"`);
  let end = start;
  while (end < rows && systems[end] === system) end++;
  return { start, end };
}

/**
 * What stands still.
 * @throws StoreError when the run or its fates are not there
 */
export async function replayStart(folder: string, wanted?: string): Promise<ReplayStart> {
  const record = await readRecord(folder);
  const system = wanted ?? Object.keys(record.systems)[0] ?? '';
  const rows = await rowsOf(folder, system);
  const incidents = await columnsOf(folder, 'incidents.parquet', [
    'system',
    'kind',
    'person',
    'start_us',
    'end_us',
  ]);
  const cutOff: (readonly [number, number, number])[] = [];
  for (let row = 0; row < incidents.rows; row++) {
    const of = (name: string): unknown => incidents.column(name)[row];
    if (of('system') !== system || of('kind') !== 'cut-off') continue;
    cutOff.push([Number(of('person')), instantIn(of('start_us')) / 1e6, instantIn(of('end_us')) / 1e6]);
  }
  return {
    system,
    title: record.systems[system]?.title ?? system,
    systems: Object.entries(record.systems).map(([id, { title }]) => ({ id, title })),
    epoch: record.epoch,
    ...record.windows,
    people: record.people,
    places: await placesOf(folder),
    servers: (await holdersOf(folder, system)).filter((name) => !isPhone(name)),
    deliveries: rows.end - rows.start,
    faults: record.faults.map(({ title, start, end }) => ({ title, start, end })),
    cutOff,
  };
}

async function placesOf(folder: string): Promise<Places | null> {
  try {
    return placesSchema.parse(JSON.parse(await readFile(join(folder, placesFile), 'utf8')));
  } catch {
    return null;
  }
}

const spanColumns = ['system', 'message', 'recipient', 'start_us', 'end_us', 'holder', 'faults'];
const isPhone = (name: string): boolean => /^(phone|computer)\//.test(name);

async function holdersOf(folder: string, system: string): Promise<readonly string[]> {
  const { rows, column } = await columnsOf(folder, 'spans.parquet', ['system', 'holder']);
  const names = new Set<string>();
  for (let row = 0; row < rows; row++)
    if (column('system')[row] === system) names.add(String(column('holder')[row]));
  return [...names].sort();
}

/** Deliveries from one row on, packed: little-endian 32-bit whole numbers, `movesWidth` each. */
export async function replayMoves(
  folder: string,
  system: string,
  range: { readonly from: number; readonly count: number },
): Promise<ArrayBuffer> {
  const rows = await rowsOf(folder, system);
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
 * Where the late and the lost were held, packed likewise, `waitsWidth` each. Holders: a person's number for their phone,
 * and -1 minus the place in `servers` for all others.
 */
export async function replayWaits(folder: string, system: string): Promise<ArrayBuffer> {
  const { rows, column } = await columnsOf(folder, 'spans.parquet', spanColumns);
  const servers = (await holdersOf(folder, system)).filter((name) => !isPhone(name));
  const numbers = new Map(servers.map((name, index) => [name, -1 - index]));
  const packed: number[] = [];
  for (let row = 0; row < rows; row++) {
    const of = (name: string): unknown => column(name)[row];
    if (of('system') !== system) continue;
    const holder = String(of('holder'));
    packed.push(
      Number(of('message')),
      Number(of('recipient')),
      milliseconds(instantIn(of('start_us'))),
      milliseconds(instantIn(of('end_us'))),
      numbers.get(holder) ?? Number(holder.split('/')[1] ?? 0),
      of('faults') === '' ? 0 : 1,
    );
  }
  return Int32Array.from(packed).buffer;
}
