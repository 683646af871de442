// The final states of rooms in a form that two runs can be compared by: what stands where, who put it there, and what it says.
import type { Core } from '../../protocol/core.ts';
import { splitStateMapKey } from '../../protocol/matrix/auth-state.ts';
import { encodeCanonicalJson } from '../../protocol/matrix/canonical-json.ts';
import { homeserverView } from '../../protocol/matrix/homeserver.ts';
import { compareCodePoints } from '../../protocol/order.ts';
import type { SharedObject } from './system.ts';

/** Rooms of the homeservers among these cores. Ids of events are left out: they hash the instants at which events were made. */
export function roomStates(cores: readonly Core[]): readonly SharedObject[] {
  const found: SharedObject[] = [];
  for (const core of cores) {
    for (const room of homeserverView(core)?.rooms() ?? []) {
      const entries: string[] = [];
      for (const [key, eventId] of room.currentState().entries()) {
        const event = room.find(eventId)?.event;
        if (event === undefined) continue;
        const [type, stateKey] = splitStateMapKey(key);
        entries.push(JSON.stringify([type, stateKey, event.sender, encodeCanonicalJson(event.content)]));
      }
      found.push({ object: room.roomId, entries: entries.sort(compareCodePoints) });
    }
  }
  return found;
}
