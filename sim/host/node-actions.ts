// What effects do when they happen: to the disk, the media, the timers, and what is told.
import { InvariantViolation, present } from '../../protocol/assert.ts';
import type {
  Address,
  ConnectOptions,
  CoreFact,
  Input,
  RequestId,
  RequestOptions,
  Tag,
  TimerName,
} from '../../protocol/core.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import type { Duration, Instant } from '../../protocol/time.ts';
import type { EventKind, Scheduler } from '../kernel/scheduler.ts';
import type { Transit } from '../network/medium.ts';
import type { EffectActions } from './effect-sink.ts';
import type { FactRecorder } from './facts.ts';
import type { HostedNode, HostedPart, PendingTimer } from './node.ts';
import type { Power } from './power.ts';
import type { PushGateway } from './push-gateway.ts';
import type { Surroundings } from './surroundings.ts';

/** What is made after the host, because it needs it. */
export interface HostAttachments {
  readonly surroundings: Surroundings;
  readonly facts: FactRecorder;
  readonly push: PushGateway;
  readonly power: Power;
}

/** Who takes the inputs that effects bring about. */
export interface InputTaker {
  /** Faults behind the failure that the core at work has just been handed. */
  readonly causeInHand: CauseToken;
  hand(part: HostedPart, input: Input, transit: Transit | undefined, timer: PendingTimer | undefined): void;
  /** The message as the other side gets it. */
  carry(message: Message): Message;
}

/** The effects of all nodes of a simulation. */
export class NodeActions implements EffectActions {
  readonly #scheduler: Scheduler;
  readonly #inputs: InputTaker;
  readonly #timerEvent: EventKind;
  #attached: HostAttachments | undefined;

  constructor(scheduler: Scheduler, inputs: InputTaker) {
    this.#scheduler = scheduler;
    this.#inputs = inputs;
    this.#timerEvent = scheduler.register('timer', (_node, payload) => this.#fire(payload as PendingTimer));
  }

  attach(attachments: HostAttachments): void {
    this.#attached = attachments;
  }

  get causeInHand(): CauseToken {
    return this.#inputs.causeInHand;
  }

  workDuration(part: HostedPart, cost: Duration): Duration {
    const { spec, cache } = part.node;
    const { component } = spec;
    const slowness = component === undefined ? 1 : this.#surroundings.health.workFactor(component);
    const factor = cache === undefined ? slowness : slowness * cache.factor;
    return Math.round(cost * factor) as Duration;
  }

  persist(part: HostedPart, key: string, value: unknown): void {
    part.storage.persist(key, value, this.#scheduler.now);
  }

  send(part: HostedPart, to: Address, message: Message): void {
    const { radio, internet } = this.#surroundings;
    if (to.startsWith('link:')) {
      if (radio !== undefined && isRadioLink(to)) radio.send(part.port, to, message);
      else internet.send(part.port, to, message);
    } else if (to.startsWith('local:')) this.#sendLocally(part, to.slice(6), message);
    else if (to.startsWith('push:'))
      this.#parts.push.notify(part.node.index, to.slice(5), this.#inputs.carry(message));
    else if (to.startsWith('boot:')) this.#parts.power.boot(to.slice(5));
    else if (to.startsWith('halt:')) this.#parts.power.halt(to.slice(5));
    else internet.send(part.port, to, message);
  }

  request(part: HostedPart, to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    this.#surroundings.internet.request(part.port, to, tag, message, options);
  }

  abandon(part: HostedPart, tag: Tag): void {
    this.#surroundings.internet.abandon(part.port, tag);
    dropWaiting(part, (input) => input.kind === 'response' && input.tag === tag);
  }

  respond(part: HostedPart, request: RequestId, message: Message): void {
    this.#surroundings.internet.respond(part.port, request, message);
  }

  refuse(
    part: HostedPart,
    request: RequestId,
    status: number,
    message: Message | undefined,
    retryAfterMs: number | undefined,
  ): void {
    this.#surroundings.internet.refuse(part.port, request, status, message, retryAfterMs);
  }

  connect(part: HostedPart, to: Address, tag: Tag, options: ConnectOptions): void {
    this.#surroundings.internet.connect(part.port, to, tag, options);
  }

  disconnect(part: HostedPart, link: Address, code: number | undefined): void {
    if (isRadioLink(link)) this.#surroundings.radio?.disconnect(part.port, link);
    else this.#surroundings.internet.disconnect(part.port, link, code);
    dropWaiting(
      part,
      (input) =>
        (input.kind === 'message' && input.from === link) ||
        (input.kind === 'link-down' && input.link === link),
    );
  }

  setTimer(part: HostedPart, name: TimerName, at: Instant): void {
    this.cancelTimer(part, name);
    const { node } = part;
    const { now } = this.#scheduler;
    const timer: PendingTimer = { part, name, handle: -1 as PendingTimer['handle'] };
    const due = Math.max(now, node.clock.instantOf(at)) as Instant;
    timer.handle = this.#scheduler.schedule(due, this.#timerEvent, node.index, timer);
    part.timers.set(name, timer);
  }

  cancelTimer(part: HostedPart, name: TimerName): void {
    const timer = part.timers.get(name);
    if (timer === undefined) return;
    this.#scheduler.cancel(timer.handle);
    part.timers.delete(name);
  }

  observe(part: HostedPart, fact: CoreFact): void {
    this.#parts.facts.record(this.#withCause(fact, part), part.node.index, this.#scheduler.now);
  }

  /** What has nobody to go to because the air is disturbed waits because of that, which no core can know. */
  #withCause(fact: CoreFact, { node }: HostedPart): CoreFact {
    if (fact.kind !== 'hold' || fact.reason !== 'no-route' || fact.cause !== noCause) return fact;
    const cause = this.#surroundings.radio?.disturbedBy(node.index) ?? noCause;
    return cause === noCause ? fact : { ...fact, cause };
  }

  #fire(timer: PendingTimer): void {
    this.#inputs.hand(timer.part, { kind: 'timer', timer: timer.name }, undefined, timer);
  }

  #sendLocally(part: HostedPart, to: string, message: Message): void {
    const from = `local:${part.port.part}` as Address;
    this.#inputs.hand(partOf(part.node, to), { kind: 'message', from, message }, undefined, undefined);
  }

  get #parts(): HostAttachments {
    return present(this.#attached, 'attachments of the host');
  }

  get #surroundings(): Surroundings {
    return this.#parts.surroundings;
  }
}

/** The part of this name, which the caller knows to exist. */
export function partOf(node: HostedNode, name: string): HostedPart {
  const { firstPart } = node;
  if (firstPart?.name === name) return firstPart;
  const part = node.parts.get(name);
  if (part === undefined) throw new InvariantViolation(`missing: part ${name} of ${node.name}`);
  return part;
}

/** Radio links are named `link:radio/...` by their medium. */
export function isRadioLink(address: Address): boolean {
  return address.startsWith('link:radio/');
}

/** Inputs that wait for the processor and that the core no longer wants. */
function dropWaiting(part: HostedPart, unwanted: (input: Input) => boolean): void {
  if (part.node.waiting.length === 0) return;
  part.node.waiting.drop((waiting) => waiting.part === part && unwanted(waiting.input));
}
