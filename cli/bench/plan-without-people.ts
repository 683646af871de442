// A world in which nobody writes and nothing breaks, for systems that a bench brings itself.
import { simulationPlan } from '../../reports/simulation-plan.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import type { SimulationPlan } from '../../sim/simulation.ts';
import type { System } from '../../sim/systems/system.ts';

/** A day of the system by itself. */
export function planWithoutPeople(system: System): SimulationPlan {
  const compiled = compileScenario({
    ...loadScenario('small-town'),
    overrides: ['people.count=2', 'people.messagesPerPersonPerDay=0', 'faults=[]', 'windows.horizon=24h'],
  });
  return simulationPlan({ compiled, workload: compiled.workload('1'), seed: 1, system, variant: 'twin' });
}
