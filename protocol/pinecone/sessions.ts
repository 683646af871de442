// Requests and answers between nodes over datagrams: HTTP over QUIC as the applications have it, without its ciphers.
import { concatBytes } from '../bytes.ts';
import type { RequestResult } from '../core.ts';
import { noCause, type CauseToken, type Failure } from '../failure.ts';
import { carriesNothing, type Codec, type Message, type UserMessageId } from '../message.ts';
import type { RandomStream } from '../random-stream.ts';
import { after, type Duration, type Instant } from '../time.ts';
import { sessions } from './constants.ts';
import type { NodeKey } from './node-key.ts';
import { decodePacket, encodePacket } from './packets.ts';
import type { Turn } from './peers.ts';
import { Session } from './session.ts';

/** What sits on top. */
export interface SessionUser {
  /** A request of another node, to be answered by `respond` under this name. */
  request(name: string, from: NodeKey, message: Message, turn: Turn): void;
  response(name: string, result: RequestResult, turn: Turn): void;
  datagram(to: NodeKey, bytes: Uint8Array, carries: readonly UserMessageId[], turn: Turn): void;
}

/** How a request is answered. */
export type Answer =
  | { readonly ok: true; readonly message: Message }
  | {
      readonly ok: false;
      readonly status: number;
      readonly message: Message | undefined;
      readonly retryAfterMs: number | undefined;
    };

/** The timer of all sessions. */
export const sessionTimer = 'sessions';

/** What a dial leaves that has failed: whoever asks next finds no connection in it, and fails at once (sessions/dial.go). */
interface FailedDial {
  readonly cause: CauseToken;
}

interface Asked {
  readonly name: string;
  readonly session: Session;
  readonly stream: number;
  readonly until: Instant;
}

export class Sessions {
  readonly #codec: Codec;
  readonly #random: RandomStream;
  readonly #user: SessionUser;
  readonly #sessions = new Map<string, Session>();
  /** What requests to a node go over. */
  readonly #entries = new Map<NodeKey, Session | FailedDial>();
  /** Sessions that were closed as they came, oldest first: a first packet that is sent again is no other session. */
  readonly #closed = new Map<string, Instant>();
  readonly #asked = new Map<string, Asked>();
  readonly #answering = new Map<string, { readonly session: Session; readonly stream: number }>();
  #timerAt: Instant | undefined;

  constructor(codec: Codec, random: RandomStream, user: SessionUser) {
    this.#codec = codec;
    this.#random = random;
    this.#user = user;
  }

  get open(): number {
    return this.#sessions.size;
  }

  /** Asks a node; the answer or its failure comes under `name`. */
  request(name: string, to: NodeKey, message: Message, timeout: Duration, turn: Turn): void {
    const known = this.#entries.get(to);
    if (known !== undefined && !(known instanceof Session)) {
      this.#entries.delete(to);
      return this.#user.response(name, failed(dialTimedOut, known.cause), turn);
    }
    const session = known?.isAlive(turn.clock.now) === true ? known : this.#dial(to, message.carries, turn);
    const stream = session.ask(this.#codec.encode(message), message.carries, turn);
    const until = after(turn.clock.now, Math.min(timeout, sessions.requestFor) as Duration);
    this.#asked.set(name, { name, session, stream, until });
    this.#schedule(turn);
  }

  abandon(name: string): void {
    this.#asked.delete(name);
  }

  respond(name: string, answer: Answer, turn: Turn): void {
    const asked = this.#answering.get(name);
    this.#answering.delete(name);
    if (asked === undefined || !asked.session.isAlive(turn.clock.now)) return;
    const { message } = answer;
    const head = answer.ok ? [0, 0, 0, 0] : headOf(answer.status, answer.retryAfterMs);
    const body = message === undefined ? new Uint8Array(0) : this.#codec.encode(message);
    const bytes = concatBytes(Uint8Array.from([message === undefined ? 0 : 1, ...head]), body);
    asked.session.answer(asked.stream, bytes, message?.carries ?? carriesNothing, turn);
    this.#schedule(turn);
  }

  receive(from: NodeKey, bytes: Uint8Array, carries: readonly UserMessageId[], turn: Turn): void {
    const packet = decodePacket(bytes);
    if (packet === undefined) return;
    const name = `${from}/${packet.session}`;
    let session = this.#sessions.get(name);
    if (session === undefined) {
      if (packet.kind === 'close') this.#wasTakenForAnother(packet.session, turn);
      if (packet.kind !== 'open') return;
      if (this.#closed.has(name) || this.#replaces(from, turn)) {
        this.#rememberClosed(name, turn.clock.now);
        return this.#close(from, packet.session, carries, turn);
      }
      session = new Session(from, packet.session, false, this.#ports, turn.clock.now);
      this.#sessions.set(name, session);
      this.#entries.set(from, session);
    }
    if (packet.kind === 'close') this.#end(name, session, closedByPeer, noCause, turn);
    else session.receive(packet, carries, turn);
    this.#schedule(turn);
  }

  /** A datagram for another node, which leads no farther: who dials is shown the wrong key. */
  strayed(from: NodeKey, bytes: Uint8Array, turn: Turn): void {
    const packet = decodePacket(bytes);
    if (packet?.kind === 'open') this.#close(from, packet.session, carriesNothing, turn);
  }

  /** Somebody else answers a dial; what names a connection is its id alone. */
  #wasTakenForAnother(id: number, turn: Turn): void {
    for (const [name, session] of [...this.#sessions])
      if (session.id === id && session.isOwn && !session.isAccepted)
        this.#end(name, session, wrongNode, noCause, turn);
    this.#schedule(turn);
  }

  /**
   * Whether there is an entry for the node already. The library closes the new connection then, where it means the one before, and
   * forgets both (sessions/listen.go, listener): the node's next dial goes through.
   */
  #replaces(from: NodeKey, turn: Turn): boolean {
    const known = this.#entries.get(from);
    if (known === undefined) return false;
    // While this node dials, too, the other one closes that as well.
    if (known instanceof Session && known.isOwn && !known.isAccepted && known.isAlive(turn.clock.now))
      return true;
    this.#entries.delete(from);
    return !(known instanceof Session) || known.isAlive(turn.clock.now);
  }

  /** As long as it may be sent again. */
  #rememberClosed(name: string, now: Instant): void {
    for (const [other, at] of this.#closed) {
      if (now - at < sessions.handshakeWithin) break;
      this.#closed.delete(other);
    }
    this.#closed.set(name, this.#closed.get(name) ?? now);
  }

  #close(to: NodeKey, session: number, carries: readonly UserMessageId[], turn: Turn): void {
    if (carries.length > 0) turn.out.observe({ kind: 'not-kept', messages: carries });
    this.#user.datagram(to, encodePacket({ kind: 'close', session }), carriesNothing, turn);
  }

  /** The timer: what is overdue is sent again, what is dead fails. */
  tick(cause: CauseToken, turn: Turn): void {
    const { now } = turn.clock;
    this.#timerAt = undefined;
    for (const [name, session] of this.#sessions)
      if (session.isAlive(now)) session.probe(turn);
      else this.#timeOut(name, session, cause, turn);
    for (const asked of [...this.#asked.values()])
      if (now >= asked.until) this.#fail(asked, noAnswer, cause, turn);
    this.#schedule(turn);
  }

  /** The application stops: nothing goes on. */
  close(cause: CauseToken, turn: Turn): void {
    for (const [name, session] of [...this.#sessions]) this.#timeOut(name, session, cause, turn);
    this.#entries.clear();
    this.#schedule(turn);
  }

  readonly #ports = {
    datagram: (to: NodeKey, bytes: Uint8Array, carries: readonly UserMessageId[], turn: Turn): void =>
      this.#user.datagram(to, bytes, carries, turn),
    received: (
      session: Session,
      stream: number,
      isAnswer: boolean,
      bytes: Uint8Array,
      carries: readonly UserMessageId[],
      turn: Turn,
    ): void => {
      if (isAnswer) this.#answered(session, stream, bytes, carries, turn);
      else this.#wasAsked(session, stream, bytes, carries, turn);
    },
  };

  #wasAsked(
    session: Session,
    stream: number,
    bytes: Uint8Array,
    carries: readonly UserMessageId[],
    turn: Turn,
  ): void {
    const message = this.#codec.decode(bytes, carries);
    if (message === undefined) return;
    const name = `${session.peer}/${session.id}/${stream}`;
    this.#answering.set(name, { session, stream });
    this.#user.request(name, session.peer, message, turn);
  }

  #answered(
    session: Session,
    stream: number,
    bytes: Uint8Array,
    carries: readonly UserMessageId[],
    turn: Turn,
  ): void {
    const asked = [...this.#asked.values()].find(
      (each) => each.session === session && each.stream === stream,
    );
    if (asked === undefined) return;
    this.#asked.delete(asked.name);
    const message = bytes[0] === 1 ? this.#codec.decode(bytes.subarray(5), carries) : undefined;
    const status = (bytes[1] ?? 0) * 256 + (bytes[2] ?? 0);
    const retryAfterMs = ((bytes[3] ?? 0) * 256 + (bytes[4] ?? 0)) * 1_000;
    const failure: Failure = {
      kind: 'status',
      status: status === 0 ? 502 : status,
      ...(retryAfterMs > 0 ? { retryAfterMs } : {}),
      definite: true,
      cause: noCause,
    };
    const result: RequestResult =
      status === 0 && message !== undefined
        ? { ok: true, message }
        : { ok: false, failure, ...(message === undefined ? {} : { message }) };
    this.#user.response(asked.name, result, turn);
  }

  /** A new session; the one before, if there was one, is dead. */
  #dial(peer: NodeKey, carries: readonly UserMessageId[], turn: Turn): Session {
    for (const [name, session] of [...this.#sessions])
      if (session.peer === peer && !session.isAlive(turn.clock.now)) {
        // Who still waits for an answer over a dead one is told by the timer, which knows why.
        const isWaitedFor = [...this.#asked.values()].some((asked) => asked.session === session);
        if (!isWaitedFor) this.#timeOut(name, session, noCause, turn);
      }
    const session = new Session(
      peer,
      this.#random.integer(0, 0x7fff_ffff),
      true,
      this.#ports,
      turn.clock.now,
    );
    this.#sessions.set(`${peer}/${session.id}`, session);
    this.#entries.set(peer, session);
    session.open(carries, turn);
    return session;
  }

  /** Nothing came any more, or nothing ever. */
  #timeOut(name: string, session: Session, cause: CauseToken, turn: Turn): void {
    const how = session.isOwn && !session.isAccepted ? dialTimedOut : noAnswer;
    this.#end(name, session, how, cause, turn);
  }

  #end(name: string, session: Session, how: Ending, cause: CauseToken, turn: Turn): void {
    this.#sessions.delete(name);
    if (this.#entries.get(session.peer) === session) {
      this.#entries.delete(session.peer);
      // Requests that wait for the same dial find that it failed, and take away what it leaves.
      const isDial = how === dialTimedOut || how === wrongNode;
      if (isDial && session.requests === 1) this.#entries.set(session.peer, { cause });
    }
    for (const [answering, { session: of }] of this.#answering)
      if (of === session) this.#answering.delete(answering);
    for (const asked of [...this.#asked.values()])
      if (asked.session === session) this.#fail(asked, how, cause, turn);
  }

  #fail(asked: Asked, how: Ending, cause: CauseToken, turn: Turn): void {
    if (this.#asked.delete(asked.name)) this.#user.response(asked.name, failed(how, cause), turn);
  }

  #schedule({ clock, out }: Turn): void {
    let due = Infinity;
    for (const session of this.#sessions.values()) due = Math.min(due, session.due ?? Infinity);
    for (const { until, session } of this.#asked.values())
      due = Math.min(due, until, session.due ?? session.endsAt);
    if (due === Infinity) {
      if (this.#timerAt !== undefined) out.cancelTimer(sessionTimer);
      this.#timerAt = undefined;
      return;
    }
    const at = Math.max(due, clock.now + 1) as Instant;
    if (at === this.#timerAt) return;
    this.#timerAt = at;
    out.setTimer(sessionTimer, at);
  }
}

/** How a session ends before an answer has come. */
type Ending =
  | { readonly kind: 'timed-out'; readonly phase: 'connect' | 'response'; readonly definite: boolean }
  | { readonly kind: 'closed' | 'tls'; readonly definite: true };

const dialTimedOut: Ending = { kind: 'timed-out', phase: 'connect', definite: true };
const noAnswer: Ending = { kind: 'timed-out', phase: 'response', definite: false };
/** At once, before it has taken any request. */
const closedByPeer: Ending = { kind: 'closed', definite: true };

const wrongNode: Ending = { kind: 'tls', definite: true };

function failed(how: Ending, cause: CauseToken): RequestResult {
  return { ok: false, failure: { ...how, cause } };
}

function headOf(status: number, retryAfterMs: number | undefined): readonly number[] {
  const seconds = Math.min(65_535, Math.ceil((retryAfterMs ?? 0) / 1_000));
  return [status >> 8, status & 0xff, seconds >> 8, seconds & 0xff];
}
