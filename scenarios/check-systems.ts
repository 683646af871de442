// Systems and their parameters against what there is: a mistyped name is an error, not a value that nobody reads.
import { DeploymentRecord } from '../sim/host/deployment-record.ts';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import { systems as registry } from '../sim/systems/registry.ts';
import type { System } from '../sim/systems/system.ts';
import type { Workload } from '../sim/workload/workload.ts';
import type { World } from '../sim/world.ts';
import type { ParsedScenario } from './parse.ts';
import { didYouMean } from './scenario-error.ts';

/**
 * Checks that every system exists and has the parameters that the scenario sets.
 * @param sample makes a few people of the scenario: what a system declares shows when it is deployed for them
 * @throws ScenarioError naming the nearest system or parameter
 */
export function checkSystems(parsed: ParsedScenario, world: World, sample: () => Workload): void {
  let workload: Workload | undefined;
  for (const [id, parameters] of Object.entries(parsed.document.systems)) {
    const system = registry.get(id);
    if (system === undefined) {
      const known = [...registry.keys()];
      throw parsed.problemAtKey(
        ['systems', id],
        `expected one of ${known.join(', ')}, found "${id}"${didYouMean(nearest(id, known))}`,
      );
    }
    const names = Object.keys(parameters);
    if (names.length === 0) continue;
    const known = parametersOf(system, world, (workload ??= sample()));
    for (const name of names) {
      if (known.includes(name)) continue;
      const near = nearest(name, known);
      throw parsed.problemAtKey(
        ['systems', id, name],
        `${id} has no parameter "${name}"${near.length > 0 ? didYouMean(near) : `; it has ${known.join(', ')}`}`,
      );
    }
  }
}

/** Names of the parameters that a system reads when it is deployed. */
function parametersOf(system: System, world: World, workload: Workload): readonly string[] {
  const record = new DeploymentRecord({
    world,
    workload,
    faults: [],
    system,
    parameters: new Map(),
    seed: 'parameters',
    limits: { events: 1, eventsPerInstant: 1 },
  });
  system.deploy(record);
  const prefix = `parameters.${system.id}.`;
  return record.assumptions
    .filter(({ path }) => path.startsWith(prefix))
    .map(({ path }) => path.slice(prefix.length));
}
