// What a room promises to the people in it, stated anew from the text of the specification and not by the code of the rules: an event
// that breaks one has come in although some rule should have kept it out. Where deployed servers go further than the text,
// so do these. https://spec.matrix.org/v1.16/rooms/v12/#authorization-rules and its siblings
import { fromBase64 } from '../../protocol/bytes.ts';
import {
  createKey,
  joinRulesKey,
  memberKey,
  powerLevelsKey,
  stateMapKey,
  type AuthState,
} from '../../protocol/matrix/auth-state.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import { serverNameOf } from '../../protocol/matrix/ids.ts';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import { verifyJson } from '../../protocol/matrix/signing.ts';

/** An event, and the state that it meets. */
class Encounter {
  readonly event: MatrixEvent;
  readonly #state: AuthState;

  constructor(event: MatrixEvent, state: AuthState) {
    this.event = event;
    this.#state = state;
  }

  /** What a membership event says; nothing for others, or where it says nothing. */
  get membership(): string {
    const { membership } = this.event.content;
    return this.isMember && typeof membership === 'string' ? membership : '';
  }
  get target(): string {
    return this.event.stateKey ?? '';
  }
  get isMember(): boolean {
    return this.event.type === 'm.room.member';
  }
  get create(): MatrixEvent | undefined {
    return this.#state(createKey);
  }
  get levels(): JsonObject {
    return this.#state(powerLevelsKey)?.content ?? {};
  }
  get hasLevels(): boolean {
    return this.#state(powerLevelsKey) !== undefined;
  }

  is(user: string, ...memberships: readonly string[]): boolean {
    const now = this.#state(memberKey(user))?.content['membership'];
    return memberships.includes(typeof now === 'string' ? now : 'leave');
  }
  entry(type: string, stateKey: string): MatrixEvent | undefined {
    return this.#state(stateMapKey(type, stateKey));
  }
  get joinRule(): JsonValue {
    return this.#state(joinRulesKey)?.content['join_rule'] ?? 'invite';
  }

  /** The level asked for by one of the names at the top of the power levels. */
  asked(name: string, otherwise: number): number {
    return levelOf(this.levels[name]) ?? otherwise;
  }
  isCreator(user: string): boolean {
    const { create } = this;
    if (create === undefined) return false;
    const { creatorIsSender, creatorsHaveInfinitePower } = this.event.rules;
    const more = create.content['additional_creators'];
    return (
      user === (creatorIsSender ? create.sender : create.content['creator']) ||
      (creatorsHaveInfinitePower && Array.isArray(more) && (more as readonly JsonValue[]).includes(user))
    );
  }
  power(user: string): number {
    if (this.event.rules.creatorsHaveInfinitePower && this.isCreator(user)) return Infinity;
    if (!this.hasLevels) return this.isCreator(user) ? 100 : 0;
    return levelOf(at(this.levels['users'], user)) ?? this.asked('users_default', 0);
  }
}

const at = (map: JsonValue | undefined, key: string): JsonValue | undefined =>
  isJsonObject(map) && Object.hasOwn(map, key) ? map[key] : undefined;
const isInteger = (value: JsonValue | undefined): value is number => Number.isSafeInteger(value);
/** Room versions before 10 take integers in strings, too. */
const levelOf = (value: JsonValue | undefined): number | undefined =>
  isInteger(value)
    ? value
    : typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)
      ? Number(value)
      : undefined;
const isUser = (name: JsonValue): boolean => typeof name === 'string' && /^@[^:]*:./s.test(name);
const topLevels = ['users_default', 'events_default', 'state_default', 'ban', 'redact', 'kick', 'invite'];

type Promised = (met: Encounter) => boolean;

/** The creator’s join directly after the beginning, which the rules allow before they ask who sends it. */
function isFirstJoin(met: Encounter): boolean {
  const { create, event } = met;
  if (create === undefined || met.membership !== 'join') return false;
  const [first, ...others] = event.prevEvents;
  // Until version 10 the creator is who the create event says, from then on its sender.
  const creator = event.rules.creatorIsSender ? create.sender : create.content['creator'];
  return first === create.eventId && others.length === 0 && met.target === creator;
}

/** Whether a user comes into the room by a join that the room’s join rule allows. */
function joinIsAllowed(met: Encounter): boolean {
  const { event, target } = met;
  const { knocking, restrictedJoins, knockRestrictedJoins } = event.rules;
  const { joinRule } = met;
  if (joinRule === 'public') return true;
  const isAsked = met.is(target, 'invite', 'join');
  if (joinRule === 'invite' || (joinRule === 'knock' && knocking)) return isAsked;
  const isRestricted =
    (joinRule === 'restricted' && restrictedJoins) ||
    (joinRule === 'knock_restricted' && knockRestrictedJoins);
  if (!isRestricted) return false;
  const by = event.content['join_authorised_via_users_server'];
  return isAsked || (typeof by === 'string' && met.is(by, 'join') && met.power(by) >= met.asked('invite', 0));
}

/** Whether an identity server has said that the invited user owns the address which the sender had invited. */
function inviteIsProved(met: Encounter): boolean {
  const { event, target } = met;
  const signed = at(event.content['third_party_invite'], 'signed');
  if (!isJsonObject(signed)) return false;
  const { mxid, token, signatures } = signed;
  if (typeof token !== 'string' || mxid !== target || !isJsonObject(signatures)) return false;
  const original = met.entry('m.room.third_party_invite', token);
  const key = original?.content['public_key'];
  const bytes = typeof key === 'string' ? fromBase64(key) : undefined;
  return (
    original?.sender === event.sender &&
    bytes !== undefined &&
    Object.keys(signatures).some((server) => verifyJson(signed, server, () => bytes))
  );
}

/** Whether everything that a change of levels adds, alters or takes away is within the sender’s own level. */
function staysWithinOwnLevel(met: Encounter): boolean {
  const { event } = met;
  if (!met.hasLevels || event.stateKey !== '') return true;
  const own = met.power(event.sender);
  const isWithin = (before: JsonValue | undefined, after: JsonValue | undefined): boolean => {
    const [old, wanted] = [levelOf(before), levelOf(after)];
    return old === wanted || ((old ?? -Infinity) <= own && (wanted ?? -Infinity) <= own);
  };
  const maps = ['events', 'users', ...(event.rules.limitNotificationLevels ? ['notifications'] : [])];
  return (
    topLevels.every((name) => isWithin(at(met.levels, name), at(event.content, name))) &&
    maps.every((map) => {
      const [before, after] = [at(met.levels, map), at(event.content, map)];
      const names = [before, after].flatMap((each) => (isJsonObject(each) ? Object.keys(each) : []));
      return names.every((name) => isWithin(at(before, name), at(after, name)));
    })
  );
}

/** Whether only those are given another level who have less than the sender, himself aside. */
function leavesPeersAlone(met: Encounter): boolean {
  const { event } = met;
  if (!met.hasLevels || event.stateKey !== '') return true;
  const users = at(met.levels, 'users');
  return Object.keys(isJsonObject(users) ? users : {}).every((user) => {
    const [old, wanted] = [levelOf(at(users, user)), levelOf(at(event.content['users'], user))];
    return user === event.sender || old === undefined || old === wanted || old < met.power(event.sender);
  });
}

function levelsAreLevels({ event: { content, rules } }: Encounter): boolean {
  const isMap = (map: JsonValue | undefined, is: (value: JsonValue) => boolean): boolean =>
    map === undefined || (isJsonObject(map) && Object.values(map).every((value) => is(value as JsonValue)));
  const { users } = content;
  const isLevel = (value: JsonValue): boolean => levelOf(value) !== undefined;
  return (
    isMap(users, rules.integerPowerLevels ? isInteger : isLevel) &&
    (!isJsonObject(users) || Object.keys(users).every(isUser)) &&
    (!rules.integerPowerLevels ||
      (topLevels.every((name) => content[name] === undefined || isInteger(content[name])) &&
        isMap(content['events'], isInteger) &&
        isMap(content['notifications'], isInteger)))
  );
}

const ofType =
  (type: string, promised: Promised): Promised =>
  (met) =>
    met.event.type !== type || promised(met);
const ofMembership =
  (membership: string, promised: Promised): Promised =>
  (met) =>
    met.membership !== membership || promised(met);
/** A leave that somebody else sends: a kick, or the lifting of a ban. */
const ofOthers =
  (promised: Promised): Promised =>
  (met) =>
    met.membership !== 'leave' || met.event.sender === met.target || promised(met);
const isProof = ({ event }: Encounter): boolean => event.content['third_party_invite'] !== undefined;
const isOwnServers = ({ event }: Encounter): boolean =>
  event.rules.specialCaseAliases && event.type === 'm.room.aliases';
const asksTheSender = (met: Encounter): boolean =>
  !met.isMember && met.event.type !== 'm.room.create' && !isOwnServers(met);

/** What must hold between an event that is taken in and the state that it meets. */
const promises: Readonly<Record<string, Promised>> = {
  'a room has a beginning': ({ event, create }) => event.type === 'm.room.create' || create !== undefined,
  'a room of one server stays there': ({ event, create, isMember, target }) =>
    create?.content['m.federate'] !== false ||
    [event.sender, ...(isMember ? [target] : [])].every(
      (user) => serverNameOf(user) === serverNameOf(create.sender),
    ),
  'a server names its own aliases': (met) =>
    !isOwnServers(met) || met.event.stateKey === serverNameOf(met.event.sender),
  'memberships are known ones, and somebody’s': ({ event, isMember, membership }) =>
    !isMember ||
    (event.stateKey !== undefined &&
      ['join', 'invite', 'leave', 'ban', ...(event.rules.knocking ? ['knock'] : [])].includes(membership)),
  'people join by themselves': ofMembership('join', ({ event, target }) => event.sender === target),
  'who is banned stays out': (met) =>
    !['join', 'invite', 'knock'].includes(met.membership) || !met.is(met.target, 'ban'),
  'people come in by the join rule': ofMembership('join', joinIsAllowed),
  'members invite': ofMembership('invite', (met) => isProof(met) || met.is(met.event.sender, 'join')),
  'who is in needs no invitation': ofMembership(
    'invite',
    (met) => isProof(met) || !met.is(met.target, 'join'),
  ),
  'inviting needs its level': (met) =>
    met.event.type === 'm.room.third_party_invite'
      ? met.power(met.event.sender) >= met.asked('invite', 0)
      : met.membership !== 'invite' || isProof(met) || met.power(met.event.sender) >= met.asked('invite', 0),
  'an invitation to an address is proved': ofMembership(
    'invite',
    (met) => !isProof(met) || inviteIsProved(met),
  ),
  'who leaves was there': ofMembership(
    'leave',
    (met) => met.event.sender !== met.target || met.is(met.target, 'join', 'invite', 'knock'),
  ),
  'members kick': ofOthers((met) => met.is(met.event.sender, 'join')),
  'kicking needs its level': ofOthers(
    (met) =>
      met.power(met.event.sender) >= met.asked('kick', 50) &&
      met.power(met.target) < met.power(met.event.sender),
  ),
  'pardoning needs its level': ofOthers(
    (met) => !met.is(met.target, 'ban') || met.power(met.event.sender) >= met.asked('ban', 50),
  ),
  'members ban': ofMembership('ban', (met) => met.is(met.event.sender, 'join')),
  'banning needs its level': ofMembership(
    'ban',
    (met) =>
      met.power(met.event.sender) >= met.asked('ban', 50) &&
      met.power(met.target) < met.power(met.event.sender),
  ),
  'people knock by themselves, from outside, where they may': ofMembership(
    'knock',
    (met) =>
      met.event.sender === met.target &&
      !met.is(met.target, 'invite', 'join') &&
      (met.joinRule === 'knock' ||
        (met.joinRule === 'knock_restricted' && met.event.rules.knockRestrictedJoins)),
  ),
  'members speak': (met) => !asksTheSender(met) || met.is(met.event.sender, 'join'),
  'every type needs its level': (met) => {
    const { type, sender, stateKey } = met.event;
    if (!asksTheSender(met) || type === 'm.room.third_party_invite') return true;
    const otherwise =
      stateKey === undefined ? met.asked('events_default', 0) : met.asked('state_default', 50);
    return met.power(sender) >= (levelOf(at(met.levels['events'], type)) ?? otherwise);
  },
  'what is about somebody is his': (met) =>
    !asksTheSender(met) ||
    met.event.type === 'm.room.third_party_invite' ||
    !met.target.startsWith('@') ||
    met.target === met.event.sender,
  'levels are levels': ofType('m.room.power_levels', levelsAreLevels),
  'creators have no level': ofType(
    'm.room.power_levels',
    (met) =>
      !met.event.rules.creatorsHaveInfinitePower ||
      !Object.keys((met.event.content['users'] ?? {}) as JsonObject).some((user) => met.isCreator(user)),
  ),
  'nobody reaches above himself': ofType('m.room.power_levels', staysWithinOwnLevel),
  'nobody demotes his peers': ofType('m.room.power_levels', leavesPeersAlone),
  'redacting what is of another server needs its level': ofType('m.room.redaction', (met) => {
    const { rules, sender, pdu, eventId } = met.event;
    if (!rules.redactionAuthorisedOnReceipt || met.power(sender) >= met.asked('redact', 50)) return true;
    const redacted = pdu['redacts'];
    return typeof redacted !== 'string' || serverNameOf(redacted) === serverNameOf(eventId);
  }),
};

/** The first promise that an event breaks in the face of this state; undefined when none. */
export function brokenTowards(event: MatrixEvent, state: AuthState): string | undefined {
  const met = new Encounter(event, state);
  if (isFirstJoin(met)) return undefined;
  return Object.keys(promises).find((name) => promises[name]?.(met) === false);
}

/** What must hold of an event itself, and of what it cites as authority. */
export function brokenByItself(
  event: MatrixEvent,
  cited: readonly MatrixEvent[],
  isRejected: (event: MatrixEvent) => boolean,
): string | undefined {
  const { rules, type } = event;
  if (type === 'm.room.create') return isBeginning(event) ? undefined : 'a room begins once, and properly';
  const keys = cited.map(({ stateMapKey }) => stateMapKey);
  if (new Set(keys).size < keys.length) return 'authority is cited once';
  if (keys.some((key) => key === undefined || !event.authKeys.includes(key)))
    return 'only authority is cited';
  if (cited.some(isRejected)) return 'what was rejected is no authority';
  if (cited.some(({ roomId }) => roomId !== event.roomId)) return 'authority is of the same room';
  if (!rules.roomIdIsCreateEvent && !keys.includes(createKey)) return 'a room has a beginning';
  return undefined;
}

function isBeginning({ rules, prevEvents, pdu, content, roomId, sender }: MatrixEvent): boolean {
  const version = content['room_version'] ?? '1';
  const more = content['additional_creators'] ?? [];
  return (
    prevEvents.length === 0 &&
    (rules.roomIdIsCreateEvent
      ? pdu['room_id'] === undefined
      : serverNameOf(roomId) === serverNameOf(sender)) &&
    typeof version === 'string' &&
    specifiedRoomVersions.get(version) !== undefined &&
    (rules.creatorIsSender || content['creator'] !== undefined) &&
    (!rules.creatorsHaveInfinitePower ||
      (Array.isArray(more) && (more as readonly JsonValue[]).every(isUser)))
  );
}
