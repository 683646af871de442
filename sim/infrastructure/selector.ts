// The one language in which scenarios say which components they mean.
//
//   provider=aws region=us-east-1 service=dynamodb     every term must match; `and` between them says the same
//   country=IR or id=cable/sea-me-we-4, host=hs3       any alternative may match; a comma and `or` are the same
//   kind=region and not (country=US or country=CA)
//   isp=*  id=aws/us-east-1/*  *                       a star stands for any text; alone, for every component
//   name="two words"                                   quotes where a value has spaces, commas or parentheses
//   within 40 km of 22.28,114.16                       by where a component stands
//   path from EU to Asia                               cables and backbone routes between two continents
import type { Component } from '../world.ts';
import { continentCalled } from './continents.ts';
import { greatCircleMetres } from './great-circle.ts';
import { nearest } from './near-misses.ts';
import {
  parseSelector,
  type Selector,
  type SelectorRejection,
  type SelectorTerm,
} from './selector-syntax.ts';

export { parseSelector, type Selector, type SelectorRejection } from './selector-syntax.ts';

/** Whether the text is what the pattern says, a star standing for any text; case makes no difference. */
function matchesPattern(pattern: string, text: string): boolean {
  const pieces = pattern.toLowerCase().split('*');
  const lower = text.toLowerCase();
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return lower === first;
  const last = pieces.at(-1) ?? '';
  if (!lower.startsWith(first) || lower.length < first.length + last.length || !lower.endsWith(last))
    return false;
  let from = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = lower.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  return from <= lower.length - last.length;
}

function valueOf(component: Component, key: string): string | undefined {
  if (key === 'id') return component.id;
  if (key === 'kind') return component.kind;
  return component.attributes[key];
}

function matchesTerm(term: SelectorTerm, component: Component): boolean {
  switch (term.kind) {
    case 'everything':
      return true;
    case 'all':
      return term.of.every((each) => matchesTerm(each, component));
    case 'any':
      return term.of.some((each) => matchesTerm(each, component));
    case 'not':
      return !matchesTerm(term.term, component);
    case 'within':
      return component.location !== undefined && greatCircleMetres(term, component.location) <= term.metres;
    case 'path': {
      if (component.kind !== 'path') return false;
      const from = continentCalled(component.attributes['from'] ?? '');
      const to = continentCalled(component.attributes['to'] ?? '');
      return (from === term.from && to === term.to) || (from === term.to && to === term.from);
    }
    case 'attribute': {
      const value = valueOf(component, term.key);
      return value !== undefined && matchesPattern(term.pattern, value);
    }
  }
}

/** The components that a selector means, in the order given. What stands in a place follows by hard needs. */
export function matchSelector(selector: Selector, components: Iterable<Component>): readonly Component[] {
  return [...components].filter((component) => matchesTerm(selector.term, component));
}

/** Conditions on attributes that a component has to meet, wherever in the selector they stand. */
function attributeTerms(term: SelectorTerm): readonly Extract<SelectorTerm, { kind: 'attribute' }>[] {
  switch (term.kind) {
    case 'attribute':
      return [term];
    case 'all':
    case 'any':
      return term.of.flatMap(attributeTerms);
    default:
      return [];
  }
}

/**
 * What a selector that matches nothing may have meant: for each condition that nothing meets by itself, the nearest
 * keys or values. Empty when each is met by something, but not all of them by the same component.
 */
export function nearMisses(selector: Selector, components: Iterable<Component>): readonly string[] {
  const all = [...components];
  const hints: string[] = [];
  for (const term of attributeTerms(selector.term)) {
    if (all.some((component) => matchesTerm(term, component))) continue;
    const values = all.flatMap((component) => valueOf(component, term.key) ?? []);
    if (values.length > 0)
      hints.push(...nearest(term.pattern, values).map((value) => `${term.key}=${value}`));
    else {
      const keys = ['id', 'kind', ...all.flatMap((component) => Object.keys(component.attributes))];
      hints.push(...nearest(term.key, keys).map((key) => `${key}=${term.pattern}`));
    }
  }
  return [...new Set(hints)];
}

/** The components a text means; no match is an error that lists near misses. */
export function select(
  text: string,
  components: Iterable<Component>,
): { readonly ok: true; readonly value: readonly Component[] } | SelectorRejection {
  const parsed = parseSelector(text);
  if (!parsed.ok) return parsed;
  const all = [...components];
  const found = matchSelector(parsed.value, all);
  if (found.length > 0) return { ok: true, value: found };
  const hints = nearMisses(parsed.value, all);
  const advice = hints.length === 0 ? '' : `; did you mean ${hints.join(' or ')}?`;
  return { ok: false, rule: 'selector.no-match', detail: `"${text}" matches nothing${advice}`, position: 0 };
}
