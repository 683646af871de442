// Phones when the grid is gone: they last as long as what their batteries held, and come back with the power.
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { simulationPlan } from '../../../reports/simulation-plan.ts';
import { compileScenario } from '../../../scenarios/compile.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Observation } from '../../../sim/observation.ts';
import { systems } from '../../../sim/systems/registry.ts';
import { hours, minutes } from '../../../protocol/time.ts';

const blackout = { start: hours(0.5), end: hours(1.25) };

/** Instants of deliveries in a town whose grid is gone for three quarters of an hour. */
function deliveries(id: string, batteryHours: number): readonly number[] {
  const faults = [
    {
      id: 'blackout',
      title: 'The grid is gone',
      kind: 'power-loss',
      target: 'kind=power-area city=berlin',
      start: '30m',
      end: '75m',
      source: 'invented',
    },
  ];
  const overrides = [
    'people.count=20',
    `people.phoneBatteryHours=${batteryHours}`,
    // The network itself has batteries enough: what is seen are the phones.
    'world.access.cellBatteryLeastHours=100',
    'world.access.cellBatteryMostHours=100',
    `faults=${JSON.stringify(faults)}`,
  ];
  const compiled = compileScenario({ ...loadScenario('small-town'), overrides });
  const delivered: number[] = [];
  const system = present(systems.get(id), id);
  const plan = simulationPlan({
    compiled,
    workload: compiled.workload('1'),
    seed: 1,
    system,
    variant: 'run',
  });
  const record = (observation: Observation): void => {
    if (observation.kind === 'delivered') delivered.push(observation.at);
  };
  createSimulation(plan, { record }).finish();
  return delivered;
}

describe.each(['signal', 'matrix', 'bitchat'])('%s in a blackout', (id) => {
  const short = deliveries(id, 0.2);
  const long = deliveries(id, 30);
  const between = (times: readonly number[], start: number, end: number) =>
    times.filter((at) => at >= start && at < end).length;

  it('goes silent when the batteries are empty', () => {
    // A fifth of an hour is the most that such a battery holds.
    expect(between(short, blackout.start + minutes(12), blackout.end)).toBe(0);
    expect(between(long, blackout.start + minutes(12), blackout.end)).toBeGreaterThan(0);
  });

  it('delivers again, and what was said meanwhile, when the power is back', () => {
    expect(between(short, blackout.end + minutes(10), hours(3))).toBeGreaterThan(10);
  });
});
