// A run that no fault can touch is its own twin: what is spared by that must come to the same, delivery by delivery.
import { describe, expect, it } from 'vitest';
import { present } from '../../protocol/assert.ts';
import { ExpectedDeliveries } from '../../reports/expected-deliveries.ts';
import { FatesFold } from '../../reports/fates-fold.ts';
import { runScenario } from '../../reports/runner.ts';
import { simulationPlan } from '../../reports/simulation-plan.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import { systems } from '../../sim/systems/registry.ts';

const overrides = ['people.count=12'];

function simulate(name: string, id: string, variant: 'run' | 'twin') {
  const compiled = compileScenario({ ...loadScenario(name), overrides });
  const workload = compiled.workload('1');
  const fold = new FatesFold(workload, new ExpectedDeliveries(workload));
  const system = present(systems.get(id), `system ${id}`);
  const plan = simulationPlan({ compiled, workload, seed: 1, system, variant });
  const result = createSimulation(plan, fold).finish();
  return { fates: fold.finish(), result };
}

describe('a system', () => {
  it.each([
    ['small-town', 'matrix'],
    ['beyond-an-open-chat', 'bitchat'],
    ['bridge-homeserver-down', 'signal'],
    ['aws-us-east-1-2021-12-07', 'matrix'],
  ])('of %s that no fault means, %s, has the fates of its twin', (name, id) => {
    const run = simulate(name, id, 'run');
    const twin = simulate(name, id, 'twin');
    expect(run.result.touched).toBe(false);
    expect(run.result.outcome).toBe(twin.result.outcome);
    expect(run.fates).toEqual(twin.fates);
    expect(run.result.counters).toEqual(twin.result.counters);
    expect(run.result.load).toEqual(twin.result.load);
  });

  it.each([
    ['aws-us-east-1-2021-12-07', 'signal'],
    ['small-town', 'signal'],
    ['egypt-2011-01-27', 'bitchat'],
  ])('of %s that one means, %s, has a twin of its own', (name, id) => {
    expect(simulate(name, id, 'run').result.touched).toBe(true);
  });
});

it('is simulated once where that says it all', async () => {
  const told = new Set<string>();
  const { record } = await runScenario({
    scenario: { ...loadScenario('small-town'), overrides: ['people.count=10'] },
    name: 'small-town',
    seed: 1,
    workers: 0,
    onProgress: ({ system, variant, now, horizon }) => {
      if (now === horizon) told.add(`${system} ${variant}`);
    },
  });
  const { signal, matrix, bitchat } = record.systems;
  expect(matrix?.twin.digest).toBe(matrix?.digest);
  expect(bitchat?.twin.events).toBe(bitchat?.events);
  expect(signal?.twin.digest).not.toBe(signal?.digest);
  expect([...told].sort()).toEqual(
    ['signal', 'matrix', 'bitchat'].flatMap((id) => [`${id} run`, `${id} twin`]).sort(),
  );
});
