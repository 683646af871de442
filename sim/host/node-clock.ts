// A node's two clocks: the monotonic one that timers use, and the one it shows.
import { assert } from '../../protocol/assert.ts';
import type { Clock, Instant, WallTime } from '../../protocol/time.ts';

/** How a node's clock goes wrong. */
export interface ClockFault {
  /** Shown time minus true time, milliseconds. */
  readonly skewMs: number;
  /** Parts per million by which it runs fast; negative: slow. */
  readonly driftPartsPerMillion: number;
}

/** A clock to hand to a core; one object is reused for every step of its node. */
export class NodeClock implements Clock {
  now = 0 as Instant;
  readonly #epochWallMs: number;
  readonly #skewMs: number;
  readonly #drift: number;
  #shown: WallTime | undefined;
  /** Milliseconds by which faults move the wall clock; undefined while none does. */
  disturbance: (() => number) | undefined;

  constructor(epochWallMs: number, fault: ClockFault) {
    assert(Math.abs(fault.driftPartsPerMillion) < 100_000, 'a clock drifts by less than a tenth');
    this.#epochWallMs = epochWallMs;
    this.#skewMs = fault.skewMs;
    this.#drift = Math.round(fault.driftPartsPerMillion);
  }

  /** Sets both clocks to what they show at a true instant. */
  set(instant: Instant): void {
    this.now = this.reading(instant);
    this.#shown = undefined;
  }

  /** Shows this until it is set again: what a real clock showed when an input came. */
  show(wall: WallTime): void {
    this.#shown = wall;
  }

  /** Worked out when it is asked for: most inputs of most cores need the other clock alone. */
  get wall(): WallTime {
    if (this.#shown !== undefined) return this.#shown;
    const moved = this.disturbance === undefined ? 0 : this.disturbance();
    return (this.#epochWallMs + Math.floor(this.now / 1_000) + this.#skewMs + moved) as WallTime;
  }

  /** What the monotonic clock shows at a true instant. */
  reading(instant: Instant): Instant {
    // The drift is counted in whole microseconds per second and fractions of it: products stay below 2^53.
    return this.#drift === 0
      ? instant
      : ((instant + Math.floor((instant / 1_000_000) * this.#drift)) as Instant);
  }

  /** First true instant at which the monotonic clock shows `reading` or later. */
  instantOf(reading: Instant): Instant {
    if (this.#drift === 0) return reading;
    let instant = Math.floor(reading / (1 + this.#drift / 1_000_000));
    while (this.reading(instant as Instant) < reading) instant++;
    while (instant > 0 && this.reading((instant - 1) as Instant) >= reading) instant--;
    return instant as Instant;
  }
}
