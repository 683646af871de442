// A small scenario that runs the same in Node and in a browser: entry of the browser bundle.
import { milliseconds, minutes, seconds } from '../../protocol/time.ts';
import { createSimulationIn } from '../../sim/running-simulation.ts';
import { fakeSurroundings } from '../support/fake-surroundings.ts';
import { relaySystem } from '../support/relay-system.ts';
import { keepingSink, planOf, workloadOf } from '../support/worlds.ts';

/** What both sides must agree on. */
export interface ScenarioResult {
  readonly digest: string;
  readonly outcome: string;
  readonly events: number;
  readonly delivered: number;
}

export function runScenario(): ScenarioResult {
  const workload = workloadOf({
    people: 6,
    messages: Array.from({ length: 60 }, (_, index) => ({
      sender: (index * 5) % 6,
      at: milliseconds(10_000 + index * 3_333),
      resendAfter: minutes(3),
    })),
    devices: { 2: { offline: [{ start: seconds(30) as never, end: minutes(3) as never }] } },
  });
  const sink = keepingSink();
  const plan = planOf(relaySystem(), workload);
  const { digest, outcome, events } = createSimulationIn(fakeSurroundings().create, plan, sink).finish();
  return {
    digest,
    outcome,
    events,
    delivered: sink.observations.filter(({ kind }) => kind === 'delivered').length,
  };
}

Object.assign(globalThis, { runScenario });
