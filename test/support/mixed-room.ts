// Rooms in which one server goes by other rules than the rest: what both hold, one may accept and the other reject.
import type { RoomVersionRules } from '../../protocol/matrix/room-version.ts';
import type { Room } from '../../protocol/matrix/room.ts';
import { roomNumber } from '../../scenarios/search/resolution/search-rooms.ts';
import { RoomWorld } from '../../scenarios/search/rooms/room-world.ts';

/** Whether a server rejects an event; undefined where it does not hold it. */
function rejects(room: Room, eventId: Parameters<Room['verdict']>[0]): boolean | undefined {
  const verdict = room.verdict(eventId);
  return verdict === undefined ? undefined : verdict.kind === 'rejected';
}

/** The first room in which a server by the mutant rules disagrees with one by the right ones; undefined within the budget. */
export function firstDisagreement(
  rules: RoomVersionRules,
  mutant: RoomVersionRules,
  budget: number,
): number | undefined {
  for (let number = 0; number < budget; number++) {
    const recipe = roomNumber(number, 1, []);
    if (recipe.servers < 2) continue;
    const world = new RoomWorld(recipe, rules, {}, mutant);
    world.play();
    world.heal();
    // With a gap servers may differ honestly; without any, the graph alone decides who is rejected.
    if (world.servers.some(({ hasGap }) => hasGap)) continue;
    const rooms = world.servers.map(({ room }) => room);
    const disagree = world.events.some(({ eventId }) => {
      const verdicts = new Set(rooms.flatMap((room) => rejects(room, eventId) ?? []));
      return verdicts.size > 1;
    });
    if (disagree) return number;
  }
  return undefined;
}
