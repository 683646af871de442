// The way of one copy as spans without gap or overlap, built backwards from where it ended.
import { assert, InvariantViolation } from '../../protocol/assert.ts';
import type { CauseToken } from '../../protocol/failure.ts';
import { noCause } from '../../protocol/failure.ts';
import type { UserMessageId } from '../../protocol/message.ts';
import type { Instant } from '../../protocol/time.ts';
import type { NodeIndex, Span } from '../observation.ts';
import { reasonCode, reasonName, type CopyStore } from './copy-store.ts';
import type { Trouble, TroubleLog } from './trouble-log.ts';

const dropped = reasonCode('dropped');

/** What an account is drawn up from. */
export interface AccountBooks {
  readonly copies: CopyStore;
  /** When nodes were down. */
  readonly down: TroubleLog;
  /** When devices failed to get through, from a failure with a cause until the next success. */
  readonly cutOff: TroubleLog;
  /** Devices talk to each other without a server between: who waits for an answer waits for the recipient's device. */
  readonly deviceToDevice: boolean;
  /** Machines with devices of several people on them: what is stored for one of these waits for the machine. */
  readonly deviceHosts: ReadonlySet<NodeIndex> | undefined;
}

interface AccountRequest {
  readonly message: UserMessageId;
  /** Where the copy is at `end`. */
  readonly node: NodeIndex;
  readonly end: Instant;
  /** The device that the message is for. */
  readonly recipient: NodeIndex | undefined;
}

/** Spans that cover [press of send, `end`) exactly, earliest first. */
export function drawUpAccount(books: AccountBooks, request: AccountRequest): readonly Span[] {
  const { arrivals } = books.copies;
  const backwards: Span[] = [];
  let { end } = request;
  let row = books.copies.copyAt(request.message, request.node, end, false);
  if (row === 0)
    throw new InvariantViolation(
      `message ${request.message} left node ${request.node}, but nothing that carried it came there`,
    );
  let next: NodeIndex | undefined;
  let fetchedBy: NodeIndex | undefined;
  for (let hops = 0; ; hops++) {
    assert(hops < 100_000, 'the way of a message has no loops');
    const node = arrivals.node[row] ?? 0;
    const at = arrivals.at[row] as Instant;
    assert(at <= end, 'a message leaves a node after it came');
    addStay(backwards, books, {
      message: request.message,
      row,
      node,
      start: at,
      end,
      recipient: request.recipient,
      next,
      fetchedBy,
    });
    const source = arrivals.source[row] ?? 0;
    if (source === 0) {
      backwards.reverse();
      return merged(backwards, at, request.end);
    }
    const sentAt = arrivals.sentAt[row] as Instant;
    const from = arrivals.node[source] ?? 0;
    addTransit(backwards, books, { legs: arrivals.legs[row] ?? 0, from, start: sentAt, end: at });
    next = node;
    if (books.deviceHosts?.has(node) === true) fetchedBy = node;
    row = source;
    end = sentAt;
  }
}

interface Stay {
  readonly message: UserMessageId;
  /** The arrival with which it begins. */
  readonly row: number;
  readonly node: NodeIndex;
  readonly start: Instant;
  readonly end: Instant;
  readonly recipient: NodeIndex | undefined;
  /** Where the copy went from here; undefined where it is still here. */
  readonly next: NodeIndex | undefined;
  /** The machine through which the recipient had it from here on. */
  readonly fetchedBy: NodeIndex | undefined;
}

/** The time at one node, split where the node gave another reason for waiting. */
function addStay(backwards: Span[], books: AccountBooks, stay: Stay): void {
  const { marks, arrivals } = books.copies;
  let end = stay.end;
  // What a node says of its own copy does not concern one that it passes on.
  const isOnItsWay = arrivals.passing[stay.row] === 1 && stay.next !== undefined;
  for (let row = books.copies.newestMark(stay.message); row !== 0; row = marks.next[row] ?? 0) {
    if (end <= stay.start || isOnItsWay) break;
    const at = marks.at[row] as Instant;
    if (marks.node[row] !== stay.node || at >= end) continue;
    if (at < stay.start) break; // marks come newest first
    const cause = (marks.cause[row] ?? 0) as CauseToken;
    addWait(backwards, books, stay, { start: at, end, reason: reasonName(marks.reason[row] ?? 0), cause });
    end = at;
  }
  if (end > stay.start)
    addWait(backwards, books, stay, { start: stay.start, end, reason: 'queued', cause: noCause });
}

type Wait = Omit<Span, 'holder'>;

/** One wait, with what the node itself could not say: that it was down, or that the recipient could not get through. */
function addWait(backwards: Span[], books: AccountBooks, stay: Stay, wait: Wait): void {
  const downs = books.down.during(stay.node, wait.start, wait.end);
  const pieces: Span[] = [];
  let at = wait.start;
  for (const trouble of downs) {
    const start = Math.max(at, trouble.start) as Instant;
    const end = Math.min(wait.end, trouble.end ?? wait.end) as Instant;
    addReachable(pieces, books, stay, { ...wait, start: at, end: start });
    pieces.push({ start, end, holder: stay.node, reason: 'holder-down', cause: trouble.cause });
    at = end;
  }
  if (downs.length === 0) addReachable(pieces, books, stay, wait);
  else addReachable(pieces, books, stay, { ...wait, start: at });
  for (let index = pieces.length - 1; index >= 0; index--) {
    const piece = pieces[index];
    if (piece !== undefined) backwards.push(piece);
  }
}

function addReachable(pieces: Span[], books: AccountBooks, stay: Stay, wait: Wait): void {
  if (wait.end <= wait.start) return;
  const elsewhere =
    heldBackElsewhere(books, stay, wait) ??
    keyHeldBack(books, stay, wait) ??
    droppedOnTheWay(books, stay, wait);
  if (elsewhere !== undefined) {
    for (const piece of elsewhere) addStored(pieces, books, stay, piece);
    return;
  }
  // The furthest copy of a message that never came waits for its recipient, wherever it is.
  const isFurthest = stay.next === undefined && stay.node !== stay.recipient;
  const isForRecipient =
    wait.reason === 'stored-for-recipient' ||
    wait.reason === 'catching-up' ||
    (books.deviceToDevice && (wait.reason === 'awaiting-answer' || wait.reason === 'backoff'));
  const awaitsRecipient = isFurthest || isForRecipient;
  if ((awaitsRecipient || wait.reason === 'no-route') && wait.cause === noCause) {
    const troubles = awaitsRecipient ? absences(books, stay, wait) : isolation(books, stay, wait);
    addTroubled(pieces, { ...wait, holder: stay.node }, troubles);
  } else addStored(pieces, books, stay, { ...wait, holder: stay.node });
}

/**
 * What is stored because nobody could be told of it: a recipient who could not get through would not have had it anyway, for so
 * long.
 */
function addStored(pieces: Span[], books: AccountBooks, stay: Stay, span: Span): void {
  const isForRecipient = span.reason === 'stored-for-recipient' && span.cause !== noCause;
  addTroubled(pieces, span, isForRecipient ? absences(books, stay, span) : []);
}

/** A wait with the troubles in it, earliest first, charged to what is behind these. */
function addTroubled(pieces: Span[], span: Span, troubles: readonly Trouble[]): void {
  let at = span.start;
  for (const trouble of troubles) {
    const start = Math.max(at, trouble.start) as Instant;
    const end = Math.min(span.end, trouble.end ?? span.end) as Instant;
    if (end <= start) continue;
    pieces.push({ ...span, start: at, end: start });
    pieces.push({ ...span, start, end, cause: trouble.cause });
    at = end;
  }
  pieces.push({ ...span, start: at });
}

/** When whoever held the copy, or whoever got it at last, could not get through to anybody; earliest first. */
function isolation({ cutOff }: AccountBooks, { node, next }: Stay, { start, end }: Wait): readonly Trouble[] {
  const own = cutOff.during(node, start, end);
  if (next === undefined) return own;
  return [...own, ...cutOff.during(next, start, end)].sort((left, right) => left.start - right.start);
}

/** When the recipient's device could not get through; before a machine had it for them, when that was down. */
function absences(
  { cutOff, down }: AccountBooks,
  { fetchedBy, recipient }: Stay,
  { start, end }: Wait,
): readonly Trouble[] {
  if (fetchedBy !== undefined) return down.during(fetchedBy, start, end);
  return recipient === undefined ? [] : cutOff.during(recipient, start, end);
}

/**
 * A node that keeps a copy for recipients of its own is asked for it by another that lacks it: whoever should have sent
 * it there was held back. The wait is that node's, as far as it says so; undefined where there is no such thing.
 */
function heldBackElsewhere(books: AccountBooks, stay: Stay, wait: Wait): readonly Span[] | undefined {
  if (wait.reason !== 'stored-for-recipient' || wait.cause !== noCause) return undefined;
  if (stay.next === undefined || stay.next === stay.recipient) return undefined;
  const spans = waitsUpstream(books, stay, wait);
  return spans === undefined ? undefined : filled(stay, wait, spans);
}

/**
 * What a device cannot read waits for a key that its sender was to send: what held the message back on its straight way, while
 * it came by another, held the key back, until it was there; and a key that could not be made when the message was sent never
 * opens it. So what was last held against the message upstream stands behind the rest of the wait, which stays the device's.
 */
function keyHeldBack(books: AccountBooks, stay: Stay, wait: Wait): readonly Span[] | undefined {
  if (wait.reason !== 'undecryptable' || wait.cause !== noCause) return undefined;
  const meanwhile = waitsUpstream(books, stay, wait) ?? [];
  const own = meanwhile.map(({ start, end, cause }) => spanOf(stay.node, wait, start, end, cause));
  const last = meanwhile.at(-1);
  const cause = last?.cause ?? lastCauseUpstream(books, stay, wait.start);
  if (cause === noCause) return undefined;
  return filled(stay, wait, [...own, spanOf(stay.node, wait, last?.end ?? wait.start, wait.end, cause)]);
}

/**
 * Who waits for an answer, and then to try again, waits for what dropped the message on its way: because of the faults that
 * the last node to drop it since the attempt has given.
 */
function droppedOnTheWay({ copies }: AccountBooks, stay: Stay, wait: Wait): readonly Span[] | undefined {
  if (wait.reason !== 'awaiting-answer' && wait.reason !== 'backoff') return undefined;
  if (wait.cause !== noCause || !copies.hasCause(stay.message)) return undefined;
  const { marks } = copies;
  const isBetween = wait.reason === 'backoff';
  // When the attempt began that is waited for, or that failed before this wait; and the last drop.
  let since = isBetween ? stay.start : wait.start;
  let droppedAt = -1;
  let cause: CauseToken = noCause;
  for (let row = copies.newestMark(stay.message); row !== 0; row = marks.next[row] ?? 0) {
    const at = marks.at[row] as Instant;
    if (marks.node[row] === stay.node) {
      if (isBetween && at < wait.start && at > since) since = at;
    } else if (marks.reason[row] === dropped && at < wait.end && at > droppedAt) {
      droppedAt = at;
      cause = (marks.cause[row] ?? noCause) as CauseToken;
    }
  }
  return cause === noCause || droppedAt < since
    ? undefined
    : [spanOf(stay.node, wait, wait.start, wait.end, cause)];
}

/** What the nearest node, of those that the copy came through, last gave as the cause of a wait before an instant. */
function lastCauseUpstream(
  { copies }: AccountBooks,
  { message, row: own }: Stay,
  before: Instant,
): CauseToken {
  const { marks, arrivals } = copies;
  for (let copy = arrivals.source[own] ?? 0; copy !== 0; copy = arrivals.source[copy] ?? 0) {
    const at = arrivals.node[copy];
    for (let row = copies.newestMark(message); row !== 0; row = marks.next[row] ?? 0) {
      const cause = (marks.cause[row] ?? 0) as CauseToken;
      if (marks.node[row] === at && (marks.at[row] ?? 0) <= before && cause !== noCause) return cause;
    }
  }
  return noCause;
}

/** The nearest node, of those that the copy came through, that gave a cause for its own copy's wait meanwhile. */
function waitsUpstream(books: AccountBooks, { message, row }: Stay, wait: Wait): readonly Span[] | undefined {
  const { copies } = books;
  if (!copies.hasCause(message)) return undefined;
  const { source, node } = copies.arrivals;
  for (let copy = source[row] ?? 0; copy !== 0; copy = source[copy] ?? 0) {
    const spans = causedWaits(books, message, node[copy] ?? 0, wait);
    if (spans.length > 0) return spans;
  }
  return undefined;
}

/** A wait with these spans in it; the rest of it has no cause. */
function filled({ node }: Stay, wait: Wait, spans: readonly Span[]): readonly Span[] {
  const pieces: Span[] = [];
  let at = wait.start;
  for (const span of spans) {
    pieces.push(spanOf(node, wait, at, span.start, noCause), span);
    at = span.end;
  }
  pieces.push(spanOf(node, wait, at, wait.end, noCause));
  return pieces;
}

/** Waits of a message at a node within a time for which it gave a cause, earliest first. */
function causedWaits(
  { copies }: AccountBooks,
  message: UserMessageId,
  node: NodeIndex,
  { start, end }: Wait,
): readonly Span[] {
  const { marks } = copies;
  const spans: Span[] = [];
  let until = end;
  for (let row = copies.newestMark(message); row !== 0 && until > start; row = marks.next[row] ?? 0) {
    const at = marks.at[row] as Instant;
    if (marks.node[row] !== node || at >= until) continue;
    const cause = (marks.cause[row] ?? 0) as CauseToken;
    const from = Math.max(at, start) as Instant;
    if (cause !== noCause)
      spans.unshift({
        start: from,
        end: until,
        holder: node,
        reason: reasonName(marks.reason[row] ?? 0),
        cause,
      });
    until = from;
  }
  return spans;
}

function spanOf(holder: NodeIndex, { reason }: Wait, start: Instant, end: Instant, cause: CauseToken): Span {
  return { start, end, holder, reason, cause };
}

interface Way {
  readonly legs: number;
  readonly from: NodeIndex;
  readonly start: Instant;
  readonly end: Instant;
}

/** The time between two nodes; legs are stored last one first. */
function addTransit(backwards: Span[], books: AccountBooks, way: Way): void {
  const { marks } = books.copies;
  if (way.legs === 0) {
    backwards.push({
      start: way.start,
      end: way.end,
      holder: way.from,
      reason: 'in-flight',
      cause: noCause,
    });
    return;
  }
  for (let row = way.legs; row !== 0;) {
    const before = marks.next[row] ?? 0;
    backwards.push({
      start: before === 0 ? way.start : (marks.at[before] as Instant),
      end: marks.at[row] as Instant,
      holder: way.from,
      reason: reasonName(marks.reason[row] ?? 0),
      cause: (marks.cause[row] ?? 0) as CauseToken,
    });
    row = before;
  }
}

/** Joins neighbours that say the same, drops empty ones, and checks that the account balances. */
function merged(spans: readonly Span[], start: Instant, end: Instant): readonly Span[] {
  const result: Span[] = [];
  let at = start;
  for (const span of spans) {
    assert(span.start === at && span.end >= at, 'spans of an account follow on each other');
    at = span.end;
    if (span.end === span.start) continue;
    const last = result.at(-1);
    if (
      last !== undefined &&
      last.holder === span.holder &&
      last.reason === span.reason &&
      last.cause === span.cause
    )
      result[result.length - 1] = spanOf(last.holder, last, last.start, span.end, last.cause);
    else result.push(span);
  }
  assert(at === end, 'an account ends where its copy is');
  return result;
}
