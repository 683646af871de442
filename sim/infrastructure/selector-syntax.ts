// The grammar of selectors, and its parser.
//
//   selector := both (("or" | ",") both)*
//   both     := one ("and"? one)*
//   one      := "not" one | "(" selector ")" | "*" | key=pattern
//             | "within" <number> "km" "of" <latitude>,<longitude>
//             | "path" "from" <continent> "to" <continent>
import type { Rejection } from '../../protocol/outcome.ts';
import { continentCalled, continents, type Continent } from './continents.ts';
import { nearest } from './near-misses.ts';

/** A condition on a component. */
export type SelectorTerm =
  | { readonly kind: 'all'; readonly of: readonly SelectorTerm[] }
  | { readonly kind: 'any'; readonly of: readonly SelectorTerm[] }
  | { readonly kind: 'not'; readonly term: SelectorTerm }
  /** `key` is `id`, `kind` or an attribute; `pattern` may hold stars. */
  | { readonly kind: 'attribute'; readonly key: string; readonly pattern: string; readonly position: number }
  | {
      readonly kind: 'within';
      readonly metres: number;
      readonly latitude: number;
      readonly longitude: number;
    }
  /** Cables and backbone routes between two continents, in either direction. */
  | { readonly kind: 'path'; readonly from: Continent; readonly to: Continent }
  | { readonly kind: 'everything' };

/** A parsed selector. */
export interface Selector {
  readonly text: string;
  readonly term: SelectorTerm;
}

/** Where in the text a selector goes wrong: `position` counts characters from 0. */
export interface SelectorRejection extends Rejection {
  readonly position: number;
}

interface Token {
  readonly text: string;
  readonly position: number;
  readonly kind: 'word' | 'comma' | 'open' | 'close' | 'end';
}

class SelectorSyntaxError extends Error {
  readonly position: number;
  constructor(position: number, message: string) {
    super(message);
    this.position = position;
  }
}

const expected = 'expected key=value, "within ...", "path from ... to ...", "not", "(" or *';

/** Words, commas and parentheses. A comma inside quotes, or between two numbers after `of`, belongs to the word. */
function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const lexeme = /\s+|[,()]|(?:"[^"]*"|[^\s,()"])+/gy;
  const coordinates = /-?\d+(?:\.\d+)?\s*,\s*-?\d+(?:\.\d+)?/y;
  const punctuation: Readonly<Record<string, Token['kind']>> = { ',': 'comma', '(': 'open', ')': 'close' };
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
    if (found[0].trim() !== '')
      tokens.push({ text: found[0], position, kind: punctuation[found[0]] ?? 'word' });
  }
  return [...tokens, { text: '', position: text.length, kind: 'end' }];
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  whole(): SelectorTerm {
    const term = this.#either();
    if (this.#token.kind === 'close')
      throw new SelectorSyntaxError(this.#token.position, 'a ")" without its "("');
    return term;
  }

  get #token(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)] as Token;
  }

  #take(): Token {
    const token = this.#token;
    this.#next++;
    return token;
  }

  #isWord(word: string): boolean {
    return this.#token.kind === 'word' && this.#token.text === word;
  }

  #either(): SelectorTerm {
    const alternatives = [this.#both()];
    while (this.#token.kind === 'comma' || this.#isWord('or')) {
      this.#take();
      alternatives.push(this.#both());
    }
    const [only] = alternatives;
    return alternatives.length === 1 && only !== undefined ? only : { kind: 'any', of: alternatives };
  }

  #both(): SelectorTerm {
    const terms = [this.#one()];
    for (;;) {
      const { kind } = this.#token;
      if (this.#isWord('or') || (kind !== 'word' && kind !== 'open')) break;
      if (this.#isWord('and')) this.#take();
      terms.push(this.#one());
    }
    const [only] = terms;
    return terms.length === 1 && only !== undefined ? only : { kind: 'all', of: terms };
  }

  #one(): SelectorTerm {
    const token = this.#take();
    if (token.kind === 'open') {
      const inner = this.#either();
      if (this.#token.kind !== 'close')
        throw new SelectorSyntaxError(token.position, 'a "(" that is not closed');
      this.#take();
      return inner;
    }
    if (token.kind !== 'word' || token.text === 'or' || token.text === 'and')
      throw new SelectorSyntaxError(token.position, expected);
    if (token.text === 'not') return { kind: 'not', term: this.#one() };
    if (token.text === '*') return { kind: 'everything' };
    if (token.text === 'within') return this.#within();
    if (token.text === 'path') return this.#path();
    return attributeTerm(token);
  }

  #within(): SelectorTerm {
    const shape = 'expected "within <number> km of <latitude>,<longitude>"';
    const word = (fits: (text: string) => boolean): string => {
      const token = this.#token;
      if (token.kind !== 'word' || !fits(token.text)) throw new SelectorSyntaxError(token.position, shape);
      this.#take();
      return token.text;
    };
    const kilometres = word((text) => /^\d+(\.\d+)?$/.test(text));
    word((text) => text === 'km');
    word((text) => text === 'of');
    const centre = word((text) => {
      const [latitude = NaN, longitude = NaN] = text.split(',').map(Number);
      return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
    });
    const [latitude = 0, longitude = 0] = centre.split(',').map(Number);
    return { kind: 'within', metres: Math.round(Number(kilometres) * 1_000), latitude, longitude };
  }

  #path(): SelectorTerm {
    const shape = `expected "path from <continent> to <continent>"`;
    const keyword = (text: string): void => {
      if (!this.#isWord(text)) throw new SelectorSyntaxError(this.#token.position, shape);
      this.#take();
    };
    const continent = (): Continent => {
      const token = this.#take();
      const called = token.kind === 'word' ? continentCalled(token.text) : undefined;
      if (called !== undefined) return called;
      const near = nearest(token.text, continents);
      const known =
        near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known: ${continents.join(', ')}`;
      throw new SelectorSyntaxError(token.position, `${shape}; ${known}`);
    };
    keyword('from');
    const from = continent();
    keyword('to');
    return { kind: 'path', from, to: continent() };
  }
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

/** Reads a selector; what is wrong with it comes with its position in the text. */
export function parseSelector(
  text: string,
): { readonly ok: true; readonly value: Selector } | SelectorRejection {
  try {
    return { ok: true, value: { text, term: new Parser(text).whole() } };
  } catch (error) {
    if (!(error instanceof SelectorSyntaxError)) throw error;
    const detail = `${error.message} (at character ${error.position + 1} of "${text}")`;
    return { ok: false, rule: 'selector.syntax', detail, position: error.position };
  }
}
