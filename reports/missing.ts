// What is missing with and without faults: no fault's doing, but somebody should know why.
import { compareCodePoints } from '../protocol/order.ts';
import { spansOf } from './fates.ts';
import { overlapsAny } from './metrics/connected.ts';
import type { Evidence } from './metrics/metric.ts';
import { reasonWords } from './reason-words.ts';
import type { BlameAccount } from './record-system.ts';

/** Why, when the recipient's device has no network at the horizon. */
export const recipientOffline = 'recipient’s phone off or without network';

/** Measured deliveries that neither run nor twin has, by why in words, most first. */
export function missingInTwinToo(evidence: Evidence): BlameAccount['missingInTwinToo'] {
  const { expected } = evidence;
  const counts = new Map<string, number>();
  for (let row = expected.measured.start; row < expected.measured.end; row++) {
    if (!isMissingInBoth(evidence, row)) continue;
    const why = whyMissing(evidence, row);
    counts.set(why, (counts.get(why) ?? 0) + 1);
  }
  return [...counts]
    .map(([why, deliveries]) => ({ why, deliveries }))
    .sort((left, right) => right.deliveries - left.deliveries || compareCodePoints(left.why, right.why));
}

/** Whether neither run nor twin has a delivery. */
export function isMissingInBoth({ run, twin }: Evidence, row: number): boolean {
  return Number.isNaN(run.fates.deliveredAt[row] ?? NaN) && Number.isNaN(twin.fates.deliveredAt[row] ?? NaN);
}

/** Why a delivery is missing, in words. */
export function whyMissing({ workload, expected, run }: Evidence, row: number): string {
  const { horizon } = workload.windows;
  const recipient = workload.people[expected.recipients[row] ?? -1];
  if (recipient !== undefined && overlapsAny(recipient.device.offline, horizon - 1, horizon))
    return recipientOffline;
  const message = expected.messages[row] ?? -1;
  const last = spansOf(run.fates, row, workload.messages[message]?.at ?? 0).at(-1);
  return last === undefined ? 'never sent' : reasonWords[last.reason];
}
