// On which entries of shared objects copies differed, who held what, for how long, and what was refused because of it.
import { compareCodePoints, compareNumbers } from '../../protocol/order.ts';
import { inSeconds } from '../../protocol/time.ts';
import type { Dispute, KeptWithoutEffect } from '../disputes-fold.ts';
import type { DisputedState } from '../record-system.ts';
import { percentile } from './latency.ts';
import type { Metric, Simulated } from './metric.ts';

/** Entries, and what was refused because of each, that a record lists; the files beside it have all. */
const listedEntries = 20;
const listedRefusals = 10;

type Counts = DisputedState['twin'];
type ListedEntry = DisputedState['entries'][number];

/** Windows of one simulation, and what was refused with the entries to blame. */
interface Disputed {
  readonly windows: readonly Dispute[];
  readonly refused: readonly KeptWithoutEffect[];
}

/** `m.room.member @ada:elm.example` is of the type `m.room.member`. */
export function typeOfEntry(entry: string): string {
  const space = entry.indexOf(' ');
  return space === -1 ? entry : entry.slice(0, space);
}

/** Disputes of entries, in run and twin. */
export const disputedState: Metric<DisputedState> = {
  id: 'disputed-state',
  title: 'Disputed entries',
  unit: 'windows; objects; s; entry-hours; events',
  definition:
    'On which entries copies of an object differ (for Matrix: on which state keys the servers of a room disagree). A window ' +
    'is a stretch longer than a minute in which not all copies hold the same for one entry; `sides` says who held what in ' +
    'the longest part of the longest window in which nobody changed sides. `refused`: events that at least one server ' +
    'rejected or soft-failed because its entry differs from the one that the event’s sender had in its place; ' +
    '`refusedSpeech`: those in which somebody says something.',
  caveats: [
    'Copies count as alike when the run begins. A copy that comes later counts with all that it holds, and one whose node ' +
      'is down keeps counting with what it held last.',
    'Where several entries differ, those are named with which alone the event would have been allowed; all of them where ' +
      'none is enough alone. Such an event counts with each of them in `byType` and `entries`.',
    'An event that its sender’s own server should not have allowed is refused without any dispute and not counted here.',
    'A server may come round later: what was refused stays refused there.',
  ],
  compute({ workload, run, twin }) {
    const { horizon } = workload.windows;
    const ours = disputedIn(run);
    const types = new Set([
      ...ours.windows.map(({ entry }) => typeOfEntry(entry)),
      ...ours.refused.flatMap(({ disputed }) => disputed.map(typeOfEntry)),
    ]);
    const lengths = lengthsOf(ours.windows, horizon);
    const median = percentile(lengths, 0.5);
    return {
      ...countsOf(ours, horizon),
      open: ours.windows.filter(({ end }) => Number.isNaN(end)).length,
      medianSeconds: median === undefined ? null : inSeconds(median),
      twin: countsOf(disputedIn(twin), horizon),
      byType: [...types].sort(compareCodePoints).map((type) => ({
        type,
        ...countsOf(
          onlyOf(ours, (entry) => typeOfEntry(entry) === type),
          horizon,
        ),
      })),
      entries: entriesOf(ours, run, horizon),
    };
  },
};

function disputedIn({ fates }: Simulated): Disputed {
  return { windows: fates.disputes, refused: fates.refused.filter(({ disputed }) => disputed.length > 0) };
}

function onlyOf({ windows, refused }: Disputed, isMeant: (entry: string) => boolean): Disputed {
  return {
    windows: windows.filter(({ entry }) => isMeant(entry)),
    refused: refused.filter(({ disputed }) => disputed.some(isMeant)),
  };
}

/** Microseconds, ascending; open ones end at the horizon. */
function lengthsOf(windows: readonly Dispute[], horizon: number): Float64Array {
  return Float64Array.from(
    windows.map(({ start, end }) => (Number.isNaN(end) ? horizon : end) - start).sort(compareNumbers),
  );
}

function countsOf({ windows, refused }: Disputed, horizon: number): Counts {
  const lengths = lengthsOf(windows, horizon);
  return {
    windows: windows.length,
    objects: new Set(windows.map(({ object }) => object)).size,
    longestSeconds: inSeconds(lengths.at(-1) ?? 0),
    entryHours: inSeconds(lengths.reduce((sum, length) => sum + length, 0)) / 3_600,
    refused: new Set(refused.map(({ id }) => id)).size,
    refusedSpeech: new Set(refused.flatMap(({ id, isSpeech }) => (isSpeech ? [id] : []))).size,
  };
}

/** Everything about one entry. */
interface Group extends Disputed {
  readonly object: string;
  readonly entry: string;
}

function entriesOf(ours: Disputed, { result }: Simulated, horizon: number): ListedEntry[] {
  const nameOf = (node: number): string => result.nodes[node] ?? '';
  return groupsOf(ours)
    .map(({ object, entry, windows, refused }) => ({
      object,
      entry,
      ...spanOf(windows, horizon, nameOf),
      softFailed: refused.filter(({ fate }) => fate === 'soft-failed').length,
      rejected: refused.filter(({ fate }) => fate === 'rejected').length,
      refused: refusedIn(refused),
    }))
    .sort(
      (left, right) =>
        right.seconds - left.seconds ||
        compareCodePoints(left.object, right.object) ||
        compareCodePoints(left.entry, right.entry),
    )
    .slice(0, listedEntries);
}

function groupsOf({ windows, refused }: Disputed): readonly Group[] {
  const groups = new Map<string, Group & { windows: Dispute[]; refused: KeptWithoutEffect[] }>();
  const groupOf = (
    object: string,
    entry: string,
  ): Disputed & { windows: Dispute[]; refused: KeptWithoutEffect[] } => {
    const name = `${object} ${entry}`;
    let group = groups.get(name);
    if (group === undefined) groups.set(name, (group = { object, entry, windows: [], refused: [] }));
    return group;
  };
  for (const window of windows) groupOf(window.object, window.entry).windows.push(window);
  for (const kept of refused)
    for (const entry of kept.disputed) groupOf(kept.object, entry).refused.push(kept);
  return [...groups.values()];
}

/** In the order in which each was first refused, with the number of nodes at which it ended so. */
function refusedIn(refused: readonly KeptWithoutEffect[]): ListedEntry['refused'] {
  const rows = new Map<string, ListedEntry['refused'][number]>();
  for (const { id, fate, message } of refused) {
    const name = `${id} ${fate}`;
    const row = rows.get(name);
    if (row === undefined) rows.set(name, { id, message: message ?? null, fate, nodes: 1 });
    else row.nodes++;
  }
  return [...rows.values()].slice(0, listedRefusals);
}

function spanOf(
  windows: readonly Dispute[],
  horizon: number,
  nameOf: (node: number) => string,
): Pick<ListedEntry, 'windows' | 'seconds' | 'firstStart' | 'lastEnd' | 'sides'> {
  const lengthOf = ({ start, end }: Dispute): number => (Number.isNaN(end) ? horizon : end) - start;
  const [first] = windows;
  const last = windows.at(-1);
  const longest = [...windows].sort((left, right) => lengthOf(right) - lengthOf(left)).at(0);
  return {
    windows: windows.length,
    seconds: inSeconds(windows.reduce((sum, window) => sum + lengthOf(window), 0)),
    firstStart: first === undefined ? null : inSeconds(first.start),
    lastEnd: last === undefined || Number.isNaN(last.end) ? null : inSeconds(last.end),
    sides: (longest?.sides ?? []).map(({ value, nodes }) => ({
      value: value ?? null,
      nodes: nodes.map(nameOf),
    })),
  };
}
