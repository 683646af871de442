// Why a flood did not come to somebody whom a chain of phones led to: told from the copies that were on the links, at the border
// between the phones that it came to and those around its recipient.
import type { Instant } from '../../../protocol/time.ts';
import type { MessageSpread } from './link-watch.ts';
import type { Neighbours } from './within-reach.ts';

/** What is asked. */
export interface StoppedFlood {
  readonly spread: MessageSpread;
  readonly author: number;
  readonly recipient: number;
  /** By person; who has none takes no part. */
  readonly nodeOf: (person: number) => number | undefined;
  readonly neighbours: Neighbours;
  /** What came later does not count. */
  readonly by: Instant;
  readonly platformOf: (person: number) => string;
}

/**
 * The likeliest reason first: where a phone of the border was asked for the message just before it came, nobody else had to
 * stop it; where one had hops left and gave it to nobody, it stopped there.
 */
const reasons = [
  'was not shown',
  'came as an answer first',
  'not passed on by android',
  'not passed on by ios',
  'passed on to others',
  'out of hops',
  'not sent',
] as const;

/** In which way the flood stopped, in a few words of a closed list. */
export function whereItStopped(flood: StoppedFlood): (typeof reasons)[number] {
  const { recipient, neighbours } = flood;
  if (wasFlooded(flood, recipient)) return 'was not shown';
  const met = new Set<(typeof reasons)[number]>();
  const beyond = new Set([recipient]);
  for (const person of beyond)
    for (const next of neighbours.get(person) ?? [])
      if (next === flood.author || wasFlooded(flood, next)) met.add(reasonAt(flood, next, person));
      else beyond.add(next);
  return reasons.find((reason) => met.has(reason)) ?? 'not sent';
}

/** Whether the flood itself brought it first. */
function wasFlooded({ spread, nodeOf, by }: StoppedFlood, person: number): boolean {
  const first = spread.first.get(nodeOf(person) ?? -1);
  return first !== undefined && !first.isAnswer && first.at <= by;
}

const isBy = (at: Instant | undefined, by: Instant): boolean => at !== undefined && at <= by;

/** Why it did not come from `holder`, who had it, to `next`. */
function reasonAt(flood: StoppedFlood, holder: number, next: number): (typeof reasons)[number] {
  const { spread, nodeOf, author, by, platformOf } = flood;
  if (isBy(spread.flooded.get(nodeOf(next) ?? -1), by)) return 'came as an answer first';
  const gaveIt = isBy(spread.passedOn.get(nodeOf(holder) ?? -1), by);
  if (gaveIt) return 'passed on to others';
  if (holder === author) return 'not sent';
  if ((spread.first.get(nodeOf(holder) ?? -1)?.hopsLeft ?? 0) <= 1) return 'out of hops';
  return platformOf(holder) === 'android' ? 'not passed on by android' : 'not passed on by ios';
}
