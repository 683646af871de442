// A session with one node: streams over datagrams, sent again until they are through or the session has been silent too long.
import type { UserMessageId } from '../message.ts';
import { after, type Instant } from '../time.ts';
import { sessions } from './constants.ts';
import type { NodeKey } from './node-key.ts';
import { encodePacket, type DataPacket, type Packet } from './packets.ts';
import type { Turn } from './peers.ts';
import { RoundTrip } from './round-trip.ts';
import { InStream, OutStream } from './stream.ts';

/** What a session needs of what is below and around it. */
export interface SessionPorts {
  datagram(to: NodeKey, bytes: Uint8Array, carries: readonly UserMessageId[], turn: Turn): void;
  /** A whole request or answer has come. */
  received(
    session: Session,
    stream: number,
    isAnswer: boolean,
    bytes: Uint8Array,
    carries: readonly UserMessageId[],
    turn: Turn,
  ): void;
}

/** Packets under way at once: the first window of RFC 9002 §7.2. It stays, since messages are short. */
const window = 10;

export class Session {
  readonly peer: NodeKey;
  readonly id: number;
  readonly isOwn: boolean;
  readonly #ports: SessionPorts;
  readonly #roundTrip = new RoundTrip();
  readonly #out = new Map<string, OutStream>();
  readonly #in = new Map<string, InStream>();
  /** What was received whole: its parts are acknowledged and nothing more. */
  readonly #received = new Set<string>();
  readonly #carried = new Map<string, Set<UserMessageId>>();
  readonly #sentAt = new Map<string, Instant>();
  #isOpen: boolean;
  #openedAt: Instant;
  #lastHeard: Instant;
  /** The first packet since then that is to be acknowledged: from it, too, silence is counted (RFC 9000 §10.1). */
  #firstSent: Instant | undefined;
  #probeAt: Instant | undefined;
  #lastStream = 0;

  constructor(peer: NodeKey, id: number, isOwn: boolean, ports: SessionPorts, now: Instant) {
    this.peer = peer;
    this.id = id;
    this.isOwn = isOwn;
    this.#ports = ports;
    this.#isOpen = !isOwn;
    this.#openedAt = now;
    this.#lastHeard = now;
  }

  /** When somebody must look at it; undefined while it waits for nothing. */
  get due(): Instant | undefined {
    return this.#probeAt === undefined ? undefined : (Math.min(this.#probeAt, this.endsAt) as Instant);
  }

  /** Neither silent for too long nor never answered. */
  isAlive(now: Instant): boolean {
    return now < this.endsAt;
  }

  /** Whether the other end has ever answered. */
  get isAccepted(): boolean {
    return this.#isOpen;
  }

  /** Requests that this end has made. */
  get requests(): number {
    return this.#lastStream;
  }

  /** When it is dead unless something comes. */
  get endsAt(): Instant {
    return this.#isOpen
      ? after(this.#firstSent ?? this.#lastHeard, sessions.idleFor)
      : after(this.#openedAt, sessions.handshakeWithin);
  }

  /** `carries`: what waits for it to be open. */
  open(carries: readonly UserMessageId[], turn: Turn): void {
    this.#send({ kind: 'open', session: this.id }, carries, turn);
    this.#probeAt = after(turn.clock.now, this.#roundTrip.patience);
  }

  /** Sends a request; returns its stream. */
  ask(bytes: Uint8Array, carries: readonly UserMessageId[], turn: Turn): number {
    this.#lastStream++;
    this.#begin(this.#lastStream, false, bytes, carries, turn);
    return this.#lastStream;
  }

  answer(stream: number, bytes: Uint8Array, carries: readonly UserMessageId[], turn: Turn): void {
    this.#begin(stream, true, bytes, carries, turn);
  }

  receive(packet: Exclude<Packet, { kind: 'close' }>, carries: readonly UserMessageId[], turn: Turn): void {
    const { now } = turn.clock;
    this.#lastHeard = now;
    this.#firstSent = undefined;
    switch (packet.kind) {
      case 'open':
        notKept(carries, turn);
        return this.#send({ kind: 'accept', session: this.id }, [], turn);
      case 'accept':
        if (!this.#isOpen) this.#roundTrip.sample(now - this.#openedAt);
        this.#isOpen = true;
        this.#roundTrip.heard();
        return this.#flow(turn);
      case 'ack': {
        const name = nameOf(packet.stream, packet.isAnswer);
        const stream = this.#out.get(name);
        if (stream?.acknowledge(packet.offset) !== true) return;
        this.#roundTrip.heard();
        const sentAt = this.#sentAt.get(`${name}/${packet.offset}`);
        if (sentAt !== undefined) this.#roundTrip.sample(now - sentAt);
        this.#sentAt.delete(`${name}/${packet.offset}`);
        if (stream.isDone) this.#out.delete(name);
        return this.#flow(turn);
      }
      case 'data':
        return this.#take(packet, carries, turn);
    }
  }

  /** An acknowledgement is overdue: what is under way goes once more. */
  probe(turn: Turn): void {
    if (this.#probeAt === undefined || turn.clock.now < this.#probeAt) return;
    this.#roundTrip.lost();
    if (this.#isOpen)
      for (const [name, stream] of this.#out)
        for (const packet of stream.again()) {
          // What was sent twice says nothing about the round trip.
          this.#sentAt.delete(`${name}/${packet.offset}`);
          this.#send(packet, stream.carries, turn);
        }
    else {
      const waiting = new Set([...this.#out.values()].flatMap(({ carries }) => carries));
      this.#send({ kind: 'open', session: this.id }, [...waiting], turn);
    }
    this.#probeAt = after(turn.clock.now, this.#roundTrip.patience);
  }

  #begin(
    stream: number,
    isAnswer: boolean,
    bytes: Uint8Array,
    carries: readonly UserMessageId[],
    turn: Turn,
  ): void {
    const out = new OutStream({ session: this.id, stream, isAnswer }, bytes, carries);
    this.#out.set(nameOf(stream, isAnswer), out);
    if (this.#isOpen) this.#flow(turn);
  }

  /** Sends as much as the window allows. */
  #flow(turn: Turn): void {
    let room = window;
    for (const { inFlight } of this.#out.values()) room -= inFlight;
    for (const [name, stream] of this.#out) {
      while (room > 0) {
        const packet = stream.next();
        if (packet === undefined) break;
        room--;
        this.#sentAt.set(`${name}/${packet.offset}`, turn.clock.now);
        this.#send(packet, stream.carries, turn);
      }
    }
    this.#probeAt = this.#out.size === 0 ? undefined : after(turn.clock.now, this.#roundTrip.patience);
  }

  #take(packet: DataPacket, carries: readonly UserMessageId[], turn: Turn): void {
    const { session, stream, isAnswer, offset } = packet;
    this.#send({ kind: 'ack', session, stream, isAnswer, offset }, [], turn);
    const name = nameOf(stream, isAnswer);
    if (this.#received.has(name)) return;
    const carried = this.#carried.get(name) ?? new Set();
    for (const message of carries) carried.add(message);
    this.#carried.set(name, carried);
    const incoming = this.#in.get(name) ?? new InStream(packet.length);
    this.#in.set(name, incoming);
    const whole = incoming.take(packet);
    if (whole === undefined) return notKept(carries, turn);
    this.#in.delete(name);
    this.#carried.delete(name);
    this.#received.add(name);
    this.#ports.received(this, stream, isAnswer, whole, [...carried], turn);
  }

  #send(packet: Packet, carries: readonly UserMessageId[], turn: Turn): void {
    if (packet.kind !== 'ack') this.#firstSent ??= turn.clock.now;
    this.#ports.datagram(this.peer, encodePacket(packet), carries, turn);
  }
}

/** What came is not yet the message. */
function notKept(messages: readonly UserMessageId[], { out }: Turn): void {
  if (messages.length > 0) out.observe({ kind: 'not-kept', messages });
}

function nameOf(stream: number, isAnswer: boolean): string {
  return isAnswer ? `${stream}/answer` : `${stream}`;
}
