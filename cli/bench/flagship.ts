// `netsplit bench flagship`: what the outage of `npm start` costs, each system with its twin, as `netsplit run` computes
// them: digest on, fates kept. Its goals hold on the machine of the goals; here they are held against the pace of this
// machine, which is taken beside every few hours of virtual time.
import { present } from '../../protocol/assert.ts';
import { minutes, type Instant } from '../../protocol/time.ts';
import { ExpectedDeliveries } from '../../reports/expected-deliveries.ts';
import { FatesFold } from '../../reports/fates-fold.ts';
import { simulationPlan } from '../../reports/simulation-plan.ts';
import { compileScenario, type CompiledScenario } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import { systems } from '../../sim/systems/registry.ts';
import type { Workload } from '../../sim/workload/workload.ts';
import type { Bench, BenchPart, Row } from './bench.ts';
import { Meter, type Cost } from './meter.ts';

const scenarioName = 'aws-us-east-1-2025-10-20';
const seed = 1;
/** Virtual time between two looks at the machine's pace. */
const slice = minutes(120);

interface SimulationCost extends Cost {
  events: number;
}

function simulate(compiled: CompiledScenario, workload: Workload, id: string, meter: Meter): SimulationCost {
  const cost: SimulationCost = { milliseconds: 0, there: 0, events: 0 };
  for (const variant of ['run', 'twin'] as const) {
    const system = present(systems.get(id), `system ${id}`);
    const fold = new FatesFold(workload, new ExpectedDeliveries(workload));
    let simulation: ReturnType<typeof createSimulation> | undefined;
    meter.add(cost, () => {
      simulation = createSimulation(simulationPlan({ compiled, workload, seed, system, variant }), fold);
    });
    const running = present(simulation, 'simulation');
    for (let until = slice as number; until < compiled.windows.horizon; until += slice)
      meter.add(cost, () => running.runUntil(until as Instant));
    meter.add(cost, () => {
      cost.events += running.finish().events;
      fold.finish();
    });
  }
  return cost;
}

/** Rows of systems that share a goal, in seconds on the machine of the goals. */
function systemsPart(name: string, ids: readonly string[], goalSeconds: number): BenchPart {
  return {
    name,
    memoryGoal: 1_024,
    run() {
      const compiled = compileScenario(loadScenario(scenarioName));
      const workload = compiled.workload(String(seed));
      const meter = new Meter();
      const costs = ids.map((id) => simulate(compiled, workload, id, meter));
      const sum = (of: (cost: SimulationCost) => number): number =>
        costs.reduce((total, cost) => total + of(cost), 0);
      const taken = sum((cost) => cost.milliseconds);
      const pace = sum((cost) => cost.there) / taken;
      const rows = costs.map((cost, index): Row => ({
        name: `${present(ids[index], 'system')} and its twin`,
        value: cost.milliseconds,
        unit: 'ms',
      }));
      return [
        ...rows,
        {
          name: 'together',
          value: taken,
          unit: 'ms',
          comparison: {
            name: `${goalSeconds} s of the machine of the goals`,
            value: (goalSeconds * 1_000) / pace,
          },
          goal: { of: 'ratio', bound: 1 },
        },
        { name: 'events', value: (sum((cost) => cost.events) * 1_000) / taken, unit: '/s' },
      ];
    },
  };
}

/** The bench. */
export const flagshipBench: Bench = {
  name: 'flagship',
  description: `${scenarioName}: 1,000 people, every system with its fault-free twin`,
  parts: [
    systemsPart('signal and matrix', ['signal', 'matrix'], 40),
    systemsPart('bitchat', ['bitchat'], 60),
  ],
};
