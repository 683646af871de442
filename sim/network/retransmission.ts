// When a sender that hears nothing tries again: time-outs that double (RFC 6298 §5.5).
import type { Duration, Instant } from '../../protocol/time.ts';
import { mostRetransmission } from './assumptions.ts';

/** First transmission or retransmission at `notBefore` or later of something first sent at `firstSent`. */
export function nextTransmission(firstSent: Instant, timeout: Duration, notBefore: Instant): Instant {
  let at: number = firstSent;
  let wait: number = Math.max(1, timeout);
  while (at < notBefore) {
    if (wait >= mostRetransmission) {
      const left = Math.ceil((notBefore - at) / mostRetransmission);
      return (at + left * mostRetransmission) as Instant;
    }
    at += wait;
    wait *= 2;
  }
  return at as Instant;
}

/** Time lost when the first `lost` transmissions of something never arrive. */
export function timeLost(lost: number, timeout: Duration): Duration {
  let time = 0;
  let wait: number = timeout;
  for (let attempt = 0; attempt < lost; attempt++) {
    time += Math.min(wait, mostRetransmission);
    wait *= 2;
  }
  return time as Duration;
}
