// The division of a run into buckets of equal length, for series over time.
import { inSeconds } from '../protocol/time.ts';
import type { Windows } from '../sim/workload/workload.ts';

/** Seconds; the shortest that gives at most `mostBuckets` while people send. */
const bucketLengths = [60, 300, 900, 3_600, 21_600, 86_400];
const mostBuckets = 400;
/** Points of a drawn curve at most, in exports as on the page: neighbouring buckets are taken together. */
export const mostPoints = 110;
const microsecondsPerSecond = 1_000_000;

/** Buckets from the start of sending: `sending` of them to its end, `count` to the horizon. */
export class Buckets {
  readonly start: number;
  readonly seconds: number;
  readonly sending: number;
  readonly count: number;
  readonly #length: number;
  readonly #sendingEnd: number;

  private constructor(windows: Windows, length: number) {
    this.start = windows.sendingStart;
    this.seconds = length;
    this.#length = length * microsecondsPerSecond;
    this.#sendingEnd = windows.sendingEnd;
    this.sending = Math.ceil((windows.sendingEnd - windows.sendingStart) / this.#length);
    this.count = Math.ceil((windows.horizon - windows.sendingStart) / this.#length);
  }

  /** The division that suits these windows. */
  static of(windows: Windows): Buckets {
    const span = inSeconds(windows.sendingEnd - windows.sendingStart);
    const longest = bucketLengths.at(-1) ?? span;
    return new Buckets(windows, bucketLengths.find((length) => span / length <= mostBuckets) ?? longest);
  }

  /** The bucket of a message sent at this instant; -1 outside the sending window. */
  ofSending(instant: number): number {
    if (!(instant >= this.start && instant < this.#sendingEnd)) return -1;
    return Math.floor((instant - this.start) / this.#length);
  }

  /** The first bucket whose end is not before this instant; `count` when there is none. */
  endingAtOrAfter(instant: number): number {
    const bucket = Math.ceil((instant - this.start) / this.#length) - 1;
    return Math.min(this.count, Math.max(0, bucket));
  }

  /** Where a bucket ends, in microseconds. */
  endOf(bucket: number): number {
    return this.start + (bucket + 1) * this.#length;
  }
}
