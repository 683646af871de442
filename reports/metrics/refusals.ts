// What servers did not take as it came: by whom, from whom, what became of it, and because of which rule.
import { compareCodePoints } from '../../protocol/order.ts';
import type { Refusal } from '../../sim/simulation.ts';
import type { RefusalFigures } from '../record-system.ts';
import type { Metric } from './metric.ts';

const nameOf = ({ node, from, fate, rule }: Omit<Refusal, 'times'>): string =>
  `${fate} ${from} ${rule} ${node}`;

/** Refusals of the run and of its twin, row by row. */
export const refusals: Metric<readonly RefusalFigures[]> = {
  id: 'refusals',
  title: 'Not taken as it came',
  unit: 'events or questions',
  definition:
    'What a server did not take as another had sent it, by both of them, by what became of it (dropped, redacted, rejected, ' +
    'soft-failed, unconnected, rate-limited) and by the rule: how often, and how often in the twin.',
  caveats: [
    'Counted each time, and at each server: one event that five servers refuse is five.',
    'Where an event was fetched from a third server its author’s server is named, not who passed it on.',
    'The warm-up is counted, too.',
  ],
  compute({ run, twin }) {
    const before = new Map((twin.result.refusals ?? []).map((each) => [nameOf(each), each]));
    const both = new Map([...before].map(([name, each]) => [name, { ...each, times: 0 }]));
    for (const each of run.result.refusals ?? []) both.set(nameOf(each), { ...each });
    return [...both]
      .sort(([left], [right]) => compareCodePoints(left, right))
      .map(([name, each]) => ({ ...each, twinTimes: before.get(name)?.times ?? 0 }));
  },
};
