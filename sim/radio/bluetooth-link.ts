// A connection between two phones: a stream in each direction, with loss as delay.
import type { Address } from '../../protocol/core.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import { seconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { EventKind } from '../kernel/scheduler.ts';
import type { MediumHost, Port, Transit } from '../network/medium.ts';
import type { NodeIndex } from '../observation.ts';
import { geometric } from '../random/distributions.ts';
import { exp } from '../random/elementary.ts';
import { airMicroseconds, bytesOnAir } from './air-time.ts';
import type { Encounter, RadioPhone } from './encounter.ts';
import { sparedFrames } from './interference.ts';
import type { RadioFaults } from './radio-faults.ts';
import type { RadioParameters } from './radio-parameters.ts';

/** People move little in this time: the loss of a link is computed anew no sooner. */
const lossHolds = seconds(1);

/** One message on its way over one link. */
export interface Flight {
  readonly stream: RadioStream;
  readonly message: Message;
  readonly sentAt: Instant;
  arrival: Instant;
  /** Undefined where nobody will ask. */
  readonly way: Way | undefined;
}

/** How a message came to arrive when it does: for the account of blame. */
interface Way {
  /** The message before it is out, and its first transmission is over. */
  readonly startAt: Instant;
  readonly heardAt: Instant;
  /** Faults because of which it was transmitted again. */
  readonly cause: CauseToken;
  /** Faults because of which it had to wait for the transmitter. */
  readonly queuedBecause: CauseToken;
}

/** 0: from the first end to the second. */
type Direction = 0 | 1;

/**
 * One direction of a link, with what a message on its way needs: thousands are under way in no order that a cache knows,
 * so that every object which an arrival touches costs more than what it does with it.
 */
export class RadioStream {
  readonly link: RadioLink;
  readonly address: Address;
  /** Where it leads. */
  readonly port: Port;
  readonly node: NodeIndex;
  /** The link is up, and its ends are in range of each other. */
  isOpen = true;
  readonly direction: Direction;
  readonly sender: RadioPhone;
  readonly receiver: RadioPhone;
  freeAt: Instant;
  lastArrival: Instant;
  /** Share of frames that are understood as far as distance and other phones go, and when that was. */
  heard = 0.5;
  heardAt = (0 - lossHolds) as Instant;

  constructor(link: RadioLink, direction: Direction, sender: RadioPhone, receiver: RadioPhone, now: Instant) {
    this.link = link;
    this.address = link.address;
    this.port = receiver.port;
    this.node = receiver.port.node;
    this.direction = direction;
    this.sender = sender;
    this.receiver = receiver;
    this.freeAt = now;
    this.lastArrival = now;
  }
}

/** What all links share. */
export interface LinkContext {
  readonly host: MediumHost;
  readonly parameters: RadioParameters;
  /** Takes a {@link Flight} as its payload when it arrives. */
  readonly arrivalEvent: EventKind;
  /** What faults do on the air; undefined where there are none. */
  readonly faults: RadioFaults | undefined;
  /** Metres between the two ends now. */
  distance(link: RadioLink): number;
  /** Until when that stays so; an instant that has come where either moves. */
  distanceHoldsUntil(link: RadioLink): Instant;
}

/** Under a jammer that drowns everything some frame still passes: the link has long been lost by then. */
const leastPassing = 0.001;
const splitRange = 67_108_864; // 2^26

/** A connection that is up, or whose ends are out of range of each other but have not noticed yet. */
export class RadioLink {
  readonly address: Address;
  readonly encounter: Encounter;
  readonly #context: LinkContext;
  readonly #left: NodeIndex;
  readonly #forth: RadioStream;
  readonly #back: RadioStream;
  #isClosed = false;
  #isOutOfRange = false;
  /** Arrivals that could not happen because the ends were out of range. */
  #stalled: Flight[] | undefined = undefined;
  /** Messages sent at `#lastSentAt`: tells draws of one instant apart. */
  #lastSentAt = -1 as Instant;
  #sentThen = 0;
  /** Stands for the two phones in addresses of draws. */
  readonly #path: number;
  /** Share of frames that are understood as far as the distance goes, and until when that holds. */
  #inReach = 0.5;
  #inReachUntil = 0 as Instant;

  constructor(context: LinkContext, address: Address, encounter: Encounter, now: Instant) {
    const { left, right } = encounter;
    this.#context = context;
    this.address = address;
    this.encounter = encounter;
    this.#left = left.port.node;
    this.#forth = new RadioStream(this, 0, left, right, now);
    this.#back = new RadioStream(this, 1, right, left, now);
    this.#path = context.host.draw('radio-path', left.name, right.name);
  }

  /** Sends from the end of this node. */
  send(from: NodeIndex, message: Message): void {
    const { host, parameters, arrivalEvent } = this.#context;
    const { now } = host.scheduler;
    const stream = from === this.#left ? this.#forth : this.#back;
    const { sender } = stream;
    const bytes = host.byteLength(message);
    if (sender.transmitsUntil <= now) sender.pressedBy = noCause;
    // Links that were made anew have to be told everything again, which fills the transmitter too.
    const queuedBecause = sender.pressedBy === noCause ? sender.reshapedBy : sender.pressedBy;
    const startAt = Math.max(now, stream.freeAt, sender.transmitsUntil) as Instant;
    const serialisation = Math.round((bytes * 1_000_000) / parameters.radioBytesPerSecond);
    stream.freeAt = (startAt + serialisation) as Instant;

    const uniform = this.#draw(stream.direction, now) * splitRange;
    const coarse = Math.floor(uniform);
    const least = parameters.radioHopLeastMs;
    const latencyMs = least + (coarse / splitRange) * (parameters.radioHopMostMs - least);
    const retransmissions = this.#retransmissions(uniform - coarse, stream);
    const heardAt = (startAt + serialisation + Math.round(latencyMs * 1_000)) as Instant;
    const delay = Math.round(retransmissions * parameters.radioRetransmissionMs * 1_000);
    const arrival = Math.max(heardAt + delay, stream.lastArrival) as Instant;
    stream.lastArrival = arrival;
    const airTime = airMicroseconds(bytes) * (1 + retransmissions);
    sender.transmitsUntil = (Math.max(now, sender.transmitsUntil) + airTime) as Instant;
    sender.air.sends(now, airTime);
    host.countBytes('radio', bytesOnAir(bytes) * (1 + retransmissions), airTime);
    const cause = retransmissions === 0 ? noCause : this.#disturbedBy();
    if (cause !== noCause) sender.pressedBy = cause;
    const isTold = message.carries.length > 0 || host.isWatched === true;
    const way = isTold ? { startAt, heardAt, cause, queuedBecause } : undefined;
    const flight: Flight = { stream, message: host.carry(message), sentAt: now, arrival, way };
    host.scheduler.schedule(arrival, arrivalEvent, stream.node, flight);
  }

  /** A flight is due, but its stream is not open: lost with the link, or late. */
  stall(flight: Flight): void {
    if (!this.#isClosed) (this.#stalled ??= []).push(flight);
  }

  /** Whether a message on this stream, sent then, comes out of it twice. */
  isDoubled({ direction }: RadioStream, sentAt: Instant, share: number): boolean {
    return this.#context.host.draw('radio-twice', this.#path, direction, sentAt) < share;
  }

  /** The ends are out of range: what is on the way is repeated until the supervision time-out. */
  fade(): void {
    this.#isOutOfRange = true;
    this.#open(false);
  }

  /** They are back before the time-out: what was stalled comes through, in order. */
  recover(): void {
    const { host, parameters, arrivalEvent } = this.#context;
    this.#isOutOfRange = false;
    this.#open(!this.#isClosed);
    const wait = Math.round(parameters.radioRetransmissionMs * 1_000) as Duration;
    const stalled = this.#stalled ?? [];
    this.#stalled = undefined;
    for (const flight of stalled) {
      const { stream } = flight;
      flight.arrival = Math.max(host.scheduler.now + wait, stream.lastArrival) as Instant;
      stream.lastArrival = flight.arrival;
      host.scheduler.schedule(flight.arrival, arrivalEvent, stream.node, flight);
    }
  }

  /** Nothing arrives any more. */
  close(): void {
    this.#isClosed = true;
    this.#open(false);
    this.#stalled = undefined;
  }

  #open(isOpen: boolean): void {
    this.#forth.isOpen = isOpen;
    this.#back.isOpen = isOpen;
  }

  /** Addressed by the two phones, the direction, the instant, and the place among what is sent at that instant. */
  #draw(direction: Direction, now: Instant): number {
    if (now === this.#lastSentAt) this.#sentThen++;
    else {
      this.#lastSentAt = now;
      this.#sentThen = 0;
    }
    return this.#context.host.draw('radio-hop', this.#path, direction, now, this.#sentThen);
  }

  #retransmissions(uniform: number, stream: RadioStream): number {
    const { host, faults, parameters } = this.#context;
    const { now } = host.scheduler;
    const { sender, receiver } = stream;
    if (now - stream.heardAt >= lossHolds) {
      stream.heardAt = now;
      const spared = sparedFrames(parameters, receiver, sender, now);
      stream.heard = Math.max(leastPassing, this.#shareInReach(now) * spared);
    }
    // What is sent on a link that is about to be lost is stalled, not repeated for ever.
    const jammed =
      faults === undefined || this.#isOutOfRange ? 0 : faults.jammed(sender.port.node, stream.node);
    const passes = stream.heard * Math.max(leastPassing, 1 - jammed);
    return uniform < passes ? 0 : geometric(uniform, passes);
  }

  #shareInReach(now: Instant): number {
    if (now >= this.#inReachUntil) {
      const share = Math.min(1, this.#context.distance(this) / this.encounter.range);
      const loss = 1 / (1 + exp((1 - share) / this.#context.parameters.radioLossWidth));
      this.#inReach = 1 - loss;
      this.#inReachUntil = this.#context.distanceHoldsUntil(this);
    }
    return this.#inReach;
  }

  #disturbedBy(): CauseToken {
    const { left, right } = this.encounter;
    return this.#context.faults?.causeOf(left.port.node, right.port.node) ?? noCause;
  }
}

/** The end of a message's way over a stream. */
export function arrive(context: LinkContext, flight: Flight): void {
  const { stream, message, way } = flight;
  if (!stream.isOpen) {
    stream.link.stall(flight);
    return;
  }
  const { host, faults } = context;
  const { address: from, port, node } = stream;
  const transit = way === undefined ? undefined : transitOf(flight, way);
  host.deliver(port, { kind: 'message', from, message }, transit);
  const twice = faults === undefined ? 0 : faults.duplicated(node);
  if (twice > 0 && stream.link.isDoubled(stream, flight.sentAt, twice))
    host.deliver(port, { kind: 'message', from, message }, transit);
}

function transitOf({ stream, sentAt, arrival }: Flight, way: Way): Transit {
  const { startAt, heardAt, cause, queuedBecause } = way;
  const legs: Transit['legs'][number][] = [];
  if (startAt > sentAt) legs.push({ until: startAt, reason: 'link-queue', cause: queuedBecause });
  legs.push({ until: heardAt, reason: 'in-flight', cause: noCause });
  if (arrival > heardAt) legs.push({ until: arrival, reason: 'retransmitting', cause });
  return { from: stream.sender.port.node, sentAt, legs };
}
