// The delivery figures by how far apart people live, by sort of conversation and by the recipient's country.
import { minutes } from '../../protocol/time.ts';
import { compareCodePoints } from '../../protocol/order.ts';
import type { Fates } from '../fates.ts';
import type { ClassRow } from '../record-system.ts';
import { lateness } from '../blame.ts';
import { deadlines, shareOf } from './delivery.ts';
import { latencyFigures } from './latency.ts';
import type { Evidence, Metric } from './metric.ts';

const deadline = minutes(1);

type Dimension = ClassRow['dimension'];

interface Counts {
  readonly dimension: Dimension;
  readonly name: string;
  expected: number;
  delivered: number;
  inTime: number;
  twinDelivered: number;
  twinInTime: number;
  inTenSeconds: number;
  inOneHour: number;
  late: number;
  lost: number;
  /** Microseconds; infinite for what never came. */
  readonly delays: number[];
}

/** Counts by class in the order in which classes appear. */
class Tally {
  readonly #counts = new Map<string, Counts>();

  of(dimension: Dimension, name: string): Counts {
    const key = `${dimension}/${name}`;
    let counts = this.#counts.get(key);
    if (counts === undefined) {
      counts = {
        dimension,
        name,
        expected: 0,
        delivered: 0,
        inTime: 0,
        twinDelivered: 0,
        twinInTime: 0,
        inTenSeconds: 0,
        inOneHour: 0,
        late: 0,
        lost: 0,
        delays: [],
      };
      this.#counts.set(key, counts);
    }
    return counts;
  }

  rows(total: number): ClassRow[] {
    return [...this.#counts.values()]
      .map(({ dimension, name, expected, ...counts }) => ({
        dimension,
        name,
        expected,
        shareOfExpected: shareOf(expected, total),
        delivered: shareOf(counts.delivered, expected),
        withinOneMinute: shareOf(counts.inTime, expected),
        twinDelivered: shareOf(counts.twinDelivered, expected),
        twinWithinOneMinute: shareOf(counts.twinInTime, expected),
        withinTenSeconds: shareOf(counts.inTenSeconds, expected),
        withinOneHour: shareOf(counts.inOneHour, expected),
        late: counts.late,
        lost: counts.lost,
        latencyMs: latencyFigures(Float64Array.from(counts.delays).sort()),
      }))
      .sort(byDimensionThenSize);
  }
}

const dimensions: readonly Dimension[] = ['distance', 'conversation', 'country'];

function byDimensionThenSize(left: ClassRow, right: ClassRow): number {
  return (
    dimensions.indexOf(left.dimension) - dimensions.indexOf(right.dimension) ||
    right.expected - left.expected ||
    compareCodePoints(left.name, right.name)
  );
}

function classesOf({ workload, expected }: Evidence, row: number): readonly (readonly [Dimension, string])[] {
  const message = workload.messages[expected.messages[row] ?? -1];
  const recipient = workload.people[expected.recipients[row] ?? -1];
  if (message === undefined || recipient === undefined) return [];
  return [
    ['distance', workload.distanceClass(message.sender, recipient.id)],
    ['conversation', workload.conversations[message.conversation]?.kind ?? 'unknown'],
    ['country', recipient.country],
  ];
}

/** Delivery by class of the pair, the conversation and the recipient. */
export const byClass: Metric<ClassRow[]> = {
  id: 'by-class',
  title: 'Delivery by distance, conversation and country',
  unit: 'share of expected deliveries of the class',
  definition:
    'Distance: how far apart sender and recipient live. Conversation: direct, group or room. Country: the ' +
    'recipient’s. `shareOfExpected` says how much of everything the class is. Late, lost and percentiles as overall.',
  caveats: [
    'The mix of classes decides the overall figure of a mesh; compare classes before overall figures.',
    'Messages sent so near the horizon that the deadline lies beyond it count as well.',
  ],
  compute(evidence) {
    const { workload, expected, run, twin } = evidence;
    const tally = new Tally();
    const delayOf = (fates: Fates, row: number, sentAt: number): number =>
      (fates.deliveredAt[row] ?? NaN) - sentAt;
    for (let row = expected.measured.start; row < expected.measured.end; row++) {
      const sentAt = workload.messages[expected.messages[row] ?? -1]?.at ?? 0;
      const ours = delayOf(run.fates, row, sentAt);
      const twins = delayOf(twin.fates, row, sentAt);
      for (const [dimension, name] of classesOf(evidence, row)) {
        const counts = tally.of(dimension, name);
        counts.expected++;
        if (!Number.isNaN(ours)) counts.delivered++;
        if (ours <= deadline) counts.inTime++;
        if (!Number.isNaN(twins)) counts.twinDelivered++;
        if (twins <= deadline) counts.twinInTime++;
        if (ours <= deadlines['10s']) counts.inTenSeconds++;
        if (ours <= deadlines['1h']) counts.inOneHour++;
        if (ours - twins > lateness) counts.late++;
        if (Number.isNaN(ours) && !Number.isNaN(twins)) counts.lost++;
        counts.delays.push(Number.isNaN(ours) ? Infinity : ours);
      }
    }
    return tally.rows(expected.measured.end - expected.measured.start);
  },
};
