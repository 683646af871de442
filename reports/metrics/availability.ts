// How much of what each person sent and was sent came in time: the service as single people had it.
import { compareNumbers } from '../../protocol/order.ts';
import { minutes } from '../../protocol/time.ts';
import type { Fates } from '../fates.ts';
import type { AvailabilityFigures } from '../record-system.ts';
import { percentile } from './latency.ts';
import type { Evidence, Metric } from './metric.ts';

const deadline = minutes(1);

/** Each person's share, by number; NaN for who neither sent nor was written to. */
export function shareByPerson({ workload, expected }: Evidence, { deliveredAt }: Fates): Float64Array {
  const due = new Float64Array(workload.people.length);
  const inTime = new Float64Array(workload.people.length);
  const count = (person: number, came: boolean): void => {
    due[person] = (due[person] ?? 0) + 1;
    if (came) inTime[person] = (inTime[person] ?? 0) + 1;
  };
  for (let row = expected.measured.start; row < expected.measured.end; row++) {
    const message = workload.messages[expected.messages[row] ?? -1];
    if (message === undefined || workload.windows.horizon - message.at < deadline) continue;
    const came = (deliveredAt[row] ?? NaN) - message.at <= deadline;
    count(message.sender, came);
    count(expected.recipients[row] ?? -1, came);
  }
  return inTime.map((came, person) => came / (due[person] ?? 0));
}

function figures(shares: Float64Array): AvailabilityFigures {
  const ascending = shares.filter((share) => !Number.isNaN(share)).sort(compareNumbers);
  const below = (least: number): number => ascending.filter((share) => share < least).length;
  return {
    people: ascending.length,
    median: percentile(ascending, 0.5) ?? null,
    p10: percentile(ascending, 0.1) ?? null,
    worst: ascending[0] ?? null,
    below99: below(0.99),
    below90: below(0.9),
    below50: below(0.5),
  };
}

/** The distribution over people of the share of their own exchanges that came within a minute. */
export const availability: Metric<{ run: AvailabilityFigures; twin: AvailabilityFigures }> = {
  id: 'availability',
  title: 'Availability by person',
  unit: 'share of a person’s expected deliveries; people',
  definition:
    'A person’s availability is the share, within a minute, of the expected deliveries that they sent or were to ' +
    'receive, of messages sent at least a minute before the horizon. Given are the median over people, the tenth ' +
    'percentile (nearest rank), the worst, and how many people had less than 99, 90 and 50 %.',
  caveats: [
    'A message to a room of ten counts nine times for its sender and once for each recipient.',
    'Of people with few messages the share is coarse: somebody with two can have 0, 50 or 100 %.',
    'What is slow without faults as well (a phone without network) counts; compare the twin’s.',
    'Who neither sent nor was written to does not appear.',
  ],
  compute: (evidence) => ({
    run: figures(shareByPerson(evidence, evidence.run.fates)),
    twin: figures(shareByPerson(evidence, evidence.twin.fates)),
  }),
};
