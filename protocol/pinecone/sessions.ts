// Requests and answers between nodes over datagrams: HTTP over QUIC as the applications have it, without its ciphers.
import { concatBytes } from '../bytes.ts';
import type { RequestResult } from '../core.ts';
import { noCause, type CauseToken, type Failure } from '../failure.ts';
import { carriesNothing, type Codec, type Message, type UserMessageId } from '../message.ts';
import type { RandomStream } from '../random-stream.ts';
import { after, type Duration, type Instant } from '../time.ts';
import type { NodeKey } from './node-key.ts';
import { decodePacket } from './packets.ts';
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
    const session = this.#sessionWith(to, message.carries, turn);
    const stream = session.ask(this.#codec.encode(message), message.carries, turn);
    this.#asked.set(name, { name, session, stream, until: after(turn.clock.now, timeout) });
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
      if (packet.kind !== 'open') return;
      session = new Session(from, packet.session, false, this.#ports, turn.clock.now);
      this.#sessions.set(name, session);
    }
    session.receive(packet, carries, turn);
    this.#schedule(turn);
  }

  /** The timer: what is overdue is sent again, what is dead fails. */
  tick(cause: CauseToken, turn: Turn): void {
    const { now } = turn.clock;
    this.#timerAt = undefined;
    for (const [name, session] of this.#sessions)
      if (session.isAlive(now)) session.probe(turn);
      else this.#end(name, session, cause, turn);
    for (const asked of [...this.#asked.values()])
      if (now >= asked.until) this.#fail(asked, 'response', cause, turn);
    this.#schedule(turn);
  }

  /** The application stops: nothing goes on. */
  close(cause: CauseToken, turn: Turn): void {
    for (const [name, session] of [...this.#sessions]) this.#end(name, session, cause, turn);
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

  /** An own or a foreign session that lives, else a new one. */
  #sessionWith(peer: NodeKey, carries: readonly UserMessageId[], turn: Turn): Session {
    for (const [name, session] of [...this.#sessions])
      if (session.peer === peer) {
        if (session.isAlive(turn.clock.now)) return session;
        // Who still waits for an answer over a dead one is told by the timer, which knows why.
        const isWaitedFor = [...this.#asked.values()].some((asked) => asked.session === session);
        if (!isWaitedFor) this.#end(name, session, noCause, turn);
      }
    const session = new Session(
      peer,
      this.#random.integer(0, 0x7fff_ffff),
      true,
      this.#ports,
      turn.clock.now,
    );
    this.#sessions.set(`${peer}/${session.id}`, session);
    session.open(carries, turn);
    return session;
  }

  #end(name: string, session: Session, cause: CauseToken, turn: Turn): void {
    this.#sessions.delete(name);
    for (const [answering, { session: of }] of this.#answering)
      if (of === session) this.#answering.delete(answering);
    for (const asked of [...this.#asked.values()])
      if (asked.session === session)
        this.#fail(asked, session.isAccepted ? 'response' : 'connect', cause, turn);
  }

  #fail(asked: Asked, phase: 'connect' | 'response', cause: CauseToken, turn: Turn): void {
    if (!this.#asked.delete(asked.name)) return;
    const failure: Failure = { kind: 'timed-out', phase, definite: phase === 'connect', cause };
    this.#user.response(asked.name, { ok: false, failure }, turn);
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

function headOf(status: number, retryAfterMs: number | undefined): readonly number[] {
  const seconds = Math.min(65_535, Math.ceil((retryAfterMs ?? 0) / 1_000));
  return [status >> 8, status & 0xff, seconds >> 8, seconds & 0xff];
}
