// Systems and their parameters against what there is: a mistyped name is an error, not a value that nobody reads.
import { nearest } from '../sim/infrastructure/near-misses.ts';
import { systems as registry } from '../sim/systems/registry.ts';
import type { System } from '../sim/systems/system.ts';
import type { ParsedScenario } from './parse.ts';
import type { SampleDeployments } from './sample-deployments.ts';
import { didYouMean } from './scenario-error.ts';

/**
 * Checks that every system exists and has the parameters that the scenario sets.
 * @throws ScenarioError naming the nearest system or parameter
 */
export function checkSystems(parsed: ParsedScenario, deployments: SampleDeployments): void {
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
    const known = parametersOf(system, deployments);
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
function parametersOf(system: System, deployments: SampleDeployments): readonly string[] {
  const prefix = `parameters.${system.id}.`;
  return deployments
    .assumptions(system)
    .filter(({ path }) => path.startsWith(prefix))
    .map(({ path }) => path.slice(prefix.length));
}
