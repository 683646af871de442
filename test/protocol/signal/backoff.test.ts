import { describe, expect, it } from 'vitest';
import type { CauseToken, Failure } from '../../../protocol/failure.ts';
import type { RandomStream } from '../../../protocol/random-stream.ts';
import { fetchWait } from '../../../protocol/mobile-connection.ts';
import { connectWait, exponential, jobWait } from '../../../protocol/signal/backoff.ts';
import { android, desktop, ios } from '../../../protocol/signal/constants.ts';
import { hours, minutes, seconds } from '../../../protocol/time.ts';
import { testStream } from './signal-world.ts';
import { fc, property } from '../../support/property.ts';

const cause = 0 as CauseToken;
const reset: Failure = { kind: 'reset', definite: false, cause };
const status = (code: number): Failure => ({ kind: 'status', status: code, definite: false, cause });

/** Jitter of exactly one. */
const middle: RandomStream = { ...testStream(1), uniform: () => 0.5 };

describe('send jobs', () => {
  it.each([
    ['Android, connection', android, reset, [2, 4, 8, 16, 32, 60, 60]],
    ['Android, 5xx', android, status(503), [2, 4, 8, 16, 32, 64, 128]],
    ['iOS, connection', ios, reset, [2, 4, 8, 16, 32, 64, 128]],
    ['iOS, 5xx', ios, status(500), [2, 4, 8, 16, 32, 64, 128]],
  ] as const)('%s: waits grow as the client says', (_name, policy, failure, waits) => {
    expect(waits.map((_, index) => jobWait(policy, index + 1, failure, middle) / 1_000_000)).toEqual(waits);
  });

  it('differ in their ends: a minute after silence, six hours after an answer of 5xx', () => {
    expect(jobWait(android, 40, reset, middle)).toBe(seconds(60));
    expect(jobWait(android, 40, status(502), middle)).toBe(hours(6));
    expect(jobWait(ios, 40, status(502), middle)).toBe(minutes(14.1));
  });

  it('on Android meet a three-hour outage of 5xx with an attempt about 93 minutes after its end', () => {
    let at = 0;
    for (let attempts = 1; at < hours(3); attempts++) at += jobWait(android, attempts, status(503), middle);
    expect(at / 1_000_000).toBe(16_382);
    expect(Math.round((at - hours(3)) / 60_000_000)).toBe(93);
  });

  it('obey Retry-After', () => {
    expect(jobWait(android, 5, { ...status(429), retryAfterMs: 1_500 } as Failure, middle)).toBe(1_500_000);
  });
});

describe('connections', () => {
  it.each([
    ['Android', android, [0, 4, 8, 16, 30, 30]],
    ['iOS', ios, [0, 2, 4, 5, 5, 5]],
    ['Desktop', desktop, [1, 2, 3, 5, 10.5, 15.5, 23.5, 36.5, 57.5, 57.5]],
  ] as const)('%s: waits grow as the client says', (_name, policy, waits) => {
    expect(waits.map((_, index) => connectWait(policy, index + 1, middle) / 1_000_000)).toEqual(waits);
  });
});

it('a failed background fetch waits ten seconds more each time, at most five hours', () => {
  const retry = android.fetchRetry!;
  expect([1, 2, 3, 100_000].map((failures) => fetchWait(retry, failures))).toEqual([
    seconds(10),
    seconds(20),
    seconds(30),
    hours(5),
  ]);
});

property([fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 10_000 })])(
  'jitter keeps every wait within a quarter of its mean and an integer',
  (attempts, seed) => {
    const mean = exponential(attempts, android.jobBackoffMost);
    const wait = jobWait(android, attempts, reset, testStream(seed));
    expect(Number.isInteger(wait)).toBe(true);
    expect(wait).toBeGreaterThanOrEqual(mean * 0.75);
    expect(wait).toBeLessThanOrEqual(mean * 1.25);
  },
);
