// Selectors of faults and actions against the world: one that can match nothing is named before anything runs.
import { select } from '../sim/infrastructure/selector.ts';
import { systems as registry } from '../sim/systems/registry.ts';
import type { Component, World } from '../sim/world.ts';
import type { ParsedScenario } from './parse.ts';
import type { SampleDeployments } from './sample-deployments.ts';
import { ScenarioError, type ScenarioProblem } from './scenario-error.ts';

/** A selector as a scenario writes it. */
interface WrittenSelector {
  readonly text: string;
  readonly path: readonly PropertyKey[];
}

/**
 * Checks every selector of every fault and action: against the world, and where nothing there matches against what the
 * scenario's systems bring along (hosts, load balancers, their names and certificates).
 * @throws ScenarioError listing near misses
 */
export function checkTargets(parsed: ParsedScenario, world: World, deployments: SampleDeployments): void {
  const problems = writtenSelectors(parsed).flatMap(({ text, path }): ScenarioProblem[] => {
    const inWorld = select(text, world.components.values());
    if (inWorld.ok) return [];
    const found =
      inWorld.rule === 'selector.syntax' ? inWorld : select(text, everything(parsed, world, deployments));
    return found.ok ? [] : [...parsed.problemAt(path, found.detail).problems];
  });
  if (problems.length > 0) throw new ScenarioError(parsed.source.file, problems);
}

/** Fields of faults that hold a selector. */
const selectorFields = ['target', 'from', 'service', 'except'] as const;

function writtenSelectors({ document }: ParsedScenario): readonly WrittenSelector[] {
  const ofFaults = document.faults.flatMap((fault: Readonly<Record<string, unknown>>, index) =>
    selectorFields.flatMap((field) => written(fault[field], ['faults', index, field])),
  );
  const ofActions = document.actions.flatMap((action, index) => [
    ...('target' in action ? written(action.target, ['actions', index, 'target']) : []),
    ...(action.after ?? []).flatMap((condition, number) =>
      'components' in condition
        ? written(condition.components, ['actions', index, 'after', number, 'components'])
        : [],
    ),
  ]);
  return [...ofFaults, ...ofActions];
}

function written(text: unknown, path: readonly PropertyKey[]): readonly WrittenSelector[] {
  return typeof text === 'string' ? [{ text, path }] : [];
}

/** The world with what every system of the scenario adds to its copy. */
function everything(
  parsed: ParsedScenario,
  world: World,
  deployments: SampleDeployments,
): Iterable<Component> {
  const all = new Map(world.components);
  for (const id of Object.keys(parsed.document.systems)) {
    const system = registry.get(id);
    if (system === undefined) continue;
    for (const component of deployments.components(system)) all.set(component.id, component);
  }
  return all.values();
}
