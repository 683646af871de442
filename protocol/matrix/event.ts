// A persistent data unit (PDU) as netsplit holds it: parsed once, immutable, shared by every simulated server.
import type { JsonObject } from './canonical-json.ts';
import type { EventId, RoomId, UserId } from './ids.ts';
import type { RoomVersionRules } from './room-version.ts';

/**
 * One event of a room in federation format, with what its bytes alone decide. What a server thinks of it
 * (accepted, rejected, soft-failed, redacted) is that server's own fact and is kept elsewhere.
 * https://spec.matrix.org/v1.16/server-server-api/#pdus
 */
export interface MatrixEvent {
  readonly rules: RoomVersionRules;
  readonly eventId: EventId;
  /** From version 12 the create event has no `room_id`: this is then `!` + its own hash. */
  readonly roomId: RoomId;
  readonly type: string;
  /** Undefined for message events. */
  readonly stateKey: string | undefined;
  readonly sender: UserId;
  readonly originServerTs: number;
  readonly depth: number;
  readonly prevEvents: readonly EventId[];
  readonly authEvents: readonly EventId[];
  readonly content: JsonObject;
  /** The event as it travels, `unsigned` removed. Never changed. */
  readonly pdu: JsonObject;
  /** Bytes of its canonical JSON, as it travels. */
  readonly byteLength: number;
}
