// The two waiting laws of Synapse's federation, as tables.
import { describe, expect, it } from 'vitest';
import {
  backoffAfterFailure,
  retryDue,
  waitWithinRequest,
  type Backoff,
} from '../../../../protocol/matrix/federation/retry-backoff.ts';
import type { RandomStream } from '../../../../protocol/random-stream.ts';
import { days, hours, inSeconds, minutes, type Instant } from '../../../../protocol/time.ts';

const drawing = (value: number): RandomStream => ({
  uniform: () => value,
  integer: (least) => least,
  bytes: (count) => new Uint8Array(count),
});

describe('the wait within a request', () => {
  it.each([
    [1, 3.2, 5.6],
    [2, 12.8, 22.4],
    [3, 48, 84],
    [4, 48, 84],
    [10, 48, 84],
  ])('before attempt %i lies between %f and %f seconds', (retry, least, most) => {
    expect(inSeconds(waitWithinRequest(retry, drawing(0))!)).toBeCloseTo(least, 6);
    expect(inSeconds(waitWithinRequest(retry, drawing(1))!)).toBeCloseTo(most, 6);
  });

  it('ends after ten further attempts', () => {
    expect(waitWithinRequest(11, drawing(0.5))).toBeUndefined();
  });
});

describe('the back-off between requests', () => {
  const row = (failures: number, draw: number): Backoff => {
    let backoff: Backoff | undefined;
    for (let index = 0; index < failures; index++)
      backoff = backoffAfterFailure(backoff, (index * 1_000) as Instant, drawing(draw));
    return backoff!;
  };

  it.each([
    [1, minutes(10), minutes(10)],
    [2, minutes(16), minutes(28)],
    [3, minutes(25.6), minutes(78.4)],
    [4, minutes(40.96), minutes(219.52)],
    [40, days(7), days(7)],
  ])('after %i failures lies between %i and %i microseconds', (failures, least, most) => {
    expect(Math.abs(row(failures, 0).interval - least)).toBeLessThan(10);
    expect(Math.abs(row(failures, 1).interval - most)).toBeLessThan(10);
  });

  it('counts from the last attempt and remembers the first failure', () => {
    const backoff = row(3, 0.5);
    expect(backoff.failingSince).toBe(0);
    expect(retryDue(backoff)).toBe(2_000 + backoff.interval);
  });

  it('never shrinks below the first interval', () => {
    for (let failures = 1; failures < 60; failures++)
      expect(row(failures, 0).interval).toBeGreaterThanOrEqual(minutes(10));
    expect(row(60, 0).interval).toBeLessThanOrEqual(hours(168));
  });
});
