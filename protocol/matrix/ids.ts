// Identifiers of the Matrix specification as brands: parsed once at the edge, trusted inside.
// https://spec.matrix.org/v1.16/appendices/#identifier-grammar
import type { Brand } from '../brand.ts';

export type EventId = Brand<string, 'EventId'>;
export type RoomId = Brand<string, 'RoomId'>;
export type UserId = Brand<string, 'UserId'>;
export type ServerName = Brand<string, 'ServerName'>;

/** The part after the first colon of `@user:server`, `!room:server` or a v1/v2 `$event:server`; undefined without one. */
export function serverNameOf(id: string): ServerName | undefined {
  const colon = id.indexOf(':');
  return colon < 0 ? undefined : (id.slice(colon + 1) as ServerName);
}

/** From version 12 a room's id is its create event's: this is that event. */
export function createEventId(roomId: RoomId): EventId {
  return `$${roomId.slice(1)}` as EventId;
}
