// The windows of time during which replicas of one object said different things.
import { compareNumbers } from '../../protocol/order.ts';
import { inSeconds, minutes } from '../../protocol/time.ts';
import type { Disagreement } from '../agreement.ts';
import type { DivergenceFigures } from '../record-system.ts';
import { percentile } from './latency.ts';
import type { Metric } from './metric.ts';

/** As for convergence: what every message causes on its way is shorter and is no divergence. */
const leastWindow = minutes(1);

/** Lengths of windows longer than a minute, microseconds, ascending; open ones end at the horizon. */
export function divergenceWindows(list: readonly Disagreement[], horizon: number): Float64Array {
  const lengths = list.map(({ start, end }) => (Number.isNaN(end) ? horizon : end) - start);
  return Float64Array.from(lengths.filter((length) => length > leastWindow).sort(compareNumbers));
}

function figures(list: readonly Disagreement[], horizon: number): DivergenceFigures {
  const lengths = divergenceWindows(list, horizon);
  const median = percentile(lengths, 0.5);
  return {
    windows: lengths.length,
    objects: new Set(
      list
        .filter(({ start, end }) => (Number.isNaN(end) ? horizon : end) - start > leastWindow)
        .map(({ object }) => object),
    ).size,
    medianSeconds: median === undefined ? null : inSeconds(median),
    objectHours: inSeconds(lengths.reduce((sum, length) => sum + length, 0)) / 3_600,
  };
}

/** Divergence windows, of copies as a whole and of each aspect. */
export const divergence: Metric<DivergenceFigures & { aspects: Record<string, DivergenceFigures> }> = {
  id: 'divergence',
  title: 'Divergence windows',
  unit: 'windows; objects; s; object-hours',
  definition:
    'A divergence window is a stretch longer than a minute during which the replicas of one object (for Matrix: the ' +
    'servers’ copies of a room) do not all say the same, from the first that differs to the instant at which all agree, ' +
    'or the horizon. `objectHours` sums their lengths; `aspects` says the same of state and forward extremities each.',
  caveats: [
    'Two windows of one object with a moment of agreement between them count twice.',
    'In a busy room, copies differ nearly always by what is just under way; the minute leaves that out only as far as they agree in between.',
  ],
  compute({ workload, run }) {
    const { disagreements, disagreementsByAspect } = run.fates;
    const { horizon } = workload.windows;
    return {
      ...figures(disagreements, horizon),
      aspects: Object.fromEntries(
        Object.entries(disagreementsByAspect).map(([aspect, list]) => [aspect, figures(list, horizon)]),
      ),
    };
  },
};
