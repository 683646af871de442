// How far the faults reached: whom and what they touched at all.
import { lateness } from '../blame.ts';
import type { BlastRadiusFigures } from '../record-system.ts';
import { cutOffIntervals, type CutOffInterval } from './cut-off.ts';
import { shareOf } from './delivery.ts';
import type { Metric } from './metric.ts';

/** The most people that were cut off at one instant. */
export function mostAtOnce(intervals: readonly CutOffInterval[]): number {
  const changes = intervals
    .filter(({ start, end }) => end > start)
    .flatMap(({ start, end }) => [
      { at: start, by: 1 },
      { at: end, by: -1 },
    ])
    // Who gets through at an instant is not cut off together with who fails at it.
    .sort((left, right) => left.at - right.at || left.by - right.by);
  let now = 0;
  let most = 0;
  for (const { by } of changes) most = Math.max(most, (now += by));
  return most;
}

/** Shares of people, conversations, countries and deliveries that the faults touched. */
export const blastRadius: Metric<BlastRadiusFigures> = {
  id: 'blast-radius',
  title: 'Blast radius',
  unit: 'share of people, conversations, countries, expected deliveries; people',
  definition:
    'A measured delivery is touched when it is late or lost against the twin (`blame` says what that is). A person is ' +
    'touched when a delivery that they sent or were to receive is; a conversation when one in it is; a country when one ' +
    'to somebody there is. Shares are of those that had a measured delivery at all. `cutOffAtOnce`: the most people cut ' +
    'off at one instant.',
  caveats: [
    'One late message makes its whole conversation touched: the radius says how far, not how badly.',
    'Chance that takes another way in run and twin can touch a delivery that no fault reached; blame shows it as unexplained.',
  ],
  compute(evidence) {
    const { workload, expected, run, twin } = evidence;
    const all = { people: new Set<number>(), conversations: new Set<number>(), countries: new Set<string>() };
    const hit = { people: new Set<number>(), conversations: new Set<number>(), countries: new Set<string>() };
    let touched = 0;
    for (let row = expected.measured.start; row < expected.measured.end; row++) {
      const message = workload.messages[expected.messages[row] ?? -1];
      const recipient = workload.people[expected.recipients[row] ?? -1];
      if (message === undefined || recipient === undefined) continue;
      const twins = twin.fates.deliveredAt[row] ?? NaN;
      const ours = run.fates.deliveredAt[row] ?? NaN;
      const isTouched = !Number.isNaN(twins) && (Number.isNaN(ours) || ours - twins > lateness);
      if (isTouched) touched++;
      for (const sets of isTouched ? [all, hit] : [all]) {
        sets.people.add(message.sender).add(recipient.id);
        sets.conversations.add(message.conversation);
        sets.countries.add(recipient.country);
      }
    }
    return {
      people: shareOf(hit.people.size, all.people.size),
      conversations: shareOf(hit.conversations.size, all.conversations.size),
      countries: shareOf(hit.countries.size, all.countries.size),
      deliveries: shareOf(touched, expected.measured.end - expected.measured.start),
      cutOffAtOnce: mostAtOnce(cutOffIntervals(evidence)),
    };
  },
};
