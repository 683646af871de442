// Systems and their parameters against what there is: a mistyped name is an error, not a value that nobody reads.
import { nearest } from '../sim/infrastructure/near-misses.ts';
import { systems as registry } from '../sim/systems/registry.ts';
import type { System } from '../sim/systems/system.ts';
import type { ParsedScenario } from './parse.ts';
import type { SampleDeployments } from './sample-deployments.ts';
import { didYouMean } from './scenario-error.ts';

/**
 * Checks that every system exists and has the parameters that the scenario sets, that shares are shares, and that switches are on or off.
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
    const units = unitsOf(system, deployments);
    for (const name of names) {
      const unit = units.get(name);
      if (unit === undefined) {
        const known = [...units.keys()];
        const near = nearest(name, known);
        throw parsed.problemAtKey(
          ['systems', id, name],
          `${id} has no parameter "${name}"${near.length > 0 ? didYouMean(near) : `; it has ${known.join(', ')}`}`,
        );
      }
      const value = parameters[name] ?? 0;
      if (unit.startsWith(shareUnit) && (value < 0 || value > 1))
        throw parsed.problemAtKey(
          ['systems', id, name],
          `expected a share ${unit}, from 0 to 1, found ${value}`,
        );
      if (unit === switchUnit && (value < 0 || value > 1))
        throw parsed.problemAtKey(['systems', id, name], `expected ${unit}, found ${value}`);
    }
  }
}

/** `of people`: the unit of a share says what it is a share of. */
const shareUnit = 'of ';

/** The unit of what is on or off. In between is for studies that vary everything within its range. */
const switchUnit = '0 or 1';

/** Units of the parameters that a system reads when it is deployed, by name. */
function unitsOf(system: System, deployments: SampleDeployments): ReadonlyMap<string, string> {
  const prefix = `parameters.${system.id}.`;
  const own = deployments.assumptions(system).filter(({ path }) => path.startsWith(prefix));
  return new Map(own.map(({ path, unit }) => [path.slice(prefix.length), unit]));
}
