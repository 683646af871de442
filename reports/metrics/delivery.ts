// How much of what was said was read, and how soon.
import type { Workload } from '../../sim/workload/workload.ts';
import { seconds, minutes, hours } from '../../protocol/time.ts';
import type { ExpectedDeliveries } from '../expected-deliveries.ts';
import type { Fates } from '../fates.ts';
import type { DeliveryFigures } from '../record-system.ts';
import { onlineThroughout } from './connected.ts';
import type { Metric } from './metric.ts';

/** Delays up to which deliveries are counted, by the name that a record gives them. */
export const deadlines = { '10s': seconds(10), '1m': minutes(1), '1h': hours(1) } as const;

const limits = [deadlines['10s'], deadlines['1m'], deadlines['1h']] as const;

/** What the figures of one simulation are taken over. */
export interface DeliveryScope {
  readonly workload: Workload;
  readonly expected: ExpectedDeliveries;
  readonly fates: Fates;
  /** Which rows count; all measured ones when left out. */
  readonly includes?: (row: number) => boolean;
}

/** Counts by deadline, over measured rows. */
export function deliveryFigures({ workload, expected, fates, includes }: DeliveryScope): DeliveryFigures {
  const { horizon } = workload.windows;
  const inTime = new Uint32Array(limits.length);
  const counted = new Uint32Array(limits.length);
  let rows = 0;
  let delivered = 0;
  let sent = 0;
  let message = -1;
  let sentAt = 0;
  for (let row = expected.measured.start; row < expected.measured.end; row++) {
    if (includes !== undefined && !includes(row)) continue;
    const of = expected.messages[row] ?? 0;
    if (of !== message) {
      // The rows of a message lie together.
      message = of;
      sentAt = workload.messages[message]?.at ?? 0;
      sent++;
    }
    const delay = (fates.deliveredAt[row] ?? NaN) - sentAt;
    rows++;
    if (!Number.isNaN(delay)) delivered++;
    for (let index = 0; index < limits.length; index++) {
      const limit = limits[index] ?? 0;
      if (horizon - sentAt < limit) continue;
      counted[index] = (counted[index] ?? 0) + 1;
      if (delay <= limit) inTime[index] = (inTime[index] ?? 0) + 1;
    }
  }
  const within = (index: number): number | null => shareOf(inTime[index] ?? 0, counted[index] ?? 0);
  return {
    sent,
    expected: rows,
    delivered,
    ratio: shareOf(delivered, rows),
    within: { '10s': within(0), '1m': within(1), '1h': within(2) },
  };
}

/** `part` of `whole`; null when there is no whole. */
export function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

/** Deliveries of the run, of its twin, and of the part whose people had a network when it mattered. */
export const delivery: Metric<{
  run: DeliveryFigures;
  twin: DeliveryFigures;
  whenConnected: DeliveryFigures;
}> = {
  id: 'delivery',
  title: 'Delivered in time',
  unit: 'share of expected deliveries',
  definition:
    'An expected delivery is one message × one recipient who was a member when it was sent and is not its sender. ' +
    'It is delivered when readable on at least one device of the recipient; the clock starts when the sender presses send.',
  caveats: [
    '`within d` counts only messages sent at least d before the horizon; what never came counts as late.',
    'Messages of the warm-up are not measured.',
    '`whenConnected` is over deliveries whose sender and recipient both had a network throughout the first minute.',
  ],
  compute({ workload, expected, run, twin }) {
    const scope = { workload, expected };
    return {
      run: deliveryFigures({ ...scope, fates: run.fates }),
      twin: deliveryFigures({ ...scope, fates: twin.fates }),
      whenConnected: deliveryFigures({
        ...scope,
        fates: run.fates,
        includes: onlineThroughout(workload, expected, deadlines['1m']),
      }),
    };
  },
};
