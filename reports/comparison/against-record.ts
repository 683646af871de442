// A simulated series against an observed one: how far apart they are, and how much too early or late, phase by phase.
import { mean } from 'simple-statistics';
import type { RunRecord } from '../record.ts';
import type { Series } from '../record-system.ts';
import type { ObservedPoint } from './observed-series.ts';

/** What of a run can be laid over an observed series. */
export const simulatedSeries = {
  'within-1m': { title: 'share delivered within a minute, by instant of sending', isShare: true },
  ever: { title: 'share delivered in the end, by instant of sending', isShare: true },
  'cut-off': { title: 'people cut off', isShare: false },
  outstanding: { title: 'expected deliveries outstanding', isShare: false },
  undecryptable: { title: 'deliveries on a device that lacks their key', isShare: false },
} as const;
export type SimulatedName = keyof typeof simulatedSeries;

/** Fewer observations in a phase say nothing about its timing. */
export const fewestForTiming = 3;

/** A stretch between two changes of the faults. */
export interface Phase {
  /** Seconds since the epoch. */
  readonly start: number;
  readonly end: number;
  /** Ids of the faults that are active in it. */
  readonly faults: readonly string[];
}

/** How simulation and record differ in one phase. */
export interface PhaseError extends Phase {
  readonly points: number;
  readonly simulated: number;
  readonly observed: number;
  /** Simulated minus observed, of the means. */
  readonly level: number;
  /** Root of the mean squared difference, point by point. */
  readonly rootMeanSquare: number;
  /** By how many seconds the simulation is late: the shift that fits best. Null where one of the two does not change. */
  readonly lateSeconds: number | null;
}

/** Simulated points at the middle of each bucket; buckets in which nothing was expected have none. */
export function simulatedPoints(series: Series, name: SimulatedName): readonly ObservedPoint[] {
  const counts = {
    'within-1m': series.withinOneMinute,
    ever: series.ever,
    'cut-off': series.cutOff,
    outstanding: series.outstanding,
    undecryptable: series.undecryptable,
  }[name];
  const { isShare } = simulatedSeries[name];
  return counts.flatMap((count, index) => {
    const at = series.start + (index + (isShare ? 0.5 : 1)) * series.bucketSeconds;
    if (!isShare) return [{ at, value: count }];
    const expected = series.expected[index] ?? 0;
    return expected === 0 ? [] : [{ at, value: count / expected }];
  });
}

/** Phases of a run: from the beginning of sending to the horizon, cut wherever a fault begins or ends. */
export function phasesOf({ faults, windows }: Pick<RunRecord, 'faults' | 'windows'>): readonly Phase[] {
  const inside = (at: number): boolean => at > windows.sendingStart && at < windows.horizon;
  const cuts = [...new Set(faults.flatMap(({ start, end }) => [start, end]).filter(inside))].sort(
    (left, right) => left - right,
  );
  const edges = [windows.sendingStart, ...cuts, windows.horizon];
  return edges.slice(1).map((end, index) => {
    const start = edges[index] ?? 0;
    const active = faults.filter((fault) => fault.start < end && fault.end > start);
    return { start, end, faults: active.map(({ id }) => id) };
  });
}

/** The errors of every phase in which both series have points. */
export function phaseErrors(
  phases: readonly Phase[],
  simulated: readonly ObservedPoint[],
  observed: readonly ObservedPoint[],
  stepSeconds: number,
): readonly PhaseError[] {
  return phases.flatMap((phase): PhaseError[] => {
    const pairs = observed.flatMap(({ at, value }) => {
      if (at < phase.start || at >= phase.end) return [];
      const ours = valueAt(simulated, at);
      return ours === undefined ? [] : [{ ours, theirs: value }];
    });
    if (pairs.length === 0) return [];
    const [ours, theirs] = [mean(pairs.map((pair) => pair.ours)), mean(pairs.map((pair) => pair.theirs))];
    const squares = pairs.map((pair) => (pair.ours - pair.theirs) ** 2);
    return [
      {
        ...phase,
        points: pairs.length,
        simulated: ours,
        observed: theirs,
        level: ours - theirs,
        rootMeanSquare: Math.sqrt(mean(squares)),
        lateSeconds: bestShift(phase, simulated, observed, stepSeconds),
      },
    ];
  });
}

/** Straight between neighbouring points; undefined before the first and after the last. */
function valueAt(points: readonly ObservedPoint[], at: number): number | undefined {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle]?.at ?? Infinity) < at) low = middle + 1;
    else high = middle;
  }
  const after = points[low];
  const before = points[low - 1];
  if (after === undefined) return undefined;
  if (after.at === at || before === undefined) return after.at === at ? after.value : undefined;
  return before.value + ((after.value - before.value) * (at - before.at)) / (after.at - before.at);
}

/**
 * The shift of the simulation that leaves the smallest squared difference once the levels are taken out, looked for in
 * steps up to half the phase either way. What lies around the phase is used as well, so that an edge may move.
 */
function bestShift(
  { start, end }: Phase,
  simulated: readonly ObservedPoint[],
  observed: readonly ObservedPoint[],
  step: number,
): number | null {
  const inside = observed.filter(({ at }) => at >= start && at < end);
  const most = Math.floor((end - start) / 2 / step);
  let best: { shift: number; error: number } | undefined;
  for (let steps = -most; steps <= most; steps++) {
    const shift = steps * step;
    const pairs = inside.flatMap(({ at, value }) => {
      const ours = valueAt(simulated, at + shift);
      return ours === undefined ? [] : [{ ours, theirs: value }];
    });
    if (pairs.length < Math.max(fewestForTiming, inside.length / 2)) continue;
    const [ours, theirs] = [mean(pairs.map((pair) => pair.ours)), mean(pairs.map((pair) => pair.theirs))];
    const spread = (values: readonly number[], middle: number): number =>
      mean(values.map((value) => (value - middle) ** 2));
    if (
      spread(
        pairs.map((pair) => pair.theirs),
        theirs,
      ) === 0
    )
      return null;
    if (
      spread(
        pairs.map((pair) => pair.ours),
        ours,
      ) === 0
    )
      continue;
    const error = mean(pairs.map((pair) => (pair.ours - ours - (pair.theirs - theirs)) ** 2));
    const nearer = best !== undefined && error === best.error && Math.abs(shift) < Math.abs(best.shift);
    if (best === undefined || error < best.error || nearer) best = { shift, error };
  }
  return best === undefined ? null : best.shift;
}
