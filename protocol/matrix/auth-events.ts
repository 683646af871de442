// Which events an event must cite as its authority.
// https://spec.matrix.org/v1.16/server-server-api/#auth-events-selection
import { isJsonObject, type JsonObject } from './canonical-json.ts';
import { createKey, joinRulesKey, memberKey, powerLevelsKey, stateMapKey } from './auth-state.ts';
import type { RoomVersionRules } from './room-version.ts';

/** What the selection depends on. */
export interface AuthSubject {
  readonly type: string;
  readonly stateKey: string | undefined;
  readonly sender: string;
  readonly content: JsonObject;
}

/** State map keys of the auth events selection for an event, in the specification's order. */
export function authEventKeys(event: AuthSubject, rules: RoomVersionRules): readonly string[] {
  const select = rules.authRules?.authEvents;
  return select === undefined
    ? specifiedKeys(event, rules)
    : select(event, () => specifiedKeys(event, rules));
}

function specifiedKeys(event: AuthSubject, rules: RoomVersionRules): readonly string[] {
  if (event.type === 'm.room.create') return [];
  const keys = [powerLevelsKey, memberKey(event.sender)];
  // From version 12 the room id implies the create event, which is not to be selected.
  if (!rules.roomIdIsCreateEvent) keys.unshift(createKey);
  if (event.type === 'm.room.member') addMemberKeys(event, rules, keys);
  return keys;
}

function addMemberKeys(event: AuthSubject, rules: RoomVersionRules, keys: string[]): void {
  const { stateKey, sender, content } = event;
  const { membership } = content;
  if (stateKey !== undefined && stateKey !== sender) keys.push(memberKey(stateKey));
  if (membership === 'join' || membership === 'invite' || membership === 'knock') keys.push(joinRulesKey);
  if (membership === 'invite') {
    const token = thirdPartyToken(content);
    if (token !== undefined) keys.push(stateMapKey('m.room.third_party_invite', token));
  }
  const authoriser = content['join_authorised_via_users_server'];
  if (rules.restrictedJoins && membership === 'join' && typeof authoriser === 'string') {
    const key = memberKey(authoriser);
    if (!keys.includes(key)) keys.push(key);
  }
}

/** The token of the third-party invite that an invite redeems. */
export function thirdPartyToken(content: JsonObject): string | undefined {
  const invite = content['third_party_invite'];
  const signed = isJsonObject(invite) ? invite['signed'] : undefined;
  const token = isJsonObject(signed) ? signed['token'] : undefined;
  return typeof token === 'string' ? token : undefined;
}
