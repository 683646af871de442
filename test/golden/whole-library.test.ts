// Every scenario of the library, every system of it, twice within one process and the second time in the opposite order:
// what ran before must not matter. Here the beginning of each run with few people; `npm run soak` runs all of it.
import { expect, it } from 'vitest';
import { present } from '../../protocol/assert.ts';
import { simulationPlan } from '../../reports/simulation-plan.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { libraryNames, loadScenario } from '../../scenarios/load.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import { ownSystems, systems } from '../../sim/systems/registry.ts';
import { hyperdhtInstalled } from '../support/hyperdht.ts';

const isSoak = process.env['MODE'] === 'soak';
const mostEvents = isSoak ? Infinity : 200;
const hasForeignCode = hyperdhtInstalled();
/** A trace of contacts has sixty people in it. */
const fewPeople = (name: string): number => (name === 'campus-from-trace' ? 60 : 24);

/** The digest of each system of a scenario, compiled anew, after so many events. */
function digests(name: string, isBackwards: boolean): ReadonlyMap<string, string> {
  const overrides = isSoak ? [] : [`people.count=${fewPeople(name)}`];
  const compiled = compileScenario({ ...loadScenario(name), overrides });
  const workload = compiled.workload('1');
  const found = new Map<string, string>();
  const ids = [...compiled.systems.keys()].filter((id) => ownSystems.has(id) || hasForeignCode);
  for (const id of isBackwards ? ids.reverse() : ids) {
    const system = present(systems.get(id), `system ${id}`);
    const plan = simulationPlan({ compiled, workload, seed: 1, system, variant: 'run' });
    const simulation = createSimulation(plan, { record: () => undefined });
    while (simulation.events < mostEvents && simulation.step());
    found.set(`${name}: ${id}`, simulation.digest());
  }
  return found;
}

it('runs the same whatever ran before it', () => {
  const names = libraryNames();
  const there = new Map(names.flatMap((name) => [...digests(name, false)]));
  const back = new Map([...names].reverse().flatMap((name) => [...digests(name, true)]));
  expect(there.size).toBeGreaterThan(names.length);
  expect(Object.fromEntries(back)).toEqual(Object.fromEntries(there));
  // Runs that differ in anything have digests that differ: the same one twice would mean that nothing ran.
  expect(new Set(there.values()).size).toBeGreaterThan(0.9 * there.size);
}, 3_600_000);
