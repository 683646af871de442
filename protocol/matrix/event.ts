// A persistent data unit (PDU) as netsplit holds it: parsed once, immutable, shared by every simulated server.
import { utf8Length } from '../bytes.ts';
import { authEventKeys } from './auth-events.ts';
import { stateMapKey } from './auth-state.ts';
import { encodeCanonicalJson, type JsonObject } from './canonical-json.ts';
import type { EventId, RoomId, UserId } from './ids.ts';
import type { RoomVersionRules } from './room-version.ts';

/** What is read from a PDU. */
export interface EventFields {
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
}

/**
 * One event of a room in federation format, with what its bytes alone decide. What a server thinks of it
 * (accepted, rejected, soft-failed, redacted) is that server's own fact and is kept elsewhere.
 * https://spec.matrix.org/v1.16/server-server-api/#pdus
 */
export interface MatrixEvent extends EventFields {
  /** Bytes of its canonical JSON, as it travels. */
  readonly byteLength: number;
  /** Where a state event stands in a state; undefined for message events. */
  readonly stateMapKey: string | undefined;
  /** State map keys of its auth events selection. */
  readonly authKeys: readonly string[];
}

/** An event that works out once, and only when asked, what follows from its fields. */
export class ParsedEvent implements MatrixEvent {
  readonly rules: RoomVersionRules;
  readonly eventId: EventId;
  readonly roomId: RoomId;
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly sender: UserId;
  readonly originServerTs: number;
  readonly depth: number;
  readonly prevEvents: readonly EventId[];
  readonly authEvents: readonly EventId[];
  readonly content: JsonObject;
  readonly pdu: JsonObject;
  readonly stateMapKey: string | undefined;
  #byteLength: number | undefined;
  #authKeys: readonly string[] | undefined;

  /** `byteLength` may be left out where nobody has measured the event yet. */
  constructor(fields: EventFields, byteLength?: number) {
    this.rules = fields.rules;
    this.eventId = fields.eventId;
    this.roomId = fields.roomId;
    this.type = fields.type;
    this.stateKey = fields.stateKey;
    this.sender = fields.sender;
    this.originServerTs = fields.originServerTs;
    this.depth = fields.depth;
    this.prevEvents = fields.prevEvents;
    this.authEvents = fields.authEvents;
    this.content = fields.content;
    this.pdu = fields.pdu;
    this.stateMapKey = fields.stateKey === undefined ? undefined : stateMapKey(fields.type, fields.stateKey);
    this.#byteLength = byteLength;
  }

  get byteLength(): number {
    this.#byteLength ??= utf8Length(encodeCanonicalJson(this.pdu));
    return this.#byteLength;
  }

  get authKeys(): readonly string[] {
    this.#authKeys ??= authEventKeys(this, this.rules);
    return this.#authKeys;
  }
}

/** What makes an event again, under the same rules or others. */
export function fieldsOf(event: MatrixEvent): Omit<EventFields, 'rules'> {
  const { eventId, roomId, type, stateKey, sender, originServerTs, depth } = event;
  const { prevEvents, authEvents, content, pdu } = event;
  return {
    eventId,
    roomId,
    type,
    stateKey,
    sender,
    originServerTs,
    depth,
    prevEvents,
    authEvents,
    content,
    pdu,
  };
}
