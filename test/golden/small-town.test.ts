// What happens in the tutorial's town, pinned for every system: the outcome survives optimisation and must not move
// without a reason told in the commit. The digest must be the same however often, and in whatever order, systems run.
import { describe, expect, it } from 'vitest';
import { simulationPlan } from '../../reports/simulation-plan.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import type { SimulationResult } from '../../sim/simulation.ts';
import { ownSystems, systems } from '../../sim/systems/registry.ts';
import { present } from '../../protocol/assert.ts';

const compiled = compileScenario({ ...loadScenario('small-town'), overrides: ['people.count=14', 'windows.horizon=2h'] });

function simulate(id: string, seed: number): SimulationResult {
  const system = present(systems.get(id), `system ${id}`);
  const workload = compiled.workload(String(seed));
  const plan = simulationPlan({ compiled, workload, seed, system, variant: 'run' });
  return createSimulation(plan, { record: () => undefined }).finish();
}

const outcomes: Readonly<Record<string, string>> = {
  signal: '945073c3b363f07c',
  'signal-eu': '1ef23dd0d2639fe2',
  'signal-two-regions': 'dc20a5f242e4edd8',
  'signal-two-clouds': '7986fcb9ecd3fd40',
  matrix: 'fbf39f4ae51a04d8',
  whatsapp: '6f4eb572c5ef201e',
  portfolio: '4523afc2d1a27efc',
  email: '5bfb85b160f5e08f',
  bridge: '1a1206b625547355',
  bitchat: 'adbaeaddd02da323',
  'bitchat-nostr': 'f62a2a21a7be7c49',
  firechat: 'ff98902ac8cba962',
  epidemic: '7f9a4a92eb2f73d4',
  'spray-and-wait': 'bab6b2397ddf3a4d',
  prophet: '13f6f9903f5e8007',
  direct: '35dabfb7c89c3024',
  'matrix-closed': 'cc25255e95b9389d',
  'p2p-matrix': 'a68742969e007c06',
  'hybrid-matrix': '105592a139158a86',
};

describe.each([...ownSystems.keys()])('%s in a small town', (id) => {
  const first = simulate(id, 1);

  it('ends as it always did', () => {
    expect(first.endedBy).toBe('horizon');
    expect(first.outcome.slice(0, 16)).toBe(outcomes[id]);
  });

  // In between have run: the first runs of those further down, when tests were collected, and all tests of those above.
  it('repeats every event, other systems having run in between', () => {
    expect(simulate(id, 1)).toEqual(first);
  });

  it('does something else under another seed', () => {
    expect(simulate(id, 2).digest).not.toBe(first.digest);
  });
});
