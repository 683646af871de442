// What waits to be written to one peer: the protocol's own frames first, then traffic, at the pace of the link.
import type { Address, TimerName } from '../core.ts';
import { after, epoch, seconds, type Duration, type Instant } from '../time.ts';
import type { RandomStream } from '../random-stream.ts';
import { frameLength } from './codec.ts';
import { queueing } from './constants.ts';
import { FairQueue } from './fair-queue.ts';
import type { Frame, Traffic } from './frames.ts';
import type { LinkTraits, Turn } from './peers.ts';
import type { FrameCounts } from './frame-counts.ts';

/** Timers of outboxes: this, then the port. */
export const writeTimer = 'write/';

export class Outbox {
  readonly #link: Address;
  readonly #timer: TimerName;
  readonly #bytesPerSecond: number | undefined;
  readonly #protocol: Frame[] = [];
  readonly #traffic: FairQueue;
  readonly #counts: FrameCounts;
  /** The link is busy with what it was given until then. */
  #freeAt = epoch;
  lastSent = epoch;

  constructor(
    link: Address,
    port: number,
    { type, bytesPerSecond }: LinkTraits,
    random: RandomStream,
    counts: FrameCounts,
  ) {
    this.#link = link;
    this.#timer = `${writeTimer}${port}`;
    this.#bytesPerSecond = bytesPerSecond;
    this.#traffic = new FairQueue(
      type === 'bluetooth' ? queueing.queuesOnBluetooth : queueing.queues,
      random,
    );
    this.#counts = counts;
  }

  /** Frames that wait. */
  get length(): number {
    return this.#protocol.length + this.#traffic.length;
  }

  /** Writes the frame, or lets it wait; returns traffic that is lost for it. */
  send(frame: Frame, turn: Turn): Traffic | undefined {
    if (this.length === 0 && turn.clock.now >= this.#freeAt) {
      this.#write(frame, turn);
      return undefined;
    }
    if (this.length === 0) turn.out.setTimer(this.#timer, this.#freeAt);
    if (frame.kind === 'pinecone.traffic') return this.#traffic.push(frame);
    this.#protocol.push(frame);
    return undefined;
  }

  /** The link takes more. */
  writable(turn: Turn): void {
    while (this.length > 0 && turn.clock.now >= this.#freeAt) {
      const frame = this.#protocol.shift() ?? this.#traffic.pop();
      if (frame !== undefined) this.#write(frame, turn);
    }
    if (this.length > 0) turn.out.setTimer(this.#timer, this.#freeAt);
  }

  /** The peer is gone: what waited is lost with it. */
  close({ out }: Turn): Iterable<Traffic> {
    out.cancelTimer(this.#timer);
    return this.#traffic.frames();
  }

  #write(frame: Frame, { clock, out }: Turn): void {
    const bytes = frameLength(frame);
    out.send(this.#link, frame);
    this.#counts.sent(frame.kind, bytes);
    this.lastSent = clock.now;
    if (this.#bytesPerSecond !== undefined)
      this.#freeAt = after(clock.now, (seconds(bytes) / this.#bytesPerSecond) as Duration);
    this.#freeAt = Math.ceil(this.#freeAt) as Instant;
  }
}
