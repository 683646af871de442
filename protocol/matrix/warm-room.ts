// A room as it is after long quiet use: created by one user and joined by the others, every event hashed and signed as
// its server would have done. https://spec.matrix.org/v1.16/client-server-api/#creation
import { present } from '../assert.ts';
import { authEventKeys } from './auth-events.ts';
import { stateMapKey } from './auth-state.ts';
import type { JsonObject } from './canonical-json.ts';
import { signedEvent } from './event-builder.ts';
import type { MatrixEvent } from './event.ts';
import type { WarmRoom } from './homeserver-config.ts';
import { serverNameOf, type EventId, type RoomId, type ServerName, type UserId } from './ids.ts';
import type { RoomVersionRules } from './room-version.ts';
import type { SigningKey } from './signing.ts';

/** What a room is made from. */
export interface WarmRoomPlan {
  readonly rules: RoomVersionRules;
  /** The part before the colon of the room's id, in versions whose room ids are not hashes. */
  readonly localId: string;
  /** The creator first. Everybody else was invited by the creator, or came by themselves when the room is public. */
  readonly members: readonly UserId[];
  readonly joinRule: 'invite' | 'public';
  /** Members are equals: everybody may change the room, as in a direct chat. */
  readonly membersAreEqual: boolean;
  /** Members with more power than others, by user. */
  readonly powers?: ReadonlyMap<UserId, number>;
  /** When the first event was made, ms since 1970; the others follow each second. */
  readonly createdAtMs: number;
  keyOf(server: ServerName): SigningKey;
}

/** Between two events of a room that is being set up. */
const stepMs = 1_000;

class RoomMaker {
  readonly #plan: WarmRoomPlan;
  readonly #state = new Map<string, EventId>();
  readonly events: MatrixEvent[] = [];
  #roomId: RoomId | undefined;

  constructor(plan: WarmRoomPlan) {
    this.#plan = plan;
  }

  get roomId(): RoomId {
    return present(this.#roomId, 'room id of a created room');
  }

  create(sender: UserId, content: JsonObject): void {
    const { rules, localId } = this.#plan;
    if (!rules.roomIdIsCreateEvent) this.#roomId = `!${localId}:${serverOf(sender)}` as RoomId;
    this.add('m.room.create', '', sender, content);
    this.#roomId = this.events[0]?.roomId;
  }

  add(type: string, stateKey: string, sender: UserId, content: JsonObject): void {
    const { rules, createdAtMs } = this.#plan;
    const previous = this.events.at(-1);
    const authKeys = authEventKeys({ type, stateKey, sender, content }, rules);
    const pdu: JsonObject = {
      auth_events: authKeys.map((key) => this.#state.get(key)).filter((id) => id !== undefined),
      content,
      depth: this.events.length + 1,
      origin_server_ts: createdAtMs + this.events.length * stepMs,
      prev_events: previous === undefined ? [] : [previous.eventId],
      ...(this.#roomId === undefined ? {} : { room_id: this.#roomId }),
      sender,
      state_key: stateKey,
      type,
    };
    const event = signedEvent(pdu, rules, this.#plan.keyOf(serverOf(sender)));
    this.events.push(event);
    this.#state.set(stateMapKey(type, stateKey), event.eventId);
  }
}

function serverOf(user: UserId): ServerName {
  return present(serverNameOf(user), `server of ${user}`);
}

/** Users beside the creator who may do everything: creators themselves where creators stand above power levels. */
function equalsOf({ members, membersAreEqual }: WarmRoomPlan): readonly UserId[] {
  return membersAreEqual ? members.slice(1) : [];
}

function powerLevels(plan: WarmRoomPlan, creator: UserId): JsonObject {
  const { creatorsHaveInfinitePower } = plan.rules;
  const powerful = creatorsHaveInfinitePower ? [] : [creator, ...equalsOf(plan)];
  const powers = [...(plan.powers ?? [])].filter(([user]) => user !== creator || !creatorsHaveInfinitePower);
  return {
    ban: 50,
    events: {
      'm.room.power_levels': 100,
      'm.room.tombstone': plan.rules.creatorsHaveInfinitePower ? 150 : 100,
    },
    events_default: 0,
    invite: 0,
    kick: 50,
    redact: 50,
    state_default: 50,
    users: Object.fromEntries([...powerful.map((user) => [user, 100] as const), ...powers]),
    users_default: 0,
  };
}

/** Makes the room. */
export function makeWarmRoom(plan: WarmRoomPlan): WarmRoom {
  const { rules, members, joinRule } = plan;
  const creator = present(members[0], 'creator of a room');
  const maker = new RoomMaker(plan);
  const equals = rules.creatorsHaveInfinitePower ? equalsOf(plan) : [];
  maker.create(creator, {
    room_version: rules.id,
    ...(rules.creatorIsSender ? {} : { creator }),
    ...(equals.length === 0 ? {} : { additional_creators: equals }),
  });
  maker.add('m.room.member', creator, creator, { membership: 'join' });
  maker.add('m.room.power_levels', '', creator, powerLevels(plan, creator));
  maker.add('m.room.join_rules', '', creator, { join_rule: joinRule });
  maker.add('m.room.encryption', '', creator, { algorithm: 'm.megolm.v1.aes-sha2' });
  for (const member of members.slice(1)) {
    if (joinRule === 'invite') maker.add('m.room.member', member, creator, { membership: 'invite' });
    maker.add('m.room.member', member, member, { membership: 'join' });
  }
  return { roomId: maker.roomId, rules, events: maker.events };
}
