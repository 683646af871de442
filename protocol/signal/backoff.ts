// How long clients wait after failures: pure laws, one per retry loop.
import type { Failure } from '../failure.ts';
import type { RandomStream } from '../random-stream.ts';
import { microseconds, seconds, type Duration } from '../time.ts';
import { client, type PlatformPolicy } from './constants.ts';

/** Doublings beyond this exceed every cap in use (2^30 s is 34 years). */
const mostDoublings = 30;

/** 2^failures seconds up to `most`, before jitter. */
export function exponential(failures: number, most: number): Duration {
  const doublings = Math.min(failures, mostDoublings);
  return microseconds(Math.min(seconds(1) * 2 ** doublings, most));
}

/** `wait` spread over [0.75, 1.25) of itself. */
export function jittered(wait: Duration, random: RandomStream): Duration {
  const { least, most } = client.jitter;
  return microseconds(wait * (least + (most - least) * random.uniform()));
}

/**
 * Wait before the next connection attempt after `failures` in a row: the first one is answered at once, later ones
 * with 2^(failures - 1) s on iOS; Android counts the attempt that comes, so its second failure already waits 2^2 s.
 * Desktops follow a list.
 */
export function connectWait(policy: PlatformPolicy, failures: number, random: RandomStream): Duration {
  if (policy.connectWaits !== undefined) {
    const { list, jitter } = policy.connectWaits;
    const wait = list[Math.min(failures, list.length) - 1] ?? policy.connectBackoffMost;
    // Short waits have none.
    return wait > jitter ? microseconds(wait + jitter * random.uniform()) : wait;
  }
  if (failures <= 1) return microseconds(0);
  const countsComingAttempt = policy.connectFailuresForgottenAfter === undefined;
  const doublings = countsComingAttempt ? failures : failures - 1;
  return jittered(exponential(doublings, policy.connectBackoffMost), random);
}

/** Wait before the next attempt of a send job that has failed `attempts` times, last by `failure`. */
export function jobWait(
  policy: PlatformPolicy,
  attempts: number,
  failure: Failure,
  random: RandomStream,
): Duration {
  if (failure.kind === 'status' && failure.retryAfterMs !== undefined) {
    return microseconds(failure.retryAfterMs * 1_000);
  }
  const serverError = failure.kind === 'status' && failure.status >= 500;
  const most = serverError ? policy.jobBackoffMostAfterServerError : policy.jobBackoffMost;
  return jittered(exponential(attempts, most), random);
}
