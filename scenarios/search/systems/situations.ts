// Which situations a run was in, by name: what cores say of themselves, what nodes refused and by which rule, where messages
// waited and why, what broke, how large things became, and who stood how far from whom. A run that adds a name is worth going on from.
import type { Instant } from '../../../protocol/time.ts';
import type { System } from '../../../sim/systems/system.ts';
import { Coverage, sizeClass } from '../coverage.ts';
import { undelivered } from './common-invariants.ts';
import type { WatchedRun } from './watched-run.ts';
import { hopsFrom, settled, WithinReach } from './within-reach.ts';

/** Situations of a run. */
export function situationsOf(run: WatchedRun): Coverage {
  const met = new Coverage();
  for (const { kind } of run.plan.faults) met.add(`fault ${kind}`);
  for (const [reason, times] of run.waits) met.add(`waits ${reason}`, times);
  for (const hops of run.links.hops) met.add(`hops ${hops}`);
  for (const fate of run.fates.values()) {
    if (fate.wasShownAsFailed) met.add('message shown as failed');
    if (fate.deliveredAt.size > 0) met.add('message delivered');
  }
  for (const _missing of undelivered(run)) met.add('message not delivered to somebody');
  if (run.system.usesRadio) met.merge(distancesOf(run).entries());
  const { result } = run;
  if (result === undefined) return met;
  for (const [name, times] of result.situations) met.add(`situation ${name}`, times);
  for (const [name, sum] of result.counters)
    if (sum > 0) met.add(`counter ${name} ${sizeClass(Math.round(sum))}`);
  for (const { fate, rule, times } of result.refusals ?? []) met.add(`${fate}: ${rule}`, times);
  for (const { aspect, cause } of result.findings) met.add(`differs on ${aspect}: ${cause}`);
  return met;
}

/** Of so many messages of a run it is asked over how many phones they could go, and further than so far is all one. */
const [mostAsked, farthest] = [100, 16];

/** How many phones away those were to whom people wrote, and among how many neighbours each. */
function distancesOf(run: WatchedRun): Coverage {
  const met = new Coverage();
  const { workload } = run;
  const reach = new WithinReach(workload);
  for (const { at, sender, conversation } of workload.messages.slice(0, mostAsked)) {
    if (at < settled) continue;
    const neighbours = reach.neighbours({ start: (at - settled) as Instant, end: at });
    const hops = hopsFrom(sender, neighbours);
    const far = (workload.conversations[conversation]?.members ?? []).map((member) => hops.get(member) ?? 0);
    const beside = [...hops.keys()].reduce((sum, person) => sum + (neighbours.get(person)?.size ?? 0), 0);
    const most = Math.min(farthest, Math.max(0, ...far));
    met.add(`written to ${most} phones away, ${sizeClass(Math.round(beside / hops.size))} beside each`);
  }
  return met;
}

const everywhere = ['message delivered', 'message not delivered to somebody'];
const overInternet = [...everywhere, 'fault down', 'fault latency', 'waits '];
const overRadio = [...everywhere, 'fault radio-jamming'];
/** Where the log of the links says how far a message came; `waits no-route` is what a phone says that is alone with it. */
const byHops = ['hops 1', 'hops 7', 'waits no-route'];

/** What nobody can be in is not listed: nobody forges an announce of Bitchat, and Signal gives up after a day at the earliest. */
const ofSystem: Readonly<Record<string, readonly string[]>> = {
  matrix: [
    'waits backoff',
    'waits catching-up',
    'soft-failed: ',
    'rejected: ',
    'differs on ',
    'fault byzantine',
    'situation matrix.federation.gap',
    'situation matrix.federation.backfill',
    'situation matrix.federation.get-missing-events',
    'situation matrix.federation.woken-by-peer',
    'situation matrix.federation.backoff',
  ],
  'p2p-matrix': [
    'situation pinecone.dropped-',
    'waits backoff',
    'situation matrix.federation.blacklisted',
    'differs on ',
  ],
  bitchat: [
    ...byHops,
    'waits radio-jitter',
    'waits link-queue',
    'message shown as failed',
    'situation bitchat.clock-skew',
    'situation bitchat.private-text-too-long',
  ],
  firechat: [...byHops, 'waits stored-for-recipient, because of a fault'],
  signal: [
    'waits backoff',
    'situation signal.persister-failed-to-find',
    'situation signal.instance-replaced',
  ],
  email: ['waits backoff', 'situation smtp.returned', 'message shown as failed'],
};

/** Runs after which a situation that was never met is a failure of the search. */
export const runsForReach = 1_000;

/** What a search of a system should have met: names, or how they begin. */
export function shouldBeMet(system: System): readonly string[] {
  const family = system.usesRadio ? overRadio : overInternet;
  return [...new Set([...family, ...(ofSystem[system.id] ?? [])])];
}
