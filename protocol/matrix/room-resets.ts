// State resets in a run: every merge that a server made of differing states, looked at once.
import type { HomeserverView } from './homeserver-context.ts';
import type { HostedRoom } from './hosted-room.ts';
import type { EventId, RoomId, ServerName } from './ids.ts';
import type { StateReset } from './stored-state/state-reset.ts';

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
