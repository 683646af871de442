// State-resolution problems for somebody else's implementation: every different resolution of rooms drawn at random.
import type { RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import { RoomWorld } from '../rooms/room-world.ts';
import { frontGroups, openFronts } from './front-groups.ts';
import { problemOf, type ResolutionProblem } from './problem.ts';
import { roomNumber } from './search-rooms.ts';
import { withWitness } from './watch-resolutions.ts';

/** Of one room only so many: rooms differ more from each other than the resolutions of one. */
const mostOfOneRoom = 12;

/** Problems without end, the same for the same seed. */
export function* problemsOfRooms(rules: RoomVersionRules, seed: number): Generator<ResolutionProblem> {
  for (let room = 0; ; room++) {
    const problems: ResolutionProblem[] = [];
    const seen = new Set<string>();
    const take = (problem: ResolutionProblem): void => {
      const name = problem.stateSets
        .map((ids) => [...ids].sort().join())
        .sort()
        .join(' ');
      if (seen.has(name)) return;
      seen.add(name);
      problems.push(problem);
    };
    const watched = withWitness(rules, (states, _resolved, context) =>
      take(problemOf(states, context, world.events)),
    );
    const world: RoomWorld = new RoomWorld(roomNumber(room, seed, []), watched);
    world.play();
    const context = openFronts(world, rules);
    for (const states of frontGroups(world)) take(problemOf(states, context, world.events));
    world.heal();
    const every = Math.max(1, Math.ceil(problems.length / mostOfOneRoom));
    yield* problems.filter((_problem, index) => index % every === 0);
  }
}
