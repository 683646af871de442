// The one language in which scenarios say which components they mean.
//
//   provider=aws region=us-east-1 service=dynamodb     every term must match
//   country=IR or id=cable/sea-me-we-4, host=hs3       any alternative may match; a comma and `or` are the same
//   isp=*  id=aws/us-east-1/*  *                       a star stands for any text; alone, for every component
//   name="two words"                                   quotes where a value has spaces or commas
//   within 40 km of 22.28,114.16                       by where a component stands
import type { Rejection } from '../../protocol/outcome.ts';
import type { Component } from '../world.ts';
import { greatCircleMetres } from './great-circle.ts';
import { nearest } from './near-misses.ts';

/** One condition on a component. */
export type SelectorTerm =
  /** `key` is `id`, `kind` or an attribute; `pattern` may hold stars. */
  | { readonly kind: 'attribute'; readonly key: string; readonly pattern: string; readonly position: number }
  | {
      readonly kind: 'within';
      readonly metres: number;
      readonly latitude: number;
      readonly longitude: number;
      readonly position: number;
    }
  | { readonly kind: 'everything'; readonly position: number };

/** A parsed selector: alternatives, each a list of terms that must all match. */
export interface Selector {
  readonly text: string;
  readonly alternatives: readonly (readonly SelectorTerm[])[];
}

/** Where in the text a selector goes wrong: `position` counts characters from 0. */
export interface SelectorRejection extends Rejection {
  readonly position: number;
}

interface Token {
  readonly text: string;
  readonly position: number;
  readonly kind: 'word' | 'comma';
}

class SelectorSyntaxError extends Error {
  readonly position: number;
  constructor(position: number, message: string) {
    super(message);
    this.position = position;
  }
}

/** Words and commas. A comma inside quotes, or between two digits after `of`, belongs to the word. */
function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const lexeme = /\s+|,|(?:"[^"]*"|[^\s,"])+/gy;
  const coordinates = /-?\d+(?:\.\d+)?\s*,\s*-?\d+(?:\.\d+)?/y;
  while (lexeme.lastIndex < text.length) {
    const position = lexeme.lastIndex;
    coordinates.lastIndex = position;
    const pair = tokens.at(-1)?.text === 'of' ? coordinates.exec(text) : null;
    if (pair !== null) {
      tokens.push({ text: pair[0], position, kind: 'word' });
      lexeme.lastIndex = coordinates.lastIndex;
      continue;
    }
    const found = lexeme.exec(text);
    if (found === null) throw new SelectorSyntaxError(position, 'a quote is not closed');
    if (found[0] === ',') tokens.push({ text: ',', position, kind: 'comma' });
    else if (found[0].trim() !== '') tokens.push({ text: found[0], position, kind: 'word' });
  }
  return tokens;
}

function withinTerm(words: readonly Token[], start: Token, text: string): SelectorTerm {
  const [distance, unit, of, centre] = words;
  const shape = `expected "within <number> km of <latitude>,<longitude>"`;
  if (distance === undefined || !/^\d+(\.\d+)?$/.test(distance.text))
    throw new SelectorSyntaxError(distance?.position ?? text.length, shape);
  if (unit?.text !== 'km') throw new SelectorSyntaxError(unit?.position ?? text.length, shape);
  if (of?.text !== 'of') throw new SelectorSyntaxError(of?.position ?? text.length, shape);
  const [latitude = NaN, longitude = NaN] = (centre?.text ?? '').split(',').map(Number);
  if (centre === undefined || !(Math.abs(latitude) <= 90) || !(Math.abs(longitude) <= 180))
    throw new SelectorSyntaxError(centre?.position ?? text.length, shape);
  const metres = Math.round(Number(distance.text) * 1_000);
  return { kind: 'within', metres, latitude, longitude, position: start.position };
}

function attributeTerm(word: Token): SelectorTerm {
  const equals = word.text.indexOf('=');
  if (equals <= 0)
    throw new SelectorSyntaxError(
      word.position,
      `expected key=value, found "${word.text.replaceAll('"', '')}"`,
    );
  const key = word.text.slice(0, equals);
  if (!/^[a-z][a-z-]*$/.test(key))
    throw new SelectorSyntaxError(word.position, `"${key}" is no key: keys are lower-case words`);
  const pattern = word.text.slice(equals + 1).replaceAll('"', '');
  if (pattern === '') throw new SelectorSyntaxError(word.position + equals + 1, `${key}= has no value`);
  return { kind: 'attribute', key, pattern, position: word.position };
}

function termsOf(words: readonly Token[], text: string): readonly SelectorTerm[] {
  const terms: SelectorTerm[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    if (word === undefined) break;
    if (word.text === '*') terms.push({ kind: 'everything', position: word.position });
    else if (word.text === 'within') {
      terms.push(withinTerm(words.slice(index + 1, index + 5), word, text));
      index += 4;
    } else terms.push(attributeTerm(word));
  }
  return terms;
}

/** Reads a selector; what is wrong with it comes with its position in the text. */
export function parseSelector(
  text: string,
): { readonly ok: true; readonly value: Selector } | SelectorRejection {
  try {
    const alternatives: (readonly SelectorTerm[])[] = [];
    let words: Token[] = [];
    const tokens = tokensOf(text);
    const end: Token = { text: ',', position: text.length, kind: 'comma' };
    for (const token of [...tokens, end]) {
      if (token.kind === 'word' && token.text !== 'or') {
        words.push(token);
        continue;
      }
      if (words.length === 0)
        throw new SelectorSyntaxError(token.position, 'expected key=value, "within ..." or *');
      alternatives.push(termsOf(words, text));
      words = [];
    }
    return { ok: true, value: { text, alternatives } };
  } catch (error) {
    if (!(error instanceof SelectorSyntaxError)) throw error;
    const detail = `${error.message} (at character ${error.position + 1} of "${text}")`;
    return { ok: false, rule: 'selector.syntax', detail, position: error.position };
  }
}

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
    case 'within':
      return component.location !== undefined && greatCircleMetres(term, component.location) <= term.metres;
    case 'attribute': {
      const value = valueOf(component, term.key);
      return value !== undefined && matchesPattern(term.pattern, value);
    }
  }
}

/** The components that a selector means, in the order given. What stands in a place follows by hard needs. */
export function matchSelector(selector: Selector, components: Iterable<Component>): readonly Component[] {
  return [...components].filter((component) =>
    selector.alternatives.some((terms) => terms.every((term) => matchesTerm(term, component))),
  );
}

/**
 * What a selector that matches nothing may have meant: for each term that nothing matches by itself, the nearest keys
 * or values; otherwise the terms that exclude each other.
 */
export function nearMisses(selector: Selector, components: Iterable<Component>): readonly string[] {
  const all = [...components];
  const hints: string[] = [];
  for (const terms of selector.alternatives) {
    for (const term of terms) {
      if (term.kind !== 'attribute' || all.some((component) => matchesTerm(term, component))) continue;
      const values = all.flatMap((component) => valueOf(component, term.key) ?? []);
      if (values.length > 0)
        hints.push(...nearest(term.pattern, values).map((value) => `${term.key}=${value}`));
      else {
        const keys = ['id', 'kind', ...all.flatMap((component) => Object.keys(component.attributes))];
        hints.push(...nearest(term.key, keys).map((key) => `${key}=${term.pattern}`));
      }
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
