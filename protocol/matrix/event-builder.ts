// New events: from a draft and what it is to cite to a hashed and signed PDU.
import { assert } from '../assert.ts';
import type { JsonObject } from './canonical-json.ts';
import type { MatrixEvent } from './event.ts';
import { parseEvent } from './event-format.ts';
import { contentHash, referenceHash } from './hashes.ts';
import { toBase64 } from '../bytes.ts';
import type { EventId, RoomId, UserId } from './ids.ts';
import type { RoomVersionRules } from './room-version.ts';
import { hashAndSignEvent, type SigningKey } from './signing.ts';

/** What an event is to say, and what it cites. */
export interface EventDraft {
  readonly type: string;
  /** Left out for message events. */
  readonly stateKey?: string | undefined;
  /** Left out for the create event of a room whose id is that event. */
  readonly roomId?: RoomId | undefined;
  readonly sender: UserId;
  readonly content: JsonObject;
  readonly originServerTs: number;
  readonly depth: number;
  readonly prevEvents: readonly EventId[];
  readonly authEvents: readonly EventId[];
}

/** Finds the events that a version 1 or 2 event cites with their hashes. */
export type CitedPdu = (eventId: EventId) => JsonObject | undefined;

/**
 * The signed event of a draft. For room versions 1 and 2 `cited` gives the events referred to, whose hashes go into
 * the references, and `localId` the local part of the event's explicit id.
 */
export function buildEvent(
  draft: EventDraft,
  rules: RoomVersionRules,
  key: SigningKey,
  explicit?: { readonly localId: string; readonly cited: CitedPdu },
): MatrixEvent {
  const references = (ids: readonly EventId[]): JsonObject[string] => {
    if (rules.eventIdFormat !== 'explicit') return ids;
    return ids.map((id) => {
      const cited = explicit?.cited(id);
      assert(cited !== undefined, `${id} is cited with its hash and must be at hand`);
      return [id, { sha256: toBase64(referenceHash(cited, rules)) }];
    });
  };
  const pdu: JsonObject = {
    type: draft.type,
    ...(draft.stateKey === undefined ? {} : { state_key: draft.stateKey }),
    ...(draft.roomId === undefined ? {} : { room_id: draft.roomId }),
    sender: draft.sender,
    content: draft.content,
    origin_server_ts: draft.originServerTs,
    depth: draft.depth,
    prev_events: references(draft.prevEvents),
    auth_events: references(draft.authEvents),
    ...(rules.eventIdFormat === 'explicit'
      ? { event_id: `$${explicit?.localId ?? contentHash(draft.content)}:${key.server}` }
      : {}),
  };
  const parsed = parseEvent(hashAndSignEvent(pdu, rules, key), rules);
  assert(parsed.ok, `a built event is not valid: ${parsed.ok ? '' : parsed.detail}`);
  return parsed.value;
}
