// What radios do without being asked: they advertise, listen for others, and keep connections by empty frames. No event each:
// what it comes to follows from how long radios were on and connections up.
import type { MediumHost } from '../network/medium.ts';
import {
  advertisingBytes,
  advertisingMicroseconds,
  emptyEventBytes,
  emptyEventMicroseconds,
} from './air-time.ts';
import { radioConstants, type RadioParameters } from './radio-parameters.ts';
import { scanParts } from './scan-schedule.ts';

/** Something that a number of phones or connections do once per interval. */
class Recurring {
  readonly #interval: number;
  #count = 0;
  #since = 0;
  /** Microseconds of all of them together that are not accounted for yet. */
  #time = 0;

  /** `interval`: in microseconds. */
  constructor(interval: number) {
    this.#interval = Math.round(interval);
  }

  change(by: number, now: number): void {
    this.#pass(now);
    this.#count += by;
  }

  /** Whole occurrences since the last call. */
  settle(now: number): number {
    this.#pass(now);
    const occurrences = Math.floor(this.#time / this.#interval);
    this.#time -= occurrences * this.#interval;
    return occurrences;
  }

  #pass(now: number): void {
    this.#time += this.#count * (now - this.#since);
    this.#since = now;
  }
}

/** Accounts for the upkeep of one simulation's radios. */
export class Upkeep {
  readonly #host: MediumHost;
  readonly #advertisements: Recurring;
  readonly #backgroundAdvertisements: Recurring;
  readonly #connectionEvents: Recurring;
  readonly #scanning: Recurring;

  constructor(host: MediumHost, parameters: RadioParameters) {
    this.#host = host;
    this.#advertisements = new Recurring(parameters.radioAdvertisingMs * 1_000);
    this.#backgroundAdvertisements = new Recurring(
      Math.max(radioConstants.backgroundAdvertisingMs, parameters.radioAdvertisingMs) * 1_000,
    );
    this.#connectionEvents = new Recurring(parameters.radioRetransmissionMs * 1_000);
    this.#scanning = new Recurring(scanParts);
  }

  /** A phone begins or stops to advertise, with its application open or in the background. */
  phoneIs(on: boolean, inHand: boolean): void {
    const advertisements = inHand ? this.#advertisements : this.#backgroundAdvertisements;
    advertisements.change(on ? 1 : -1, this.#host.scheduler.now);
  }

  linkIs(up: boolean): void {
    this.#connectionEvents.change(up ? 1 : -1, this.#host.scheduler.now);
  }

  /** A phone listens for others during so many more of `scanParts` of the time than before. */
  scansMore(parts: number): void {
    this.#scanning.change(parts, this.#host.scheduler.now);
  }

  /** Counts what has come together up to now. */
  settle(): void {
    const { now } = this.#host.scheduler;
    this.#host.countScanning(this.#scanning.settle(now));
    const advertisements = this.#advertisements.settle(now) + this.#backgroundAdvertisements.settle(now);
    const events = this.#connectionEvents.settle(now);
    if (advertisements === 0 && events === 0) return;
    this.#host.countBytes(
      'radio',
      advertisements * advertisingBytes + events * emptyEventBytes,
      advertisements * advertisingMicroseconds + events * emptyEventMicroseconds,
    );
  }
}
