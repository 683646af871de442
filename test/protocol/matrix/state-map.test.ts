// The persistent state map against a plain Map, and canonical JSON against an obvious writer.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8Length } from '../../../protocol/bytes.ts';
import {
  encodeCanonicalJson,
  measureCanonicalJson,
  type JsonValue,
} from '../../../protocol/matrix/canonical-json.ts';
import type { EventId } from '../../../protocol/matrix/ids.ts';
import { StateMap } from '../../../protocol/matrix/state-map.ts';

const someKey = fc.nat(60).map((number) => `type\0${number}`);
const someId = fc.nat(5).map((number) => `$${number}` as EventId);
/** Mostly single entries, sometimes many; undefined removes. */
const someChange = fc.array(fc.tuple(someKey, fc.option(someId, { nil: undefined })), {
  minLength: 1,
  maxLength: 4,
});

function apply(
  model: Map<string, EventId>,
  changes: readonly (readonly [string, EventId | undefined])[],
): void {
  for (const [key, id] of changes) {
    if (id === undefined) model.delete(key);
    else model.set(key, id);
  }
}

const entriesOf = (map: StateMap | Map<string, EventId>) =>
  [...map.entries()].sort(([left], [right]) => (left < right ? -1 : 1));

describe('a state map', () => {
  it('holds what a plain map would, keeps its earlier versions, and tells equal content by its digest', () => {
    fc.assert(
      fc.property(fc.array(someChange, { maxLength: 80 }), (steps) => {
        const model = new Map<string, EventId>();
        let state = StateMap.empty;
        const history: [StateMap, [string, EventId][]][] = [];
        for (const step of steps) {
          state = state.with(step);
          apply(model, step);
          history.push([state, entriesOf(model) as [string, EventId][]]);
        }
        for (const [earlier, entries] of history) {
          expect(entriesOf(earlier)).toEqual(entries);
          expect(earlier.size).toBe(entries.length);
          const visited: [string, EventId][] = [];
          earlier.forEach((key, id) => visited.push([key, id]));
          expect(visited.sort(([left], [right]) => (left < right ? -1 : 1))).toEqual(entries);
          for (const [key, id] of entries) expect(earlier.getKey(key)).toBe(id);
          const fresh = StateMap.of([...entries].reverse());
          expect(fresh.digest).toBe(earlier.digest);
          expect(fresh.equals(earlier)).toBe(true);
          expect(fresh.sha256()).toBe(earlier.sha256());
        }
      }),
    );
  });

  it('names the keys on which maps differ, whether they grew from one or share nothing', () => {
    fc.assert(
      fc.property(
        fc.array(someChange, { maxLength: 40 }),
        fc.array(fc.array(someChange, { maxLength: 12 }), { minLength: 2, maxLength: 4 }),
        (common, branches) => {
          const grow = (from: StateMap, steps: typeof common): StateMap =>
            steps.reduce((state, step) => state.with(step), from);
          const root = grow(StateMap.empty, common);
          const states = branches.map((steps) => grow(root, steps));
          const keys = new Set(states.flatMap((state) => [...state.entries()].map(([key]) => key)));
          const expected = [...keys].filter(
            (key) => new Set(states.map((state) => state.getKey(key))).size > 1,
          );
          expect([...StateMap.keysInConflict(states)].sort()).toEqual(expected.sort());
          const copies = states.map((state) => StateMap.of(state.entries()));
          expect([...StateMap.keysInConflict(copies)].sort()).toEqual(expected.sort());
        },
      ),
    );
  });

  it('counts an entry under another key, or another event, as another state', () => {
    const state = StateMap.empty.set('a', 'b', '$1' as EventId);
    expect(state.digest).not.toBe(StateMap.empty.set('ab', '', '$1' as EventId).digest);
    expect(state.digest).not.toBe(StateMap.empty.set('a', 'b', '$2' as EventId).digest);
    expect(state.with([['a\0b', undefined]]).digest).toBe(StateMap.empty.digest);
  });
});

/** JSON as events hold it: any strings, whole numbers. */
const { json } = fc.letrec<{ json: JsonValue }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom<JsonValue>(null, true, false),
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(
      fc.string({ unit: fc.constantFrom('a', 'b', '1', '\ue000', '\u{10000}', '"', '\n') }),
      tie('json'),
      {
        maxKeys: 5,
      },
    ),
  ),
}));

/** Sorts by the code points themselves and leaves strings to JSON. */
function obviously(value: JsonValue): string {
  if (Array.isArray(value)) return `[${(value as readonly JsonValue[]).map(obviously).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value === 0 ? 0 : value);
  const points = (text: string): string =>
    Array.from(text)
      .map((each) => each.codePointAt(0)!.toString(16).padStart(6, '0'))
      .join('');
  const entries = Object.entries(value).sort(([left], [right]) => (points(left) < points(right) ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${obviously(each ?? null)}`).join(',')}}`;
}

describe('canonical JSON', () => {
  it('is what an obvious writer writes, and its length is known without writing it', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = encodeCanonicalJson(value);
        expect(text).toBe(obviously(value));
        expect(measureCanonicalJson(value, true)).toEqual({ ok: true, value: utf8Length(text) });
      }),
      { numRuns: 500 },
    );
  });

  it('in its lenient form of room versions 1 to 5 takes numbers that the strict form refuses', () => {
    for (const number of [1.5, 2 ** 53, -(2 ** 60)]) {
      expect(measureCanonicalJson({ number }, false).ok).toBe(true);
      expect(measureCanonicalJson({ number }, true)).toMatchObject({
        ok: false,
        rule: 'canonical-json.number',
      });
    }
    expect(measureCanonicalJson(['\ud800'], false)).toMatchObject({ rule: 'canonical-json.surrogate' });
  });
});
