// What must hold of phones that pass messages on by radio, and what is promised of them.
import type { PersonId } from '../../../protocol/message.ts';
import { hours, minutes, type Instant } from '../../../protocol/time.ts';
import type { Interval, ScheduledMessage } from '../../../sim/workload/workload.ts';
import type { SystemInvariant, SystemViolation } from './system-invariants.ts';
import { isThrough, timeInWords, touchingFaults, undelivered } from './common-invariants.ts';
import { nodeOf, type WatchedRun } from './watched-run.ts';
import { whereItStopped } from './where-it-stopped.ts';
import { hopsFrom, settled, WithinReach, type Neighbours } from './within-reach.ts';

/** Within so long a flood has come everywhere. */
const floodTime = minutes(1);
/** A meeting in which phones tell each other all they have: several rounds of gossip. */
const goodMeeting = minutes(5);
const mostHops = 7;
/** What the whitepaper of Bitchat (section 6.3) and the makers of FireChat say of how long phones carry. */
const carriedFor = hours(6);

/** Only phones, no Internet: everything that comes, comes over radio. */
function isRadioAlone({ system, plan }: WatchedRun): boolean {
  const off = { 'p2p-matrix': 'staticPeers', firechat: 'usesInternet' }[system.id];
  return system.id === 'bitchat' || (off !== undefined && plan.parameters.get(off) === 0);
}

/** How many phones a flood passes at most. Where a run sets fewer hops than the protocol has, no more is promised. */
function hopLimit({ plan }: WatchedRun): number {
  const set = plan.parameters.get('hops') ?? 0;
  return set > 0 ? Math.min(set, mostHops) : mostHops;
}

/** More messages than this in a run, and stores are full. */
const busy = 100;

/** Clocks that differ by more than this do not hear each other (Bitchat; the others are as patient as that). */
const mostSkewMs = 120_000;

/** Whether the clocks of these people differed by too much at some time in a stretch: as they are, or by a fault that touched somebody. */
function wereClocksWrong(run: WatchedRun, people: Iterable<number>, { start, end }: Interval): boolean {
  const skews = [...people].map((person) => run.workload.people[person]?.device.clockSkewMs ?? 0);
  return (
    Math.max(...skews) - Math.min(...skews) > mostSkewMs ||
    touchingFaults(run).some((fault) => fault.kind === 'clock' && fault.start <= end && fault.end >= start)
  );
}

/** What the run and the phones on a message's way have that makes it special. What its sender was told of needs no full store. */
function circumstances(
  run: WatchedRun,
  { id, sender, at }: ScheduledMessage,
  way: Iterable<number>,
  until: Instant,
): readonly string[] {
  const isBusy = run.workload.messages.length > busy && run.fates.get(id)?.wasShownAsFailed !== true;
  const isWrong = wereClocksWrong(run, [sender, ...way], { start: at, end: until });
  return [isBusy ? 'busy' : '', isWrong ? 'wrong clocks' : ''];
}

/** Faults of radio act only while they last: a message sent meanwhile is excused, where they touched anybody. */
function isExcused(run: WatchedRun, { at }: ScheduledMessage): boolean {
  return touchingFaults(run).some(({ start, end }) => start <= at + floodTime && end >= at - settled);
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

/** How the flood of a message ended; of an overlay, whose datagrams are for one phone each, nothing. */
function stopped(
  run: WatchedRun,
  { id, sender }: ScheduledMessage,
  recipient: PersonId,
  neighbours: Neighbours,
  by: Instant,
): string {
  if (run.overlay !== undefined) return '';
  return whereItStopped({
    spread: run.links.spreadOf(id),
    author: sender,
    recipient,
    nodeOf: (person) => nodeOf(run, person),
    neighbours,
    by,
    platformOf: (person) => run.workload.people[person]?.device.platform ?? '',
  });
}

const reachesConnected: SystemInvariant = {
  id: 'reaches-connected',
  nature: 'claim',
  claim:
    'A message comes within a minute to whom a chain of at most seven phones leads that have been beside each other for minutes (a flood reaches everybody in reach).',
  violations(run) {
    if (!isRadioAlone(run) || !isThrough(run)) return [];
    const reach = new WithinReach(run.workload);
    const limit = hopLimit(run);
    const found: SystemViolation[] = [];
    for (const message of run.workload.messages) {
      if (message.at < settled || isExcused(run, message)) continue;
      const by = (message.at + floodTime) as Instant;
      const neighbours = reach.neighbours({ start: (message.at - settled) as Instant, end: by });
      const hops = hopsFrom(message.sender, neighbours);
      for (const recipient of run.workload.conversations[message.conversation]?.members ?? []) {
        const far = hops.get(recipient);
        if (recipient === message.sender || far === undefined || far > limit) continue;
        const came = run.fates.get(message.id)?.deliveredAt.get(recipient);
        if (came !== undefined && came <= by) continue;
        const way = [...hops].filter(([, hop]) => hop < far).map(([person]) => person);
        const kind = inWords([
          talkOf(run, message),
          came === undefined ? 'never' : 'late',
          stopped(run, message, recipient, neighbours, by),
          ...circumstances(run, message, [...way, recipient], by),
        ]);
        found.push({
          invariant: 'reaches-connected',
          kind,
          words: `Message ${message.id}, sent after ${timeInWords(message.at)}, ${came === undefined ? 'never came' : `came only after ${timeInWords(came)}`} to person ${recipient}, ${far} phones away (${platforms(run)}).`,
          sentAt: message.at,
        });
      }
    }
    return found;
  },
};

/** Whether a copy of it ever left its author, and whether couriers of the run had no room for some. */
function whoHadIt(run: WatchedRun, message: ScheduledMessage): string {
  if (run.overlay !== undefined) return '';
  if (run.links.spreadOf(message.id).first.size === 0) return 'nobody had it';
  const wereFull = (run.result?.situations.get('bitchat.courier-full') ?? 0) > 0;
  return wereFull && talkOf(run, message) === 'private' ? 'a courier was full' : '';
}

/** Whether some server of the run gave another one up. */
const wasGivenUp = ({ result }: WatchedRun): boolean =>
  (result?.situations.get('matrix.federation.blacklisted') ?? 0) > 0;

const isCarried: SystemInvariant = {
  id: 'is-carried',
  nature: 'claim',
  claim:
    'A message comes to whom people bring it who meet for five minutes each, one after the other, within six hours (Bitchat, whitepaper section 6.3; FireChat’s makers, July 2015).',
  violations(run) {
    if (!isRadioAlone(run)) return [];
    const reach = new WithinReach(run.workload, touchingFaults(run));
    const { horizon } = run.workload.windows;
    return [...undelivered(run)].flatMap(({ message, recipient }): SystemViolation[] => {
      const has = reach.carried(message.sender, message.at, goodMeeting);
      const could = has.get(recipient);
      if (could === undefined || could > Math.min(horizon - minutes(2), message.at + carriedFor)) return [];
      const isDirect = [...has].filter(([, when]) => when < could).length <= 1;
      // Whoever was told so and meets him all the same is another claim's.
      if (isDirect && run.fates.get(message.id)?.wasShownAsFailed === true) return [];
      const couldHave = [...has].filter(([, when]) => when <= could).map(([person]) => person);
      const kind = inWords([
        talkOf(run, message),
        isDirect ? 'author meets recipient' : 'by others',
        isDirect ? '' : whoHadIt(run, message),
        wasGivenUp(run) ? 'given up' : '',
        ...circumstances(run, message, couldHave, could),
      ]);
      return [
        {
          invariant: 'is-carried',
          kind,
          words: `Message ${message.id}, sent after ${timeInWords(message.at)}, never came to person ${recipient}, who could have had it ${isDirect ? 'from its author' : 'from others'} after ${timeInWords(could)} (${platforms(run)}).`,
          sentAt: message.at,
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
    const reach = new WithinReach(run.workload, touchingFaults(run));
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
          kind: inWords([
            talkOf(run, message),
            wasGivenUp(run) ? 'given up' : '',
            ...circumstances(run, message, [recipient], met),
          ]),
          words: `Message ${message.id}, sent after ${timeInWords(message.at)}, never came to person ${recipient}, beside whom its author was until ${timeInWords(met)}, and nobody was told (${platforms(run)}).`,
          sentAt: message.at,
        },
      ];
    });
  },
};

/** Whether its author wrote so much in the conversation that an outbox is full. */
const wroteMuch = ({ workload }: WatchedRun, { sender, conversation }: ScheduledMessage): boolean =>
  workload.messages.filter((each) => each.sender === sender && each.conversation === conversation).length >
  busy;

/** For so long an outbox keeps what is written. */
const outboxDay = hours(24);

const notGivenUp: SystemInvariant = {
  id: 'not-given-up',
  nature: 'claim',
  claim:
    'No message is shown to its author as failed whose recipient is beside him for five minutes afterwards and could still be given it (“eventual delivery”, Bitchat, whitepaper section 1).',
  violations(run) {
    if (!isRadioAlone(run)) return [];
    const reach = new WithinReach(run.workload, touchingFaults(run));
    const { horizon } = run.workload.windows;
    return [...undelivered(run)].flatMap(({ message, recipient }): SystemViolation[] => {
      if (run.fates.get(message.id)?.wasShownAsFailed !== true) return [];
      const met = reach.meeting(message.sender, recipient, message.at, goodMeeting);
      if (met === undefined || met > horizon - minutes(2)) return [];
      return [
        {
          invariant: 'not-given-up',
          kind: inWords([
            talkOf(run, message),
            met - message.at > outboxDay ? 'after a day' : 'within a day',
            wroteMuch(run, message) ? 'busy' : '',
            wereClocksWrong(run, [message.sender, recipient], { start: message.at, end: met })
              ? 'wrong clocks'
              : '',
          ]),
          words: `Message ${message.id}, sent after ${timeInWords(message.at)}, was shown as failed to its author, who was beside person ${recipient} until ${timeInWords(met)} (${platforms(run)}).`,
          sentAt: message.at,
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
  notGivenUp,
  passedOnOnce,
  hopBound,
];
