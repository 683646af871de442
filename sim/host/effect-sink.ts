// Takes the effects of a step in their order: at once, or after the work that the core said comes first.
import { assert } from '../../protocol/assert.ts';
import type {
  Address,
  ConnectOptions,
  CoreFact,
  Effects,
  RequestId,
  RequestOptions,
  Tag,
  TimerName,
} from '../../protocol/core.ts';
import type { CauseToken } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import type { Duration, Instant } from '../../protocol/time.ts';
import type { HostedPart } from './node.ts';

/** An effect that waits for work to be done. */
export type Effect =
  | { readonly kind: 'persist'; readonly key: string; readonly value: unknown }
  | { readonly kind: 'send'; readonly to: Address; readonly message: Message }
  | {
      readonly kind: 'request';
      readonly to: Address;
      readonly tag: Tag;
      readonly message: Message;
      readonly options: RequestOptions;
    }
  | { readonly kind: 'abandon'; readonly tag: Tag }
  | { readonly kind: 'respond'; readonly request: RequestId; readonly message: Message }
  | {
      readonly kind: 'refuse';
      readonly request: RequestId;
      readonly status: number;
      readonly message: Message | undefined;
      readonly retryAfterMs: number | undefined;
    }
  | {
      readonly kind: 'connect';
      readonly to: Address;
      readonly tag: Tag;
      readonly options: ConnectOptions;
    }
  | { readonly kind: 'disconnect'; readonly link: Address; readonly code: number | undefined }
  | { readonly kind: 'set-timer'; readonly timer: TimerName; readonly at: Instant }
  | { readonly kind: 'cancel-timer'; readonly timer: TimerName }
  | { readonly kind: 'observe'; readonly fact: CoreFact };

/** What effects do when they happen. */
export interface EffectActions {
  /** Faults behind the failure that the core at work has just been handed. */
  readonly causeInHand: CauseToken;
  persist(part: HostedPart, key: string, value: unknown): void;
  send(part: HostedPart, to: Address, message: Message): void;
  request(part: HostedPart, to: Address, tag: Tag, message: Message, options: RequestOptions): void;
  abandon(part: HostedPart, tag: Tag): void;
  respond(part: HostedPart, request: RequestId, message: Message): void;
  refuse(
    part: HostedPart,
    request: RequestId,
    status: number,
    message: Message | undefined,
    retryAfterMs: number | undefined,
  ): void;
  connect(part: HostedPart, to: Address, tag: Tag, options: ConnectOptions): void;
  disconnect(part: HostedPart, link: Address, code: number | undefined): void;
  setTimer(part: HostedPart, timer: TimerName, at: Instant): void;
  cancelTimer(part: HostedPart, timer: TimerName): void;
  observe(part: HostedPart, fact: CoreFact): void;
  /** How long this work takes here and now. */
  workDuration(part: HostedPart, cost: Duration): Duration;
}

/** Effects that leave together when the work before them is done. */
export interface WorkSegment {
  readonly part: HostedPart;
  readonly incarnation: number;
  /** Faults behind the failure that the step was about; its effects inherit them. */
  readonly cause: CauseToken;
  /** Work since the beginning of the step. */
  readonly after: Duration;
  readonly effects: Effect[];
  /** The node's processor is free afterwards. */
  last: boolean;
}

/** The one `Effects` object of a host, used for every step. */
export class EffectSink implements Effects {
  readonly #actions: EffectActions;
  #part: HostedPart | undefined;
  #segments: WorkSegment[] = [];
  #later: Effect[] | undefined;
  #work = 0 as Duration;

  constructor(actions: EffectActions) {
    this.#actions = actions;
  }

  /** Effects from now on are this part's. */
  begin(part: HostedPart): void {
    assert(this.#part === undefined, 'one step at a time');
    this.#part = part;
  }

  /** The step is over: what waits for work, undefined when there is none. */
  end(): readonly WorkSegment[] | undefined {
    this.#part = undefined;
    if (this.#later === undefined) return undefined;
    const segments = this.#segments;
    const last = segments.at(-1);
    if (last !== undefined) last.last = true;
    this.#segments = [];
    this.#later = undefined;
    this.#work = 0 as Duration;
    return segments;
  }

  /** An effect whose work is done. */
  perform(part: HostedPart, effect: Effect): void {
    const actions = this.#actions;
    switch (effect.kind) {
      case 'persist':
        return actions.persist(part, effect.key, effect.value);
      case 'send':
        return actions.send(part, effect.to, effect.message);
      case 'request':
        return actions.request(part, effect.to, effect.tag, effect.message, effect.options);
      case 'abandon':
        return actions.abandon(part, effect.tag);
      case 'respond':
        return actions.respond(part, effect.request, effect.message);
      case 'refuse':
        return actions.refuse(part, effect.request, effect.status, effect.message, effect.retryAfterMs);
      case 'connect':
        return actions.connect(part, effect.to, effect.tag, effect.options);
      case 'disconnect':
        return actions.disconnect(part, effect.link, effect.code);
      case 'set-timer':
        return actions.setTimer(part, effect.timer, effect.at);
      case 'cancel-timer':
        return actions.cancelTimer(part, effect.timer);
      case 'observe':
        return actions.observe(part, effect.fact);
    }
  }

  persist(key: string, value: unknown): void {
    if (this.#later !== undefined) this.#later.push({ kind: 'persist', key, value });
    else this.#actions.persist(this.#current, key, value);
  }

  send(to: Address, message: Message): void {
    if (this.#later !== undefined) this.#later.push({ kind: 'send', to, message });
    else this.#actions.send(this.#current, to, message);
  }

  request(to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    if (this.#later !== undefined) this.#later.push({ kind: 'request', to, tag, message, options });
    else this.#actions.request(this.#current, to, tag, message, options);
  }

  abandon(tag: Tag): void {
    if (this.#later !== undefined) this.#later.push({ kind: 'abandon', tag });
    else this.#actions.abandon(this.#current, tag);
  }

  respond(request: RequestId, message: Message): void {
    if (this.#later !== undefined) this.#later.push({ kind: 'respond', request, message });
    else this.#actions.respond(this.#current, request, message);
  }

  refuse(request: RequestId, status: number, message?: Message, retryAfterMs?: number): void {
    if (this.#later !== undefined)
      this.#later.push({ kind: 'refuse', request, status, message, retryAfterMs });
    else this.#actions.refuse(this.#current, request, status, message, retryAfterMs);
  }

  connect(to: Address, tag: Tag, options: ConnectOptions): void {
    if (this.#later !== undefined) this.#later.push({ kind: 'connect', to, tag, options });
    else this.#actions.connect(this.#current, to, tag, options);
  }

  disconnect(link: Address, code?: number): void {
    if (this.#later !== undefined) this.#later.push({ kind: 'disconnect', link, code });
    else this.#actions.disconnect(this.#current, link, code);
  }

  setTimer(timer: TimerName, at: Instant): void {
    if (this.#later !== undefined) this.#later.push({ kind: 'set-timer', timer, at });
    else this.#actions.setTimer(this.#current, timer, at);
  }

  cancelTimer(timer: TimerName): void {
    if (this.#later !== undefined) this.#later.push({ kind: 'cancel-timer', timer });
    else this.#actions.cancelTimer(this.#current, timer);
  }

  observe(fact: CoreFact): void {
    if (this.#later !== undefined) this.#later.push({ kind: 'observe', fact });
    else this.#actions.observe(this.#current, fact);
  }

  spend(cost: Duration): void {
    const part = this.#current;
    assert(Number.isSafeInteger(cost) && cost >= 0, 'work takes whole microseconds');
    const duration = this.#actions.workDuration(part, cost);
    if (duration === 0) return;
    this.#work = (this.#work + duration) as Duration;
    this.#later = [];
    this.#segments.push({
      part,
      incarnation: part.node.incarnation,
      cause: this.#actions.causeInHand,
      after: this.#work,
      effects: this.#later,
      last: false,
    });
  }

  get #current(): HostedPart {
    assert(this.#part !== undefined, 'effects happen only during a step');
    return this.#part;
  }
}
