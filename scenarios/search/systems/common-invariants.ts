// What must hold of every system.
import { minutes, type Instant } from '../../../protocol/time.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import type { SimulationPlan } from '../../../sim/simulation.ts';
import type { Interval, ScheduledMessage } from '../../../sim/workload/workload.ts';
import type { SystemInvariant, SystemViolation } from './system-invariants.ts';
import type { WatchedRun } from './watched-run.ts';

/** A phone that is on for so long at the end has had the time to fetch what waits for it. */
const longEnough = minutes(30);

const noCrash: SystemInvariant = {
  id: 'no-crash',
  nature: 'safety',
  claim: 'No core and no part of the simulator breaks a promise of its own, whatever peers and the world do.',
  violations: ({ crash }) =>
    crash === undefined
      ? []
      : [
          {
            invariant: 'no-crash',
            kind: crash
              .replace(/[^A-Za-z ]+/g, ' ')
              .slice(0, 60)
              .trim(),
            words: `The run broke off: ${crash}.`,
          },
        ],
};

const endsByItself: SystemInvariant = {
  id: 'ends',
  nature: 'safety',
  claim:
    'A few people who send a few messages cause no storm: the run reaches its horizon within its limit of events.',
  violations: ({ result, system }) =>
    result === undefined || result.endedBy === 'horizon'
      ? []
      : [
          {
            invariant: 'ends',
            kind: result.endedBy,
            words: `${system.title} handled ${result.events} events and was not through (${result.endedBy}); the busiest nodes were ${result.busiestNodes.map(({ name }) => name).join(', ')}.`,
          },
        ],
};

const shownOnce: SystemInvariant = {
  id: 'shown-once',
  nature: 'safety',
  claim: 'No device shows a message twice.',
  violations: ({ duplicates }) =>
    duplicates.map(({ message, person }) => ({
      invariant: 'shown-once',
      kind: '',
      words: `Person ${person} was shown message ${message} twice.`,
    })),
};

const onlyMembers: SystemInvariant = {
  id: 'only-members',
  nature: 'safety',
  claim: 'Nobody is shown a message of a conversation that he is no member of.',
  violations: ({ fates, workload }) =>
    [...fates].flatMap(([id, { deliveredAt }]) => {
      const members = workload.conversations[workload.messages[id]?.conversation ?? -1]?.members ?? [];
      return [...deliveredAt.keys()]
        .filter((person) => !members.includes(person))
        .map((person) => ({
          invariant: 'only-members',
          kind: '',
          words: `Person ${person} was shown message ${id} of a conversation of others.`,
        }));
    }),
};

/** Whether a run came to its end: of one that was cut short nobody knows what would have come. */
export function isThrough({ result }: WatchedRun): boolean {
  return result?.endedBy === 'horizon';
}

/** Expected deliveries that never happened. */
export function* undelivered(run: WatchedRun): Generator<{
  readonly message: ScheduledMessage;
  readonly recipient: WatchedRun['workload']['people'][number]['id'];
}> {
  if (!isThrough(run)) return;
  for (const message of run.workload.messages)
    for (const recipient of run.workload.conversations[message.conversation]?.members ?? [])
      if (recipient !== message.sender && run.fates.get(message.id)?.deliveredAt.has(recipient) !== true)
        yield { message, recipient };
}

/** Whether somebody's phone is on for the last so long, and nothing is broken any more. */
function isReachableAtLast({ workload, plan }: WatchedRun, person: number): boolean {
  const since = workload.windows.horizon - longEnough;
  const isOn = ({ start, end }: Interval): boolean => start < workload.windows.horizon && end > since;
  const offline = workload.people[person]?.device.offline ?? [];
  return !offline.some(isOn) && plan.faults.every(({ end }) => end <= since);
}

/** Whether somebody looks at the application at the end: whoever never opens it again cannot be shown anything. */
function isOpenAtLast({ workload: { people, windows } }: WatchedRun, person: number): boolean {
  const since = windows.horizon - longEnough;
  const foreground = people[person]?.device.foreground ?? [];
  return foreground.some(({ start, end }) => start <= since && end >= windows.horizon);
}

/** Where everybody can reach everybody over the Internet. */
function isOnline({ system, plan }: WatchedRun): boolean {
  if (!system.usesRadio) return true;
  return system.id === 'firechat' && plan.parameters.get('usesInternet') !== 0;
}

/** Faults that changed something: one of a city where nobody is does not. What arrives twice is counted nowhere, and taken to be so. */
export function touchingFaults({ plan, result }: WatchedRun): readonly Fault[] {
  return plan.faults.filter(({ id, kind }) => kind === 'duplication' || result?.faultContacts.get(id) !== 0);
}

/** Faults that make it another thing: hostile servers, disks that forgot, clocks. */
export function excusingFaults(run: WatchedRun): readonly Fault[] {
  const touching = new Set(touchingFaults(run));
  return run.plan.faults.filter(
    (fault) =>
      fault.kind === 'byzantine' ||
      (fault.kind === 'down' && fault.disk !== 'kept') ||
      (fault.kind === 'clock' && touching.has(fault)),
  );
}

function excuse(run: WatchedRun): string {
  const words = excusingFaults(run).map((fault) => {
    if (fault.kind === 'byzantine') return `hostile (${fault.behaviour})`;
    return fault.kind === 'down' ? `disk ${fault.disk}` : 'wrong clock';
  });
  return [...new Set(words)].sort().join(', ');
}

/** Why servers of a Matrix room differ at the end on what was said in it: what is missing to a person may be so for that. */
function whyHistoriesDiffer({ result }: WatchedRun): readonly string[] {
  const histories = (result?.findings ?? []).filter(({ aspect }) => aspect === 'history');
  return [...new Set(histories.map(({ cause }) => cause))].sort();
}

/** What tells findings apart where such faults are declared; empty without. */
export const kindOf = (run: WatchedRun): string => {
  const why = excuse(run);
  return why === '' ? '' : `with ${why}`;
};

const acceptedArrives: SystemInvariant = {
  id: 'accepted-arrives',
  nature: 'liveness',
  claim:
    'What a service has taken responsibility for reaches every member whose phone is on, hours after everything works again.',
  violations: (run) =>
    isOnline(run)
      ? missing(run, (fate) => fate?.acceptedAt !== undefined).map(
          ({ message, recipient, sentAt }): SystemViolation => ({
            sentAt,
            invariant: 'accepted-arrives',
            kind: [...whyHistoriesDiffer(run), kindOf(run)].filter((word) => word !== '').join(', '),
            words: `Message ${message} was accepted and never came to person ${recipient}, whose phone was on.`,
          }),
        )
      : [],
};

const nothingLostUnseen: SystemInvariant = {
  id: 'nothing-lost-unseen',
  nature: 'liveness',
  claim:
    'A message that was neither accepted nor delivered is shown to its sender as failed, who has the application open at the end.',
  violations: (run) =>
    isOnline(run)
      ? missing(
          run,
          (fate, sender) =>
            fate?.acceptedAt === undefined &&
            fate?.wasShownAsFailed === false &&
            isReachableAtLast(run, sender) &&
            isOpenAtLast(run, sender),
        ).map(({ message, recipient, sentAt }): SystemViolation => ({
          sentAt,
          invariant: 'nothing-lost-unseen',
          kind: kindOf(run),
          words: `Message ${message} never came to person ${recipient}, and its sender was told nothing.`,
        }))
      : [],
};

type Fate = WatchedRun['fates'] extends ReadonlyMap<unknown, infer Each> ? Each : never;

function missing(
  run: WatchedRun,
  counts: (fate: Fate | undefined, sender: number) => boolean,
): readonly { readonly message: number; readonly recipient: number; readonly sentAt: Instant }[] {
  return [...undelivered(run)]
    .filter(
      ({ message, recipient }) =>
        counts(run.fates.get(message.id), message.sender) && isReachableAtLast(run, recipient),
    )
    .map(({ message, recipient }) => ({ message: message.id, recipient, sentAt: message.at }));
}

function again(run: WatchedRun, changes: Partial<SimulationPlan>): string {
  return createSimulation({ ...run.plan, ...changes }, { record: () => undefined }).finish().digest;
}

const sameTwice: SystemInvariant = {
  id: 'same-twice',
  nature: 'safety',
  claim: 'The same scenario and seed give the same digest, watched or not.',
  isCostly: true,
  violations: (run) =>
    run.result === undefined || again(run, {}) === run.result.digest
      ? []
      : [{ invariant: 'same-twice', kind: '', words: 'A second run of the same has another digest.' }],
};

const sameThroughBytes: SystemInvariant = {
  id: 'same-through-bytes',
  nature: 'safety',
  claim:
    'A run in which every message goes through its codec has the same digest: nothing is said that is not in the bytes.',
  isCostly: true,
  violations: (run) =>
    run.result === undefined || again(run, { encodeEverything: true }) === run.result.digest
      ? []
      : [
          {
            invariant: 'same-through-bytes',
            kind: '',
            words: 'With every message encoded and decoded the run has another digest.',
          },
        ],
};

/** When a message was sent, for people. */
export function timeInWords(at: Instant): string {
  return `${Math.floor(at / 60_000_000)} min ${Math.floor(at / 1_000_000) % 60} s`;
}

/** They apply to every system. */
export const commonInvariants: readonly SystemInvariant[] = [
  noCrash,
  endsByItself,
  shownOnce,
  onlyMembers,
  acceptedArrives,
  nothingLostUnseen,
  sameTwice,
  sameThroughBytes,
];
