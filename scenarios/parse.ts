// From text to a checked document: every complaint has a line, a column and what was expected.
import type { z } from 'zod';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import { knownPaths } from './known-paths.ts';
import { applyOverrides, overrideBehind } from './overrides.ts';
import { didYouMean, ScenarioError, type ScenarioProblem, type TextPosition } from './scenario-error.ts';
import { scenarioSchema, type ScenarioDocument } from './schema.ts';
import { readYaml, type YamlSource } from './yaml-source.ts';

/** A document that fits the schema, with the text it came from. */
export interface ParsedScenario {
  readonly document: ScenarioDocument;
  readonly source: YamlSource;
  /** Systems that the file names, also those that an override took out: what it expects of them does not apply. */
  readonly declaredSystems: readonly string[];
  /** The faults, or what operators do about them, are not as the file declares. */
  readonly faultsOverridden: boolean;
  /** An override has taken out all that operators do. */
  readonly actionsTakenOut: boolean;
  /** An error about the value at this path, or where it would stand. */
  problemAt(path: readonly PropertyKey[], message: string): ScenarioError;
  /** An error about the key at the end of this path. */
  problemAtKey(path: readonly PropertyKey[], message: string): ScenarioError;
}

/**
 * Parses and checks a scenario text.
 * @throws ScenarioError with all problems found
 */
export function parseScenario(text: string, file: string, overrides: readonly string[] = []): ParsedScenario {
  const source = readYaml(text, file);
  const declared = source.value();
  const applied = applyOverrides(source, overrides, knownPaths());
  const value = source.value();
  const result = scenarioSchema.safeParse(value);
  const problem: TellProblem = (path, position, message) => {
    const override = overrideBehind(applied, path);
    if (override === undefined) return { path: readable(path, value), position, message };
    const { option, steps } = override;
    return { path: steps.length === path.length ? '' : readable(path, value), position, option, message };
  };
  if (!result.success)
    throw new ScenarioError(
      file,
      result.error.issues.flatMap((issue) => explain(issue, source, value, problem)),
    );
  const faultsIn = (whole: unknown): string =>
    JSON.stringify(['faults', 'actions'].map((part) => valueAt(whole, [part]) ?? []));
  const error = (...what: Parameters<TellProblem>): ScenarioError =>
    new ScenarioError(file, [problem(...what)]);
  return {
    document: result.data,
    source,
    declaredSystems: keysOf(valueAt(declared, ['systems'])),
    faultsOverridden: faultsIn(declared) !== faultsIn(value),
    actionsTakenOut: result.data.actions.length === 0 && overrideBehind(applied, ['actions']) !== undefined,
    problemAt: (path, message) => error(path, source.locate(path), message),
    problemAtKey: (path, message) => error(path, source.locateKey(path), message),
  };
}

/** Tells what is wrong at a path: by the option that set it, else by its place in the file. */
type TellProblem = (
  path: readonly PropertyKey[],
  position: TextPosition | undefined,
  message: string,
) => ScenarioProblem;

function explain(
  issue: z.core.$ZodIssue,
  source: YamlSource,
  value: unknown,
  problem: TellProblem,
): readonly ScenarioProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      const known = siblings(issue.path);
      return problem(path, source.locateKey(path), `unknown key "${key}"${didYouMean(nearest(key, known))}`);
    });
  }
  if (issue.code === 'invalid_union') {
    const [branch] = issue.errors
      .filter((errors) => errors.length > 0)
      .sort((left, right) => left.length - right.length);
    const deeper = branch?.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] }));
    if (deeper !== undefined && issue.errors.length < 4)
      return deeper.flatMap((inner) => explain(inner, source, value, problem));
  }
  const found = valueAt(value, issue.path);
  const described = found === undefined ? 'found nothing' : `found ${JSON.stringify(found).slice(0, 80)}`;
  const message = issue.message
    .replace(/^Invalid input: /, '')
    .replace(/^Invalid discriminator value\. Expected /, 'expected one of ')
    .replace(/^Invalid option: /, '')
    .replace(/, received .*$/, '');
  const told = /found /.test(message) ? message : `${message}, ${described}`;
  return [problem(issue.path, source.locate(issue.path), `${told}${nearOption(message, found)}`)];
}

/** Of the words between which one must choose, those that are near to what was written. */
function nearOption(message: string, found: unknown): string {
  if (typeof found !== 'string' || !message.startsWith('expected one of ')) return '';
  return didYouMean(
    nearest(
      found,
      [...message.matchAll(/['"]([^'"]+)['"]/g)].map(([, option = '']) => option),
    ),
  );
}

/** Names the schema has a place for beside this one. */
function siblings(path: readonly PropertyKey[]): readonly string[] {
  const prefix = path.map((step) => (typeof step === 'number' ? '#' : String(step))).join('.');
  return [...knownPaths()]
    .filter((known) => known.startsWith(prefix === '' ? '' : `${prefix}.`))
    .map((known) => known.slice(prefix === '' ? 0 : prefix.length + 1).split('.')[0] ?? '');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[step];
  }
  return current;
}

function keysOf(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

/** List elements by their id where they have one. */
function readable(path: readonly PropertyKey[], value: unknown): string {
  return path
    .map((step, index) => {
      const element = typeof step === 'number' ? valueAt(value, path.slice(0, index + 1)) : undefined;
      const id = typeof element === 'object' && element !== null && 'id' in element ? element.id : undefined;
      return typeof id === 'string' ? id : String(step);
    })
    .join('.');
}
