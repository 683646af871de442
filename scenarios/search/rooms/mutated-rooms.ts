// Rooms made from others that led somewhere new: two spliced together, and some steps replaced, doubled or left out.
import fc from 'fast-check';
import type { RoomRecipe, RoomStep } from './recipe.ts';
import { anyStep } from './room-arbitraries.ts';

const mostSteps = 160;

/** Variations of these rooms, of which there is at least one. */
export function mutatedRooms(corpus: readonly RoomRecipe[]): fc.Arbitrary<RoomRecipe> {
  const known = fc.constantFrom(...corpus);
  return fc
    .record({
      first: known,
      second: known,
      isSpliced: fc.boolean(),
      cut: fc.nat(mostSteps),
      changes: fc.array(fc.record({ at: fc.nat(mostSteps), how: fc.nat(3), step: anyStep }), {
        minLength: 1,
        maxLength: 8,
      }),
    })
    .map(({ first, second, isSpliced, cut, changes }) => {
      const steps: RoomStep[] = isSpliced
        ? [...first.steps.slice(0, cut), ...second.steps.slice(cut)]
        : [...first.steps];
      for (const { at, how, step } of changes) {
        const index = steps.length === 0 ? 0 : at % steps.length;
        const there = steps[index] ?? step;
        if (how === 0)
          steps[index] = {
            ...step,
            skew: there.skew,
            back: there.back,
            cite: there.cite,
            forced: there.forced,
          };
        else if (how === 1)
          steps.splice(index, 0, { ...there, kind: step.kind, who: step.who, whom: step.whom });
        else if (how === 2) steps.splice(index, 1);
        else steps[index] = { ...there, value: step.value, whom: step.whom };
      }
      return { ...first, steps: steps.slice(0, mostSteps) };
    });
}
