// How long it took from pressing send to reading, over everything that was expected.
import { inMilliseconds } from '../../protocol/time.ts';
import type { Workload } from '../../sim/workload/workload.ts';
import type { ExpectedDeliveries } from '../expected-deliveries.ts';
import type { Fates } from '../fates.ts';
import type { LatencyCurve, LatencyFigures } from '../record-system.ts';
import type { Metric } from './metric.ts';

/** Delays of measured rows in microseconds, ascending; Infinity for what never came. */
export function sortedDelays(
  workload: Workload,
  expected: ExpectedDeliveries,
  fates: Fates,
): Float64Array<ArrayBuffer> {
  const { start, end } = expected.measured;
  const delays = new Float64Array(end - start);
  for (let row = start; row < end; row++) {
    const delay = (fates.deliveredAt[row] ?? NaN) - (workload.messages[expected.messages[row] ?? 0]?.at ?? 0);
    delays[row - start] = Number.isNaN(delay) ? Infinity : delay;
  }
  return delays.sort();
}

/** The smallest value that at least this share of the values does not exceed (nearest rank); undefined without values. */
export function percentile(ascending: Float64Array, share: number): number | undefined {
  // The product is rounded so that 0.07 × 100 = 7.000000000000001 does not climb a rank.
  const rank = Math.ceil(Number((share * ascending.length).toFixed(6)));
  return ascending[Math.max(0, rank - 1)];
}

/** Percentiles of delays in microseconds, ascending, infinite for what never came. */
export function latencyFigures(ascending: Float64Array): LatencyFigures {
  const beyondHorizon: LatencyFigures['beyondHorizon'] = [];
  const read = (name: 'p50' | 'p90' | 'p99', share: number): number | null => {
    const value = percentile(ascending, share);
    if (value === undefined) return null;
    if (value !== Infinity) return inMilliseconds(value);
    beyondHorizon.push(name);
    return null;
  };
  return { p50: read('p50', 0.5), p90: read('p90', 0.9), p99: read('p99', 0.99), beyondHorizon };
}

const binsPerDecade = 8;
const decades = { first: 1, last: 9 };

/** 10 ms to 10^9 ms (11.5 days), eight steps to a factor of ten, in whole milliseconds. */
export const latencyEdgesMs: readonly number[] = Array.from(
  { length: (decades.last - decades.first) * binsPerDecade + 1 },
  (_, step) => Math.round(Number(`1e${decades.first}`) * Math.exp((step / binsPerDecade) * Math.LN10)),
);

function cumulative(ascending: Float64Array): number[] {
  let index = 0;
  return latencyEdgesMs.map((edge) => {
    while (index < ascending.length && (ascending[index] ?? Infinity) <= edge * 1_000) index++;
    return index;
  });
}

/** Percentiles over expected and over delivered, and the whole distribution beside the twin's. */
export const latency: Metric<{
  run: LatencyFigures;
  twin: LatencyFigures;
  deliveredOnly: LatencyFigures;
  curve: LatencyCurve;
}> = {
  id: 'latency',
  title: 'Delay from pressing send to reading',
  unit: 'ms',
  definition:
    'Nearest-rank percentiles over expected deliveries. One undelivered by the horizon counts as infinite: the ' +
    'figure is null, listed under `beyondHorizon`, and prints as `> horizon`. `latencyCurve`: how many had come no later ' +
    'than each edge.',
  caveats: [
    'Includes the time in which a recipient’s device was off or without network.',
    '`deliveredOnly` leaves out what never came: the worse a system loses, the better that looks.',
  ],
  compute({ workload, expected, run, twin }) {
    const ours = sortedDelays(workload, expected, run.fates);
    const twins = sortedDelays(workload, expected, twin.fates);
    const lost = ours.indexOf(Infinity);
    return {
      run: latencyFigures(ours),
      twin: latencyFigures(twins),
      deliveredOnly: latencyFigures(lost === -1 ? ours : ours.subarray(0, lost)),
      curve: {
        edgesMs: [...latencyEdgesMs],
        delivered: cumulative(ours),
        twin: cumulative(twins),
        expected: ours.length,
      },
    };
  },
};
