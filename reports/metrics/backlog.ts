// What had been said and not yet been read, beyond the twin's, and when it had drained.
import { compareNumbers } from '../../protocol/order.ts';
import { inSeconds } from '../../protocol/time.ts';
import type { BacklogFigures } from '../record-system.ts';
import { lastHeal, type Evidence, type Metric } from './metric.ts';

/** The backlog counts as drained when no more than this share of its peak is left. */
const leftover = 0.01;

/**
 * When the run was without a delivery that the twin had: from the twin's instant to the run's, or to the horizon. In
 * the other direction (the run was earlier) it counts as one less.
 */
function changes({ workload, expected, run, twin }: Evidence): { at: number; by: number }[] {
  const { horizon } = workload.windows;
  const steps: { at: number; by: number }[] = [];
  for (let row = expected.measured.start; row < expected.measured.end; row++) {
    const ours = run.fates.deliveredAt[row] ?? NaN;
    const twins = twin.fates.deliveredAt[row] ?? NaN;
    if (ours === twins || (Number.isNaN(ours) && Number.isNaN(twins))) continue;
    if (!Number.isNaN(twins)) steps.push({ at: twins, by: 1 });
    if (!Number.isNaN(ours)) steps.push({ at: ours, by: -1 });
  }
  return steps.filter(({ at }) => at < horizon).sort((left, right) => compareNumbers(left.at, right.at));
}

/** Expected deliveries outstanding beyond the twin's. */
export const backlog: Metric<BacklogFigures> = {
  id: 'backlog',
  title: 'Backlog and its drain',
  unit: 'expected deliveries; s',
  definition:
    'At each instant: expected deliveries that the twin has and the run has not, minus those that the run has and ' +
    'the twin has not. `drainSeconds`: from the end of the last fault to the first instant from which to the horizon no more than 1 % of the ' +
    'peak is left (at least one delivery may be).',
  caveats: [
    'What is lost for good stays in the backlog to the horizon; then it never drains and the figure is null.',
    'By instant of delivery, wherever the messages waited: on phones, servers or in queues between them.',
  ],
  compute(evidence) {
    const steps = changes(evidence);
    let outstanding = 0;
    let peak = 0;
    let peakAt: number | undefined;
    const levels = steps.map(({ at, by }) => {
      outstanding += by;
      if (outstanding > peak) [peak, peakAt] = [outstanding, at];
      return outstanding;
    });
    const healed = lastHeal(evidence.faults);
    if (peakAt === undefined || healed === undefined) return { peak, peakAt: null, drainSeconds: null };
    const allowed = Math.max(1, peak * leftover);
    const lastAbove = levels.findLastIndex((level) => level > allowed);
    const drainedAt = lastAbove === -1 ? peakAt : steps[lastAbove + 1]?.at;
    return {
      peak,
      peakAt: inSeconds(peakAt),
      drainSeconds: drainedAt === undefined ? null : inSeconds(Math.max(0, drainedAt - healed)),
    };
  },
};
