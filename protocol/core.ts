// The whole contract between a protocol core and its host. A core is a pure, synchronous state machine: one input
// in, effects out, in order. The simulator is one host; tests have another on the real clock and real sockets.
// A core cannot tell them apart.
import type { AdministrativeChange } from './administration.ts';
import type { Brand } from './brand.ts';
import type { CauseToken, Failure } from './failure.ts';
import type { ConversationId, Message, PersonId, UserMessageId } from './message.ts';
import type { Task, TaskId } from './task.ts';
import type { Clock, Duration, Instant } from './time.ts';

/**
 * Whom a core talks to. One of
 * - a host name, with `:port` where it is not the protocol's own (`matrix.org`, `chat.signal.org`);
 * - a link: an open connection or a radio link, as the host named it in a `link` input (`link:17`);
 * - a node, for a datagram that may be lost, doubled or overtaken (`udp:phone/17`): its part of the same name gets it;
 * - another core on the same node, over the local channel (`local:homeserver`);
 * - a device behind its platform's push service (`push:phone/17`): wakes its application with a `push` input once the
 *   device can be reached; pushes that wait for the same device collapse into the newest;
 * - a machine's power switch (`boot:signal/chat-5`, `halt:signal/chat-5`): boots it when its start-up dependencies allow,
 *   trying again until they do; the message sent is of no account.
 */
export type Address = Brand<string, 'Address'>;

/** The core's own name for a timer. Setting replaces, a crash loses. */
export type TimerName = string;

/** The host's name for a request that waits for this core's answer. */
export type RequestId = Brand<number, 'RequestId'>;

/** The core's own name for a request or connection attempt it made; comes back with the answer. */
export type Tag = string;

/** What a person does. Cores ignore actions that their protocol has no counterpart for. */
export type UserAction =
  | {
      readonly kind: 'send';
      readonly message: UserMessageId;
      readonly conversation: ConversationId;
      readonly text: string;
    }
  /** The person presses "send again" on a message marked as failed: it continues the same message. */
  | { readonly kind: 'resend'; readonly message: UserMessageId }
  /** Somebody with the right to it changes the conversation itself. */
  | {
      readonly kind: 'administer';
      readonly conversation: ConversationId;
      readonly change: AdministrativeChange;
    }
  /** The person sets out to do something beyond writing, or tries it once more after it failed visibly. */
  | { readonly kind: 'undertake'; readonly id: TaskId; readonly task: Task }
  /** The person begins to write what is sent a little later. */
  | { readonly kind: 'begin-writing'; readonly conversation: ConversationId }
  | { readonly kind: 'open-app' }
  | { readonly kind: 'close-app' };

/** What happens to a core. */
export type Input =
  /** First input after construction, whether the first start or a restart from storage. */
  | { readonly kind: 'start' }
  | { readonly kind: 'user'; readonly action: UserAction }
  | { readonly kind: 'timer'; readonly timer: TimerName }
  /** A one-way message over an open link, a datagram, or over the local channel. */
  | { readonly kind: 'message'; readonly from: Address; readonly message: Message }
  /** A request that wants `respond` or `refuse` under this id, now or later. */
  | { readonly kind: 'request'; readonly id: RequestId; readonly from: Address; readonly message: Message }
  /** The end of a request this core made. */
  | { readonly kind: 'response'; readonly tag: Tag; readonly result: RequestResult }
  /**
   * A link came up: `tag` when this core asked for it, otherwise the peer did.
   * `peer` is the name the connecting side is known by (a host name it asked for; a node name for radio and clients).
   */
  | { readonly kind: 'link-up'; readonly link: Address; readonly peer: Address; readonly tag?: Tag }
  /**
   * A link went down, or (`link` absent) the attempt named `tag` failed. Where `link` is the address of a datagram, a fault
   * of the world lost it, and no protocol may know: the cause is for `hold` facts alone, and not every host tells.
   */
  | { readonly kind: 'link-down'; readonly link?: Address; readonly tag?: Tag; readonly failure: Failure }
  /** The device's own network came or went (the operating system's connectivity callback). */
  | { readonly kind: 'network'; readonly up: boolean; readonly cause: CauseToken }
  /** A push notification woke this core's application. */
  | { readonly kind: 'push'; readonly payload: Message }
  /** Whoever runs this machine wants something of it. Cores ignore what their software has no counterpart for. */
  | { readonly kind: 'operator'; readonly order: OperatorOrder };

/**
 * `clear-back-offs`: try again now whatever waits because earlier attempts failed. `turn/<behaviour>`: be hostile in one
 * of the ways that the software has; `turn/honest`: no longer.
 */
export type OperatorOrder = 'clear-back-offs' | `turn/${string}`;

/** How a request ended. Failures are inputs like any other. */
export type RequestResult =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly failure: Failure; readonly message?: Message };

/** How long to wait for an answer, and whether the request is a long poll. */
export interface RequestOptions {
  /** From the effect to the failure `timed-out`, connection set-up included. */
  readonly timeout: Duration;
  /**
   * From the effect to a TCP connection, name included, where one has to be made; what it ends is a connection attempt that
   * `timed-out`. Undefined: as long as `timeout` and the operating system allow. TLS is not in it: libraries that have such
   * a limit call it a dial time-out (Go's `net.Dialer`) and hold it up to there.
   */
  readonly connectTimeout?: Duration;
  /**
   * A long poll: the host keeps asking anew each `renewEvery` for as long as the peer has nothing to say, at no event
   * per poll; the core sees one request and one end. `timeout` then bounds one poll's silence.
   */
  readonly renewEvery?: Duration;
}

/** How a connection is kept and how its death is noticed. */
export interface ConnectOptions {
  /** Attempt time-out: name, TCP and TLS together. */
  readonly timeout: Duration;
  /** A ping each `every`; the link is down when one has had no answer for `giveUpAfter`. The host accounts for them. */
  readonly keepAlive?: {
    readonly every: Duration;
    readonly giveUpAfter: Duration;
    readonly pingBytes: number;
  };
}

/** What a core can do. Effects happen in the order they are written. */
export interface Effects {
  /** Durable before any later effect leaves. `undefined` removes. Values are immutable. */
  persist(key: string, value: unknown): void;
  /** One-way message to a link, a datagram address or a local core. Lost if the link is gone. */
  send(to: Address, message: Message): void;
  request(to: Address, tag: Tag, message: Message, options: RequestOptions): void;
  /** Gives up on a request of its own: no `response` will come for it. */
  abandon(tag: Tag): void;
  respond(request: RequestId, message: Message): void;
  /** Answers a request with an error status. */
  refuse(request: RequestId, status: number, message?: Message, retryAfterMs?: number): void;
  /** Opens a connection; ends in `link-up` or `link-down` with this tag. */
  connect(to: Address, tag: Tag, options: ConnectOptions): void;
  /** Closes a link in order; the other side sees `closed`, this side sees nothing more. */
  disconnect(link: Address, code?: number): void;
  setTimer(timer: TimerName, at: Instant): void;
  cancelTimer(timer: TimerName): void;
  /** Work of the node's processor: effects after it leave when it is done, and inputs queue meanwhile. */
  spend(cost: Duration): void;
  observe(fact: CoreFact): void;
}

/** Why a message waits where it is. */
export type HoldReason =
  | 'queued' // behind others, in order
  | 'waiting-for-network' // this device has none
  | 'connecting' // an attempt is under way
  | 'backoff' // until the next attempt
  | 'awaiting-answer' // sent, not yet acknowledged
  | 'stored-for-recipient' // at a server, recipient absent
  | 'catching-up' // known to be missing, being fetched
  | 'no-route' // nobody to hand it to
  | 'needs-manual-resend' // failed visibly; the person must act
  | 'computing'
  | 'radio-jitter' // a relay's deliberate delay
  | 'undecryptable' // arrived before its key
  | 'dropped' // given up by who had it, without telling anybody
  | 'unverifiable' // nobody could vouch for who signed it
  | 'push-failed'; // stored for a recipient whose device the push service could not be asked to wake

/** What became of something that a node did not take as it came. */
export type RefusalFate =
  | 'dropped' // as if it had never come
  | 'redacted' // what it says was not kept
  | 'rejected' // kept, without effect
  | 'soft-failed' // kept, and kept out of sight
  | 'unconnected' // what it rests on could not be had
  | 'rate-limited'; // told to come again later

/** One entry of a copy of a shared object, and what it holds; undefined: there is none. */
export interface EntryChange {
  readonly entry: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Part of a shared object that a node keeps without effect. */
export interface RefusedPart {
  readonly object: string;
  readonly id: string;
  /** Somebody says something in it. */
  readonly isSpeech: boolean;
  readonly message: UserMessageId | undefined;
  /** Entries of the object that speak against it here, and in whose place its sender held something else. */
  readonly disputed: readonly string[];
}

/** What a core tells about itself. Reports are functions of these and of what hosts observe, and of nothing else. */
export type CoreFact =
  /** The service took responsibility for the message (one tick). */
  | { readonly kind: 'accepted'; readonly message: UserMessageId }
  /** Readable on this person's device. Said once per device and message. */
  | { readonly kind: 'delivered'; readonly message: UserMessageId; readonly person: PersonId }
  /** One attempt at sending failed; the client may try again. */
  | { readonly kind: 'attempt-failed'; readonly message: UserMessageId; readonly failure: Failure }
  /** The client shows the message as failed. */
  | { readonly kind: 'failed'; readonly message: UserMessageId; readonly cause: CauseToken }
  /** What the person set out to do is done, as the client shows it. Said once per task. */
  | { readonly kind: 'task-done'; readonly task: TaskId }
  /** A step of it failed. `shown`: as failed, and the client does nothing more by itself; otherwise it tries again. */
  | {
      readonly kind: 'task-failed';
      readonly task: TaskId;
      /** Which, in a word or two: `pre-keys`, `upload`. */
      readonly step: string;
      readonly failure: Failure;
      readonly shown: boolean;
    }
  /** From now on, at this node, these messages wait for this reason, until they leave or the next such fact. */
  | {
      readonly kind: 'hold';
      readonly messages: readonly UserMessageId[];
      readonly reason: HoldReason;
      readonly cause: CauseToken;
      /** They have waited for it since then, as only its end shows: the request that failed began at that instant. */
      readonly since?: Instant;
    }
  /** What this input brought of these messages is not kept here: it is for another node, or not whole. */
  | { readonly kind: 'not-kept'; readonly messages: readonly UserMessageId[] }
  /** A replica's view of a shared object, for convergence: equal digests mean agreement. */
  | {
      readonly kind: 'replica';
      readonly object: string;
      /** What other nodes' copies of the object this one is to be compared with, e.g. `state`, `extremities`. */
      readonly aspects: Readonly<Record<string, string>>;
    }
  /**
   * Entries of this node's copy that others than before hold now, so that it can be told on which of them copies differ.
   * Only what changed is said: copies are alike when the run begins.
   */
  | {
      readonly kind: 'replica-entries';
      readonly object: string;
      /** What they are compared with: this node's last word, the copy with which it began the run, or no copy at all. */
      readonly since: 'last' | 'start' | 'nothing';
      readonly changes: readonly EntryChange[];
    }
  /** This node no longer holds a copy of the object. */
  | { readonly kind: 'replica-gone'; readonly object: string }
  /** Something that another node sent was not taken as it came. Counted by node, peer, fate and rule. */
  | {
      readonly kind: 'refused';
      /** Who sent it, as this protocol knows it: a server name. */
      readonly from: string;
      readonly fate: RefusalFate;
      /** Which rule or limit stood against it, in a word or two. */
      readonly rule: string;
      /** Where it was kept all the same: what it is. */
      readonly kept?: RefusedPart;
    }
  /** A protocol situation was reached (a rule refused, a back-off state entered). Counted by name. */
  | { readonly kind: 'situation'; readonly name: string }
  /** A count that reports add up, e.g. `duplicates-suppressed`. */
  | { readonly kind: 'counter'; readonly name: string; readonly by: number };

/** A protocol implementation. */
export interface Core {
  step(clock: Clock, input: Input, out: Effects): void;
  /** Read-only view for people and tools: JSON values, outside the digest. Must not change anything. */
  inspect(): unknown;
}

/** What a core was before: every key it persisted and did not remove, in the order of first persisting. */
export type StoredState = ReadonlyMap<string, unknown>;

/** Makes a core, afresh (`stored` undefined) or as it comes back from a restart. */
export type CoreFactory = (stored: StoredState | undefined) => Core;
