// Redaction: what is left of an event when its content is stripped to what the protocol itself needs.
// https://spec.matrix.org/v1.16/rooms/v11/#redactions and the sections of the same name for earlier versions
import { isJsonObject, setOwn, type JsonObject, type JsonValue } from './canonical-json.ts';
import type { RedactionTraits, RoomVersionRules } from './room-version.ts';

// In the order of canonical JSON, so that what is hashed next needs no sorting.
const topLevelKeys = [
  'auth_events',
  'content',
  'depth',
  'event_id',
  'hashes',
  'origin_server_ts',
  'prev_events',
  'room_id',
  'sender',
  'signatures',
  'state_key',
  'type',
];
const withObsoleteKeys = [...topLevelKeys, 'membership', 'origin', 'prev_state'].sort();

/** Content keys kept by event type. */
function keptContentKeys(type: string, traits: RedactionTraits): readonly string[] | 'all' {
  switch (type) {
    case 'm.room.member':
      return traits.keepsAuthorisingUser
        ? ['membership', 'join_authorised_via_users_server']
        : ['membership'];
    case 'm.room.create':
      return traits.keepsCreateContent ? 'all' : ['creator'];
    case 'm.room.join_rules':
      return traits.keepsJoinRuleAllow ? ['join_rule', 'allow'] : ['join_rule'];
    case 'm.room.power_levels': {
      const keys = [
        'ban',
        'events',
        'events_default',
        'kick',
        'redact',
        'state_default',
        'users',
        'users_default',
      ];
      return traits.keepsInviteLevel ? [...keys, 'invite'] : keys;
    }
    case 'm.room.aliases':
      return traits.keepsAliases ? ['aliases'] : [];
    case 'm.room.history_visibility':
      return ['history_visibility'];
    case 'm.room.redaction':
      return traits.keepsRedacts ? ['redacts'] : [];
    default:
      return [];
  }
}

function pick(object: JsonObject, keys: readonly string[]): Record<string, JsonValue | undefined> {
  const kept: Record<string, JsonValue | undefined> = {};
  for (const key of keys) if (Object.hasOwn(object, key)) setOwn(kept, key, object[key]);
  return kept;
}

/** The redacted form of a PDU, without `unsigned`. */
export function redact(pdu: JsonObject, rules: RoomVersionRules): JsonObject {
  const traits = rules.redaction;
  const redacted = pick(pdu, traits.keepsObsoleteTopLevelKeys ? withObsoleteKeys : topLevelKeys);
  // Where the create event makes the room id it cannot hold it.
  if (rules.roomIdIsCreateEvent && pdu['type'] === 'm.room.create') delete redacted['room_id'];
  redacted['content'] = redactContent(pdu['type'], pdu['content'], traits);
  return redacted;
}

function redactContent(
  type: JsonValue | undefined,
  content: JsonValue | undefined,
  traits: RedactionTraits,
): JsonObject {
  if (!isJsonObject(content)) return {};
  const keys = typeof type === 'string' ? keptContentKeys(type, traits) : [];
  if (keys === 'all') return content;
  const kept = pick(content, keys);
  if (type === 'm.room.member' && traits.keepsThirdPartyInviteSigned) {
    const invite = content['third_party_invite'];
    if (isJsonObject(invite)) kept['third_party_invite'] = pick(invite, ['signed']);
  }
  return kept;
}
