// `--set path=value`: changes a scenario before it is checked.
import { isMap, isNode, isScalar, isSeq, parse, type Document, type Node } from 'yaml';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import { didYouMean, ScenarioError } from './scenario-error.ts';
import type { YamlSource } from './yaml-source.ts';

/** Paths that a schema knows, whether or not the file mentions them. Ends in `.*` where any name may follow. */
export type KnownPaths = ReadonlySet<string>;

/** Names told where none is near. */
const mostNames = 12;

/** An override that has been applied: the option as typed, and where it went. */
export interface AppliedOverride {
  readonly option: string;
  readonly steps: readonly (string | number)[];
}

/**
 * Applies overrides in order. List elements are named by their `id` or their number.
 * @throws ScenarioError naming the option and the nearest path
 */
export function applyOverrides(
  source: YamlSource,
  overrides: readonly string[],
  known: KnownPaths,
): readonly AppliedOverride[] {
  return overrides.map((override) => {
    const equals = override.indexOf('=');
    if (equals <= 0) throw complain(override, 'expected path=value, e.g. people.count=200');
    const path = override.slice(0, equals).trim();
    const steps = resolvePath(source.document, path, override, known);
    emptyMapsAbove(source.document, steps);
    source.document.setIn(steps, source.document.createNode(readValue(override.slice(equals + 1), override)));
    return { option: optionText(override), steps };
  });
}

/** The override that set the value at this path or one around it: the last one where several did. */
export function overrideBehind(
  applied: readonly AppliedOverride[],
  path: readonly PropertyKey[],
): AppliedOverride | undefined {
  return applied.findLast(({ steps }) => steps.every((step, index) => String(step) === String(path[index])));
}

/** `signal:` without anything below is an empty map to its reader, not to the YAML library. */
function emptyMapsAbove(document: Document, steps: readonly (string | number)[]): void {
  for (let depth = 1; depth < steps.length; depth++) {
    const path = steps.slice(0, depth);
    const node = document.getIn(path, true);
    if (isScalar(node) && node.value === null) document.setIn(path, document.createNode({}));
  }
}

function readValue(text: string, override: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    throw complain(override, `expected a YAML value after "=", found ${JSON.stringify(text)}`);
  }
}

/** Turns ids into list positions; checks the path against what the file has and the schema knows. */
function resolvePath(
  document: Document,
  path: string,
  override: string,
  known: KnownPaths,
): readonly (string | number)[] {
  const names = path.split('.');
  const steps: (string | number)[] = [];
  let node: Node | null | undefined = document.contents;
  for (const name of names) {
    if (isSeq(node)) {
      const index = elementIndex(node.items, name);
      if (index === undefined)
        throw complain(
          override,
          `nothing is called "${name}" in ${steps.join('.')}${orElse(name, idsOf(node.items))}`,
        );
      steps.push(index);
      node = childOf(node.get(index, true));
    } else {
      steps.push(name);
      node = isMap(node) ? childOf(node.get(name, true)) : undefined;
    }
  }
  const generic = names.map((name, index) => (typeof steps[index] === 'number' ? '#' : name));
  if (node === undefined && !isKnown(generic.join('.'), known))
    throw complain(override, `there is no ${path}${didYouMean(nearPaths(names, generic, known))}`);
  return steps;
}

/** Paths that the schema knows, with the list elements that were typed. */
function nearPaths(
  names: readonly string[],
  generic: readonly string[],
  known: KnownPaths,
): readonly string[] {
  const elements = names.filter((_, index) => generic[index] === '#');
  const candidates = [...known]
    .filter((path) => !path.includes('*') && path.split('#').length === elements.length + 1)
    .map((path) => elements.reduce((typed, element) => typed.replace('#', () => element), path));
  const parent = names.slice(0, -1).join('.');
  const siblings = candidates.filter((path) => path.slice(0, path.lastIndexOf('.')) === parent);
  const near = nearest(
    names.at(-1) ?? '',
    siblings.map((path) => path.slice(parent.length + 1)),
  );
  return near.length > 0 ? near.map((name) => `${parent}.${name}`) : nearest(names.join('.'), candidates);
}

/** The nearest names, or all there are where none is near. */
function orElse(name: string, all: readonly string[]): string {
  const near = nearest(name, all);
  if (near.length > 0) return didYouMean(near);
  return all.length === 0 ? ', which is empty' : `; there are ${all.slice(0, mostNames).join(', ')}`;
}

function childOf(value: unknown): Node | undefined {
  return isNode(value) ? value : undefined;
}

function isKnown(path: string, known: KnownPaths): boolean {
  if (known.has(path)) return true;
  const names = path.split('.');
  return names.some(
    (_, index) =>
      known.has([...names.slice(0, index), '*', ...names.slice(index + 1)].join('.')) ||
      known.has([...names.slice(0, index), '*'].join('.')),
  );
}

function elementIndex(items: readonly unknown[], name: string): number | undefined {
  if (/^\d+$/.test(name) && Number(name) < items.length) return Number(name);
  const index = idsOf(items).indexOf(name);
  return index < 0 ? undefined : index;
}

function idsOf(items: readonly unknown[]): readonly string[] {
  return items.map((item) => {
    if (!isMap(item)) return '';
    const id: unknown = item.get('id') ?? item.get('name');
    return isScalar(id) ? String(id.value) : typeof id === 'string' ? id : '';
  });
}

function complain(override: string, message: string): ScenarioError {
  return new ScenarioError(optionText(override), [{ path: '', position: undefined, message }]);
}

function optionText(override: string): string {
  return `--set ${override}`;
}
