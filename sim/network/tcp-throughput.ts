// What loss leaves of a TCP connection's throughput.
import { segmentBytes } from './assumptions.ts';

/** Segments that one acknowledgement covers: delayed acknowledgements, RFC 5681 §4.2. */
const segmentsPerAcknowledgement = 2;

/**
 * Long-run throughput in bytes per microsecond under this loss per segment: J. Padhye, V. Firoiu, D. Towsley and
 * J. Kurose, "Modeling TCP Reno Performance", IEEE/ACM Transactions on Networking 8(2), 2000, equation 31. Times in
 * microseconds. Without loss nothing here limits it: Infinity.
 */
export function lossLimitedRate(loss: number, roundTrip: number, retransmissionTimeout: number): number {
  if (loss <= 0) return Infinity;
  const b = segmentsPerAcknowledgement;
  const fastRetransmit = roundTrip * Math.sqrt((2 * b * loss) / 3);
  const timeOuts =
    retransmissionTimeout * Math.min(1, 3 * Math.sqrt((3 * b * loss) / 8)) * loss * (1 + 32 * loss * loss);
  return segmentBytes / (fastRetransmit + timeOuts);
}

/**
 * Probability that a loss in a window of so many segments is found by a time-out, since too few later segments
 * arrive to tell of it: min(1, 3/w), equation 25 ibid.
 */
export function timeOutProbability(windowBytes: number): number {
  return Math.min(1, 3 / Math.max(1, windowBytes / segmentBytes));
}
