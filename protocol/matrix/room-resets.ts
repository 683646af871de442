// State resets in a run: every merge that a server made of differing states, looked at once.
import { compareCodePoints } from '../order.ts';
import { Ancestry } from './ancestry.ts';
import { splitStateMapKey } from './auth-state.ts';
import type { HomeserverView } from './homeserver-context.ts';
import type { HostedRoom } from './hosted-room.ts';
import type { EventId, RoomId, ServerName } from './ids.ts';
import type { Room } from './room.ts';
import { stateResets, type StateReset } from './stored-state/state-reset.ts';

/** A reset at a server, where it first happened there. */
export interface RoomReset extends StateReset {
  readonly roomId: RoomId;
  readonly server: ServerName;
  /** The event before which the states were merged; undefined for the front as it is at the end. */
  readonly eventId: EventId | undefined;
  /** Whether the server judged part of the room by states that others told: it did not see all of the past itself. */
  readonly isBehindGap: boolean;
}

/**
 * Every state reset in the merges that these servers have made; each once, at the first server that has it. What a front
 * came to between two events, and no event has tied together since, is not looked at.
 */
export function findStateResets(servers: readonly HomeserverView[]): readonly RoomReset[] {
  const found = new Map<string, RoomReset>();
  for (const server of servers)
    for (const room of server.rooms())
      for (const reset of resetsIn(room, server.serverName)) {
        const name = `${reset.roomId} ${reset.key} ${reset.resolved ?? ''} ${reset.lost.join()}`;
        if (!found.has(name)) found.set(name, reset);
      }
  return [...found.values()];
}

function* resetsIn(room: HostedRoom, server: ServerName): Generator<RoomReset> {
  const isBehindGap = room.toldByOthers().length > 0;
  const { roomId } = room;
  for (const { eventId, reset } of room.stateResets())
    yield { ...reset, roomId, server, eventId, isBehindGap };
}

/** A reset in one room, and the event before which the states were merged; undefined: at the front. */
export interface MergeReset {
  readonly eventId: EventId | undefined;
  readonly reset: StateReset;
}

/** Resets in the merges of states that differ: before events with several predecessors, and at the front. */
export function* stateResetsOf(room: Room): Generator<MergeReset> {
  const ancestry = new Ancestry([...room.events()].sort((left, right) => left.depth - right.depth));
  const seen = new Set<string>();
  for (const event of [...room.arrivals(), undefined]) {
    const before = event?.prevEvents ?? room.forwardExtremities;
    if (before.length < 2) continue;
    // Behind a gap the merge was made with a state that another server told, and is not known here any more.
    if (!before.every((id) => room.has(id))) continue;
    const distinct = [...new Set(before.flatMap((id) => room.stateAfter(id) ?? []))];
    if (distinct.length < 2) continue;
    const name = distinct
      .map(({ digest }) => digest)
      .sort(compareCodePoints)
      .join();
    if (seen.has(name)) continue;
    seen.add(name);
    for (const reset of stateResets(distinct, room.resolutionContext, ancestry))
      yield { eventId: event?.eventId, reset };
  }
}

/** Which entry was reset, from what to what, in which merge, and why. */
export function resetInWords(
  { key, resolved, lost, refusals, eventId }: StateReset & Pick<MergeReset, 'eventId'>,
  senderOf: (id: EventId) => string | undefined,
): string {
  const nameOf = (id: EventId): string => `${id} of ${senderOf(id) ?? 'somebody'}`;
  const [type, stateKey] = splitStateMapKey(key);
  const losses = lost.map((id, index) => {
    const rule = refusals[index];
    const why =
      rule === undefined ? 'was allowed and then overtaken by an older one' : `was refused by ${rule}`;
    return `${nameOf(id)}, which ${why}`;
  });
  const where = eventId === undefined ? 'at the end' : `before ${eventId}`;
  const now = resolved === undefined ? 'to nothing' : `back to ${nameOf(resolved)}`;
  return `${type} ${JSON.stringify(stateKey)} goes ${where} from ${losses.join(' and ')}, ${now}; nothing revoked it`;
}
