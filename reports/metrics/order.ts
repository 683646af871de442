// Whether people read things in the order in which they were said, and once.
import type { Fates } from '../fates.ts';
import type { OrderFigures } from '../record-system.ts';
import { shareOf } from './delivery.ts';
import type { Evidence, Metric } from './metric.ts';

/** Rows that came to somebody who already had a later message of the same conversation. */
export function outOfOrder({ workload, expected }: Evidence, { deliveredAt }: Fates): number {
  // Rows are in order of sending: looked at from the end, a row is out of order when something later came before it.
  const earliestLater = new Map<number, number>();
  const people = workload.people.length;
  let count = 0;
  for (let row = expected.measured.end - 1; row >= expected.measured.start; row--) {
    const at = deliveredAt[row] ?? NaN;
    if (Number.isNaN(at)) continue;
    const message = workload.messages[expected.messages[row] ?? -1];
    const key = (message?.conversation ?? 0) * people + (expected.recipients[row] ?? 0);
    const later = earliestLater.get(key);
    if (later !== undefined && later < at) count++;
    earliestLater.set(key, Math.min(later ?? Infinity, at));
  }
  return count;
}

function figures(evidence: Evidence, fates: Fates): OrderFigures {
  const { expected } = evidence;
  let delivered = 0;
  for (let row = expected.measured.start; row < expected.measured.end; row++)
    if (!Number.isNaN(fates.deliveredAt[row] ?? NaN)) delivered++;
  const count = outOfOrder(evidence, fates);
  return {
    outOfOrder: count,
    outOfOrderShare: shareOf(count, delivered),
    duplicates: fates.counts.duplicates,
  };
}

/** Deliveries that came out of order, and copies that came to somebody who had the message. */
export const order: Metric<{ run: OrderFigures; twin: OrderFigures }> = {
  id: 'order',
  title: 'Out of order, and twice',
  unit: 'deliveries; share of deliveries that came; copies',
  definition:
    'A measured delivery is out of order when its recipient already had a later message of the same conversation (later: ' +
    'send was pressed later). `duplicates`: copies that reached an application which already had the message, over the whole run.',
  caveats: [
    'By instant of arrival: a client may still show messages by their time stamps.',
    'Messages of different senders count as well; in a busy room seconds decide.',
    'Copies that a protocol suppresses below the application are no duplicates.',
  ],
  compute: (evidence) => ({
    run: figures(evidence, evidence.run.fates),
    twin: figures(evidence, evidence.twin.fates),
  }),
};
