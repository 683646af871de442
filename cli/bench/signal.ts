// `netsplit bench signal`: what a day of ever more people on Signal costs, without an outage and with that of 20 October
// 2025 in it: digest on, fates kept, one simulation each.
import { present } from '../../protocol/assert.ts';
import { minutes, type Instant } from '../../protocol/time.ts';
import { ExpectedDeliveries } from '../../reports/expected-deliveries.ts';
import { FatesFold } from '../../reports/fates-fold.ts';
import { simulationPlan } from '../../reports/simulation-plan.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import { signal } from '../../sim/systems/signal.ts';
import type { Bench, BenchPart, Row } from './bench.ts';
import { Meter, type Cost } from './meter.ts';

const seed = 1;
/** Virtual time between two looks at the machine's pace. */
const slice = minutes(30);
/** Of 10,000 people, processor time on the machine of the goals, and MiB. */
const goalSeconds = 60;
const goalMemory = 2_048;

function dayOf(people: number, variant: 'run' | 'twin', goal?: number): BenchPart {
  const isQuiet = variant === 'twin';
  return {
    name: isQuiet ? `${people} people, no outage` : `${people} people`,
    ...(goal === undefined ? {} : { memoryGoal: goalMemory }),
    run(tell) {
      const compiled = compileScenario({
        ...loadScenario('aws-us-east-1-2025-10-20'),
        overrides: [`people.count=${people}`, 'windows.sending=23h', 'windows.horizon=24h'],
      });
      const meter = new Meter();
      const cost: Cost = { milliseconds: 0, there: 0 };
      let simulation: ReturnType<typeof createSimulation> | undefined;
      let messages = 0;
      meter.add(cost, () => {
        const workload = compiled.workload(String(seed));
        messages = workload.messages.length;
        const fold = new FatesFold(workload, new ExpectedDeliveries(workload));
        const plan = simulationPlan({ compiled, workload, seed, system: signal, variant });
        simulation = createSimulation(plan, fold);
      });
      const running = present(simulation, 'simulation');
      for (let until = slice as number; until < compiled.windows.horizon; until += slice) {
        meter.add(cost, () => running.runUntil(until as Instant));
        tell(until / compiled.windows.horizon);
      }
      let events = 0;
      meter.add(cost, () => {
        events = running.finish().events;
      });
      const day: Row = {
        name: 'a day',
        value: cost.milliseconds,
        unit: 'ms',
        size: { series: isQuiet ? 'messages, no outage' : 'messages', value: messages },
      };
      return [
        { ...day, ...(goal === undefined ? beside(cost) : within(goal, cost)) },
        { name: 'events', value: (events * 1_000) / cost.milliseconds, unit: '/s' },
      ];
    },
  };
}

/** What the same work takes on the machine of the goals, by the pace of this one while it did it. */
function beside({ there }: Cost): Pick<Row, 'comparison'> {
  return { comparison: { name: 'its time on the machine of the goals', value: there } };
}

function within(seconds: number, { milliseconds, there }: Cost): Pick<Row, 'comparison' | 'goal'> {
  const value = (seconds * 1_000 * milliseconds) / there;
  return {
    comparison: { name: `${seconds} s of the machine of the goals`, value },
    goal: { of: 'ratio', bound: 1 },
  };
}

/** The bench. */
export const signalBench: Bench = {
  name: 'signal',
  description:
    'a day of ever more people on Signal, without an outage and with that of 20 October 2025 in it',
  parts: [
    dayOf(1_250, 'twin'),
    dayOf(625, 'run'),
    dayOf(1_250, 'run'),
    { ...dayOf(10_000, 'twin', goalSeconds), isLong: true },
    { ...dayOf(10_000, 'run', goalSeconds), isLong: true },
    // Ten times the memory and half as much again: nothing says that it must do with less, but the engine has to be told how much.
    { ...dayOf(100_000, 'twin'), memoryGoal: 15 * 1_024, isLong: true },
  ],
};
