// The checks of every run, and how a run is judged.
import { describe, expect, it } from 'vitest';
import { checkRun, interval, verdictOf } from '../../reports/evaluate.ts';
import { plantedRun } from '../support/planted-run.ts';

const { record } = plantedRun();
const signal = record.systems['signal']!;
const fault = record.faults[0]!;
const failed = (checks: ReturnType<typeof checkRun>): string[] =>
  checks.filter(({ holds }) => !holds).map(({ id }) => id);

describe('checks', () => {
  const withUnexplained = (unexplainedShare: number, unexplainedDeliveries: number, expected: number) =>
    checkRun({
      systems: {
        signal: {
          ...signal,
          delivery: { ...signal.delivery, expected },
          blameAccount: { ...signal.blameAccount, unexplainedShare, unexplainedDeliveries },
        },
      },
      faults: [],
      allSystems: true,
    });

  it.each([
    { share: 0.01, deliveries: 5, expected: 100, holds: true },
    { share: 0.011, deliveries: 5, expected: 100, holds: false },
    { share: 0.8, deliveries: 5, expected: 5_000, holds: true },
    { share: 0.8, deliveries: 6, expected: 5_000, holds: false },
  ])(
    '$share of the late unexplained, $deliveries of $expected: $holds',
    ({ share, deliveries, expected, holds }) => {
      expect(failed(withUnexplained(share, deliveries, expected))).toEqual(holds ? [] : ['explained/signal']);
    },
  );

  const withFault = (bit: number, mayBeIdle: boolean, allSystems: boolean) =>
    failed(checkRun({ systems: {}, faults: [{ ...fault, bit: { signal: bit }, mayBeIdle }], allSystems }));

  it('fail when a fault bit nowhere, unless it may or a system that it might have bitten was left out', () => {
    expect(withFault(1, false, true)).toEqual([]);
    expect(withFault(0, false, true)).toEqual(['fault-bites/first']);
    expect(withFault(0, true, true)).toEqual([]);
    expect(withFault(0, false, false)).toEqual([]);
  });

  it('say of an idle fault that it is idle, and why that is no failure', () => {
    const statementOf = (changes: Partial<typeof fault>, allSystems: boolean) =>
      checkRun({ systems: {}, faults: [{ ...fault, bit: { signal: 0 }, ...changes }], allSystems })[0]
        ?.statement;
    expect(statementOf({ mayBeIdle: true, idleBecause: 'nobody needs it' }, true)).toMatch(
      /” is idle, as declared: nobody needs it$/,
    );
    expect(statementOf({ contacts: { signal: 2 } }, false)).toMatch(
      /” changes no delivery in the systems of this run; others of the scenario were left out$/,
    );
    expect(statementOf({ contacts: { signal: 0 } }, false)).toMatch(
      /” touches nothing of the systems of this run; others of the scenario were left out$/,
    );
    expect(statementOf({}, true)).toMatch(/changes the fate of no delivery/);
    expect(statementOf({ bit: { signal: 3 } }, true)).toMatch(/changes the fate of a delivery/);
    expect(statementOf({ bitTasks: { signal: 1 } }, true)).toMatch(
      /changes the fate of a delivery or a task/,
    );
  });
});

describe('what is expected', () => {
  it.each([
    [{ least: 20, most: 400, metric: 'excess-p99-minutes' }, '20 to 400 min'],
    [{ least: undefined, most: 30, metric: 'recovery-minutes' }, 'at most 30 min'],
    [{ least: 0.9, most: undefined, metric: 'ratio' }, 'at least 0.9'],
    [{ least: 0, most: 0 }, '0 to 0'],
  ])('stands with the unit of its figure: %o', (expectation, words) => {
    expect(interval(expectation)).toBe(words);
  });
});

describe('the verdict', () => {
  it('is about expectations, checks and limits', () => {
    expect(verdictOf(record)).toBe('good');
    const [expectation] = record.expectations;
    expect(verdictOf({ ...record, expectations: [{ ...expectation!, holds: false }] })).toBe('check-failed');
    expect(verdictOf({ ...record, expectations: [{ ...expectation!, holds: null }] })).toBe('good');
    expect(verdictOf({ ...record, checks: [{ id: 'c', holds: false, statement: '' }] })).toBe('check-failed');
    const cut = { ...signal, endedBy: 'event-limit' as const };
    expect(verdictOf({ ...record, systems: { signal: cut } })).toBe('limit-reached');
  });
});
