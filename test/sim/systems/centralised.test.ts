// Laws that hold for every system of one operator and of mail, in the tutorial's town under a fault of its own.
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { simulationPlan } from '../../../reports/simulation-plan.ts';
import { compileScenario } from '../../../scenarios/compile.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Observation } from '../../../sim/observation.ts';
import type { SimulationResult } from '../../../sim/simulation.ts';
import { systems } from '../../../sim/systems/registry.ts';

interface Run {
  readonly result: SimulationResult;
  readonly observations: readonly Observation[];
}

function run(
  id: string,
  target: string,
  manner: 'black-hole' | 'crash',
  encodeEverything = false,
  variant: 'run' | 'twin' = 'run',
): Run {
  const text = loadScenario('small-town');
  const from = 'kind: dns';
  const compiled = compileScenario({
    text: text.text
      .replace('  signal:\n', `  ${id}:\n`)
      .replace(/expectations:[^]*/, '')
      .replace(
        /  - id: table-store-dns[^]*?source: invented for the tutorial\n/,
        `  - id: fault
    title: A fault
    kind: down
    manner: ${manner}
    target: ${target}
    start: 30m
    end: 50m
    source: invented for the test
`,
      ),
    file: `${id} (${from})`,
    overrides: ['people.count=16'],
  });
  const system = present(systems.get(id), `system ${id}`);
  const plan = simulationPlan({
    compiled,
    workload: compiled.workload('1'),
    seed: 1,
    system,
    variant,
  });
  const observations: Observation[] = [];
  const sink = { record: (observation: Observation) => void observations.push(observation) };
  const result = createSimulation({ ...plan, encodeEverything }, sink).finish();
  return { result, observations };
}

const cases = [
  ['whatsapp', 'system=whatsapp kind=host'],
  ['portfolio', 'system=whatsapp kind=host'],
  ['email', 'system=email kind=host'],
  ['bridge', 'system=whatsapp kind=host'],
] as const;

describe.each(cases)('%s', (id, hosts) => {
  const crashed = run(id, hosts, 'crash');

  it('has the same digest when every message goes through its codec', () => {
    expect(run(id, hosts, 'crash', true).result.digest).toBe(crashed.result.digest);
  });

  it.each(['crash', 'black-hole'] as const)('loses nothing by twenty minutes of %s', (manner) => {
    const { observations } = manner === 'crash' ? crashed : run(id, hosts, manner);
    const ends = observations.filter(({ kind }) => kind === 'delivered' || kind === 'undelivered');
    const missing = ends.filter(({ kind }) => kind === 'undelivered');
    const late = ends.filter(
      (each) => each.kind === 'delivered' && each.spans.some(({ cause }) => cause !== 0),
    );
    expect(late.length).toBeGreaterThan(10);
    expect(missing).toEqual([]);
  });
});

describe('tasks through a bridge', () => {
  function runTasks(encodeEverything: boolean): Run {
    const compiled = compileScenario({
      ...loadScenario('beyond-a-bridged-chat'),
      overrides: ['people.count=16'],
    });
    const system = present(systems.get('bridge'), 'system bridge');
    const plan = simulationPlan({
      compiled,
      workload: compiled.workload('1'),
      seed: 1,
      system,
      variant: 'run',
    });
    const observations: Observation[] = [];
    const sink = { record: (observation: Observation) => void observations.push(observation) };
    return { result: createSimulation({ ...plan, encodeEverything }, sink).finish(), observations };
  }

  it('are done, and fail in the network with the fault behind it, as they would on the wire', () => {
    const { result, observations } = runTasks(false);
    const done = new Set(observations.flatMap((each) => (each.kind === 'task-done' ? [each.task] : [])));
    const failed = observations.flatMap((each) => (each.kind === 'task-failed' ? [each] : []));
    expect(done.size).toBeGreaterThan(20);
    const inNetwork = failed.filter(({ step, shown }) => step.startsWith('signal: ') && !shown);
    const answered500 = inNetwork.filter(({ status }) => status === 500);
    expect(answered500.length).toBeGreaterThan(0);
    for (const { cause } of answered500) expect(result.causes[cause]).toEqual(['signal-tables']);
    expect(failed.some(({ step, shown }) => step.startsWith('bridge: signal: ') && shown)).toBe(true);
    expect(runTasks(true).result.digest).toBe(result.digest);
  });
});

describe('the load of people who switch', () => {
  /** Signal asks its rate limits once for each message that it is handed. */
  const sends = (result: SimulationResult): number =>
    result.load?.find(({ node }) => node === 'signal/redis-limits')?.inputs ?? 0;

  it('hits the other service', () => {
    const hosts = 'system=whatsapp kind=host';
    const gone = run('portfolio', hosts, 'black-hole').result;
    const twin = run('portfolio', hosts, 'black-hole', false, 'twin').result;
    const moved = gone.situations.get('portfolio.moved-to-next-application') ?? 0;
    expect(moved).toBeGreaterThan(0);
    expect(sends(gone) - sends(twin)).toBe(moved);
  });
});
