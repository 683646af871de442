// When the copies of what a system keeps in several places differed: read from the run's folder, nothing is simulated.
import { readRecord } from '../store.ts';
import { columnsOf, instantIn } from './fates-table.ts';

/** A stretch of time, seconds since the epoch. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** One object of which copies differed for over a minute. */
export interface DivergedObject {
  /** For Matrix a room. */
  readonly object: string;
  /** Longer than a minute each, in order of time. */
  readonly stretches: readonly Stretch[];
  readonly seconds: number;
}

/** One system whose copies differed, in one aspect of them. */
export interface DivergedAspect {
  readonly system: string;
  readonly title: string;
  /** For Matrix `state` or `extremities`; null: in any. */
  readonly aspect: string | null;
  /** Those that differed longest first, at most {@link mostObjects}. */
  readonly objects: readonly DivergedObject[];
  /** Objects that are not listed. */
  readonly unlisted: number;
}

/** What the page shows of disagreement over time. */
export interface RunDivergence {
  readonly aspects: readonly DivergedAspect[];
}

/** Objects that are listed with their stretches. */
const mostObjects = 24;
/** As the metric has it: what every message causes on its way is shorter and is no divergence. */
const leastSeconds = 60;

/** @throws StoreError when the run or its incidents are not there */
export async function runDivergence(folder: string): Promise<RunDivergence> {
  const { systems, windows } = await readRecord(folder);
  const found = await stretchesOf(folder, windows.horizon);
  return {
    aspects: [...found].map(([key, objects]): DivergedAspect => {
      const [system, aspect] = JSON.parse(key) as [string, string | null];
      const all = [...objects].map(([object, stretches]): DivergedObject => ({
        object,
        stretches,
        seconds: stretches.reduce((sum, { start, end }) => sum + (end - start), 0),
      }));
      all.sort((left, right) => right.seconds - left.seconds);
      return {
        system,
        title: systems[system]?.title ?? system,
        aspect,
        objects: all.slice(0, mostObjects),
        unlisted: Math.max(0, all.length - mostObjects),
      };
    }),
  };
}

/** By system and aspect, then by object. */
async function stretchesOf(
  folder: string,
  horizon: number,
): Promise<ReadonlyMap<string, ReadonlyMap<string, Stretch[]>>> {
  const names = ['system', 'kind', 'aspect', 'object', 'start_us', 'end_us'];
  const { rows, column } = await columnsOf(folder, 'incidents.parquet', names);
  const [systems, kinds, aspects, objects, starts, ends] = names.map(column) as ArrayLike<unknown>[];
  const found = new Map<string, Map<string, Stretch[]>>();
  for (let row = 0; row < rows; row++) {
    if (kinds?.[row] !== 'disagreement') continue;
    const [start, ended] = [instantIn(starts?.[row]) / 1e6, instantIn(ends?.[row]) / 1e6];
    const end = Number.isNaN(ended) ? horizon : ended;
    if (end - start <= leastSeconds) continue;
    const key = JSON.stringify([systems?.[row], aspects?.[row] ?? null]);
    const object = String(objects?.[row]);
    const ofKey = found.get(key) ?? new Map<string, Stretch[]>();
    found.set(key, ofKey);
    ofKey.set(object, [...(ofKey.get(object) ?? []), { start, end }]);
  }
  return found;
}
