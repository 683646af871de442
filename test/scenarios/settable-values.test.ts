// What `netsplit params` lists: every path can be set, and what it marks as assumed is what a run reports.
import { describe, expect, it } from 'vitest';
import { runScenario } from '../../reports/runner.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { libraryNames, loadScenario } from '../../scenarios/load.ts';
import { scenarioValues } from '../../scenarios/settable-values.ts';

describe.each(libraryNames())('the values of %s', (name) => {
  const scenario = loadScenario(name);
  const values = scenarioValues(scenario);

  it('are each listed once, with a meaning', () => {
    const paths = values.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(values.filter(({ meaning }) => meaning === '').map(({ path }) => path)).toEqual([]);
    expect(paths).toContain('people.count');
    const { document } = compileScenario(scenario);
    expect(paths.includes('systems.signal.sendCostMs')).toBe('signal' in document.systems);
    expect(paths).toEqual(expect.arrayContaining(document.faults.map(({ id }) => `faults.${id}.start`)));
  });

  it('can be set to what they are, and the scenario stays what it was', () => {
    const overrides = values
      .filter(({ settable }) => settable)
      .map(({ path, value }) => `${path}=${JSON.stringify(value)}`);
    expect(overrides.length).toBeGreaterThan(60);
    const again = compileScenario({ ...scenario, overrides });
    const before = compileScenario(scenario);
    expect(again.document.people).toEqual(before.document.people);
    expect(again.faults).toEqual(before.faults);
    expect(again.windows).toEqual(before.windows);
  });
});

describe('what is assumed', () => {
  it('is what a run reports as assumed', async () => {
    const scenario = {
      ...loadScenario('small-town'),
      overrides: ['people.count=10', 'windows.sending=20m', 'windows.horizon=40m', 'faults=[]'],
    };
    const { record } = await runScenario({ scenario, name: 'small-town', seed: 1 });
    const reported = record.assumptions.filter(({ source }) => source === undefined).map(({ path }) => path);
    const listed = scenarioValues(scenario).filter(({ standing }) => standing === 'assumed');
    expect([...new Set(listed.map(({ reportedAs }) => reportedAs))].sort()).toEqual(
      [...new Set(reported)].sort(),
    );
  });
});
