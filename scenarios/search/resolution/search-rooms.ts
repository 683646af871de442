// A batch of the search for weaknesses of state resolution: rooms drawn or varied, played, and what they broke shrunk. A
// function of its task alone, so that batches may run anywhere and the search is the same whatever the number of workers.
import fc from 'fast-check';
import type { RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import type { SearchBatch } from '../batch.ts';
import { Coverage } from '../coverage.ts';
import { mutatedRooms } from '../rooms/mutated-rooms.ts';
import type { RoomRecipe } from '../rooms/recipe.ts';
import { swarmRooms } from '../rooms/room-arbitraries.ts';
import type { Violation } from './invariants.ts';
import { withNames } from './named-events.ts';
import { playForResolutions, type FoundInRoom, type ResolutionCounts } from './play-for-resolutions.ts';
import { violationsOf } from './outcome.ts';
import type { ResolutionProblem } from './problem.ts';
import { problemDocument, type ProblemDocument } from './problem-document.ts';
import { shrinkProblem } from './shrink-problem.ts';

/** What a batch is to do. */
export interface RoomBatch extends SearchBatch<RoomRecipe> {
  readonly rooms: number;
  /** Further merges to look at in every room with gaps. */
  readonly merges?: number;
}

/** A weakness, as small as it could be made. */
export interface RoomFinding {
  /** Findings of one name are one finding. */
  readonly name: string;
  readonly violation: Violation;
  /** Number of the room that showed it. */
  readonly room: number;
  /** Events of the resolution that showed it, before shrinking. */
  readonly eventsBefore: number;
  readonly problem: ProblemDocument;
}

/** What a batch came to. */
export interface RoomBatchResult extends ResolutionCounts {
  readonly rooms: number;
  readonly situations: readonly (readonly [string, number])[];
  readonly fresh: readonly RoomRecipe[];
  /** How often each finding was met. */
  readonly met: readonly (readonly [string, number])[];
  readonly findings: readonly RoomFinding[];
}

/** What findings are told apart by: the invariant, what would cure it, and whether somebody forged authority. */
export function findingName({ invariant, remedy }: Violation, isForged: boolean): string {
  return [invariant, ...(remedy === undefined ? [] : [remedy]), ...(isForged ? ['forged'] : [])].join(' ');
}

/** Whether somebody cites authority of his own choice, or sends what his own server refuses. */
function isForged({ steps }: RoomRecipe): boolean {
  return steps.some(({ cite, forced }) => cite !== 0 || forced !== 0);
}

/** The room of this number. */
export function roomNumber(number: number, seed: number, corpus: readonly RoomRecipe[]): RoomRecipe {
  const fresh = swarmRooms();
  const rooms = corpus.length === 0 ? fresh : fc.oneof(fresh, mutatedRooms(corpus));
  const [room] = fc.sample(rooms, { seed: (Math.imul(seed, 0x9e3779b1) + number) | 0, numRuns: 1 });
  if (room === undefined) throw new RangeError('fast-check drew no room');
  return room;
}

/** Runs a batch. */
export function searchRooms(batch: RoomBatch, rules: RoomVersionRules): RoomBatchResult {
  const situations = new Coverage();
  const met = new Coverage();
  const known = new Set(batch.known);
  const seen = new Set(batch.met);
  const fresh: RoomRecipe[] = [];
  const findings: RoomFinding[] = [];
  let resolutions = 0;
  let large = 0;
  for (let room = batch.first; room < batch.first + batch.rooms; room++) {
    const recipe = roomNumber(room, batch.seed, batch.corpus);
    const played = playForResolutions(recipe, rules, batch.merges);
    resolutions += played.counts.resolutions;
    large += played.counts.large;
    situations.merge(played.situations.entries());
    const news = played.situations.entries().filter(([situation]) => !seen.has(situation));
    for (const [situation] of news) seen.add(situation);
    if (news.length > 0) fresh.push(recipe);
    for (const found of played.found) {
      const name = findingName(found.violation, isForged(recipe));
      met.add(name);
      if (known.has(name)) continue;
      known.add(name);
      findings.push(shrunk(found, name, room));
    }
  }
  return {
    rooms: batch.rooms,
    situations: situations.entries(),
    fresh,
    met: met.entries(),
    findings,
    resolutions,
    large,
  };
}

/** The finding made small, told anew as it then is. */
function shrunk(found: FoundInRoom, name: string, room: number): RoomFinding {
  const { violation } = found;
  const problem = found.problem();
  const isForgedFinding = name.endsWith(' forged');
  const same = (candidate: ResolutionProblem): Violation | undefined =>
    violationsOf(violation.invariant, candidate).find((each) => findingName(each, isForgedFinding) === name);
  const small = shrinkProblem(problem, (candidate) => same(candidate) !== undefined);
  const named = withNames(small);
  const best = same(named) === undefined ? small : named;
  return {
    name,
    violation: same(best) ?? violation,
    room,
    eventsBefore: problem.events.length,
    problem: problemDocument(best),
  };
}
