// When each fault holds, and how strongly: a function of time and of the actions that began or ended it.
import { assert, present } from '../../protocol/assert.ts';
import { never, type Instant } from '../../protocol/time.ts';
import type { TimelineEntry } from './fault.ts';

/** Row of a fault in its timeline. */
export type FaultIndex = number;

/** The faults of a run over time, and what operators do about them. */
export class FaultTimeline {
  readonly faults: readonly TimelineEntry[];
  /** When each begins and ends, as far as is known now. */
  readonly #start: Instant[];
  readonly #end: Instant[];

  constructor(faults: readonly TimelineEntry[]) {
    for (const fault of faults) {
      assert(fault.start <= fault.end, `fault ${fault.id} ends before it starts`);
      const { flap } = fault;
      assert(
        flap === undefined || (flap.period >= 1 && flap.duty > 0 && flap.duty <= 1),
        `fault ${fault.id} flaps with a period of at least 1 µs and a duty above 0, at most 1`,
      );
    }
    this.faults = faults;
    this.#start = faults.map(({ start }) => start);
    this.#end = faults.map(({ end }) => end);
  }

  fault(index: FaultIndex): TimelineEntry {
    return present(this.faults[index], 'fault', index);
  }

  /** When it begins; `never` for the effect of an action that has not been done. */
  startOf(index: FaultIndex): Instant {
    return present(this.#start[index], 'fault', index);
  }

  endOf(index: FaultIndex): Instant {
    return present(this.#end[index], 'fault', index);
  }

  /** An action begins it now. */
  begin(index: FaultIndex, at: Instant): void {
    this.#start[index] = at;
    this.#end[index] = never;
  }

  /** An action ends it: from now on it fades as its ramp says. What has ended, or will before that, stays as it is. */
  finish(index: FaultIndex, at: Instant): void {
    const end = (at + (this.fault(index).rampDown ?? 0)) as Instant;
    if (end < this.endOf(index)) this.#end[index] = Math.max(end, this.startOf(index)) as Instant;
  }

  /** From 0 (does not hold) to 1 (fully): the smaller of the two ramps, or 0 while it flaps off. */
  severity(index: FaultIndex, at: Instant): number {
    const fault = this.fault(index);
    const start = this.startOf(index);
    const end = this.endOf(index);
    if (at < start || at >= end || !this.#flapsOn(index, at)) return 0;
    const { rampUp = 0, rampDown = 0 } = fault;
    const up = rampUp <= 0 ? 1 : (at - start) / rampUp;
    const down = rampDown <= 0 ? 1 : (end - at) / rampDown;
    return Math.min(1, up, down);
  }

  /**
   * Whether it holds where it strikes all or nothing, at a place that yields at this share of the ramps: 0 yields
   * first and recovers last, values near 1 the other way round. Without ramps the place makes no difference.
   */
  holds(index: FaultIndex, yieldsAt: number, at: Instant): boolean {
    return (
      at >= this.#onset(index, yieldsAt) && at < this.#release(index, yieldsAt) && this.#flapsOn(index, at)
    );
  }

  /** The first instant after `after` at which `holds` changes; `never` when it does not. */
  nextChange(index: FaultIndex, yieldsAt: number, after: Instant): Instant {
    const first = this.#onset(index, yieldsAt);
    const last = this.#release(index, yieldsAt);
    if (first >= last || after >= last) return never;
    if (this.fault(index).flap === undefined) return after < first ? first : last;
    const begin = this.holds(index, yieldsAt, first) ? first : this.#nextFlapEdge(index, first);
    if (after < begin) return begin < last ? begin : never;
    const edge = this.#nextFlapEdge(index, after);
    if (edge < last) return edge;
    return this.holds(index, yieldsAt, (last - 1) as Instant) ? last : never;
  }

  #onset(index: FaultIndex, yieldsAt: number): Instant {
    const start = this.startOf(index);
    return start === never ? never : later(start, yieldsAt * (this.fault(index).rampUp ?? 0));
  }

  #release(index: FaultIndex, yieldsAt: number): Instant {
    const end = this.endOf(index);
    return end === never ? never : later(end, -yieldsAt * (this.fault(index).rampDown ?? 0));
  }

  #flapsOn(index: FaultIndex, at: Instant): boolean {
    const { flap } = this.fault(index);
    return flap === undefined || (at - this.startOf(index)) % Math.round(flap.period) < onTime(flap);
  }

  /** First instant after `after` at which the flap turns on or off. */
  #nextFlapEdge(index: FaultIndex, after: Instant): Instant {
    const { flap } = this.fault(index);
    if (flap === undefined) return never;
    const period = Math.round(flap.period);
    const on = onTime(flap);
    if (on >= period) return never;
    const phase = (after - this.startOf(index)) % period;
    return (after + (phase < on ? on : period) - phase) as Instant;
  }
}

function later(instant: Instant, by: number): Instant {
  return (instant + Math.round(by)) as Instant;
}

/** Microseconds of each period in which a flapping fault is on: at least one. */
function onTime(flap: { readonly period: number; readonly duty: number }): number {
  return Math.max(1, Math.round(flap.period * flap.duty));
}
