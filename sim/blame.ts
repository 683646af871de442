// The account of every user message: where its copies are, since when and why; and what became of it.
import { assert, present } from '../protocol/assert.ts';
import type { HoldReason } from '../protocol/core.ts';
import { noCause, type CauseToken } from '../protocol/failure.ts';
import type { PersonId, UserMessageId } from '../protocol/message.ts';
import { compareNumbers } from '../protocol/order.ts';
import { never, type Instant } from '../protocol/time.ts';
import { drawUpAccount, type AccountBooks } from './blame/account.ts';
import { CopyStore, reasonCode } from './blame/copy-store.ts';
import { TroubleLog } from './blame/trouble-log.ts';
import type { Transit } from './network/medium.ts';
import type { NodeIndex, ObservationSink } from './observation.ts';
import type { Workload } from './workload/workload.ts';

/** What a ledger must know of the deployment. */
export interface LedgerOptions {
  readonly workload: Workload;
  readonly sink: ObservationSink;
  readonly nodeCount: number;
  /** The person's device; undefined when the system gives them none. */
  deviceOf(person: PersonId): NodeIndex | undefined;
  /** Devices carry other people's messages on, so that a copy on one of them may be the furthest. */
  readonly devicesRelay: boolean;
  /** Devices talk to each other without a server in between; those that relay do, left out. */
  readonly deviceToDevice?: boolean | undefined;
  /** Machines with devices of several people on them; none when left out. */
  readonly deviceHosts?: ReadonlySet<NodeIndex>;
}

/** The part of an account that people's devices keep. */
export type SentMessages = Pick<MessageLedger, 'sent' | 'isAccepted'>;

const unsent = 0;
const underWay = 1;
const complete = 2;

/**
 * The copies of each message form a tree: every node's first arrival and the copy it came from, back to the press of
 * send. What a node merely passes on has an arrival there each time. `delivered` walks it. Copies of a message are
 * forgotten once everybody expected has it.
 */
export class MessageLedger {
  readonly #options: LedgerOptions;
  readonly #copies: CopyStore;
  readonly #down = new TroubleLog();
  readonly #cutOff = new TroubleLog();
  readonly #status: Uint8Array;
  readonly #acceptedAt: Float64Array;
  /** Deliveries still expected, by message. */
  readonly #missing: Int32Array;
  /** Where each message's recipients begin in `#deliveredAt`; they follow in the order of `#members`. */
  readonly #offsets: Int32Array;
  readonly #deliveredAt: Float64Array;
  /** Members of each conversation, ascending. */
  readonly #members: readonly Int32Array[];
  /** The arrival in hand, for a node that says that it does not keep what came. */
  #lastNode: NodeIndex = -1;
  #lastAt = NaN;
  #lastTransit: Transit | undefined;
  #lastPassedOn = false;

  constructor(options: LedgerOptions) {
    const { messages, conversations } = options.workload;
    this.#options = options;
    this.#copies = new CopyStore(messages.length, options.nodeCount);
    this.#status = new Uint8Array(messages.length);
    this.#acceptedAt = new Float64Array(messages.length).fill(NaN);
    this.#missing = new Int32Array(messages.length);
    this.#offsets = new Int32Array(messages.length + 1);
    this.#members = conversations.map(({ members }) => Int32Array.from([...members].sort(compareNumbers)));
    let offset = 0;
    for (const [index, message] of messages.entries()) {
      this.#offsets[index] = offset;
      offset += present(this.#members[message.conversation], 'conversation of a message').length;
    }
    this.#offsets[messages.length] = offset;
    this.#deliveredAt = new Float64Array(offset).fill(NaN);
  }

  /** The sender presses send on this node. */
  sent(message: UserMessageId, node: NodeIndex, at: Instant): void {
    const { sender, conversation } = this.#message(message);
    assert(this.#status[message] === unsent, 'a message is sent once');
    const members = present(this.#members[conversation], 'conversation of a message');
    const expected = members.length - (members.includes(sender) ? 1 : 0);
    this.#missing[message] = expected;
    this.#status[message] = expected === 0 ? complete : underWay;
    if (expected > 0) this.#copies.addArrival(message, node, at, 0, at, 0);
    this.#options.sink.record({ kind: 'sent', at, message });
  }

  /**
   * Something that carries the message came to a node. Only the first copy that it keeps counts, from a node that has one.
   * `passedOn`: whoever sent it merely passed it on; left out of what nobody ever passes on.
   */
  arrived(message: UserMessageId, node: NodeIndex, at: Instant, transit: Transit, passedOn?: boolean): void {
    if (this.#status[message] !== underWay || transit.from === node) return;
    if (passedOn !== undefined) {
      this.#lastNode = node;
      this.#lastAt = at;
      this.#lastTransit = transit;
      this.#lastPassedOn = passedOn;
    }
    if (!this.#copies.keeps(message, node)) this.#come(message, node, at, transit, passedOn === true);
  }

  /** The node does not keep what has just come: it is for another one, or not whole. */
  notKept(messages: readonly UserMessageId[], node: NodeIndex, at: Instant): void {
    const transit = this.#lastTransit;
    if (transit === undefined || this.#lastNode !== node || this.#lastAt !== at) return;
    const { arrivals } = this.#copies;
    for (const message of messages) {
      if (this.#status[message] !== underWay || transit.from === node) continue;
      const newest = this.#copies.newestArrival(message);
      const hasJustCome = arrivals.node[newest] === node && arrivals.at[newest] === at;
      const row = hasJustCome ? newest : this.#come(message, node, at, transit, this.#lastPassedOn);
      if (row !== 0) this.#copies.passesOn(message, row);
    }
  }

  /** Another copy at a node; 0 where it came from nobody's: who asks for a message without having it hands over none. */
  #come(message: UserMessageId, node: NodeIndex, at: Instant, transit: Transit, passedOn: boolean): number {
    const copies = this.#copies;
    const source = copies.copyAt(message, transit.from, transit.sentAt, passedOn);
    if (source === 0) return 0;
    return copies.addArrival(message, node, at, source, transit.sentAt, this.#storeLegs(transit));
  }

  /** From now on the messages wait at this node for this reason. */
  hold(
    messages: readonly UserMessageId[],
    node: NodeIndex,
    at: Instant,
    reason: HoldReason,
    cause: CauseToken,
  ): void {
    for (const message of messages) {
      if (this.#status[message] === underWay)
        this.#copies.addMark(message, node, at, reasonCode(reason), cause);
    }
  }

  /** The node is at work on what has just come. For what it has had before that work is nothing to wait for. */
  computing(messages: readonly UserMessageId[], node: NodeIndex, at: Instant, cause: CauseToken): void {
    const { arrivals } = this.#copies;
    for (const message of messages) {
      const newest = this.#copies.newestArrival(message);
      const hasJustCome = arrivals.node[newest] === node && arrivals.at[newest] === at;
      if (this.#status[message] === underWay && hasJustCome)
        this.#copies.addMark(message, node, at, reasonCode('computing'), cause);
    }
  }

  /**
   * What the messages have waited for since `start`, as it turns out now; since they came or the node last spoke of
   * them, where that was later. A cause that was given meanwhile stands.
   */
  heldSince(
    messages: readonly UserMessageId[],
    node: NodeIndex,
    start: Instant,
    reason: HoldReason,
    cause: CauseToken,
  ): void {
    const { arrivals, marks } = this.#copies;
    for (const message of messages) {
      const copy = this.#status[message] === underWay ? this.#copies.copyAt(message, node, never, false) : 0;
      if (copy === 0) continue;
      const newest = this.#copies.newestMarkAt(message, node);
      const spokenAt = (newest === 0 ? arrivals.at[copy] : marks.at[newest]) ?? 0;
      if (spokenAt > start && newest !== 0 && marks.cause[newest] !== noCause) continue;
      const from = Math.max(start, spokenAt) as Instant;
      this.#copies.addMark(message, node, from, reasonCode(reason), cause);
    }
  }

  /** The service took responsibility; only the first time counts. */
  accepted(message: UserMessageId, at: Instant): void {
    if (!Number.isNaN(this.#acceptedAt[message])) return;
    this.#acceptedAt[message] = at;
    this.#options.sink.record({ kind: 'accepted', at, message });
  }

  /** Whether the service has taken responsibility for the message. */
  isAccepted(message: UserMessageId): boolean {
    return !Number.isNaN(this.#acceptedAt[message]);
  }

  /** Readable on the person's device `node`. False when nobody expected it there. */
  delivered(message: UserMessageId, person: PersonId, node: NodeIndex, at: Instant): boolean {
    const row = this.#deliveryRow(message, person);
    if (row === undefined || this.#status[message] === unsent) return false;
    if (!Number.isNaN(this.#deliveredAt[row])) {
      this.#options.sink.record({ kind: 'duplicate', at, message, person });
      return true;
    }
    this.#deliveredAt[row] = at;
    const spans = drawUpAccount(this.#books, { message, node, end: at, recipient: node });
    this.#options.sink.record({ kind: 'delivered', at, message, person, spans });
    const missing = (this.#missing[message] ?? 0) - 1;
    this.#missing[message] = missing;
    if (missing === 0) {
      this.#status[message] = complete;
      this.#copies.release(message);
    }
    return true;
  }

  nodeDown(node: NodeIndex, at: Instant, cause: CauseToken): void {
    this.#down.begin(node, at, cause);
  }

  nodeUp(node: NodeIndex, at: Instant): void {
    this.#down.end(node, at);
  }

  /** The device failed to get through, because of these faults. */
  cutOff(node: NodeIndex, at: Instant, cause: CauseToken): void {
    this.#cutOff.begin(node, at, cause);
  }

  /** The device got through. */
  throughAgain(node: NodeIndex, at: Instant): void {
    this.#cutOff.end(node, at);
  }

  /** The run ends: everything expected and not delivered, with where its furthest copy is. */
  finish(at: Instant): void {
    for (const { id: message, conversation, sender } of this.#options.workload.messages) {
      if (this.#status[message] !== underWay) continue;
      const elsewhere = this.#furthest(message, sender);
      for (const member of present(this.#members[conversation], 'conversation of a message')) {
        const person = member as PersonId;
        const row = this.#deliveryRow(message, person);
        if (row === undefined || !Number.isNaN(this.#deliveredAt[row])) continue;
        const recipient = this.#options.deviceOf(person);
        const reached = recipient !== undefined && this.#copies.keeps(message, recipient);
        const node = reached ? recipient : elsewhere;
        const spans = drawUpAccount(this.#books, { message, node, end: at, recipient });
        this.#options.sink.record({ kind: 'undelivered', at, message, person, spans });
      }
    }
  }

  /**
   * What became of each message, in order of row numbers: [accepted or NaN, then per member in ascending order the
   * instant of delivery or NaN].
   */
  *fates(): Generator<Float64Array> {
    for (let message = 0; message < this.#status.length; message++) {
      const start = this.#offsets[message] ?? 0;
      const end = this.#offsets[message + 1] ?? 0;
      const fate = new Float64Array(1 + end - start);
      fate[0] = this.#acceptedAt[message] ?? NaN;
      fate.set(this.#deliveredAt.subarray(start, end), 1);
      yield fate;
    }
  }

  /** Rows of arrivals and waits ever in use at once: for tests of the memory bound. */
  get capacity(): number {
    return this.#copies.arrivals.capacity + this.#copies.marks.capacity;
  }

  get #books(): AccountBooks {
    return {
      copies: this.#copies,
      down: this.#down,
      cutOff: this.#cutOff,
      deviceToDevice: this.#options.deviceToDevice ?? this.#options.devicesRelay,
      deviceHosts: this.#options.deviceHosts,
    };
  }

  #message(message: UserMessageId): Workload['messages'][number] {
    return present(this.#options.workload.messages[message], 'user message', message);
  }

  /** Index into `#deliveredAt`; undefined for the sender and for people outside the conversation. */
  #deliveryRow(message: UserMessageId, person: PersonId): number | undefined {
    const { sender, conversation } = this.#message(message);
    if (person === sender) return undefined;
    const members = present(this.#members[conversation], 'conversation of a message');
    let low = 0;
    let high = members.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((members[middle] ?? 0) < person) low = middle + 1;
      else high = middle;
    }
    return members[low] === person ? (this.#offsets[message] ?? 0) + low : undefined;
  }

  /** Legs as a chain whose first row is the last leg; 0 for the ordinary case. */
  #storeLegs(transit: Transit): number {
    const { legs } = transit;
    const only = legs.length === 1 ? legs[0] : undefined;
    if (only !== undefined && only.reason === 'in-flight' && only.cause === noCause) return 0;
    let row = 0;
    for (const leg of legs)
      row = this.#copies.marks.add(row, transit.from, leg.until, reasonCode(leg.reason), leg.cause);
    return row;
  }

  /**
   * The node whose copy came furthest, for somebody whose own device has none: the one that spoke last of the message,
   * by saying why it waits or by receiving it. Somebody else's device counts only where devices relay. Between servers one
   * that holds it back because of a fault explains better than one that passed it on since, to others.
   */
  #furthest(message: UserMessageId, sender: PersonId): NodeIndex {
    const { arrivals, marks } = this.#copies;
    const excluded = this.#options.devicesRelay ? new Set<NodeIndex>() : this.#otherDevices(message, sender);
    let furthest = -1;
    let latest = -1;
    const own = this.#options.deviceOf(sender);
    const heard = new Set<NodeIndex>();
    let heldBack: NodeIndex | undefined;
    for (let row = this.#copies.newestArrival(message); row !== 0; row = arrivals.next[row] ?? 0) {
      const node = arrivals.node[row] ?? 0;
      const at = arrivals.at[row] ?? 0;
      const isKept = arrivals.passing[row] === 0;
      if (at > latest && isKept && !excluded.has(node)) [furthest, latest] = [node, at];
    }
    for (let row = this.#copies.newestMark(message); row !== 0; row = marks.next[row] ?? 0) {
      const node = marks.node[row] ?? 0;
      const at = marks.at[row] ?? 0;
      if (at > latest && !excluded.has(node) && this.#copies.keeps(message, node))
        [furthest, latest] = [node, at];
      const isNewest = !heard.has(node) && this.#copies.keeps(message, node);
      heard.add(node);
      if (isNewest && marks.cause[row] !== noCause && node !== own && !excluded.has(node)) heldBack ??= node;
    }
    if (heldBack !== undefined && furthest !== own && !this.#options.devicesRelay) return heldBack;
    assert(furthest >= 0, 'the sender keeps a copy');
    return furthest;
  }

  #otherDevices(message: UserMessageId, sender: PersonId): ReadonlySet<NodeIndex> {
    const devices = new Set<NodeIndex>();
    for (const member of present(this.#members[this.#message(message).conversation], 'conversation')) {
      const device = member === sender ? undefined : this.#options.deviceOf(member as PersonId);
      if (device !== undefined) devices.add(device);
    }
    return devices;
  }
}
