// What people do by way of a bridge beyond writing: it asks the homeserver who is speaking, does in the network what a linked
// device can, and makes the room that stands for it. bridgev2/matrix/provisioning.go, bridgev2/provisionutil.
import type { Address, CoreFact, Effects, RequestId, RequestResult, Tag, TimerName } from '../core.ts';
import type { ClientQuestion } from '../matrix/client-messages.ts';
import type { RoomId, UserId } from '../matrix/ids.ts';
import { asMatrix } from '../matrix/messages.ts';
import { carriesNothing, type PersonId } from '../message.ts';
import type { Task, TaskId } from '../task.ts';
import { after, microseconds, type Clock, type Instant } from '../time.ts';
import { bridge } from './constants.ts';
import type { NotProvisioned, Provision, Provisioned } from './messages.ts';
import { ghostDevice } from './portal.ts';

/** What it needs of its bridge. */
export interface ProvisioningConfig {
  readonly homeserver: Address;
  userOf(person: PersonId): UserId;
  bridgedPersonOf(user: UserId): PersonId | undefined;
  /** Has a linked device do it; false when there is none. */
  undertake(clock: Clock, network: string, person: PersonId, id: TaskId, task: Task, out: Effects): boolean;
}

type TaskFact = Extract<CoreFact, { kind: 'task-done' | 'task-failed' }>;
type Phase = 'who-is-it' | 'picture' | 'network' | 'room' | 'invitation';

/** One thing that is being done. */
interface Errand {
  readonly wish: Provision;
  readonly person: PersonId;
  /** The request that waits for it: the newest, where the client has asked again. */
  request: RequestId;
  phase: Phase;
  /** Attempts of the request to the homeserver in hand. */
  attempts: number;
  roomId: RoomId | undefined;
}

const prefix = 'provision-';

export class Provisioning {
  readonly #config: ProvisioningConfig;
  readonly #errands = new Map<TaskId, Errand>();
  /** Done while nobody waited for it any more. */
  readonly #done = new Set<TaskId>();
  /** Pictures that have come by their rooms, by name. */
  readonly #pictures = new Set<string>();
  /** Until when a user's access token needs no question. */
  readonly #knownUntil = new Map<string, Instant>();

  constructor(config: ProvisioningConfig) {
    this.#config = config;
  }

  /** Nothing while there is none. */
  inspect(): object {
    if (this.#errands.size === 0) return {};
    return { errands: [...this.#errands].map(([task, { phase }]) => ({ task, phase })) };
  }

  requested(clock: Clock, request: RequestId, wish: Provision, out: Effects): void {
    const person = this.#config.bridgedPersonOf(wish.user);
    if (person === undefined) return out.refuse(request, 403);
    if (this.#done.has(wish.id)) return out.respond(request, provisioned);
    const running = this.#errands.get(wish.id);
    // A linked device goes on with what its network repeats by itself, although the client has stopped waiting.
    if (running?.phase === 'network') {
      running.request = request;
      return;
    }
    const errand: Errand = {
      wish,
      person,
      request,
      phase: 'who-is-it',
      attempts: 0,
      roomId: undefined,
    };
    this.#errands.set(wish.id, errand);
    out.cancelTimer(tagOf(wish.id));
    if (clock.now < (this.#knownUntil.get(tokenOf(wish)) ?? 0)) this.#go(clock, errand, 'picture', out);
    else this.#ask(errand, out);
  }

  /** A picture has come by its room. */
  sawPicture(clock: Clock, name: string, out: Effects): void {
    this.#pictures.add(name);
    for (const errand of [...this.#errands.values()])
      if (errand.phase === 'picture' && errand.wish.name === name) this.#go(clock, errand, 'network', out);
  }

  /** What a linked device says of a task. */
  heard(clock: Clock, network: string, fact: TaskFact, out: Effects): void {
    const errand = this.#errands.get(fact.task);
    if (fact.kind === 'task-done') {
      if (errand?.phase === 'network') this.#go(clock, errand, 'room', out);
      return;
    }
    const step = `${network}: ${fact.step}`;
    out.observe({ ...fact, step, shown: false });
    if (fact.shown && errand?.phase === 'network') this.#fail(errand, step, out);
  }

  /** True when the answer was to one of its requests. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    if (!tag.startsWith(prefix)) return false;
    const errand = this.#errands.get(taskOf(tag));
    if (errand === undefined) return true;
    if (!result.ok) this.#homeserverFailed(clock, errand, result, out);
    else if (errand.phase === 'who-is-it') {
      this.#knownUntil.set(tokenOf(errand.wish), after(clock.now, bridge.tokenMemory));
      this.#go(clock, errand, 'picture', out);
    } else if (errand.phase === 'room') {
      const answer = asMatrix(result.message);
      if (answer?.kind === 'matrix.room-created') errand.roomId = answer.roomId;
      this.#go(clock, errand, 'invitation', out);
    } else this.#finish(errand, out);
    return true;
  }

  /** True when the timer was its own. */
  timer(timer: TimerName, out: Effects): boolean {
    if (!timer.startsWith(prefix)) return false;
    const errand = this.#errands.get(taskOf(timer));
    if (errand !== undefined) this.#ask(errand, out);
    return true;
  }

  #go(clock: Clock, errand: Errand, phase: Phase, out: Effects): void {
    const { wish, person } = errand;
    const { task } = wish;
    errand.phase = phase;
    errand.attempts = 0;
    switch (phase) {
      case 'picture':
        if (task.kind === 'attachment' && !this.#pictures.has(wish.name)) return;
        return this.#go(clock, errand, 'network', out);
      case 'network':
        if (!this.#config.undertake(clock, wish.network, person, wish.id, task, out))
          this.#fail(errand, `${wish.network}: no linked device`, out);
        return;
      case 'room':
        if (this.#contactOf(task) === undefined) return this.#finish(errand, out);
        return this.#ask(errand, out);
      case 'who-is-it':
      case 'invitation':
        return this.#ask(errand, out);
    }
  }

  /** Who stands at the other end of the room that has to be made; undefined when none has to. */
  #contactOf(task: Task): PersonId | undefined {
    switch (task.kind) {
      case 'first-contact':
        return task.to;
      case 'create-group':
        return task.invites.find((person) => !this.#isBridged(person));
      case 'join-group':
        return task.host;
      default:
        return undefined;
    }
  }

  #isBridged(person: PersonId): boolean {
    return this.#config.bridgedPersonOf(this.#config.userOf(person)) !== undefined;
  }

  // --- The homeserver ---

  #ask({ wish, phase, roomId }: Errand, out: Effects): void {
    const { homeserver } = this.#config;
    const contact = this.#contactOf(wish.task);
    const ghost = contact === undefined ? wish.user : this.#config.userOf(contact);
    const asGhost = { userId: ghost, deviceId: ghostDevice, carries: carriesNothing } as const;
    const request = (question: ClientQuestion): void =>
      out.request(homeserver, tagOf(wish.id), question, { timeout: bridge.requestTimeout });
    if (phase === 'room') request({ ...asGhost, kind: 'matrix.create-room', name: wish.name });
    else if (phase === 'invitation' && roomId !== undefined)
      request({
        ...asGhost,
        kind: 'matrix.change-membership',
        membership: 'invite',
        servers: [],
        roomId,
        target: wish.user,
      });
    else
      request({
        kind: 'matrix.get-versions',
        userId: wish.user,
        deviceId: wish.deviceId,
        carries: carriesNothing,
      });
  }

  #homeserverFailed(
    clock: Clock,
    errand: Errand,
    { failure }: Extract<RequestResult, { ok: false }>,
    out: Effects,
  ): void {
    errand.attempts += 1;
    const step = `homeserver: ${errand.phase}`;
    out.observe({ kind: 'task-failed', task: errand.wish.id, step, failure, shown: false });
    const isRefused = failure.kind === 'status' && failure.status < 500;
    if (isRefused || errand.attempts >= bridge.attempts) return this.#fail(errand, step, out);
    const wait = microseconds(bridge.firstRetry * 2 ** (errand.attempts - 1));
    out.setTimer(tagOf(errand.wish.id), after(clock.now, wait));
  }

  // --- How it ends ---

  #finish({ wish, request }: Errand, out: Effects): void {
    this.#errands.delete(wish.id);
    this.#done.add(wish.id);
    out.respond(request, provisioned);
  }

  /** provisionutil: what the network or the homeserver did not do is an error of the bridge's own. */
  #fail({ wish, request }: Errand, step: string, out: Effects): void {
    this.#errands.delete(wish.id);
    const message: NotProvisioned = { kind: 'bridge.not-provisioned', step, carries: carriesNothing };
    out.refuse(request, 500, message);
  }
}

const provisioned: Provisioned = Object.freeze({ kind: 'bridge.provisioned', carries: carriesNothing });

const tagOf = (task: TaskId): Tag => `${prefix}${task}`;
const taskOf = (tag: Tag): TaskId => Number(tag.slice(prefix.length)) as TaskId;
const tokenOf = ({ user, deviceId }: Provision): string => `${user}/${deviceId}`;
