// Packets that leave later: relays behind their jitter, and fragments behind their spacing. A named timer each, and
// the names are used again, so that a flood makes no new strings.
import type { Address, Effects, TimerName } from '../core.ts';
import { LazyMap } from '../lazy-map.ts';
import { after, type Duration, type Instant } from '../time.ts';
import type { Packet } from './packet.ts';

/** Timers of this queue begin with this. */
export const transmitTimer = 'tx/';

/** One packet that waits. */
export interface Transmission {
  readonly packet: Packet;
  /** Where it came from; undefined for the phone's own. */
  readonly ingress: Address | undefined;
  /** Present where a copy from somebody else cancels it. */
  readonly key: number | undefined;
}

/** Waiting packets by timer. */
export class TransmitQueue {
  readonly #slots: (Transmission | undefined)[] = [];
  readonly #names: TimerName[] = [];
  readonly #free: number[] = [];
  readonly #byKey = new LazyMap<number, number>();

  /** Sends the packet later. */
  schedule(transmission: Transmission, now: Instant, delay: Duration, out: Effects): void {
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#slots[slot] = transmission;
    if (transmission.key !== undefined) this.#byKey.set(transmission.key, slot);
    const name = (this.#names[slot] ??= transmitTimer + String(slot));
    out.setTimer(name, after(now, delay));
  }

  /** What waits under this key will not be sent. The transmission, if there is one. */
  cancel(key: number, out: Effects): Transmission | undefined {
    const slot = this.#byKey.get(key);
    if (slot === undefined) return undefined;
    out.cancelTimer(this.#names[slot] ?? '');
    return this.#take(slot);
  }

  /** The timer of this name is due. */
  due(timer: TimerName): Transmission | undefined {
    return this.#take(Number(timer.slice(transmitTimer.length)));
  }

  /** Nothing that waited will be sent. What it was, by slot. */
  clear(out: Effects): readonly Transmission[] {
    const waiting: Transmission[] = [];
    for (const [slot, transmission] of this.#slots.entries()) {
      if (transmission === undefined) continue;
      out.cancelTimer(this.#names[slot] ?? '');
      this.#take(slot);
      waiting.push(transmission);
    }
    return waiting;
  }

  #take(slot: number): Transmission | undefined {
    const transmission = this.#slots[slot];
    if (transmission === undefined) return undefined;
    this.#slots[slot] = undefined;
    this.#free.push(slot);
    if (transmission.key !== undefined) this.#byKey.delete(transmission.key);
    return transmission;
  }
}
