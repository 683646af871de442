// What a Matrix user does beyond writing, as requests to the own homeserver. A client shows what fails and lets its user try
// again; only the homeserver repeats anything by itself, and of these things it repeats none.
import { assertNever } from '../assert.ts';
import type { Address, Effects, RequestResult, StoredState, Tag } from '../core.ts';
import { noCause } from '../failure.ts';
import { carriesNothing, type ConversationId, type PersonId } from '../message.ts';
import type { DeviceState } from '../mobile-connection.ts';
import type { RandomStream } from '../random-stream.ts';
import type { Task, TaskId } from '../task.ts';
import { TaskRunner, type TaskNote, type TaskStep } from '../task-runner.ts';
import type { Clock } from '../time.ts';
import { clientPages, clientPatience } from './assumed-patience.ts';
import type { ClientQuestion } from './client-messages.ts';
import type { ClientSession } from './client-session.ts';
import type { RoomKeys } from './device-messages.ts';
import { serverNameOf, type RoomId, type UserId } from './ids.ts';
import { asMatrix, type MatrixMessage } from './messages.ts';
import { oneTimeKeysKept } from './one-time-keys.ts';

/** How a client's tasks are set up. */
export interface ClientTasksConfig {
  readonly random: RandomStream;
  readonly userOf: (person: PersonId) => UserId;
  /** The group of somebody that is open to those whom they have asked. */
  readonly groupOf: (host: PersonId) => RoomId | undefined;
  /** People find the groups of others in the directory of their server, and only there; by word of mouth when left out. */
  readonly usesDirectory?: boolean;
  /** Whether the keys of rooms are backed up at the server, so that a next device finds them. */
  readonly backsUpKeys: boolean;
  /** What somebody beside the homeserver has to do for a task; undefined for tasks that end at the homeserver. */
  elsewhere?(note: TaskNote, session: ClientSession): Elsewhere | undefined;
}

/** Steps that take the place of a task's own, or follow them. */
export interface Elsewhere {
  readonly instead: boolean;
  readonly steps: readonly TaskStep[];
}

/** Where the tasks are done. */
export interface TaskSurroundings {
  readonly session: ClientSession;
  readonly homeserver: Address;
  readonly device: DeviceState;
  roomOf(conversation: ConversationId): RoomId | undefined;
  /** The user is logged in as another device from now on, which is registered and has its keys. */
  onNewDevice(deviceId: string, out: Effects): void;
  /** The keys of rooms that were backed up. */
  onBackup(keys: RoomKeys, out: Effects): void;
}

const requestTimeout = clientPatience.step;
/** People scroll through the whole of a directory as small as those of phones. Assumed. */
const directoryLimit = 200;
/** The room is in no directory that could be asked. */
const unlisted: RequestResult = {
  ok: false,
  failure: { kind: 'status', status: 404, definite: true, cause: noCause },
};
const uploadTimeout = clientPatience.upload;
/** A picture's event. Nothing that counts as a message of the run: what clients show as a sticker. */
export const pictureEvent = 'm.sticker';
/** The step after which a new device is there. */
const newDeviceStep = 'keys';
/** The token of a page that begins with the newest event: none. */
const newest = '';

/** What a step asks for; who asks comes from the session. */
type Asked<Q = ClientQuestion> = Q extends ClientQuestion
  ? Omit<Q, 'userId' | 'deviceId' | 'carries'>
  : never;

/** A step, and the room that its answer has to name. */
type OwnStep = TaskStep & { readonly wants?: RoomId };

/** What a task has asked last. */
interface Question {
  readonly step: string;
  readonly question: MatrixMessage | undefined;
  readonly wants: RoomId | undefined;
}

export class ClientTasks {
  readonly #config: ClientTasksConfig;
  readonly #around: TaskSurroundings;
  readonly #runner: TaskRunner;
  /** Rooms that tasks made, by the name of the task. */
  readonly #made = new Map<string, RoomId>();
  /** What each task has asked last, and in which step. */
  readonly #asked = new Map<Tag, Question>();

  constructor(config: ClientTasksConfig, around: TaskSurroundings, stored: StoredState | undefined) {
    this.#config = config;
    this.#around = around;
    const runnerConfig = {
      random: config.random,
      retriesInBackground: false,
      stepsOf: (note: TaskNote) => this.#stepsOf(note),
      nextTimestamp: (clock: Clock) => clock.wall,
      ask: (_clock: Clock, tag: Tag, asked: OwnStep, out: Effects) => {
        const { name: step, to, message, timeout, wants } = asked;
        this.#asked.set(tag, { step, question: asMatrix(message), wants });
        out.request(to, tag, message, { timeout });
      },
      waitAfter: () => requestTimeout,
      givesUp: () => true,
    };
    this.#runner = new TaskRunner(runnerConfig, around.device, stored);
  }

  undertake(clock: Clock, id: TaskId, task: Task, out: Effects): void {
    this.#runner.undertake(clock, id, task, out);
  }

  /** True when the answer was to a task's request. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    const { step, question, wants } = this.#asked.get(tag) ?? {};
    this.#asked.delete(tag);
    const answer = result.ok ? asMatrix(result.message) : undefined;
    if (answer?.kind === 'matrix.room-created' && question?.kind === 'matrix.create-room')
      this.#made.set(question.name, answer.roomId);
    if (answer?.kind === 'matrix.backup') this.#around.onBackup(answer.keys, out);
    if (result.ok && step === newDeviceStep && question?.kind === 'matrix.upload-keys')
      this.#around.onNewDevice(question.deviceId, out);
    const isUnlisted =
      answer?.kind === 'matrix.public-rooms' && !answer.rooms.some(({ roomId }) => roomId === wants);
    return this.#runner.answered(clock, tag, isUnlisted ? unlisted : result, out, behind(result));
  }

  inspect(): object {
    return this.#runner.inspect();
  }

  #stepsOf(note: TaskNote): readonly TaskStep[] {
    const { instead, steps } = this.#config.elsewhere?.(note, this.#around.session) ?? nowhere;
    return instead ? steps : [...this.#ownSteps(note, steps.length > 0 ? note.name : 'picture'), ...steps];
  }

  /** At the homeserver. A picture is called by its task where somebody waits for it. */
  #ownSteps({ task, name }: TaskNote, picture: string): readonly TaskStep[] {
    const { userOf, groupOf } = this.#config;
    const room = this.#made.get(name);
    switch (task.kind) {
      case 'first-contact':
        return [
          this.#create(name),
          this.#invitation(room, userOf(task.to)),
          this.#words(room, name, 'hello'),
        ];
      case 'create-group':
        return [this.#create(name), ...task.invites.map((person) => this.#invitation(room, userOf(person)))];
      case 'join-group':
        return this.#join(groupOf(task.host), userOf(task.host));
      case 'attachment':
        return [
          this.#step('upload', { kind: 'matrix.upload-media', bytes: task.bytes }, uploadTimeout),
          this.#words(this.#around.roomOf(task.conversation), name, picture),
        ];
      case 'history': {
        const roomId = this.#around.roomOf(task.conversation);
        if (roomId === undefined) return [];
        return [
          this.#step('history', {
            kind: 'matrix.get-messages',
            roomId,
            from: newest,
            limit: clientPages.task,
          }),
        ];
      }
      case 'log-in':
        return this.#newDevice(name);
      case 'link-device':
        return this.#linkedDevice(name);
      default:
        return assertNever(task);
    }
  }

  #step(name: string, asked: Asked, timeout = requestTimeout, deviceId = this.#deviceId): TaskStep {
    const { session, homeserver } = this.#around;
    const message = { ...asked, userId: session.userId, deviceId, carries: carriesNothing };
    return { name, to: homeserver, message, timeout, job: false };
  }

  get #deviceId(): string {
    return this.#around.session.deviceId;
  }

  #create(name: string): TaskStep {
    return this.#step('room', { kind: 'matrix.create-room', name });
  }

  /** It needs the other's server now: nobody queues an invitation. */
  #invitation(roomId: RoomId | undefined, target: UserId): TaskStep {
    const room = roomId ?? unknownRoom;
    const change = { kind: 'matrix.change-membership', membership: 'invite', servers: [] } as const;
    return this.#step('invitation', { ...change, roomId: room, target });
  }

  #words(roomId: RoomId | undefined, name: string, body: string): TaskStep {
    const content = { body, url: 'mxc://example.org/sticker' };
    const event = { kind: 'matrix.send-event', eventType: pictureEvent, txnId: name, content } as const;
    return this.#step('message', { ...event, roomId: roomId ?? unknownRoom });
  }

  #join(roomId: RoomId | undefined, host: UserId): readonly OwnStep[] {
    if (roomId === undefined) return [];
    const server = serverNameOf(host);
    const join = { kind: 'matrix.change-membership', membership: 'join', roomId } as const;
    const servers = server === undefined ? [] : [server];
    const entering = this.#step('join', { ...join, target: this.#around.session.userId, servers });
    if (this.#config.usesDirectory !== true) return [entering];
    const looking = this.#step('directory', { kind: 'matrix.get-public-rooms', limit: directoryLimit });
    return [{ ...looking, wants: roomId }, entering];
  }

  /** A phone that knows nothing of the account: a new device takes the place of the one that was here. */
  #newDevice(name: string): readonly TaskStep[] {
    const next = deviceIdOf(name);
    const pusherOf = this.#deviceId;
    const backup = this.#step('key-backup', { kind: 'matrix.get-backup' }, requestTimeout, next);
    return [
      this.#step('log-in', { kind: 'matrix.log-in', pusherOf }, requestTimeout, next),
      this.#keys(newDeviceStep, next),
      ...(this.#config.backsUpKeys ? [backup] : []),
    ];
  }

  /** A further device, which nobody looks at in the run, and which this one verifies. */
  #linkedDevice(name: string): readonly TaskStep[] {
    const { userId } = this.#around.session;
    const next = deviceIdOf(name);
    const content = { from_device: this.#deviceId, transaction_id: name, method: 'm.sas.v1' };
    const messages = new Map([[userId, { [next]: content }]]);
    const about = { kind: 'matrix.send-to-device', eventType: 'm.key.verification.start' } as const;
    return [
      this.#step('log-in', { kind: 'matrix.log-in' }, requestTimeout, next),
      this.#keys('keys-of-linked', next),
      this.#step('verification', { ...about, txnId: name, messages }),
    ];
  }

  #keys(step: string, deviceId: string): TaskStep {
    const keys = { kind: 'matrix.upload-keys', oneTimeKeys: oneTimeKeysKept, isFirst: true } as const;
    return this.#step(step, keys, requestTimeout, deviceId);
  }
}

const nowhere: Elsewhere = { instead: false, steps: [] };

/** What an answer says of a failure behind whoever was asked. */
function behind(result: RequestResult): string | undefined {
  if (result.ok) return undefined;
  const { step } = (result.message ?? {}) as { readonly step?: unknown };
  return typeof step === 'string' ? step : undefined;
}

/** Ten capitals and digits, as Synapse makes them. */
function deviceIdOf(taskName: string): string {
  return taskName.slice(0, 10).toUpperCase();
}

/** Never asked for: the step that makes the room comes first. */
const unknownRoom = '!' as RoomId;
