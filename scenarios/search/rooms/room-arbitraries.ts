// Rooms as fast-check arbitraries. Swarm testing: each room switches kinds of steps off and on and gives those that are on
// wildly different weights, since what happens all the time keeps other things from happening at all.
// Groce et al., Swarm Testing, ISSTA 2012, https://doi.org/10.1145/2338965.2336763
import fc from 'fast-check';
import { openings, stepKinds, type RoomRecipe, type RoomStep } from './recipe.ts';

/** How large rooms may become. */
export interface RoomConstraints {
  /** @defaultValue 5 */
  readonly maxServers?: number;
  /** @defaultValue 8 */
  readonly maxUsers?: number;
  /** @defaultValue 120 */
  readonly maxSteps?: number;
}

const mostValue = 40;
const largestSkew = 1_000;

/** Any step at all. */
export const anyStep: fc.Arbitrary<RoomStep> = fc.record({
  kind: fc.nat(stepKinds.length - 1),
  who: fc.nat(7),
  whom: fc.nat(7),
  value: fc.nat(mostValue),
  skew: fc.integer({ min: -largestSkew, max: largestSkew }),
  back: fc.nat(mostValue),
  cite: fc.nat(mostValue),
  forced: fc.nat(1),
});

/** Any recipe at all, evenly: the space in which shrinking looks for smaller ones. */
export function plainRooms(constraints: RoomConstraints = {}): fc.Arbitrary<RoomRecipe> {
  const { maxServers = 5, maxUsers = 8, maxSteps = 120 } = constraints;
  return fc.record({
    servers: fc.integer({ min: 1, max: maxServers }),
    users: fc.integer({ min: 1, max: maxUsers }),
    powers: fc.array(fc.nat(7), { maxLength: maxUsers }),
    steps: fc.array(anyStep, { maxLength: maxSteps }),
  });
}

/** Off more often than not; otherwise from seldom to nearly always. */
const weight: fc.Arbitrary<number> = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.constantFrom(1, 3, 10, 30) },
);

/** A feature that is off in most rooms, and in the others at work in one step of so many. */
const oneIn: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.constantFrom(2, 5, 20) },
);

/** Nearly always as usual. */
const opening: fc.Arbitrary<number> = fc.oneof(
  { weight: 30, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.nat(openings.length - 1) },
);

interface Swarm {
  readonly servers: number;
  readonly users: number;
  readonly length: number;
  readonly weights: readonly number[];
  readonly skewIn: number;
  readonly skew: number;
  readonly backIn: number;
  readonly citeIn: number;
  readonly forcedIn: number;
}

/** Who forges authority mostly sends what his server refuses, too: apart both are rare, together they would be rarer still. */
const hostility: fc.Arbitrary<Pick<Swarm, 'citeIn' | 'forcedIn'>> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ citeIn: oneIn, forcedIn: oneIn }) },
  {
    weight: 1,
    arbitrary: fc.record({ citeIn: fc.constantFrom(2, 5, 20), forcedIn: fc.constantFrom(2, 5, 20) }),
  },
);

function swarms({ maxServers = 5, maxUsers = 8, maxSteps = 120 }: RoomConstraints): fc.Arbitrary<Swarm> {
  return fc
    .record({
      servers: fc.integer({ min: 1, max: maxServers }),
      users: fc.integer({ min: 2, max: Math.max(2, maxUsers) }),
      length: fc.constantFrom(...[6, 12, 25, 50, 80, 120].filter((steps) => steps <= maxSteps), maxSteps),
      weights: fc.array(weight, { minLength: stepKinds.length, maxLength: stepKinds.length }),
      skewIn: oneIn,
      skew: fc.constantFrom(2, 20, largestSkew),
      backIn: oneIn,
      hostility,
    })
    .map(({ hostility: hostile, ...swarm }) => ({ ...swarm, ...hostile }));
}

/** 0, or in one step of `every` something else. */
function seldom(every: number, otherwise: fc.Arbitrary<number>): fc.Arbitrary<number> {
  if (every === 0) return fc.constant(0);
  return fc.oneof({ weight: every - 1, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: otherwise });
}

function stepsOf(swarm: Swarm): fc.Arbitrary<RoomStep> {
  const weighted = swarm.weights.flatMap((each, kind) =>
    each === 0 ? [] : [{ weight: each, arbitrary: fc.constant(kind) }],
  );
  return fc.record({
    kind: weighted.length === 0 ? fc.nat(stepKinds.length - 1) : fc.oneof(...weighted),
    who: fc.nat(7),
    whom: fc.nat(7),
    value: fc.nat(mostValue),
    skew: seldom(swarm.skewIn, fc.integer({ min: -swarm.skew, max: swarm.skew })),
    back: seldom(swarm.backIn, fc.integer({ min: 1, max: mostValue })),
    cite: seldom(swarm.citeIn, fc.integer({ min: 1, max: mostValue })),
    forced: seldom(swarm.forcedIn, fc.constant(1)),
  });
}

/** Rooms as a search draws them. */
export function swarmRooms(constraints: RoomConstraints = {}): fc.Arbitrary<RoomRecipe> {
  const { maxUsers = 8 } = constraints;
  return swarms(constraints).chain((swarm) =>
    fc.record({
      servers: fc.constant(swarm.servers),
      users: fc.constant(swarm.users),
      powers: fc.array(fc.nat(7), { maxLength: maxUsers }),
      steps: fc.array(stepsOf(swarm), { minLength: Math.ceil(swarm.length / 2), maxLength: swarm.length }),
      opening,
    }),
  );
}
