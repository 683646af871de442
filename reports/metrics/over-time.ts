// The curves: deliveries by instant of sending, people cut off and deliveries outstanding by instant.
import { inSeconds, minutes } from '../../protocol/time.ts';
import { Buckets } from '../buckets.ts';
import type { Fates } from '../fates.ts';
import type { Series } from '../record-system.ts';
import { cutOff, type CutOffInterval } from './cut-off.ts';
import type { Evidence, Metric } from './metric.ts';
import { keyWaits } from './undecryptable.ts';

const deadline = minutes(1);

const zeros = (length: number): number[] => new Array<number>(length).fill(0);

function addAt(counts: number[], index: number, by = 1): void {
  const before = counts[index];
  if (before !== undefined) counts[index] = before + by;
}

/** Expected deliveries sent up to the end of each bucket and not delivered by then. */
function outstandingAtEnds({ workload, expected }: Evidence, fates: Fates, buckets: Buckets): number[] {
  const counts = zeros(buckets.count);
  for (let row = expected.measured.start; row < expected.measured.end; row++) {
    const sentAt = workload.messages[expected.messages[row] ?? -1]?.at ?? 0;
    const deliveredAt = fates.deliveredAt[row] ?? NaN;
    addAt(counts, buckets.endingAtOrAfter(sentAt));
    if (!Number.isNaN(deliveredAt)) addAt(counts, buckets.endingAtOrAfter(deliveredAt), -1);
  }
  return runningSums(counts);
}

/** How many of these intervals each bucket ends in. */
function openAtEnds(intervals: readonly Pick<CutOffInterval, 'start' | 'end'>[], buckets: Buckets): number[] {
  const counts = zeros(buckets.count);
  for (const { start, end } of intervals) {
    const first = buckets.endingAtOrAfter(start);
    const last = buckets.endingAtOrAfter(end);
    if (first === last) continue; // over before the bucket ends
    addAt(counts, first);
    addAt(counts, last, -1);
  }
  return runningSums(counts);
}

function runningSums(changes: readonly number[]): number[] {
  let sum = 0;
  return changes.map((change) => (sum += change));
}

/** Expected deliveries by bucket of sending; known before anything runs. */
export function expectedByBucket(
  { workload, expected }: Pick<Evidence, 'workload' | 'expected'>,
  buckets: Buckets,
): number[] {
  const counts = zeros(buckets.sending);
  for (let row = expected.measured.start; row < expected.measured.end; row++)
    addAt(counts, buckets.ofSending(workload.messages[expected.messages[row] ?? -1]?.at ?? -1));
  return counts;
}

function deliveredByBucket(
  { workload, expected }: Evidence,
  fates: Fates,
  buckets: Buckets,
): { withinOneMinute: number[]; ever: number[] } {
  const withinOneMinute = zeros(buckets.sending);
  const ever = zeros(buckets.sending);
  for (let row = expected.measured.start; row < expected.measured.end; row++) {
    const sentAt = workload.messages[expected.messages[row] ?? -1]?.at ?? -1;
    const delay = (fates.deliveredAt[row] ?? NaN) - sentAt;
    if (Number.isNaN(delay)) continue;
    const bucket = buckets.ofSending(sentAt);
    addAt(ever, bucket);
    if (delay <= deadline) addAt(withinOneMinute, bucket);
  }
  return { withinOneMinute, ever };
}

/** Waits for keys; one whose key never came is not over at the horizon either. */
function unread(evidence: Evidence, fates: Fates): readonly Pick<CutOffInterval, 'start' | 'end'>[] {
  return keyWaits(evidence, fates).map(({ start, end, isOpen }) => ({ start, end: isOpen ? Infinity : end }));
}

/** Counts per bucket; whoever draws them divides. */
export const overTime: Metric<Series> = {
  id: 'over-time',
  title: 'Over time',
  unit: 'expected deliveries or people per bucket',
  definition:
    'By instant of sending: expected deliveries, those delivered within a minute and ever, in run and twin. At the ' +
    'end of each bucket: people cut off, expected deliveries outstanding and those on a device that lacks their key, in ' +
    'run and twin.',
  caveats: ['Buckets have equal length, chosen by the length of the sending window.'],
  compute(evidence) {
    const { workload, run, twin } = evidence;
    const buckets = Buckets.of(workload.windows);
    const ours = deliveredByBucket(evidence, run.fates, buckets);
    const twins = deliveredByBucket(evidence, twin.fates, buckets);
    return {
      start: inSeconds(buckets.start),
      bucketSeconds: buckets.seconds,
      expected: expectedByBucket(evidence, buckets),
      ...ours,
      twinWithinOneMinute: twins.withinOneMinute,
      twinEver: twins.ever,
      cutOff: openAtEnds(cutOff.compute(evidence).intervals, buckets),
      outstanding: outstandingAtEnds(evidence, run.fates, buckets),
      twinOutstanding: outstandingAtEnds(evidence, twin.fates, buckets),
      undecryptable: openAtEnds(unread(evidence, run.fates), buckets),
      twinUndecryptable: openAtEnds(unread(evidence, twin.fates), buckets),
    };
  },
};
