// Fault targets against the world: a selector that can match nothing is named before anything runs.
import { matchSelector, parseSelector } from '../sim/infrastructure/selector.ts';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import type { World } from '../sim/world.ts';
import type { ParsedScenario } from './parse.ts';
import { didYouMean, ScenarioError, type ScenarioProblem } from './scenario-error.ts';

/** Attributes of components that only a system's deployment brings; their selectors are checked when it has deployed. */
const deployedAttributes = new Set(['host', 'system']);

/**
 * Checks every selector of every fault.
 * @throws ScenarioError listing near misses
 */
export function checkFaultTargets(parsed: ParsedScenario, world: World): void {
  const problems = parsed.document.faults.flatMap((fault, index) => {
    const selectors = [
      ['target', fault.target] as const,
      ...(fault.kind === 'partition' ? [['from', fault.from] as const] : []),
    ];
    return selectors.flatMap(([field, text]) =>
      checkSelector(text, ['faults', index, field], `faults.${fault.id}.${field}`, parsed, world),
    );
  });
  if (problems.length > 0) throw new ScenarioError(parsed.source.file, problems);
}

function checkSelector(
  text: string,
  path: readonly PropertyKey[],
  name: string,
  parsed: ParsedScenario,
  world: World,
): readonly ScenarioProblem[] {
  const position = parsed.source.locate(path);
  const selector = parseSelector(text);
  if (!selector.ok)
    return [
      {
        path: name,
        position,
        message: `${selector.detail} (at character ${selector.position + 1} of "${text}")`,
      },
    ];
  const components = [...world.components.values()];
  if (matchSelector(selector.value, components).length > 0) return [];
  const attributes = selector.value.alternatives
    .flat()
    .flatMap((term) => (term.kind === 'attribute' ? [term] : []));
  if (
    attributes.some(
      ({ key, pattern }) =>
        deployedAttributes.has(key) || (key === 'id' && /^(host|lb|dns|cert)\//.test(pattern)),
    )
  )
    return [];
  const hints = attributes.flatMap(({ key, pattern }) => {
    const values = components.flatMap((component) => {
      const value = key === 'id' ? component.id : key === 'kind' ? component.kind : component.attributes[key];
      return value === undefined ? [] : [value];
    });
    if (values.length === 0) {
      const keys = components.flatMap((component) => Object.keys(component.attributes));
      return nearest(key, ['id', 'kind', ...keys]).map((near) => `${near}=${pattern}`);
    }
    return values.includes(pattern) ? [] : nearest(pattern, values).map((near) => `${key}=${near}`);
  });
  return [
    { path: name, position, message: `"${text}" matches no component${didYouMean(hints.slice(0, 4))}` },
  ];
}
