// `--set path=value`: changes a scenario before it is checked.
import { isMap, isNode, isScalar, isSeq, parse, type Document, type Node } from 'yaml';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import { didYouMean, ScenarioError } from './scenario-error.ts';
import type { YamlSource } from './yaml-source.ts';

/** Paths that a schema knows, whether or not the file mentions them. Ends in `.*` where any name may follow. */
export type KnownPaths = ReadonlySet<string>;

/**
 * Applies overrides in order. List elements are named by their `id` or their number.
 * @throws ScenarioError naming the option and the nearest path
 */
export function applyOverrides(source: YamlSource, overrides: readonly string[], known: KnownPaths): void {
  for (const override of overrides) {
    const equals = override.indexOf('=');
    if (equals <= 0) throw complain(override, 'expected path=value, e.g. people.count=200');
    const path = override.slice(0, equals).trim();
    const steps = resolvePath(source.document, path, override, known);
    emptyMapsAbove(source.document, steps);
    source.document.setIn(steps, source.document.createNode(readValue(override.slice(equals + 1), override)));
  }
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
          `nothing is called "${name}" in ${steps.join('.')}${didYouMean(nearest(name, idsOf(node.items)))}`,
        );
      steps.push(index);
      node = childOf(node.get(index, true));
    } else {
      steps.push(name);
      node = isMap(node) ? childOf(node.get(name, true)) : undefined;
    }
  }
  const generic = names.map((name, index) => (typeof steps[index] === 'number' ? '#' : name)).join('.');
  if (node === undefined && !isKnown(generic, known)) {
    throw complain(
      override,
      `there is no ${path}${didYouMean(
        nearest(
          path,
          [...known].filter((candidate) => !/[#*]/.test(candidate)),
        ),
      )}`,
    );
  }
  return steps;
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
  return new ScenarioError(`--set ${override}`, [{ path: '', position: undefined, message }]);
}
