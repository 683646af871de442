// People with a computer beside their phone: it reads along while it is in use, and reaches those whose phone is off.
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { simulationPlan } from '../../../reports/simulation-plan.ts';
import { compileScenario } from '../../../scenarios/compile.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Observation } from '../../../sim/observation.ts';
import { systems } from '../../../sim/systems/registry.ts';
import { intervalAt } from '../../../sim/workload/intervals.ts';
import type { Workload } from '../../../sim/workload/workload.ts';

type Delivered = Extract<Observation, { kind: 'delivered' }>;

function deliveries(id: string, computers: boolean): { workload: Workload; delivered: Delivered[] } {
  const overrides = [
    'people.count=24',
    'people.dropoutsPerDay=40',
    'people.dropoutMeanMinutes=20',
    'people.computerSessionsPerDay=10',
    `people.computerShare=${computers ? 1 : 0}`,
  ];
  const compiled = compileScenario({ ...loadScenario('small-town'), overrides });
  const workload = compiled.workload('1');
  const delivered: Delivered[] = [];
  const system = present(systems.get(id), id);
  const plan = simulationPlan({ compiled, workload, seed: 1, system, variant: 'twin' });
  const record = (observation: Observation): void => {
    if (observation.kind === 'delivered') delivered.push(observation);
  };
  createSimulation(plan, { record }).finish();
  return { workload, delivered };
}

const keyOf = ({ message, person }: Delivered): string => `${message}/${person}`;

describe.each(['signal', 'matrix'])('%s with linked computers', (id) => {
  const without = deliveries(id, false);
  const linked = deliveries(id, true);

  it('delivers each message to each person once, whatever number of devices shows it', () => {
    const keys = linked.delivered.map(keyOf);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('leaves what is said and the phones as they were', () => {
    expect(linked.workload.messages).toEqual(without.workload.messages);
    expect(linked.workload.people.map(({ device }) => device)).toEqual(
      without.workload.people.map(({ device }) => device),
    );
  });

  it('reaches people whose phone has no network while their computer is in use, and nobody else so', () => {
    const whilePhoneIsOff = ({ workload, delivered }: typeof linked) =>
      delivered.filter(({ at, person }) => {
        const { device } = present(workload.people[person], 'a person');
        return intervalAt(device.offline, at) !== undefined;
      });
    expect(whilePhoneIsOff(without)).toEqual([]);
    const atComputers = whilePhoneIsOff(linked);
    expect(atComputers.length).toBeGreaterThan(5);
    for (const { at, person } of atComputers)
      expect(intervalAt(linked.workload.people[person]?.computer?.inUse ?? [], at)).toBeDefined();
  });
});
