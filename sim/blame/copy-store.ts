// Where copies of user messages are: arrivals and waits, as rows of flat columns chained by message.
// A flood of one message through hundreds of phones costs tens of bytes per phone, and is freed with the message.
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { UserMessageId } from '../../protocol/message.ts';
import { never, seconds, type Instant } from '../../protocol/time.ts';
import type { NodeIndex, Span } from '../observation.ts';

type Column = Float64Array | Int32Array | Uint8Array;

function grown<C extends Column>(from: C, to: C): C {
  to.set(from);
  return to;
}

/** Rows of one shape with a free list; row 0 is never used, so that 0 can mean "none". */
abstract class Rows {
  next = new Int32Array(1_024);
  node = new Int32Array(1_024);
  at = new Float64Array(1_024);
  #used = 1;
  #free = 0;

  protected take(): number {
    const row = this.#free;
    if (row !== 0) {
      this.#free = this.next[row] ?? 0;
      return row;
    }
    if (this.#used === this.next.length) this.grow(this.#used * 2);
    return this.#used++;
  }

  protected grow(capacity: number): void {
    this.next = grown(this.next, new Int32Array(capacity));
    this.node = grown(this.node, new Int32Array(capacity));
    this.at = grown(this.at, new Float64Array(capacity));
  }

  /** Gives back a whole chain. */
  release(first: number): void {
    let row = first;
    while (row !== 0) {
      const after = this.next[row] ?? 0;
      this.releaseOne(row);
      row = after;
    }
  }

  /** Gives back one row, which is in no chain any more. */
  releaseOne(row: number): void {
    this.next[row] = this.#free;
    this.#free = row;
  }

  /** Rows ever in use at once: for tests of the memory bound. */
  get capacity(): number {
    return this.#used - 1;
  }
}

/** From `at` on something waits at `node` for a reason; as part of a transit: a leg that ends at `at`. */
export class Marks extends Rows {
  reason = new Uint8Array(1_024);
  cause = new Int32Array(1_024);

  add(next: number, node: NodeIndex, at: Instant, reason: number, cause: CauseToken): number {
    const row = this.take();
    this.next[row] = next;
    this.node[row] = node;
    this.at[row] = at;
    this.reason[row] = reason;
    this.cause[row] = cause;
    return row;
  }

  protected override grow(capacity: number): void {
    super.grow(capacity);
    this.reason = grown(this.reason, new Uint8Array(capacity));
    this.cause = grown(this.cause, new Int32Array(capacity));
  }
}

/**
 * An arrival of a message at a node: when, sent when, and the legs (0: one leg, in flight). `source`: the arrival of the copy
 * from which it was sent; 0 where the message was written. `uses`: how many arrivals have this one for their source.
 * `passing`: the node does not keep what came, but passes it on.
 */
export class Arrivals extends Rows {
  source = new Int32Array(1_024);
  sentAt = new Float64Array(1_024);
  legs = new Int32Array(1_024);
  uses = new Int32Array(1_024);
  passing = new Uint8Array(1_024);

  add(next: number, node: NodeIndex, at: Instant, source: number, sentAt: Instant, legs: number): number {
    const row = this.take();
    this.next[row] = next;
    this.node[row] = node;
    this.at[row] = at;
    this.source[row] = source;
    this.sentAt[row] = sentAt;
    this.legs[row] = legs;
    this.uses[row] = 0;
    this.passing[row] = 0;
    if (source !== 0) this.uses[source] = (this.uses[source] ?? 0) + 1;
    return row;
  }

  protected override grow(capacity: number): void {
    super.grow(capacity);
    this.source = grown(this.source, new Int32Array(capacity));
    this.sentAt = grown(this.sentAt, new Float64Array(capacity));
    this.legs = grown(this.legs, new Int32Array(capacity));
    this.uses = grown(this.uses, new Int32Array(capacity));
    this.passing = grown(this.passing, new Uint8Array(capacity));
  }
}

/** A message at more nodes than this gets a bitset of holders instead of a walk along its chain. */
const chainWalkLimit = 8;

/** What was passed on and has come nowhere for so long is taken for lost, where a later copy has come the same way. */
const arrivesWithin = seconds(60);

/** All copies of all messages that are still under way. */
export class CopyStore {
  readonly arrivals = new Arrivals();
  readonly marks = new Marks();
  readonly #nodeCount: number;
  readonly #firstArrival: Int32Array;
  readonly #firstMark: Int32Array;
  /** By message, whether any wait has a cause: most messages have none, and what looks for one need not. */
  readonly #hasCause: Uint8Array;
  /** By message, whether any node has passed it on without keeping it: few systems do that. */
  readonly #hasPassing: Uint8Array;
  readonly #holders: Int32Array;
  readonly #holderSets: (Uint32Array | undefined)[] = [];

  constructor(messageCount: number, nodeCount: number) {
    this.#nodeCount = nodeCount;
    this.#firstArrival = new Int32Array(messageCount);
    this.#firstMark = new Int32Array(messageCount);
    this.#hasCause = new Uint8Array(messageCount);
    this.#hasPassing = new Uint8Array(messageCount);
    this.#holders = new Int32Array(messageCount);
  }

  /** Row of the newest arrival; follow `arrivals.next`. */
  newestArrival(message: UserMessageId): number {
    return this.#firstArrival[message] ?? 0;
  }

  /** Row of the newest wait; follow `marks.next`. */
  newestMark(message: UserMessageId): number {
    return this.#firstMark[message] ?? 0;
  }

  /** Whether any node has given a cause for a wait of the message. */
  hasCause(message: UserMessageId): boolean {
    return this.#hasCause[message] === 1;
  }

  /** Whether the node has a copy that it does not merely pass on. */
  keeps(message: UserMessageId, node: NodeIndex): boolean {
    if (this.#hasPassing[message] === 1) {
      const row = this.copyAt(message, node, never, false);
      return row !== 0 && this.arrivals.passing[row] === 0;
    }
    const set = this.#holderSets[message];
    if (set !== undefined) return (((set[node >>> 5] ?? 0) >>> (node & 31)) & 1) === 1;
    return this.copyAt(message, node, never, false) !== 0;
  }

  /**
   * Row of the copy that the node had at an instant; 0 when it had none. Of several the one that it keeps, or the newest of those
   * that it passes on, as `passing` says; one of the other kind where it has none of this one.
   */
  copyAt(message: UserMessageId, node: NodeIndex, at: Instant, passing: boolean): number {
    const { next, node: nodes, at: instants, passing: passings } = this.arrivals;
    const kind = passing ? 1 : 0;
    const isOnlyOne = this.#hasPassing[message] === 0;
    let otherwise = 0;
    for (let row = this.#firstArrival[message] ?? 0; row !== 0; row = next[row] ?? 0) {
      if (nodes[row] !== node || (instants[row] ?? 0) > at) continue;
      if (isOnlyOne || passings[row] === kind) return row;
      if (otherwise === 0) otherwise = row;
    }
    return otherwise;
  }

  /** `source`: row of the copy that was sent; 0 where the message was written. Returns the row. */
  addArrival(
    message: UserMessageId,
    node: NodeIndex,
    at: Instant,
    source: number,
    sentAt: Instant,
    legs: number,
  ): number {
    const row = this.arrivals.add(this.newestArrival(message), node, at, source, sentAt, legs);
    this.#firstArrival[message] = row;
    this.#noteHolder(message, node, row);
    return row;
  }

  /** The node does not keep what came with this row. Earlier ones of the kind that led nowhere are forgotten in passing. */
  passesOn(message: UserMessageId, row: number): void {
    this.arrivals.passing[row] = 1;
    this.#hasPassing[message] = 1;
    const { next, node: nodes, at: instants, passing, uses } = this.arrivals;
    const node = nodes[row];
    const lostBefore = (instants[row] ?? 0) - arrivesWithin;
    // The first one stays, for what takes longer.
    let first = row;
    for (let each = next[row] ?? 0; each !== 0; each = next[each] ?? 0)
      if (nodes[each] === node) first = each;
    for (let before = row, each = next[row] ?? 0; each !== 0 && each !== first; each = next[before] ?? 0) {
      const isLost =
        nodes[each] === node && passing[each] === 1 && uses[each] === 0 && (instants[each] ?? 0) < lostBefore;
      if (isLost) this.#forget(before, each);
      else before = each;
    }
  }

  /** Forgets the arrival that follows `before` in its chain. */
  #forget(before: number, row: number): void {
    const { arrivals } = this;
    const source = arrivals.source[row] ?? 0;
    arrivals.next[before] = arrivals.next[row] ?? 0;
    if (source !== 0) arrivals.uses[source] = (arrivals.uses[source] ?? 0) - 1;
    this.marks.release(arrivals.legs[row] ?? 0);
    arrivals.releaseOne(row);
  }

  #noteHolder(message: UserMessageId, node: NodeIndex, row: number): void {
    const holders = (this.#holders[message] ?? 0) + 1;
    this.#holders[message] = holders;
    let set = this.#holderSets[message];
    if (set === undefined) {
      if (holders <= chainWalkLimit) return;
      set = new Uint32Array((this.#nodeCount + 31) >>> 5);
      this.#holderSets[message] = set;
      for (let each = row; each !== 0; each = this.arrivals.next[each] ?? 0)
        setBit(set, this.arrivals.node[each] ?? 0);
    } else setBit(set, node);
  }

  addMark(message: UserMessageId, node: NodeIndex, at: Instant, reason: number, cause: CauseToken): void {
    this.#firstMark[message] = this.marks.add(this.newestMark(message), node, at, reason, cause);
    if (cause !== noCause) this.#hasCause[message] = 1;
  }

  /** Row of the message's newest wait at the node; 0 when it has said nothing of it. */
  newestMarkAt(message: UserMessageId, node: NodeIndex): number {
    const { next, node: nodes } = this.marks;
    let row = this.#firstMark[message] ?? 0;
    while (row !== 0 && nodes[row] !== node) row = next[row] ?? 0;
    return row;
  }

  /** Forgets every copy of a message. */
  release(message: UserMessageId): void {
    for (let row = this.newestArrival(message); row !== 0; row = this.arrivals.next[row] ?? 0)
      this.marks.release(this.arrivals.legs[row] ?? 0);
    this.arrivals.release(this.newestArrival(message));
    this.marks.release(this.newestMark(message));
    this.#firstArrival[message] = 0;
    this.#firstMark[message] = 0;
    this.#hasCause[message] = 0;
    this.#hasPassing[message] = 0;
    this.#holders[message] = 0;
    this.#holderSets[message] = undefined;
  }
}

function setBit(set: Uint32Array, bit: number): void {
  set[bit >>> 5] = (set[bit >>> 5] ?? 0) | (1 << (bit & 31));
}

const reasonNames: readonly Span['reason'][] = [
  'queued',
  'waiting-for-network',
  'connecting',
  'backoff',
  'awaiting-answer',
  'stored-for-recipient',
  'catching-up',
  'no-route',
  'needs-manual-resend',
  'computing',
  'radio-jitter',
  'undecryptable',
  'unverifiable',
  'push-failed',
  'in-flight',
  'connection-set-up',
  'retransmitting',
  'link-queue',
  'server-queue',
  'device-asleep',
  'holder-down',
  'dropped',
];

const reasonCodes: Readonly<Record<Span['reason'], number>> = Object.fromEntries(
  reasonNames.map((name, code) => [name, code]),
) as Record<Span['reason'], number>;

/** Small number that stands for a reason in the columns. */
export function reasonCode(reason: Span['reason']): number {
  return reasonCodes[reason];
}

/** Reverses {@link reasonCode}. */
export function reasonName(code: number): Span['reason'] {
  return reasonNames[code] ?? 'queued';
}
