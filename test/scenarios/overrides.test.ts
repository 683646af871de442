import { describe, expect, it } from 'vitest';
import { compileScenario } from '../../scenarios/compile.ts';
import { scenarioText } from '../support/scenario-text.ts';

const compile = (...overrides: readonly string[]) =>
  compileScenario({ text: scenarioText(), file: 'sample.yaml', overrides });

describe('--set', () => {
  it('changes a value that the file has, and one that it leaves out', () => {
    expect(compile('people.count=7').document.people.count).toBe(7);
    expect(compile('people.androidShare=0.5').document.people.androidShare).toBe(0.5);
    expect(compile('limits.events=10').limits.events).toBe(10);
  });

  it('takes faults away', () => {
    expect(compile('faults=[]').faults).toEqual([]);
  });

  it('names list elements by id, by name, and by number', () => {
    const twoHours = 2 * 3_600_000_000;
    expect(compile('faults.tables.end=9h', 'faults.0.start=2h').faults[0]).toMatchObject({
      start: twoHours,
      end: 9 * 3_600_000_000,
    });
    expect(compile('people.cities.berlin.share=3').document.people.cities[0]?.share).toBe(3);
  });

  it('sets parameters of a system that the file names without any', () => {
    const { systems } = compile('systems.signal.persistDelaySeconds=60');
    expect([...(systems.get('signal') ?? [])]).toEqual([['persistDelaySeconds', 60]]);
    expect([...(systems.get('matrix') ?? [])]).toEqual([]);
  });

  it('takes YAML values', () => {
    expect([...compile('systems={bitchat: {}}').systems.keys()]).toEqual(['bitchat']);
    expect(compile('title="a = b"').document.title).toBe('a = b');
  });

  it('applies in order: the last one holds', () => {
    expect(compile('people.count=7', 'people.count=9').document.people.count).toBe(9);
  });

  it.each([
    ['people.cuont=7', /--set people\.cuont=7: there is no people\.cuont; did you mean "people\.count"\?/],
    ['faults.table.end=9h', /nothing is called "table" in faults; did you mean "tables"\?/],
    ['faults.tables.endd=9h', /there is no faults\.tables\.endd/],
    ['people.count.more=1', /there is no people\.count\.more/],
    ['people.count', /expected path=value/],
    ['=5', /expected path=value/],
    ['people.count=[1', /expected a YAML value after "="/],
    ['people.count=many', /^--set people\.count=many: expected number, found "many"$/],
    ['people={count: many}', /^--set people=\{count: many\}: people\.count: expected number, found "many"$/m],
    ['people.cities.berlin.share=-1', /^--set people\.cities\.berlin\.share=-1: .*>0, found -1$/],
    ['people.cities.berlin.shaer=1', /there is no .*; did you mean "people\.cities\.berlin\.share"\?$/],
    ['people.cities.0.shaer=1', /there is no .*; did you mean "people\.cities\.0\.share"\?$/],
    ['faults.nothing-alike.end=9h', /nothing is called "nothing-alike" in faults; there are tables/],
    ['windows.horizon=-4h', /^--set windows\.horizon=-4h: expected a duration .*found "-4h"$/],
    ['faults.tables.end=10m', /^--set faults\.tables\.end=10m: expected an end after the start/],
    ['faults.tables.target=host=nobody', /^--set faults\.tables\.target=host=nobody: .*matches nothing/],
    [
      'systems.signal.persistDelaySecond=1',
      /^--set .*=1: signal has no .*did you mean "persistDelaySeconds"\?/,
    ],
    ['systems={matrx: }', /^--set systems=\{matrx: \}: systems\.matrx: .*did you mean "matrix"\?/],
  ])('%s is refused', (override, message) => {
    expect(() => compile(override)).toThrow(message);
  });

  it('is named by the last option where several set a value', () => {
    expect(() => compile('people.count=many', 'people.count=more')).toThrow(/^--set people\.count=more: /);
    expect(() => compile('people.count=many', 'people.androidShare=1')).toThrow(
      /^--set people\.count=many: /,
    );
  });

  it('tells whether the faults are still those of the file', () => {
    expect(compile().faultsOverridden).toBe(false);
    expect(compile('people.count=7').faultsOverridden).toBe(false);
    expect(compile('faults=[]').faultsOverridden).toBe(true);
    expect(compile('faults.tables.end=9h').faultsOverridden).toBe(true);
    expect(compile('faults.tables.end=2025-10-20T09:25Z').faultsOverridden).toBe(false);
  });

  it('is part of what the scenario is known by', () => {
    expect(compile('people.count=7').scenarioDigest).not.toBe(compile().scenarioDigest);
  });
});
