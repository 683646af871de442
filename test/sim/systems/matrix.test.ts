// Matrix on a small world: everybody gets everything, all copies agree, and what the deployment promises holds.
import { describe, expect, it } from 'vitest';
import { clientPatience, serverPatience } from '../../../protocol/matrix/assumed-patience.ts';
import { compileScenario } from '../../../scenarios/compile.ts';
import { loadScenario } from '../../../scenarios/load.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import type { Observation } from '../../../sim/observation.ts';
import type { SimulationPlan, SimulationResult } from '../../../sim/simulation.ts';
import { matrix } from '../../../sim/systems/matrix.ts';
import { keepingSink } from '../../support/worlds.ts';

const scenario = compileScenario(loadScenario('small-town'));
const workload = scenario.workload('1');

function run(changes: Partial<SimulationPlan> = {}): {
  readonly result: SimulationResult;
  readonly observations: readonly Observation[];
} {
  const sink = keepingSink();
  const simulation = createSimulation(
    {
      world: scenario.world,
      workload,
      faults: [],
      system: matrix,
      parameters: new Map(),
      seed: '1',
      limits: { events: 5_000_000, eventsPerInstant: 100_000 },
      ...changes,
    },
    sink,
  );
  simulation.runUntil(workload.windows.horizon);
  return { result: simulation.finish(), observations: sink.observations };
}

const plain = run();

describe('a day without faults', () => {
  it('brings every message to everybody it is for', () => {
    const expected = workload.messages.reduce((sum, { conversation, sender }) => {
      const { members } = workload.conversations[conversation]!;
      return sum + members.filter((member) => member !== sender).length;
    }, 0);
    const kinds = new Map<string, number>();
    for (const { kind } of plain.observations) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    expect(kinds.get('delivered')).toBe(expected);
    expect(kinds.get('undelivered')).toBeUndefined();
    expect(kinds.get('duplicate')).toBeUndefined();
    expect(kinds.get('failed')).toBeUndefined();
  });

  it('leaves all copies of every room equal, and nothing refused', () => {
    const views = new Map<string, Map<number, string>>();
    for (const observation of plain.observations) {
      if (observation.kind !== 'replica') continue;
      const { object, node, aspects } = observation;
      const view = views.get(object) ?? new Map<number, string>();
      views.set(object, view.set(node, JSON.stringify(aspects)));
    }
    const apart = [...views].filter(([, view]) => new Set(view.values()).size > 1);
    expect(views.size).toBeGreaterThan(10);
    expect(apart.map(([room]) => room)).toEqual([]);
    const refusals = [...plain.result.situations.keys()].filter((name) => /event\.|pdu\./.test(name));
    expect(refusals).toEqual([]);
  });

  it('is the same when every message goes through its codec', () => {
    const encoded = run({ encodeEverything: true });
    expect(encoded.result.digest).toBe(plain.result.digest);
    expect(encoded.result.outcome).toBe(plain.result.outcome);
  });
});

describe('the deployment', () => {
  it('brings every message to everybody with Dendrites as well, and nothing is left apart', () => {
    const kinds = new Map<string, number>();
    const { observations, result } = run({ parameters: new Map([['dendriteShare', 1]]) });
    for (const { kind } of observations) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const plainDelivered = plain.observations.filter(({ kind }) => kind === 'delivered').length;
    expect(kinds.get('delivered')).toBe(plainDelivered);
    expect(result.findings).toEqual([]);
  });

  it('gives matrix.org its share of the people and lists what is assumed', () => {
    const all = run({ parameters: new Map([['matrixOrgShare', 1]]) });
    const talking = all.result.nodes.filter((name) => name.startsWith('hs/'));
    expect(talking).toContain('hs/matrix.org');
    expect(all.result.situations.size).toBe(0);
    const federated = all.observations.filter(
      ({ kind, ...rest }) =>
        kind === 'replica' && all.result.nodes[(rest as { node: number }).node] !== 'hs/matrix.org',
    );
    expect(federated).toEqual([]);
    const paths = plain.result.assumptions.map(({ path }) => path);
    expect(paths).toContain('parameters.matrix.matrixOrgShare');
    expect(paths).toContain('systems.matrix.hostingShares');
    const waits = [...Object.keys(clientPatience), ...Object.keys(serverPatience)];
    expect(paths.filter((path) => path.startsWith('systems.matrix.patience.'))).toHaveLength(waits.length);
  });
});
