// Actions of operators as scenarios write them: what is refused, and what a whole run makes of them.
import { describe, expect, it } from 'vitest';
import { present } from '../../protocol/assert.ts';
import { simulationPlan } from '../../reports/simulation-plan.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import type { Observation } from '../../sim/observation.ts';
import type { SimulationResult } from '../../sim/simulation.ts';
import { systems } from '../../sim/systems/registry.ts';
import { minutes } from '../../protocol/time.ts';
import { scenarioText } from '../support/scenario-text.ts';

const action = (fields: string): string => `actions:
  - id: fix
    title: Somebody does something
    source: invented
${fields
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}`;

describe('an action is refused', () => {
  it.each([
    ['without a time', 'do: repair', /sample\.yaml:32:5: actions\.fix.*either "at" or "after"/],
    ['with two', 'do: repair\nat: 3h\nafter: [{ fault: tables, is: over }]', /either "at" or "after"/],
    ['with patience for an instant', 'do: repair\nat: 3h\nfor: 5m', /"after" with "for"/],
    ['after the horizon', 'do: repair\nat: 80h', /before the horizon, 48 h later, found "80h"/],
    ['before the epoch', 'do: repair\nat: 2025-10-19T00:00Z', /from the epoch/],
    ['of no known kind', 'do: pray\nat: 3h', /do/],
    ['without its target', 'do: drain\nat: 3h', /target/],
    [
      'with a target that matches nothing',
      'do: drain\nat: 3h\ntarget: service=dynamodbb',
      /actions\.fix\.target.*did you mean service=dynamodb/,
    ],
    [
      'for a fault that there is not',
      'do: repair\nat: 3h\nbecause: table',
      /nothing is called "table" here.*tables/,
    ],
    [
      'waiting for a fault that there is not',
      'do: repair\nafter: [{ fault: tabless, is: over }]',
      /actions\.fix\.after\.0\.fault.*tables/,
    ],
    ['waiting for itself', 'do: repair\nafter: [{ done: fix }]', /wait for itself/],
    [
      'watching what there is not',
      'do: repair\nafter: [{ components: host=nowhere, are: down }]',
      /after\.0\.components.*matches nothing/,
    ],
    ['lifting what nobody does', 'do: lift\naction: fixx\nat: 3h', /nothing is called "fixx".*fix/],
    [
      'backing up all the time',
      'do: restore-backup\ntarget: host=*\nat: 3h\nbackupEvery: 0s',
      /longer than nothing/,
    ],
    ['throttling more than all', 'do: throttle\ntarget: service=dynamodb\nat: 3h\nshare: 1.5', /share/],
  ])('%s', (_what, fields, message) => {
    const text = scenarioText({ actions: action(fields) });
    expect(() => compileScenario({ text, file: 'sample.yaml' })).toThrow(message);
  });

  it('whose id is taken, and a fault that ends with none', () => {
    const taken = scenarioText({ actions: action('do: repair\nat: 3h').replace('id: fix', 'id: tables') });
    expect(() => compileScenario({ text: taken, file: 'sample.yaml' })).toThrow(/called "tables" already/);
    const text = scenarioText();
    expect(() =>
      compileScenario({ text, file: 'sample.yaml', overrides: ['faults.tables.endsWith=fix'] }),
    ).toThrow(/faults\.tables\.endsWith=fix.*nothing is called "fix" here/s);
    const endless = text.replace('    end: 2025-10-20T09:25Z\n', '');
    expect(() => compileScenario({ text: endless, file: 'sample.yaml' })).toThrow(/"end" or "endsWith"/);
  });
});

/** A town in which a homeserver's machine fails and somebody does something about it. */
function town(
  changes: readonly string[],
  system = 'matrix',
): SimulationResult & { readonly told: readonly string[] } {
  const compiled = compileScenario({
    ...loadScenario('small-town'),
    overrides: ['people.count=12', ...changes],
  });
  const plan = simulationPlan({
    compiled,
    workload: compiled.workload('1'),
    seed: 1,
    system: present(systems.get(system), system),
    variant: 'run',
  });
  const told: string[] = [];
  const record = (observation: Observation): void => {
    if (observation.kind === 'fault')
      told.push(`${observation.at / 6e7} ${observation.fault} ${observation.active ? 'begins' : 'ends'}`);
    if (observation.kind === 'action') told.push(`${observation.at / 6e7} ${observation.action}`);
  };
  return { ...createSimulation(plan, { record }).finish(), told };
}

const outage = `faults=${JSON.stringify([
  {
    id: 'outage',
    title: 'Machines are off',
    kind: 'down',
    manner: 'crash',
    target: 'kind=host system=matrix',
    start: '30m',
    endsWith: 'repair',
    source: 'invented',
  },
])}`;
const repair = (when: object): object => ({
  id: 'repair',
  title: 'Switched on',
  source: 'invented',
  do: 'repair',
  ...when,
});
const actions = (...all: readonly object[]): string => `actions=${JSON.stringify(all)}`;

describe('a run', () => {
  const seen = { after: [{ components: 'kind=host system=matrix', are: 'down' }], for: '12m' };

  it('ends a fault when somebody has seen it for long enough', () => {
    const { told, endedByAction, actionsDone } = town([outage, actions(repair(seen))]);
    expect(told).toEqual(['30 outage begins', '42 repair', '42 outage ends']);
    expect(endedByAction.get('outage')).toBe(minutes(42));
    expect(actionsDone.get('repair')).toBe(minutes(42));
  });

  it('goes on without those who never come', () => {
    const never = town([outage, actions(repair({ at: 'never' }))]);
    expect(never.told).toEqual(['30 outage begins']);
    expect(town([outage, 'actions=[]']).outcome).toBe(never.outcome);
    expect(never.outcome).not.toBe(town([outage, actions(repair(seen))]).outcome);
  });

  it('without faults has nobody to act', () => {
    const idle = town(['faults=[]', actions(repair({ at: '30m' }))]);
    expect(idle.told).toEqual([]);
    expect(idle.digest).toBe(town(['faults=[]']).digest);
  });

  it('loses what came after the backup that was restored, and nothing without it', () => {
    const restore = (when: string): object => ({
      id: 'restore',
      title: 'From the backup',
      source: 'invented',
      do: 'restore-backup',
      target: 'kind=host system=matrix',
      backupEvery: '20m',
      because: 'outage',
      at: when,
    });
    const kept = town([outage, actions(repair({ at: '40m' }))]);
    const restored = town([outage, actions(repair({ at: '40m' }), restore('39m'))]);
    const never = town([outage, actions(repair({ at: '40m' }), restore('never'))]);
    expect(never.outcome).toBe(kept.outcome);
    expect(restored.outcome).not.toBe(kept.outcome);
  });
});
