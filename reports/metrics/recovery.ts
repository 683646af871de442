// How long after the last fault a system was as good as its twin again.
import { assert } from '../../protocol/assert.ts';
import { inSeconds, minutes, seconds } from '../../protocol/time.ts';
import type { RecoveryFigures } from '../record-system.ts';
import type { Fates } from '../fates.ts';
import { lastHeal, type Evidence, type Metric } from './metric.ts';

/** Instants at which the rolling share is looked at. */
const step = seconds(10);
const rollingWindow = minutes(5);
const mustHoldFor = minutes(30);
const deadline = minutes(1);
/** One point of per cent. */
const tolerance = 0.01;

/** Expected deliveries, and those in time in run and twin, in steps of `step` from the start of sending. */
interface Steps {
  readonly start: number;
  readonly expected: Float64Array;
  readonly run: Float64Array;
  readonly twin: Float64Array;
}

function prefixSums(evidence: Evidence): Steps {
  const { workload, expected, run, twin } = evidence;
  const { sendingStart: start, sendingEnd } = workload.windows;
  const count = Math.ceil((sendingEnd - start) / step) + 1;
  const steps = {
    start,
    expected: new Float64Array(count),
    run: new Float64Array(count),
    twin: new Float64Array(count),
  };
  const inTime = (fates: Fates, row: number, sentAt: number): number =>
    (fates.deliveredAt[row] ?? NaN) - sentAt <= deadline ? 1 : 0;
  for (let row = expected.measured.start; row < expected.measured.end; row++) {
    const sentAt = workload.messages[expected.messages[row] ?? 0]?.at ?? 0;
    const index = Math.floor((sentAt - start) / step) + 1;
    steps.expected[index] = (steps.expected[index] ?? 0) + 1;
    steps.run[index] = (steps.run[index] ?? 0) + inTime(run.fates, row, sentAt);
    steps.twin[index] = (steps.twin[index] ?? 0) + inTime(twin.fates, row, sentAt);
  }
  for (const column of [steps.expected, steps.run, steps.twin])
    for (let index = 1; index < count; index++)
      column[index] = (column[index] ?? 0) + (column[index - 1] ?? 0);
  return steps;
}

/** Whether, over the five minutes before the end of each step, run and twin differ by at most a point. */
function likeTwin(steps: Steps): boolean[] {
  const width = rollingWindow / step;
  const sumOver = (column: Float64Array, end: number): number =>
    (column[end] ?? 0) - (column[Math.max(0, end - width)] ?? 0);
  return Array.from({ length: steps.expected.length }, (_, end) => {
    const expected = sumOver(steps.expected, end);
    // A window in which nothing was expected says nothing against recovery: nothing is like nothing.
    return Math.abs(sumOver(steps.run, end) - sumOver(steps.twin, end)) <= tolerance * expected + 1e-9;
  });
}

/** The first instant from which the rolling share stays with the twin's for half an hour, after the last fault. */
export const recovery: Metric<RecoveryFigures> = {
  id: 'recovery',
  title: 'Time to recover after the last fault ended',
  unit: 's',
  definition:
    'The first instant, at or after the end of the last fault, from which the rolling 5-minute share delivered within ' +
    '1 min stays within 1 point of the twin’s for 30 min. The share at an instant is that of what was sent in the five ' +
    'minutes before it. `never-left`: it stayed so close throughout the sending window; `not-recovered`: there was no ' +
    'such half hour.',
  caveats: [
    'By instant of sending, looked at every 10 s. Half an hour must pass before the end of the sending window: after a fault that ends later nothing can count as recovered.',
    'Five minutes with nothing to deliver count as like the twin.',
    'At night few messages are sent: one late message can move a rolling share by more than a point.',
  ],
  compute(evidence) {
    const healed = lastHeal(evidence.faults);
    if (healed === undefined) return { status: 'no-faults', seconds: null };
    const steps = prefixSums(evidence);
    const like = likeTwin(steps);
    if (like.every((each) => each)) return { status: 'never-left', seconds: 0 };
    const mustHold = mustHoldFor / step;
    assert(Number.isInteger(mustHold), 'half an hour is a whole number of steps');
    const first = Math.max(0, Math.ceil((healed - steps.start) / step));
    let held = 0;
    for (let index = first; index < like.length; index++) {
      held = like[index] === true ? held + 1 : 0;
      if (held <= mustHold) continue;
      const at = steps.start + (index - mustHold) * step;
      return { status: 'recovered', seconds: inSeconds(Math.max(0, at - healed)) };
    }
    return { status: 'not-recovered', seconds: null };
  },
};
