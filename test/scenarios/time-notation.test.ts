import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration, parseInstant, parseWallTime } from '../../scenarios/time-notation.ts';
import { property } from '../support/property.ts';

describe('a duration', () => {
  it.each([
    ['0s', 0],
    ['1us', 1],
    ['250ms', 250_000],
    ['90s', 90_000_000],
    ['2h52m', 10_320_000_000],
    ['1.5d', 129_600_000_000],
    ['10min', 600_000_000],
    ['1h1h', 7_200_000_000],
    ['0.0000001s', 0],
  ])('%s is %d µs', (text, microseconds) => {
    expect(parseDuration(text)).toBe(microseconds);
  });

  it.each(['', '90', 's', '-5m', '2 h', '1e3s', '2h52', '5y', 'PT5M', '1..5h', '99999999999999d', ' 5m'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );

  property([fc.nat(10_000), fc.nat(59), fc.nat(59)])('adds its parts up', (hours, minutes, seconds) => {
    expect(parseDuration(`${hours}h${minutes}m${seconds}s`)).toBe(
      ((hours * 60 + minutes) * 60 + seconds) * 1_000_000,
    );
  });
});

describe('an instant', () => {
  const epoch = Date.UTC(2025, 9, 20);

  it.each([
    ['2025-10-20T06:48Z', 24_480_000_000],
    ['2025-10-20T06:48:30Z', 24_510_000_000],
    ['2025-10-20T00:00:00.001Z', 1_000],
    ['2025-10-19T23:59Z', -60_000_000],
    ['6h48m', 24_480_000_000],
  ])('%s is %d µs after the epoch', (text, microseconds) => {
    expect(parseInstant(text, epoch)).toBe(microseconds);
  });

  it.each([
    ['without zone', '2025-10-20T06:48'],
    ['with another zone', '2025-10-20T06:48+02:00'],
    ['on a day that does not exist', '2025-02-30T00:00Z'],
    ['in a month that does not exist', '2025-13-01T00:00Z'],
    ['at an hour that does not exist', '2025-10-20T25:00Z'],
    ['with a space', '2025-10-20 06:48Z'],
    ['a day alone', '2025-10-20'],
  ])('%s is refused', (_, text) => {
    expect(parseWallTime(text)).toBeUndefined();
  });
});
