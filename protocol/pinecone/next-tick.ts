// Ticks of a clockwork that is only wound when there is something to do.
import type { Duration, Instant } from '../time.ts';

/** The first tick after `now` of a clockwork that began at `began`. */
export function nextTick(began: Instant, every: Duration, now: Instant): Instant {
  return (began + (Math.floor((now - began) / every) + 1) * every) as Instant;
}

/** The first tick at or after `due`. */
export function tickAt(began: Instant, every: Duration, due: number): Instant {
  return (began + Math.max(0, Math.ceil((due - began) / every)) * every) as Instant;
}
