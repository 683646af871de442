// Writes rooms for benches: events with genuine hashes and ids that cite what they must. Signatures are of the right
// length and say nothing: no bench of state resolution looks at them.
import { toBase64 } from '../../../protocol/bytes.ts';
import { authEventKeys } from '../../../protocol/matrix/auth-events.ts';
import { stateMapKey } from '../../../protocol/matrix/auth-state.ts';
import type { JsonObject } from '../../../protocol/matrix/canonical-json.ts';
import { contentHash, eventIdOf, referenceHash, roomIdOfCreate } from '../../../protocol/matrix/hashes.ts';
import { serverNameOf, type EventId, type RoomId, type UserId } from '../../../protocol/matrix/ids.ts';
import type { RoomVersionRules } from '../../../protocol/matrix/room-version.ts';

/** An event of a written room. */
export interface WrittenEvent {
  readonly eventId: EventId;
  readonly pdu: JsonObject;
}

/** What an event says. */
export interface Statement {
  readonly type: string;
  /** Left out for message events. */
  readonly stateKey?: string;
  readonly sender: UserId;
  readonly content: JsonObject;
  /** `origin_server_ts`; a second after the event before it when left out. */
  readonly at?: number;
}

/** 2026-01-01T00:00:00Z. */
export const firstTimestamp = 1_767_225_600_000;
const placeholderSignature = 'A'.repeat(86);

/** Where the next event of one branch of a room goes. */
export class RoomWriter {
  readonly rules: RoomVersionRules;
  #events: WrittenEvent[] = [];
  /** In versions 1 and 2 references carry the hash of what they refer to. */
  #hashes = new Map<EventId, string>();
  #state = new Map<string, EventId>();
  #tips: readonly EventId[] = [];
  #depth = 0;
  #at = firstTimestamp;
  #roomId: RoomId | undefined;

  constructor(rules: RoomVersionRules) {
    this.rules = rules;
  }

  /** Events of all branches, causes first. */
  get events(): readonly WrittenEvent[] {
    return this.#events;
  }

  /** The room's id, once there is a create event. */
  get roomId(): RoomId {
    return this.#roomId ?? ('' as RoomId);
  }

  /** Event ids of this branch's state. */
  get state(): readonly EventId[] {
    return [...this.#state.values()];
  }

  /** Another branch that begins where this one is. */
  branch(): RoomWriter {
    const other = new RoomWriter(this.rules);
    other.#events = this.#events;
    other.#hashes = this.#hashes;
    other.#state = new Map(this.#state);
    other.#tips = this.#tips;
    other.#depth = this.#depth;
    other.#at = this.#at;
    other.#roomId = this.#roomId;
    return other;
  }

  /** The room's first event. */
  create(sender: UserId): void {
    const { rules } = this;
    if (!rules.roomIdIsCreateEvent) this.#roomId = `!bench:${serverNameOf(sender) ?? ''}` as RoomId;
    const content = { room_version: rules.id, ...(rules.creatorIsSender ? {} : { creator: sender }) };
    const id = this.add({ type: 'm.room.create', stateKey: '', sender, content });
    if (rules.roomIdIsCreateEvent) this.#roomId = roomIdOfCreate(id);
  }

  /** Appends an event to this branch. */
  add(statement: Statement): EventId {
    const { type, stateKey, sender, content } = statement;
    const { rules } = this;
    const subject = { type, stateKey, sender, content };
    const authEvents = authEventKeys(subject, rules).flatMap((key) => this.#state.get(key) ?? []);
    const server = serverNameOf(sender) ?? '';
    this.#at = statement.at ?? this.#at + 1_000;
    this.#depth++;
    const explicitId = { event_id: `$${this.#events.length}:${server}` };
    const body: JsonObject = {
      auth_events: this.#references(authEvents),
      content,
      depth: this.#depth,
      ...(rules.eventIdFormat === 'explicit' ? explicitId : {}),
      origin_server_ts: this.#at,
      prev_events: this.#references(this.#tips),
      ...(this.#roomId === undefined ? {} : { room_id: this.#roomId }),
      sender,
      ...(stateKey === undefined ? {} : { state_key: stateKey }),
      type,
    };
    const pdu: JsonObject = {
      ...body,
      hashes: { sha256: contentHash(body) },
      signatures: { [server]: { 'ed25519:1': placeholderSignature } },
    };
    const eventId = eventIdOf(pdu, rules) as EventId;
    if (rules.eventIdFormat === 'explicit') this.#hashes.set(eventId, toBase64(referenceHash(pdu, rules)));
    this.#events.push({ eventId, pdu });
    this.#tips = [eventId];
    if (stateKey !== undefined) this.#state.set(stateMapKey(type, stateKey), eventId);
    return eventId;
  }

  #references(ids: readonly EventId[]): JsonObject[string] {
    if (this.rules.eventIdFormat !== 'explicit') return ids;
    return ids.map((id) => [id, { sha256: this.#hashes.get(id) ?? '' }]);
  }
}
