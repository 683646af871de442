// Events that were sent to this server and that it could not take: a log for those who ask why it does not have them.
import type { Effects, StoredState } from '../../core.ts';
import type { MatrixEvent } from '../event.ts';
import type { EventId, RoomId } from '../ids.ts';

/** Why an event was not taken. */
export type RefusalReason =
  | 'predecessors-missing' // and the server that sent it did not tell them
  | 'authority-missing'
  | 'state-unknown' // of a predecessor that is missing
  | 'unverifiable-key' // nobody could tell a key of its server that was valid then
  | 'signature' // or its form is not good
  | 'access-list'
  | 'not-joined' // nobody of this server was in the room
  | 'pruned'; // from a staging queue that had grown too long

const prefix = 'refused/';

export class RefusedEvents {
  readonly #reasons = new Map<EventId, RefusalReason>();
  /** Rooms of which something was dropped that nobody could vouch for. */
  readonly #rooms = new Set<RoomId>();

  constructor(stored: StoredState | undefined) {
    for (const [key, value] of stored ?? [])
      if (key.startsWith(prefix))
        this.#reasons.set(key.slice(prefix.length) as EventId, value as RefusalReason);
  }

  get(eventId: EventId): RefusalReason | undefined {
    return this.#reasons.get(eventId);
  }

  note(eventId: EventId, reason: RefusalReason, out: Effects): void {
    if (this.#reasons.get(eventId) === reason) return;
    this.#reasons.set(eventId, reason);
    out.persist(prefix + eventId, reason);
  }

  /** An event of this room that nobody can vouch for: what is built on it has no place here. */
  noteUnverifiable({ eventId, roomId }: MatrixEvent, out: Effects): void {
    this.#rooms.add(roomId);
    this.note(eventId, 'unverifiable-key', out);
  }

  hasUnverifiable(roomId: RoomId): boolean {
    return this.#rooms.has(roomId);
  }

  /** The event was taken after all. */
  taken(eventId: EventId, out: Effects): void {
    if (this.#reasons.delete(eventId)) out.persist(prefix + eventId, undefined);
  }
}
