// What can be searched: state resolution by itself, or a messaging system. A batch of either comes to the same kind of result.
import { present } from '../../protocol/assert.ts';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import { searchRooms, type RoomFinding } from '../../scenarios/search/resolution/search-rooms.ts';
import type { RoomRecipe } from '../../scenarios/search/rooms/recipe.ts';
import {
  searchRuns,
  shrinkSighting,
  type RunFinding,
  type RunSighting,
} from '../../scenarios/search/systems/search-runs.ts';
import { scenarioOf } from '../../scenarios/search/systems/scenario-of-recipe.ts';
import { entriesOf } from '../../scenarios/search/systems/shrink-recipe.ts';
import type { SystemRecipe } from '../../scenarios/search/systems/system-recipe.ts';
import { ownSystems } from '../../sim/systems/registry.ts';

/** The target that is no system. */
export const resolutionTarget = 'state-resolution';

/** Everything that can be searched: not what is other people's code, of which a run takes minutes. */
export function searchTargets(): readonly string[] {
  return [resolutionTarget, ...ownSystems.keys()];
}

/** A batch: what it is about, and what the search knows so far. */
export interface BatchJob {
  readonly target: string;
  /** Of state resolution. */
  readonly roomVersion: string;
  readonly seed: number;
  /** Number of its first room or run in the whole search. */
  readonly first: number;
  readonly rooms: number;
  /** Of state resolution: further merges to look at in every room with gaps. */
  readonly merges: number;
  readonly corpus: readonly unknown[];
  readonly met: readonly string[];
  readonly known: readonly string[];
}

/** A finding of either kind, with how large it is: events of a room, or entries of a run. */
export type Finding = {
  readonly name: string;
  /** Number of the room or run. */
  readonly room: number;
  readonly size: number;
  readonly words: string;
} & (
  | { readonly kind: 'resolution'; readonly finding: RoomFinding }
  | { readonly kind: 'scenario'; readonly finding: RunFinding }
);

/** What a batch came to. */
export interface BatchResult {
  readonly rooms: number;
  readonly counts: Readonly<Record<'resolutions' | 'large' | 'messages' | 'events', number>>;
  readonly situations: readonly (readonly [string, number])[];
  readonly fresh: readonly unknown[];
  readonly met: readonly (readonly [string, number])[];
  readonly findings: readonly Finding[];
  /** Of a system: what is still to be made small, see {@link ShrinkJob}. */
  readonly sightings: readonly RunSighting[];
}

/** A run of a system that broke something, to be made small: that takes as long as many batches, and is done once for each name. */
export interface ShrinkJob {
  readonly target: string;
  readonly sighting: RunSighting;
}

/** Makes a sighting small in this thread. */
export function runShrink({ target, sighting }: ShrinkJob): Finding {
  const finding = shrinkSighting(sighting, present(ownSystems.get(target), `system ${target}`));
  const { name, run: room, entries: size, violation } = finding;
  return { kind: 'scenario', name, room, size, words: violation.words, finding };
}

/** A sighting as it was drawn, for whom there is no time to make it small. */
export function asDrawn({ target, sighting }: ShrinkJob): Finding {
  const { name, violation, run: room, recipe } = sighting;
  const scenario = scenarioOf(recipe, present(ownSystems.get(target), `system ${target}`));
  const [size, { seed }] = [entriesOf(recipe), recipe];
  const finding = { name, violation, run: room, entries: size, seed, scenario };
  return { kind: 'scenario', name, room, size, words: violation.words, finding };
}

/** Runs a batch in this thread. */
export function runBatch({ target, roomVersion, corpus, rooms, merges, ...batch }: BatchJob): BatchResult {
  if (target === resolutionTarget) {
    const rules = present(specifiedRoomVersions.get(roomVersion), `room version ${roomVersion}`);
    const { resolutions, large, findings, ...result } = searchRooms(
      { ...batch, rooms, merges, corpus: corpus as readonly RoomRecipe[] },
      rules,
    );
    return {
      ...result,
      counts: { resolutions, large, messages: 0, events: 0 },
      findings: findings.map((finding) => ({
        kind: 'resolution',
        name: finding.name,
        room: finding.room,
        size: finding.problem.events.length,
        words: finding.violation.words,
        finding,
      })),
      sightings: [],
    };
  }
  const system = present(ownSystems.get(target), `system ${target}`);
  const { runs, messages, events, ...result } = searchRuns(
    { ...batch, runs: rooms, corpus: corpus as readonly SystemRecipe[] },
    system,
  );
  return {
    ...result,
    rooms: runs,
    counts: { resolutions: 0, large: 0, messages, events },
    findings: [],
  };
}
