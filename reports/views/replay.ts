// What a replay shows of one system of a run: who lives where, every delivery in the order of sending, and where the
// late and the lost were held. All of it is read from the run's folder; nothing is simulated again.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { placesFile, placesSchema, type Places } from '../places.ts';
import { readRecord, StoreError } from '../store.ts';
import { columnsOf, fatesBySystem, instantIn, type FatesOfSystem } from './fates-table.ts';

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
/** Numbers of one wait: message, recipient, start, end (milliseconds), holder, whether a fault stands behind it. */
export const waitsWidth = 6;

const milliseconds = (instant: number): number => (Number.isNaN(instant) ? -1 : Math.round(instant / 1_000));

/** The runs looked at last, so that the parts of a replay are read from disk once. */
const recent = new Map<string, Promise<ReadonlyMap<string, FatesOfSystem>>>();
const mostRecent = 2;

async function fatesOf(folder: string, system: string): Promise<FatesOfSystem> {
  const known = recent.get(folder) ?? fatesBySystem(folder);
  recent.delete(folder);
  recent.set(folder, known);
  for (const oldest of [...recent.keys()].slice(0, -mostRecent)) recent.delete(oldest);
  try {
    const fates = (await known).get(system);
    if (fates === undefined) throw new StoreError(`the run has no system "${system}"`);
    return fates;
  } catch (error) {
    recent.delete(folder);
    throw error;
  }
}

/**
 * What stands still.
 * @throws StoreError when the run or its fates are not there
 */
export async function replayStart(folder: string, wanted?: string): Promise<ReplayStart> {
  const record = await readRecord(folder);
  const system = wanted ?? Object.keys(record.systems)[0] ?? '';
  const fates = await fatesOf(folder, system);
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
    deliveries: fates.count,
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
  const { message, sender, recipient, sent, delivered, twin, count } = await fatesOf(folder, system);
  const end = Math.min(count, range.from + range.count);
  const packed = new Int32Array(Math.max(0, end - range.from) * movesWidth);
  for (let row = range.from, at = 0; row < end; row++, at += movesWidth) {
    packed[at] = message[row] ?? 0;
    packed[at + 1] = sender[row] ?? 0;
    packed[at + 2] = recipient[row] ?? 0;
    packed[at + 3] = milliseconds(sent[row] ?? NaN);
    packed[at + 4] = milliseconds(delivered[row] ?? NaN);
    packed[at + 5] = milliseconds(twin[row] ?? NaN);
  }
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
