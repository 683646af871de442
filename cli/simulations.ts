// Making the simulations that `verify` and `diff` hold side by side.
import { present } from '../protocol/assert.ts';
import { nodeNamesOf } from '../reports/inspection/inspect-node.ts';
import { simulationPlan } from '../reports/simulation-plan.ts';
import { compileScenario, type CompiledScenario, type ScenarioText } from '../scenarios/compile.ts';
import { createSimulation } from '../sim/create-simulation.ts';
import type { TracedSimulation } from '../sim/running-simulation.ts';
import type { SimulationPlan } from '../sim/simulation.ts';
import { systems } from '../sim/systems/registry.ts';

function planOf(compiled: CompiledScenario, system: string, seed: number): SimulationPlan {
  return simulationPlan({
    compiled,
    workload: compiled.workload(String(seed)),
    seed,
    system: present(systems.get(system), `system ${system}`),
    variant: 'run',
  });
}

/** Names of the nodes that a system has when it is deployed for these people. */
export function nodeNames(compiled: CompiledScenario, system: string, seed: number): readonly string[] {
  return nodeNamesOf({ compiled, seed, system: present(systems.get(system), `system ${system}`) });
}

/** Makes one system's simulation afresh, as often as it is asked to. */
export function simulationMaker(
  scenario: ScenarioText | CompiledScenario,
  system: string,
  seed: number,
  changes: Partial<SimulationPlan> = {},
): () => TracedSimulation {
  const compiled = 'text' in scenario ? compileScenario(scenario) : scenario;
  const plan = planOf(compiled, system, seed);
  return () => createSimulation({ ...plan, ...changes }, { record: () => undefined });
}
