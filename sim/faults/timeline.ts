// When each fault holds, and how strongly: a function of time alone, with every change known in advance.
import { assert, present } from '../../protocol/assert.ts';
import { never, type Instant } from '../../protocol/time.ts';
import type { Fault } from './fault.ts';

/** Row of a fault in its timeline. */
export type FaultIndex = number;

/** The faults of a run over time. */
export class FaultTimeline {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    for (const fault of faults) {
      assert(fault.start <= fault.end, `fault ${fault.id} ends before it starts`);
      const { flap } = fault;
      assert(
        flap === undefined || (flap.period >= 1 && flap.duty > 0 && flap.duty <= 1),
        `fault ${fault.id} flaps with a period of at least 1 µs and a duty above 0, at most 1`,
      );
    }
    this.faults = faults;
  }

  fault(index: FaultIndex): Fault {
    return present(this.faults[index], `fault ${index}`);
  }

  /** From 0 (does not hold) to 1 (fully): the smaller of the two ramps, or 0 while it flaps off. */
  severity(index: FaultIndex, at: Instant): number {
    const fault = this.fault(index);
    if (at < fault.start || at >= fault.end || !flapsOn(fault, at)) return 0;
    const up = fault.rampUp === undefined || fault.rampUp <= 0 ? 1 : (at - fault.start) / fault.rampUp;
    const down = fault.rampDown === undefined || fault.rampDown <= 0 ? 1 : (fault.end - at) / fault.rampDown;
    return Math.min(1, up, down);
  }

  /**
   * Whether it holds where it strikes all or nothing, at a place that yields at this share of the ramps: 0 yields
   * first and recovers last, values near 1 the other way round. Without ramps the place makes no difference.
   */
  holds(index: FaultIndex, yieldsAt: number, at: Instant): boolean {
    const fault = this.fault(index);
    return at >= onset(fault, yieldsAt) && at < release(fault, yieldsAt) && flapsOn(fault, at);
  }

  /** The first instant after `after` at which `holds` changes; `never` when it does not. */
  nextChange(index: FaultIndex, yieldsAt: number, after: Instant): Instant {
    const fault = this.fault(index);
    const first = onset(fault, yieldsAt);
    const last = release(fault, yieldsAt);
    if (first >= last || after >= last) return never;
    if (fault.flap === undefined) return after < first ? first : last;
    const begin = this.holds(index, yieldsAt, first) ? first : nextFlapEdge(fault, first);
    if (after < begin) return begin < last ? begin : never;
    const edge = nextFlapEdge(fault, after);
    if (edge < last) return edge;
    return this.holds(index, yieldsAt, (last - 1) as Instant) ? last : never;
  }
}

function onset(fault: Fault, yieldsAt: number): Instant {
  return (fault.start + Math.round(yieldsAt * (fault.rampUp ?? 0))) as Instant;
}

function release(fault: Fault, yieldsAt: number): Instant {
  return (fault.end - Math.round(yieldsAt * (fault.rampDown ?? 0))) as Instant;
}

/** Microseconds of each period in which a flapping fault is on: at least one. */
function onTime(flap: { readonly period: number; readonly duty: number }): number {
  return Math.max(1, Math.round(flap.period * flap.duty));
}

function flapsOn(fault: Fault, at: Instant): boolean {
  const { flap } = fault;
  return flap === undefined || (at - fault.start) % Math.round(flap.period) < onTime(flap);
}

/** First instant after `after` at which the flap turns on or off. */
function nextFlapEdge(fault: Fault, after: Instant): Instant {
  const { flap } = fault;
  if (flap === undefined) return never;
  const period = Math.round(flap.period);
  const on = onTime(flap);
  if (on >= period) return never;
  const phase = (after - fault.start) % period;
  return (after + (phase < on ? on : period) - phase) as Instant;
}
