// Numbers as people read them: what is more than nothing does not print as nothing, and rounding stays small.
import { describe, expect, it } from 'vitest';
import { compareTable } from '../../reports/compare-table.ts';
import { countInWords, durationInWords, percent } from '../../reports/figures-in-words.ts';
import { agreementInWords, drainInWords, recoveryInWords } from '../../reports/recovery-words.ts';
import { deadlineCaveats, headline } from '../../reports/summarise.ts';
import { plantedRun } from '../support/planted-run.ts';

describe('figures in words', () => {
  it.each([
    [0, '0 ms'],
    [0.0004, '< 1 ms'],
    [0.4, '400 ms'],
    [59.94, '59.9 s'],
    [59.96, '1 min'],
    [89, '1 min 29 s'],
    [125, '2 min 05 s'],
    [599.4, '9 min 59 s'],
    [599.6, '10 min'],
    [3_570, '1 h 00 min'],
    [5_400, '1 h 30 min'],
    [172_800, '2.0 d'],
  ])('gives %d s as %s', (seconds, words) => {
    expect(durationInWords(seconds)).toBe(words);
  });

  it.each([
    [0, '0'],
    [0.02, '< 0.1'],
    [0.06, '0.1'],
    [2.5, '2.5'],
    [12_345, '12\u202f345'],
  ])('counts %d as %s', (count, words) => {
    expect(countInWords(count)).toBe(words);
  });

  it.each([
    [null, '–'],
    [0, '0 %'],
    [0.000_001, '0.01 %'],
    [0.999_99, '99.99 %'],
    [1, '100 %'],
  ])('gives the share %d as %s', (share, words) => {
    expect(percent(share)).toBe(words);
  });
});

describe('a deadline beyond the end of the run', () => {
  const windows = { sendingStart: 300, sendingEnd: 3_900, horizon: 4_200 };

  it('is told with the part of the window that its share is of', () => {
    expect(deadlineCaveats({ windows })).toEqual([
      '“Within 1 h” is a share of what was sent in the first 5 min of the sending window (1 h 00 min): of the rest the run ended ' +
        'too early to tell. Do not hold it against the other rows.',
    ]);
    expect(compareTable({ ...plantedRun().record, windows }).replace(/\s+/g, ' ')).toContain(
      'in the first 5 min of',
    );
  });

  it('needs no word where everything counts, or nothing', () => {
    expect(deadlineCaveats({ windows: { ...windows, horizon: 7_500 } })).toEqual([]);
    expect(deadlineCaveats({ windows: { ...windows, sendingEnd: 3_800, horizon: 3_900 } })).toEqual([]);
  });
});

describe('recovery in words', () => {
  const { record } = plantedRun();
  const signal = record.systems['signal']!;
  const silent = { ...signal, delivery: { ...signal.delivery, sent: 0, expected: 0, delivered: 0 } };

  it('claims nothing where nobody said anything', () => {
    expect(headline({ seed: 1, systems: { signal: silent } })[0]).toMatch(
      / had nothing to deliver: nobody sent anything in the sending window \(one run, seed 1,/,
    );
    expect(recoveryInWords({ ...silent, recovery: { status: 'never-left', seconds: 0 } })).toBe('–');
  });

  it('does not say that it was never as good again, only that half an hour was not seen', () => {
    const systems = { signal: { ...signal, recovery: { status: 'not-recovered' as const, seconds: null } } };
    expect(headline({ seed: 1, systems })[0]).toContain(
      'it was not as good as its twin again for half an hour while people were sending',
    );
  });

  it('tells nought from never and from beyond the horizon', () => {
    const backlog = { peak: 3, peakAt: 60, drainSeconds: 0 };
    expect(drainInWords({ backlog })).toBe('before its end');
    expect(drainInWords({ backlog: { ...backlog, drainSeconds: null } })).toBe('> horizon');
    expect(drainInWords({ backlog: { peak: 0, peakAt: null, drainSeconds: null } })).toBe('–');
    expect(agreementInWords({ converged: true, diverged: 2, seconds: 0 })).toBe('before its end');
    expect(agreementInWords({ converged: true, diverged: 0, seconds: 0 })).toBe('never apart');
    expect(agreementInWords({ converged: false, diverged: 1, seconds: null })).toBe('> horizon');
  });
});
