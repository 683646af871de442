// Where everything in a scenario is from, and what is from nowhere.
import type { CompiledScenario } from './compile.ts';

/** One thing that a scenario claims. */
export interface SourcedClaim {
  /** `faults.region`, `expectations.waits`, `assumptions.people.count`. */
  readonly path: string;
  readonly title: string;
  /** In the words of the file; undefined: nobody says. */
  readonly source: string | undefined;
  /** Said to be known from somewhere; to follow from laws or software; made up; or taken for granted. */
  readonly kind: 'published' | 'derived' | 'invented' | 'assumed';
}

/** Faults, actions, expectations and assumptions of the file, in its order. */
export function claimsOf({ document }: CompiledScenario): readonly SourcedClaim[] {
  const { faults, actions, expectations, assumptions } = document;
  return [
    ...faults.map(({ id, title, source }) => claim(`faults.${id}`, title, source)),
    ...actions.map(({ id, title, source }) => claim(`actions.${id}`, title, source)),
    ...expectations.map(({ id, text, source, basis }): SourcedClaim => {
      const found = claim(`expectations.${id}`, text, source);
      return basis === 'record' ? found : { ...found, kind: 'derived' };
    }),
    ...assumptions.map(({ path, meaning, source }) => claim(`assumptions.${path}`, meaning, source)),
  ];
}

/** What a reader could not check, in words: nothing when all is well. */
export function sourceProblems(compiled: CompiledScenario): readonly string[] {
  const { sources, expectations } = compiled.document;
  const problems: string[] = [];
  const claims = claimsOf(compiled);
  const published = claims.filter(({ kind }) => kind === 'published');
  const hasAddress =
    sources.some(({ url }) => url !== undefined) ||
    claims.some(({ source }) => /https?:\/\//.test(source ?? ''));
  const [first] = published;
  if (first !== undefined && !hasAddress)
    problems.push(
      `${first.path} is said to be known from "${first.source ?? ''}", but nothing in the file has an address: expected one under \`sources\`, or the word "invented"`,
    );
  for (const { id, basis, source } of expectations)
    if (basis === 'record' && kindOf(source) !== 'published')
      problems.push(
        `expectations.${id} has the basis "record", but its source is "${source}": expected where the record was published`,
      );
  for (const { path, source, range } of compiled.document.assumptions)
    if (source === undefined && range === undefined && typeof valueAt(compiled, path) === 'number')
      problems.push(
        `assumptions.${path} is a number that is assumed: expected a plausible \`range\`, so that \`netsplit sensitivity\` can vary it`,
      );
  return problems;
}

function claim(path: string, title: string, source: string | undefined): SourcedClaim {
  return { path, title, source, kind: kindOf(source) };
}

function kindOf(source: string | undefined): SourcedClaim['kind'] {
  if (source === undefined || /^assumed\b/i.test(source)) return 'assumed';
  return /^(invented|made up|fictional)\b/i.test(source) ? 'invented' : 'published';
}

function valueAt({ document }: CompiledScenario, path: string): unknown {
  return document.assumptions.find((assumption) => assumption.path === path)?.value;
}
