// What the terminal says of a finished run.
import { describe, expect, it } from 'vitest';
import { compareTable } from '../../reports/compare-table.ts';
import { checkRun } from '../../reports/evaluate.ts';
import type { RunRecord } from '../../reports/record.ts';
import { plantedRun } from '../support/planted-run.ts';

const { record } = plantedRun();
const [fault] = record.faults;

/** The table of a run with one fault, without colours and line breaks. */
function tableWith(changes: Partial<RunRecord['faults'][number]>): string {
  const faults = [{ ...fault!, title: 'A storm', ...changes }];
  const checks = checkRun({ systems: {}, faults, allSystems: true });
  return compareTable({ ...record, faults, checks })
    .replace(/\x1b\[\d+m/g, '')
    .replace(/\s+/g, ' ');
}

describe('the table of a run', () => {
  it.each([
    [0.04, '40 mJ'],
    [99.4, '99 J'],
    [1_513, '1 500 J'],
  ])('gives %d J for a delivery as a number that people read', (perDeliveryJoules, words) => {
    const { signal } = record.systems;
    const energy = { ...signal!.energy!, perDeliveryJoules };
    const text = compareTable({ ...record, systems: { signal: { ...signal!, energy } } });
    expect(text.replaceAll(/\s/g, ' ')).toMatch(new RegExp(`energy per delivery, at least +${words} `));
  });

  it.each([
    [0, '0 %'],
    [0.0004, '0.04 %'],
    [1.2, '120 %'],
  ])('gives a share of %d of a minute as %s', (busiestMinute, words) => {
    const { signal } = record.systems;
    const serverLoad = { servers: 1, busySeconds: 1, inputsPerDelivery: 1, busiest: 'hs/a', busiestMinute };
    const text = compareTable({ ...record, systems: { signal: { ...signal!, serverLoad } } });
    expect(text).toMatch(new RegExp(`busiest server, busiest min +${words}\\n`));
  });

  const idle = { bit: { signal: 0, matrix: 0 } };

  it('tells faults that bit nothing by the reason that the scenario declares', () => {
    const declared = { ...idle, mayBeIdle: true, idleBecause: 'nobody lives there' };
    expect(tableWith(declared)).toContain(
      'Faults that bit nothing – “A storm” is idle, as declared: nobody lives there',
    );
    expect(tableWith(declared)).not.toContain('Failed checks');
  });

  it('tells them as failed without one', () => {
    expect(tableWith(idle)).toContain('Failed checks ✗ “A storm” changes the fate of no delivery');
    expect(tableWith(idle)).not.toContain('Faults that bit nothing');
  });

  it('says nothing of faults that bit', () => {
    expect(tableWith({ bit: { signal: 3, matrix: 0 } })).not.toMatch(/Faults that bit nothing|Failed checks/);
  });
});
