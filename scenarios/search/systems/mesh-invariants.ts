// What must hold of phones that pass messages on by radio, and what is promised of them.
import { hours, minutes, type Instant } from '../../../protocol/time.ts';
import type { ScheduledMessage } from '../../../sim/workload/workload.ts';
import type { SystemInvariant, SystemViolation } from './system-invariants.ts';
import { isThrough, timeInWords, undelivered } from './common-invariants.ts';
import type { WatchedRun } from './watched-run.ts';
import { WithinReach } from './within-reach.ts';

/** Phones beside each other for so long have found each other; within so long a flood has come everywhere. */
const settled = minutes(3);
const floodTime = minutes(1);
/** A meeting in which phones tell each other all they have: several rounds of gossip. */
const goodMeeting = minutes(5);
const hopLimit = 7;
const longFar = 5;
const dense = 6;
/** What the whitepaper of Bitchat (section 6.3) and the makers of FireChat say of how long phones carry. */
const carriedFor = hours(6);

/** Only phones, no Internet: everything that comes, comes over radio. */
function isRadioAlone({ system, plan }: WatchedRun): boolean {
  const off = { 'p2p-matrix': 'staticPeers', firechat: 'usesInternet' }[system.id];
  return system.id === 'bitchat' || (off !== undefined && plan.parameters.get(off) === 0);
}

/** More messages than this in a run, and stores are full. */
const busy = 100;

/** What a run has that makes a message's way special. What its sender was told of needs no full store. */
function circumstances({ plan, workload, fates }: WatchedRun, { id }: ScheduledMessage): readonly string[] {
  const isWrong = workload.people.some(({ device }) => Math.abs(device.clockSkewMs) > 120_000);
  return [
    workload.messages.length > busy && fates.get(id)?.wasShownAsFailed !== true ? 'busy' : '',
    isWrong || plan.faults.some(({ kind }) => kind === 'clock') ? 'wrong clocks' : '',
  ];
}

/** Faults of radio act only while they last: a message sent meanwhile is excused. */
function isExcused({ plan }: WatchedRun, { at }: ScheduledMessage): boolean {
  return plan.faults.some(({ start, end }) => start <= at + floodTime && end >= at - settled);
}

const talkOf = (run: WatchedRun, { conversation }: ScheduledMessage): string =>
  run.workload.conversations[conversation]?.kind === 'direct' ? 'private' : 'group';

const platforms = ({ workload }: WatchedRun): string => {
  const both = new Set(workload.people.map(({ device }) => device.platform));
  return both.size > 1 ? 'mixed platforms' : [...both].join('');
};

function inWords(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}

const reachesConnected: SystemInvariant = {
  id: 'reaches-connected',
  nature: 'claim',
  claim:
    'A message comes within a minute to whom a chain of at most seven phones leads that have been beside each other for minutes (a flood reaches everybody in reach).',
  violations(run) {
    if (!isRadioAlone(run) || !isThrough(run)) return [];
    const reach = new WithinReach(run.workload);
    const found: SystemViolation[] = [];
    for (const message of run.workload.messages) {
      if (isExcused(run, message)) continue;
      const during = {
        start: Math.max(0, message.at - settled) as Instant,
        end: (message.at + floodTime) as Instant,
      };
      if (message.at < settled) continue;
      const chains = reach.chains(message.sender, during);
      for (const recipient of run.workload.conversations[message.conversation]?.members ?? []) {
        const chain = chains.get(recipient);
        if (recipient === message.sender || chain === undefined || chain.hops > hopLimit) continue;
        const came = run.fates.get(message.id)?.deliveredAt.get(recipient);
        if (came !== undefined && came <= message.at + floodTime) continue;
        const kind = inWords([
          talkOf(run, message),
          came === undefined ? 'never' : 'late',
          chain.hops > longFar ? 'long way' : '',
          chain.mostNeighbours >= dense ? 'crowd' : '',
          ...circumstances(run, message),
        ]);
        found.push({
          invariant: 'reaches-connected',
          kind,
          words: `Message ${message.id}, sent after ${timeInWords(message.at)}, ${came === undefined ? 'never came' : `came only after ${timeInWords(came)}`} to person ${recipient}, ${chain.hops} phones away (${platforms(run)}).`,
        });
      }
    }
    return found;
  },
};

const isCarried: SystemInvariant = {
  id: 'is-carried',
  nature: 'claim',
  claim:
    'A message comes to whom people bring it who meet for five minutes each, one after the other, within six hours (Bitchat, whitepaper section 6.3; FireChat’s makers, July 2015).',
  violations(run) {
    if (!isRadioAlone(run)) return [];
    const reach = new WithinReach(run.workload, run.plan.faults);
    const { horizon } = run.workload.windows;
    return [...undelivered(run)].flatMap(({ message, recipient }): SystemViolation[] => {
      const has = reach.carried(message.sender, message.at, goodMeeting);
      const could = has.get(recipient);
      if (could === undefined || could > Math.min(horizon - minutes(2), message.at + carriedFor)) return [];
      const isDirect = [...has].filter(([, when]) => when < could).length <= 1;
      const kind = inWords([
        talkOf(run, message),
        isDirect ? 'author meets recipient' : 'by others',
        ...circumstances(run, message),
      ]);
      return [
        {
          invariant: 'is-carried',
          kind,
          words: `Message ${message.id}, sent after ${timeInWords(message.at)}, never came to person ${recipient}, who could have had it ${isDirect ? 'from its author' : 'from others'} after ${timeInWords(could)} (${platforms(run)}).`,
        },
      ];
    });
  },
};

const handedOver: SystemInvariant = {
  id: 'handed-over',
  nature: 'claim',
  claim:
    'A message whose author and recipient are beside each other for five minutes more than six hours later has come by then, or was shown to its author as failed: nothing gets lost unseen.',
  violations(run) {
    if (!isRadioAlone(run)) return [];
    const reach = new WithinReach(run.workload, run.plan.faults);
    const { horizon } = run.workload.windows;
    return [...undelivered(run)].flatMap(({ message, recipient }): SystemViolation[] => {
      if (run.fates.get(message.id)?.wasShownAsFailed === true) return [];
      const since = (message.at + carriedFor) as Instant;
      const met = reach.meeting(message.sender, recipient, since, goodMeeting);
      // Whoever met before had the chance, and that is another claim.
      const before = reach.meeting(message.sender, recipient, message.at, goodMeeting);
      if (met === undefined || met > horizon - minutes(2) || (before ?? met) < since) return [];
      return [
        {
          invariant: 'handed-over',
          kind: inWords([talkOf(run, message), ...circumstances(run, message)]),
          words: `Message ${message.id}, sent after ${timeInWords(message.at)}, never came to person ${recipient}, beside whom its author was until ${timeInWords(met)}, and nobody was told (${platforms(run)}).`,
        },
      ];
    });
  },
};

const passedOnOnce: SystemInvariant = {
  id: 'passed-on-once',
  nature: 'safety',
  claim:
    'A phone passes a packet of a flood on at most once to the same neighbour within five minutes: no loops.',
  violations: (run) =>
    [true, false]
      .flatMap((isOfFragments) =>
        run.links.refloods.filter(({ isFragment }) => isFragment === isOfFragments).slice(0, 1),
      )
      .map(({ node, at, what, isFragment }) => ({
        invariant: 'passed-on-once',
        kind: inWords([
          isFragment ? '' : 'whole messages',
          run.plan.faults.some(({ kind }) => kind === 'duplication') ? 'duplicated frames' : '',
        ]),
        words: `${run.result?.nodes[node] ?? `node ${node}`} was given ${what} twice by the same neighbour, the second time after ${timeInWords(at)}.`,
      })),
};

const hopBound: SystemInvariant = {
  id: 'hop-bound',
  nature: 'safety',
  claim: 'No packet has more hops left than the protocol gives any.',
  violations: (run) =>
    run.links.overLimit.slice(0, 1).map(({ node, what }) => ({
      invariant: 'hop-bound',
      kind: '',
      words: `${run.result?.nodes[node] ?? `node ${node}`} was given ${what}.`,
    })),
};

/** They apply to systems that use radio. */
export const meshInvariants: readonly SystemInvariant[] = [
  reachesConnected,
  isCarried,
  handedOver,
  passedOnOnce,
  hopBound,
];
