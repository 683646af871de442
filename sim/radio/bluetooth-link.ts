// A connection between two phones: a stream in each direction, with loss as delay.
import type { Address } from '../../protocol/core.ts';
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Message } from '../../protocol/message.ts';
import { seconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { EventKind } from '../kernel/scheduler.ts';
import type { MediumHost, Port, Transit } from '../network/medium.ts';
import { geometric } from '../random/distributions.ts';
import { exp } from '../random/elementary.ts';
import { airMicroseconds, bytesOnAir } from './air-time.ts';
import type { RadioPhone } from './encounter.ts';
import { sparedFrames } from './interference.ts';
import type { RadioFaults } from './radio-faults.ts';
import type { RadioParameters } from './radio-parameters.ts';

/** One message on its way over one link. */
export interface Flight {
  readonly link: RadioLink;
  readonly direction: Direction;
  readonly message: Message;
  readonly sentAt: Instant;
  /** The message before it is out, and its first transmission is over. */
  readonly startAt: Instant;
  readonly heardAt: Instant;
  /** Faults because of which it was transmitted again. */
  readonly cause: CauseToken;
  /** Faults because of which it had to wait for the transmitter. */
  readonly queuedBecause: CauseToken;
  arrival: Instant;
}

/** 0: from the first end to the second. */
type Direction = 0 | 1;

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
}

/** People move little in this time: the loss of a link is computed anew no sooner. */
const lossHolds = seconds(1);
/** Under a jammer that drowns everything some frame still passes: the link has long been lost by then. */
const leastPassing = 0.001;
const splitRange = 67_108_864; // 2^26

/** A connection that is up, or whose ends are out of range of each other but have not noticed yet. */
export class RadioLink {
  readonly address: Address;
  readonly ends: readonly [RadioPhone, RadioPhone];
  readonly range: number;
  readonly #context: LinkContext;
  isClosed = false;
  #isOutOfRange = false;
  /** Arrivals that could not happen because the ends were out of range. */
  #stalled: Flight[] = [];
  readonly #freeAt: [Instant, Instant];
  readonly #lastArrival: [Instant, Instant];
  /** Messages sent at `#lastSentAt`: tells draws of one instant apart. */
  #lastSentAt = -1 as Instant;
  #sentThen = 0;
  /** Stands for the two phones in addresses of draws. */
  readonly #path: number;
  /** By direction: share of frames that are understood as far as distance and other phones go, and when that was. */
  readonly #heard: [number, number] = [1, 1];
  readonly #heardAt: [number, number] = [-Infinity, -Infinity];

  constructor(
    context: LinkContext,
    address: Address,
    ends: readonly [RadioPhone, RadioPhone],
    range: number,
    now: Instant,
  ) {
    this.#context = context;
    this.address = address;
    this.ends = ends;
    this.range = range;
    this.#path = context.host.draw('radio-path', ends[0].name, ends[1].name);
    this.#freeAt = [now, now];
    this.#lastArrival = [now, now];
  }

  /** Sends from the end of this node. */
  send(from: Port, message: Message): void {
    const { host, parameters, arrivalEvent } = this.#context;
    const { now } = host.scheduler;
    const direction: Direction = this.ends[0].port.node === from.node ? 0 : 1;
    const bytes = host.byteLength(message);
    const sender = this.ends[direction];
    if (sender.transmitsUntil <= now) sender.pressedBy = noCause;
    const queuedBecause = sender.pressedBy;
    const startAt = Math.max(now, this.#freeAt[direction], sender.transmitsUntil) as Instant;
    const serialisation = Math.round((bytes * 1_000_000) / parameters.radioBytesPerSecond);
    this.#freeAt[direction] = (startAt + serialisation) as Instant;

    const uniform = this.#draw(direction, now) * splitRange;
    const coarse = Math.floor(uniform);
    const least = parameters.radioHopLeastMs;
    const latencyMs = least + (coarse / splitRange) * (parameters.radioHopMostMs - least);
    const retransmissions = this.#retransmissions(uniform - coarse, direction);
    const heardAt = (startAt + serialisation + Math.round(latencyMs * 1_000)) as Instant;
    const delay = Math.round(retransmissions * parameters.radioRetransmissionMs * 1_000);
    const arrival = Math.max(heardAt + delay, this.#lastArrival[direction]) as Instant;
    this.#lastArrival[direction] = arrival;
    const airTime = airMicroseconds(bytes) * (1 + retransmissions);
    sender.transmitsUntil = (Math.max(now, sender.transmitsUntil) + airTime) as Instant;
    sender.air.sends(now, airTime);
    host.countBytes('radio', bytesOnAir(bytes) * (1 + retransmissions), airTime);
    const cause = retransmissions === 0 ? noCause : this.#disturbedBy();
    if (cause !== noCause) sender.pressedBy = cause;
    const flight = {
      link: this,
      direction,
      message: host.carry(message),
      sentAt: now,
      startAt,
      heardAt,
      cause,
      queuedBecause,
      arrival,
    };
    host.scheduler.schedule(arrival, arrivalEvent, this.#receiver(direction).port.node, flight);
  }

  /** A flight is due. */
  arrive(flight: Flight): void {
    if (this.isClosed) return;
    if (this.#isOutOfRange) {
      this.#stalled.push(flight);
      return;
    }
    const { host } = this.#context;
    const { message, direction } = flight;
    const transit = message.carries.length > 0 || host.isWatched === true ? this.#transit(flight) : undefined;
    const receiver = this.#receiver(direction).port;
    host.deliver(receiver, { kind: 'message', from: this.address, message }, transit);
    const twice = this.#context.faults?.duplicated(receiver.node) ?? 0;
    if (twice > 0 && host.draw('radio-twice', this.#path, direction, flight.sentAt) < twice)
      host.deliver(receiver, { kind: 'message', from: this.address, message }, transit);
  }

  /** The ends are out of range: what is on the way is repeated until the supervision time-out. */
  fade(): void {
    this.#isOutOfRange = true;
  }

  /** They are back before the time-out: what was stalled comes through, in order. */
  recover(): void {
    const { host, parameters, arrivalEvent } = this.#context;
    this.#isOutOfRange = false;
    const wait = Math.round(parameters.radioRetransmissionMs * 1_000) as Duration;
    for (const flight of this.#stalled) {
      const { direction } = flight;
      flight.arrival = Math.max(host.scheduler.now + wait, this.#lastArrival[direction]) as Instant;
      this.#lastArrival[direction] = flight.arrival;
      host.scheduler.schedule(flight.arrival, arrivalEvent, this.#receiver(direction).port.node, flight);
    }
    this.#stalled = [];
  }

  /** Nothing arrives any more. */
  close(): void {
    this.isClosed = true;
    this.#stalled = [];
  }

  #receiver(direction: Direction): RadioPhone {
    return this.ends[direction === 0 ? 1 : 0];
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

  #retransmissions(uniform: number, direction: Direction): number {
    const { now } = this.#context.host.scheduler;
    if (now - this.#heardAt[direction] >= lossHolds) {
      this.#heardAt[direction] = now;
      this.#heard[direction] = this.#shareHeard(direction, now);
    }
    const { faults } = this.#context;
    const [left, right] = this.ends;
    // What is sent on a link that is about to be lost is stalled, not repeated for ever.
    const jammed =
      faults === undefined || this.#isOutOfRange ? 0 : faults.jammed(left.port.node, right.port.node);
    const passes = this.#heard[direction] * Math.max(leastPassing, 1 - jammed);
    return uniform < passes ? 0 : geometric(uniform, passes);
  }

  #shareHeard(direction: Direction, now: Instant): number {
    const { parameters } = this.#context;
    const share = Math.min(1, this.#context.distance(this) / this.range);
    const loss = 1 / (1 + exp((1 - share) / parameters.radioLossWidth));
    const receiver = this.#receiver(direction);
    return Math.max(leastPassing, (1 - loss) * sparedFrames(parameters, receiver, this.ends[direction], now));
  }

  #disturbedBy(): CauseToken {
    const { faults } = this.#context;
    return faults?.causeOf(this.ends[0].port.node, this.ends[1].port.node) ?? noCause;
  }

  #transit({ direction, sentAt, startAt, heardAt, arrival, cause, queuedBecause }: Flight): Transit {
    const legs: Transit['legs'][number][] = [];
    if (startAt > sentAt) legs.push({ until: startAt, reason: 'link-queue', cause: queuedBecause });
    legs.push({ until: heardAt, reason: 'in-flight', cause: noCause });
    if (arrival > heardAt) legs.push({ until: arrival, reason: 'retransmitting', cause });
    return { from: this.ends[direction].port.node, sentAt, legs };
  }
}
