// What a server says of its copy of a room's state, key by key, so that reports can tell on which keys servers differ.
import type { Effects, RefusedPart } from '../core.ts';
import type { UserMessageId } from '../message.ts';
import { splitStateMapKey } from './auth-state.ts';
import type { MatrixEvent } from './event.ts';
import type { HostedRoom } from './hosted-room.ts';
import { StateMap } from './state-map.ts';

/** The state as it was before something was taken in, and whether the server was in the room by it. */
interface Before {
  readonly state: StateMap;
  readonly isJoined: boolean;
}

/** Types of events in which somebody says something. */
const speech: ReadonlySet<string> = new Set(['m.room.message', 'm.room.encrypted', 'm.sticker']);

/** A state key as reports name it: `m.room.topic`, `m.room.member @ada:elm.example`. */
export function entryName(key: string): string {
  const [type, stateKey] = splitStateMapKey(key);
  return stateKey === '' ? type : `${type} ${stateKey}`;
}

/** An event that has no effect here, and which keys of the state speak against it that its sender saw otherwise. */
export function refusedPart(
  room: HostedRoom,
  event: MatrixEvent,
  message: UserMessageId | undefined,
): RefusedPart {
  const { eventId, type } = event;
  const isSpeech = speech.has(type);
  const disputed = room.disputedBy(event).map(entryName);
  return { object: room.roomId, id: eventId, isSpeech, message, disputed };
}

/** Says what has changed. A server that has only now come into the room says all of it, one that is not in it nothing. */
export function tellEntries(room: HostedRoom, before: Before, out: Effects): void {
  if (!room.isJoined) return;
  if (before.isJoined) tell(room, 'last', before.state, out);
  else tell(room, 'nothing', StateMap.empty, out);
}

/** After a restart: what differs from the copy with which the run began, since the disk may be older than the last word. */
export function tellEntriesAgain(room: HostedRoom, out: Effects): void {
  if (!room.isJoined) return;
  const { stateAtStart } = room;
  if (stateAtStart === undefined) tell(room, 'nothing', StateMap.empty, out);
  else tell(room, 'start', stateAtStart, out);
}

function tell(room: HostedRoom, since: 'last' | 'start' | 'nothing', former: StateMap, out: Effects): void {
  const current = room.currentState();
  const changes = StateMap.keysInConflict([former, current]).map((key) => ({
    entry: entryName(key),
    before: former.getKey(key),
    after: current.getKey(key),
  }));
  out.observe({ kind: 'replica-entries', object: room.roomId, since, changes });
}
