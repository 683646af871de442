// How long a server waits before it asks another one again: two laws, within one request and between requests.
import type { Failure } from '../../failure.ts';
import type { RandomStream } from '../../random-stream.ts';
import { after, microseconds, seconds, type Duration, type Instant } from '../../time.ts';
import { synapse } from './constants.ts';

/** What is kept of a destination that failed; undefined while it answers. Survives a restart. */
export interface Backoff {
  /** First failure of the row. */
  readonly failingSince: Instant;
  readonly lastAttempt: Instant;
  readonly interval: Duration;
}

function jittered(wait: number, random: RandomStream): Duration {
  const { least, most } = synapse.jitter;
  return microseconds(wait * (least + (most - least) * random.uniform()));
}

/**
 * The wait before attempt `retry` (1, 2, ...) within one long request: min(4^retry, 60) s, times U(0.8, 1.4).
 * Undefined when the request has used its attempts up.
 */
export function waitWithinRequest(retry: number, random: RandomStream): Duration | undefined {
  if (retry > synapse.longRetries) return undefined;
  const uncapped = seconds(1) * 4 ** Math.min(retry, 10);
  return jittered(Math.min(uncapped, synapse.longRetryDelayMost), random);
}

/** The wait before a short request is tried once more, after `retries` further attempts: 0.5, 1, 2 s, times U(0.8, 1.4). */
export function waitWithinShortRequest(retries: number, random: RandomStream): Duration {
  const { shortRetryDelayFirst, shortRetryDelayMost } = synapse;
  return jittered(Math.min(shortRetryDelayFirst * 2 ** retries, shortRetryDelayMost), random);
}

/** http/matrixfederationclient.py: no connection, no answer, 429 and 5xx; every other status is final. */
export function mayRetryWithinRequest(failure: Failure): boolean {
  return failure.kind !== 'status' || failure.status === 429 || failure.status >= 500;
}

/** The back-off after one more failed request: 10 min, then twice as long each time, times U(0.8, 1.4), at most 7 d. */
export function backoffAfterFailure(
  before: Backoff | undefined,
  now: Instant,
  random: RandomStream,
): Backoff {
  const interval =
    before === undefined
      ? synapse.backoffFirst
      : (Math.min(
          jittered(before.interval * synapse.backoffMultiplier, random),
          synapse.backoffMost,
        ) as Duration);
  return { failingSince: before?.failingSince ?? now, lastAttempt: now, interval };
}

/** When the destination may be asked again. */
export function retryDue(backoff: Backoff): Instant {
  return after(backoff.lastAttempt, backoff.interval);
}
