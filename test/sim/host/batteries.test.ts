// Phones when the grid is gone: they last as long as what their batteries held, and come back with the power.
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { simulationPlan } from '../../../reports/simulation-plan.ts';
import { compileScenario } from '../../../scenarios/compile.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Observation } from '../../../sim/observation.ts';
import { systems } from '../../../sim/systems/registry.ts';
import { noCause } from '../../../protocol/failure.ts';
import { hours, minutes } from '../../../protocol/time.ts';

const blackout = { start: hours(0.5), end: hours(1.25) };

type Delivery = Extract<Observation, { kind: 'delivered' }>;

/** Deliveries in a town whose grid is gone for three quarters of an hour. */
function deliveries(id: string, batteryHours: number, more: readonly string[] = []): readonly Delivery[] {
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
    ...more,
  ];
  const compiled = compileScenario({ ...loadScenario('small-town'), overrides });
  const delivered: Delivery[] = [];
  const system = present(systems.get(id), id);
  const plan = simulationPlan({
    compiled,
    workload: compiled.workload('1'),
    seed: 1,
    system,
    variant: 'run',
  });
  const record = (observation: Observation): void => {
    if (observation.kind === 'delivered') delivered.push(observation);
  };
  createSimulation(plan, { record }).finish();
  return delivered;
}

describe.each(['signal', 'matrix', 'bitchat'])('%s in a blackout', (id) => {
  const short = deliveries(id, 0.2);
  const long = deliveries(id, 30);
  const between = (all: readonly Delivery[], start: number, end: number) =>
    all.filter(({ at }) => at >= start && at < end).length;

  it('goes silent when the batteries are empty', () => {
    // A fifth of an hour is the most that such a battery holds.
    expect(between(short, blackout.start + minutes(12), blackout.end)).toBe(0);
    expect(between(long, blackout.start + minutes(12), blackout.end)).toBeGreaterThan(0);
  });

  it('delivers again, and what was said meanwhile, when the power is back', () => {
    expect(between(short, blackout.end + minutes(10), hours(3))).toBeGreaterThan(10);
  });
});

describe.each(['signal', 'whatsapp', 'matrix'])('what waits in %s for a phone that is off', (id) => {
  it('waits because of the blackout, also where the phone got through to the last', () => {
    const elsewhere = 'people.cities=[{"name":"berlin","share":0.5},{"name":"paris","share":0.5}]';
    const all = deliveries(id, 0.2, [elsewhere, 'people.dropoutsPerDay=0', 'movement={"model":"static"}']);
    const waits = all
      .flatMap(({ spans }) => spans.filter(({ reason }) => reason === 'stored-for-recipient'))
      .filter(({ start, end }) => end - start > minutes(5));
    expect(waits.length).toBeGreaterThan(10);
    expect(waits.filter(({ cause }) => cause === noCause)).toEqual([]);
  });
});
