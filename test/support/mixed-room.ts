// Rooms in which one server goes by other rules than the rest: what both hold, one may accept and the other reject.
import { present } from '../../protocol/assert.ts';
import { Ancestry } from '../../protocol/matrix/ancestry.ts';
import { createKey, type AuthState } from '../../protocol/matrix/auth-state.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import { createEventId, type EventId } from '../../protocol/matrix/ids.ts';
import type { RoomVersionRules } from '../../protocol/matrix/room-version.ts';
import type { Room } from '../../protocol/matrix/room.ts';
import { resolutionInvariant } from '../../scenarios/search/resolution/invariants.ts';
import { roomNumber } from '../../scenarios/search/resolution/search-rooms.ts';
import type { RoomRecipe } from '../../scenarios/search/rooms/recipe.ts';
import { withWitness } from '../../scenarios/search/resolution/watch-resolutions.ts';
import { RoomWorld } from '../../scenarios/search/rooms/room-world.ts';
import { brokenByItself, brokenTowards } from './room-promises.ts';

/** Whether a server rejects an event; undefined where it does not hold it. */
function rejects(room: Room, eventId: Parameters<Room['verdict']>[0]): boolean | undefined {
  const verdict = room.verdict(eventId);
  return verdict === undefined ? undefined : verdict.kind === 'rejected';
}

/** What the specification says of every resolution, whatever became of its events. */
const keptByResolution = ['agreement-kept', 'nothing-invented'].map((id) =>
  present(resolutionInvariant(id), id),
);
const noAncestry = new Ancestry([]);

/** Plays a room whose servers all go by these rules; the first promise that an event breaks which one of them has taken in. */
export function firstBrokenPromise(recipe: RoomRecipe, rules: RoomVersionRules): string | undefined {
  let broken: string | undefined;
  let front: { readonly event: MatrixEvent; readonly room: Room; readonly state: AuthState } | undefined;
  const watched = withWitness(rules, (states, after, context) => {
    for (const invariant of keptByResolution)
      broken ??= invariant.violations({ states, context, ancestry: noAncestry }, after)[0]?.invariant;
  });
  const world: RoomWorld = new RoomWorld(recipe, watched, {
    onReceipt: (event, { room }) => {
      front = { event, room, state: room.authState(room.currentState) };
    },
    onVerdict: (verdict, event, { room }) => {
      if (broken !== undefined || verdict.kind === 'rejected') return;
      const find = (id: EventId): MatrixEvent => present(room.get(id), 'a cited event');
      const isRejected = ({ eventId }: MatrixEvent): boolean => room.verdict(eventId)?.kind === 'rejected';
      const cited = event.authEvents.map(find);
      broken = brokenByItself(event, cited, isRejected);
      if (event.type === 'm.room.create') return;
      const implied = rules.roomIdIsCreateEvent ? room.get(createEventId(event.roomId)) : undefined;
      if (implied !== undefined && isRejected(implied)) broken ??= 'a room has a beginning';
      const byCited: AuthState = (key) =>
        cited.find(({ stateMapKey }) => stateMapKey === key) ?? (key === createKey ? implied : undefined);
      const against = (name: string, state: AuthState): string | undefined => {
        const promise = brokenTowards(event, state);
        return promise === undefined ? undefined : `${promise} (${name})`;
      };
      const before = room.stateBefore(event.eventId);
      broken ??= against('by what it cites', byCited);
      // What was not taken into the graph, because its own server refused to send it, has no state.
      if (before !== undefined) broken ??= against('by the state before it', room.authState(before));
      if (verdict.kind === 'accepted' && front?.event === event && front.room === room)
        broken ??= against('by the current state', front.state);
    },
  });
  world.play();
  world.heal();
  return broken;
}

/** The first of so many rooms in which servers that all go by these rules break a promise. */
export function firstBreach(
  rules: RoomVersionRules,
  budget: number,
): { readonly room: number; readonly promise: string } | undefined {
  for (let room = 0; room < budget; room++) {
    const promise = firstBrokenPromise(roomNumber(room, 1, []), rules);
    if (promise !== undefined) return { room, promise };
  }
  return undefined;
}

/**
 * The first of so many rooms in which a server by the right rules disagrees with those that all go by the mutant ones: on whether
 * an event is rejected, or on the state where all know the same.
 */
export function firstDisagreement(
  mutant: RoomVersionRules,
  rules: RoomVersionRules,
  budget: number,
): number | undefined {
  for (let number = 0; number < budget; number++)
    if (isDisagreed(roomNumber(number, 1, []), mutant, rules)) return number;
  return undefined;
}

function isDisagreed(recipe: RoomRecipe, mutant: RoomVersionRules, rules: RoomVersionRules): boolean {
  if (recipe.servers < 2) return false;
  const world = new RoomWorld(recipe, mutant, {}, rules);
  world.play();
  world.heal();
  // With a gap servers may differ honestly; without any, the graph alone decides who is rejected.
  if (world.servers.some(({ hasGap }) => hasGap)) return false;
  const rooms = world.servers.map(({ room }) => room);
  const differ = world.events.some(({ eventId }) => {
    const verdicts = new Set(rooms.flatMap((room) => rejects(room, eventId) ?? []));
    const states = new Set(rooms.flatMap((room) => room.stateBefore(eventId)?.digest ?? []));
    return verdicts.size > 1 || states.size > 1;
  });
  const states = new Map<string, Set<string>>();
  for (const room of rooms) {
    const known = states.get(room.extremitiesDigest) ?? new Set();
    states.set(room.extremitiesDigest, known.add(room.currentState.digest));
  }
  return differ || [...states.values()].some(({ size }) => size > 1);
}

/** Where the loss of a rule shows first. */
export interface Detection {
  /** What fails among servers that are all mutants, and in which room; undefined where nothing does within the budget. */
  readonly whole: { readonly room: number; readonly promise: string } | undefined;
  /** The first room in which one server by the right rules stands out among mutants; not looked for after a whole world. */
  readonly mixed: number | undefined;
}

/** Looks for a mutant in whole worlds and mixed ones in turn, and goes on with whole ones for a while once a mixed one was found. */
export function detect(mutant: RoomVersionRules, rules: RoomVersionRules, budget: number): Detection {
  let mixed: number | undefined;
  for (let room = 0; room < (mixed === undefined ? budget : Math.max(150, 2 * mixed)); room++) {
    const recipe = roomNumber(room, 1, []);
    const promise = firstBrokenPromise(recipe, mutant);
    if (promise !== undefined) return { whole: { room, promise }, mixed };
    if (mixed === undefined && isDisagreed(recipe, mutant, rules)) mixed = room;
  }
  return { whole: undefined, mixed };
}
