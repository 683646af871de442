// Making the simulations that `verify` and `diff` hold side by side.
import { present } from '../protocol/assert.ts';
import { simulationPlan } from '../reports/simulation-plan.ts';
import { compileScenario, type CompiledScenario, type ScenarioText } from '../scenarios/compile.ts';
import { createSimulation } from '../sim/create-simulation.ts';
import type { TracedSimulation } from '../sim/running-simulation.ts';
import type { SimulationPlan } from '../sim/simulation.ts';
import { systems } from '../sim/systems/registry.ts';

/** Makes one system's simulation afresh, as often as it is asked to. */
export function simulationMaker(
  scenario: ScenarioText | CompiledScenario,
  system: string,
  seed: number,
  changes: Partial<SimulationPlan> = {},
): () => TracedSimulation {
  const compiled = 'text' in scenario ? compileScenario(scenario) : scenario;
  const workload = compiled.workload(String(seed));
  const plan = simulationPlan({
    compiled,
    workload,
    seed,
    system: present(systems.get(system), `system ${system}`),
    variant: 'run',
  });
  return () => createSimulation({ ...plan, ...changes }, { record: () => undefined });
}
