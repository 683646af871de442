// Hashes of states that follow each other: always those of each state by itself.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventId } from '../../../protocol/matrix/ids.ts';
import { StateHasher } from '../../../protocol/matrix/state-hash.ts';
import { StateMap } from '../../../protocol/matrix/state-map.ts';

const id = (text: string): EventId => `$${text}` as EventId;

describe('the hash of a state', () => {
  it('is the same whatever was hashed before', () => {
    const anyKey = fc.oneof(
      fc.nat(400).map((number) => `@user${number}:hs`),
      // Astral planes sort otherwise in UTF-16 than by code point.
      fc.constantFrom('', '\uFFFD', '😀', '\u{10FFFF}', 'a', 'ab', '@'),
    );
    const anyChange = fc.tuple(anyKey, fc.option(fc.nat(9).map((number) => id(String(number)))));
    const anySteps = fc.array(fc.tuple(fc.array(anyChange, { maxLength: 40 }), fc.nat(100)), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(anySteps, fc.nat(900), (steps, members) => {
        const hasher = new StateHasher();
        const wide = StateMap.of(
          Array.from({ length: members }, (_, index) => [`m.room.member\0@user${index}:hs`, id('first')]),
        );
        const states = [StateMap.empty, wide];
        for (const [changes, from] of steps) {
          const base = states[from % states.length] ?? StateMap.empty;
          const state = base.with(changes.map(([key, to]) => [`m.room.member\0${key}`, to ?? undefined]));
          states.push(state);
          expect(hasher.sha256(state)).toBe(state.sha256());
        }
        for (const state of states) expect(hasher.sha256(state)).toBe(state.sha256());
      }),
      { numRuns: 60 },
    );
  });
});
