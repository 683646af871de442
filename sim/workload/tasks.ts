// What people set out to do beyond writing in their chats, and when: exogenous, the same for every system and the twin.
import type { PersonId } from '../../protocol/message.ts';
import { taskKinds, type Task, type TaskId, type TaskKind } from '../../protocol/task.ts';
import { minutes, seconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import { logNormal } from '../random/distributions.ts';
import type { World } from '../world.ts';
import { activityBetween, instantByRhythm } from './daily-rhythm.ts';
import { localOffset } from './local-time.ts';
import { whenOnline } from './schedule.ts';
import { wholeNumber } from './whole-number.ts';
import type { Conversation, Person, Windows } from './workload.ts';

/** How often people do such things, per person and day, and how patient they are: parameters of the scenario. */
export interface TaskHabits {
  readonly firstContactsPerDay: number;
  readonly deviceLinksPerDay: number;
  readonly loginsPerDay: number;
  readonly groupsCreatedPerDay: number;
  readonly groupsJoinedPerDay: number;
  readonly attachmentsPerDay: number;
  readonly historyReadsPerDay: number;
  readonly attachmentMedianKilobytes: number;
  readonly taskDeadlineSeconds: number;
  readonly taskRetryMedianMinutes: number;
}

/** One thing that somebody sets out to do. */
export interface ScheduledTask {
  readonly id: TaskId;
  readonly person: PersonId;
  readonly at: Instant;
  readonly task: Task;
  /** How long after a visible failure they try again; undefined: never. */
  readonly retryAfter: Duration | undefined;
}

/** What people set out to do during a run. */
export interface Tasks {
  /** Sorted by (at, id); ids are row numbers. */
  readonly scheduled: readonly ScheduledTask[];
  /** Done so soon counts as done in time. */
  readonly deadline: Duration;
}

interface TaskOptions {
  readonly world: World;
  readonly people: readonly Person[];
  readonly conversations: readonly Conversation[];
  readonly habits: TaskHabits & { readonly neverResendShare: number };
  readonly windows: Windows;
  readonly draw: AddressedDraw;
}

const ratePerDay: Readonly<Record<TaskKind, keyof TaskHabits & `${string}PerDay`>> = {
  'first-contact': 'firstContactsPerDay',
  'link-device': 'deviceLinksPerDay',
  'log-in': 'loginsPerDay',
  'create-group': 'groupsCreatedPerDay',
  'join-group': 'groupsJoinedPerDay',
  attachment: 'attachmentsPerDay',
  history: 'historyReadsPerDay',
};

/** Clients make pictures smaller than this. Assumed; the services take 100 MB and more. */
const mostAttachmentBytes = 10_000_000;

/** How many people somebody asks into a new group, at most. Assumed; plausible 2 to 20. */
const mostInvites = 5;

/** Everything that people set out to do; nothing where the habits are all 0. */
export function createTasks(options: TaskOptions): Tasks {
  const { world, people, habits, windows } = options;
  const drafts: Omit<ScheduledTask, 'id'>[] = [];
  const acquaintances = new Acquaintances(options);
  for (const kind of taskKinds) {
    const perDay = habits[ratePerDay[kind]];
    if (perDay === 0) continue;
    for (const person of people) {
      const offset = localOffset(world, person.city);
      const draw = (...purpose: readonly (string | number)[]): number =>
        options.draw('task', kind, person.id, ...purpose);
      const days = activityBetween(0 as Instant, windows.sendingEnd, offset);
      const count = wholeNumber(perDay * days, draw('count'));
      for (let number = 0; number < count; number++) {
        const chance = (purpose: string): number => draw(number, purpose);
        const wish = instantByRhythm(chance('at'), 0 as Instant, windows.sendingEnd, offset);
        const at = whenOnline(person, wish, chance('wait'));
        const task = at < windows.sendingEnd ? acquaintances.task(kind, person.id, chance) : undefined;
        if (task === undefined) continue;
        drafts.push({ person: person.id, at: at as Instant, task, retryAfter: retryAfter(habits, chance) });
      }
    }
  }
  // Sorting is stable: what falls on one instant stays in the order of kinds and people.
  drafts.sort((left, right) => left.at - right.at);
  const scheduled = drafts.map((draft, row) => ({ ...draft, id: row as TaskId }));
  return { scheduled, deadline: seconds(habits.taskDeadlineSeconds) };
}

function retryAfter(
  { taskRetryMedianMinutes, neverResendShare }: TaskOptions['habits'],
  chance: (purpose: string) => number,
): Duration | undefined {
  if (chance('gives-up') < neverResendShare) return undefined;
  return logNormal(chance('retry'), minutes(taskRetryMedianMinutes), 1) as Duration;
}

/** Who knows whom, and so what a task may be about. */
class Acquaintances {
  readonly #options: TaskOptions;
  readonly #conversations: readonly (readonly Conversation[])[];

  constructor(options: TaskOptions) {
    this.#options = options;
    const lists = options.people.map((): Conversation[] => []);
    for (const conversation of options.conversations)
      for (const member of conversation.members) lists[member]?.push(conversation);
    this.#conversations = lists;
  }

  /** Undefined for somebody without anybody to do it with. */
  task(kind: TaskKind, person: PersonId, chance: (purpose: string) => number): Task | undefined {
    switch (kind) {
      case 'link-device':
      case 'log-in':
        return { kind };
      case 'first-contact': {
        const to = this.#stranger(person, chance('to'));
        return to === undefined ? undefined : { kind, to };
      }
      case 'create-group': {
        const friends = this.#friends(person);
        const invites = friends
          .map((friend) => ({
            friend,
            rank: this.#options.draw('task', 'invite', person, friend, chance('who')),
          }))
          .sort((left, right) => left.rank - right.rank || left.friend - right.friend)
          .slice(0, 1 + Math.floor(chance('invites') * mostInvites))
          .map(({ friend }) => friend);
        return invites.length === 0 ? undefined : { kind, invites };
      }
      case 'join-group': {
        const friends = this.#friends(person);
        const host = friends[Math.floor(chance('host') * friends.length)];
        return host === undefined ? undefined : { kind, host };
      }
      case 'attachment': {
        const conversation = this.#conversation(person, chance('conversation'));
        const median = 1_000 * this.#options.habits.attachmentMedianKilobytes;
        const bytes = Math.min(mostAttachmentBytes, Math.max(1_000, logNormal(chance('bytes'), median, 1)));
        return conversation === undefined ? undefined : { kind, conversation: conversation.id, bytes };
      }
      case 'history': {
        const conversation = this.#conversation(person, chance('conversation'));
        return conversation === undefined ? undefined : { kind, conversation: conversation.id };
      }
    }
  }

  #conversation(person: PersonId, uniform: number): Conversation | undefined {
    const own = this.#conversations[person] ?? [];
    return own[Math.floor(uniform * own.length)];
  }

  #friends(person: PersonId): readonly PersonId[] {
    const friends = new Set<PersonId>();
    for (const { kind, members } of this.#conversations[person] ?? [])
      if (kind !== 'room') for (const member of members) if (member !== person) friends.add(member);
    return [...friends].sort((left, right) => left - right);
  }

  /** Somebody with whom the person shares no conversation; anybody is as likely (assumed). */
  #stranger(person: PersonId, uniform: number): PersonId | undefined {
    const { people } = this.#options;
    const known = new Set<PersonId>([person]);
    for (const { members } of this.#conversations[person] ?? [])
      for (const member of members) known.add(member);
    const strangers = people.length - known.size;
    let left = Math.floor(uniform * strangers);
    for (const { id } of people) {
      if (known.has(id)) continue;
      if (left === 0) return id;
      left -= 1;
    }
    return undefined;
  }
}
