// What a message on a living path meets: matters of degree, by their severity at that instant.
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Instant } from '../../protocol/time.ts';
import type { Fault } from './fault.ts';
import type { FaultIndex, FaultTimeline } from './timeline.ts';
import { unhindered, type Hindrance, type PathState } from './verdict.ts';

/** What is asked of the fault field. */
interface Source {
  readonly timeline: FaultTimeline;
  fault(index: FaultIndex): Fault;
  blame(cause: CauseToken, index: FaultIndex): CauseToken;
}

/** Delay, loss and rate that a message of this propagation time (microseconds) and length (bytes) meets on a path now. */
export function hindranceOn(
  source: Source,
  state: PathState,
  now: Instant,
  propagation: number,
  bytes: number,
): Hindrance {
  const { latency, loss, bandwidth } = state;
  if (latency.length + loss.length + bandwidth.length === 0) return unhindered;
  return degreesOn(source, state, now, propagation, bytes);
}

function degreesOn(
  source: Source,
  { latency, loss, bandwidth }: PathState,
  now: Instant,
  propagation: number,
  bytes: number,
): Hindrance {
  let cause = noCause;
  const severityOf = (index: FaultIndex): number => {
    const severity = source.timeline.severity(index, now);
    if (severity > 0) cause = source.blame(cause, index);
    return severity;
  };
  // First all factors, then all additions: in any other way the order of the faults would matter.
  let factor = 1;
  let added = 0;
  for (const index of latency) {
    const fault = source.fault(index);
    if (fault.kind !== 'latency') continue;
    const severity = severityOf(index);
    factor *= 1 + (fault.multiply - 1) * severity;
    added += fault.addMs * 1_000 * severity;
  }
  let passes = 1;
  for (const index of loss) {
    const fault = source.fault(index);
    if (fault.kind === 'loss' || fault.kind === 'corruption')
      passes *= 1 - fault.probability * severityOf(index);
  }
  let rate = Infinity;
  for (const index of bandwidth) {
    const fault = source.fault(index);
    if (fault.kind !== 'bandwidth') continue;
    // Half-way into a ramp half of the limit is felt: the time per byte grows, not the rate.
    const severity = severityOf(index);
    if (severity > 0) rate = Math.min(rate, fault.bitsPerSecond / 8_000_000 / severity);
  }
  const shaped = rate === Infinity ? 0 : bytes / rate;
  return {
    extraDelay: Math.max(0, Math.round(propagation * factor - propagation + added + shaped)),
    lossProbability: 1 - passes,
    rate,
    cause,
  };
}
