// Small rooms written as tables, for tests of single authorisation rules: events with made-up ids, nothing signed.
import { present } from '../../protocol/assert.ts';
import { toBase64, utf8 } from '../../protocol/bytes.ts';
import { ed25519Signer, sha256 } from '../../protocol/crypto.ts';
import { checkStateDependentRules, checkStateIndependentRules } from '../../protocol/matrix/auth-rules.ts';
import type { JsonObject } from '../../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import { trustedEvent } from '../../protocol/matrix/event-format.ts';
import type { EventId, ServerName } from '../../protocol/matrix/ids.ts';
import {
  followingText,
  specifiedRoomVersions,
  type RoomVersionRules,
} from '../../protocol/matrix/room-version.ts';
import { signJson } from '../../protocol/matrix/signing.ts';
import type { Outcome } from '../../protocol/outcome.ts';

/** What differs from a message by the creator. `auth` names events of the room. */
export interface EventSketch {
  readonly type?: string;
  readonly key?: string;
  readonly sender?: string;
  readonly content?: JsonObject;
  readonly prev?: readonly string[];
  readonly auth?: readonly string[];
  readonly roomId?: string | undefined;
  readonly redacts?: string;
  /** Depth and origin_server_ts; 5 when left out. */
  readonly at?: number;
}

export const creator = '@creator:one';

/** The rules of a version; `11 text` is version 11 by the letter of the specification. */
export function rulesOf(name: string): RoomVersionRules {
  const [version = '', reading] = name.split(' ');
  const rules = present(specifiedRoomVersions.get(version), `room version ${version}`);
  return reading === 'text' ? followingText(rules) : rules;
}

/** An event named `$name`, or `$name:server` where ids tell their server. */
export function sketch(
  name: string,
  version: string,
  given: EventSketch,
  rules: RoomVersionRules = rulesOf(version),
): MatrixEvent {
  const { type = 'm.room.message', key, sender = creator, content = {}, prev = ['tip'], auth = [] } = given;
  const server = sender.slice(sender.indexOf(':') + 1);
  const idOf = (each: string): string => (rules.eventIdFormat === 'explicit' ? `$${each}:one` : `$${each}`);
  const references = (names: readonly string[]) =>
    names.map((each) => (rules.eventIdFormat === 'explicit' ? [idOf(each), {}] : idOf(each)));
  const roomId = 'roomId' in given ? given.roomId : rules.roomIdIsCreateEvent ? '!create' : '!room:one';
  const isNameless = rules.roomIdIsCreateEvent && type === 'm.room.create' && !('roomId' in given);
  const pdu: JsonObject = {
    type,
    sender,
    content,
    depth: given.at ?? 5,
    origin_server_ts: given.at ?? 5,
    prev_events: references(prev),
    auth_events: references(auth),
    ...(key === undefined ? {} : { state_key: key }),
    ...(isNameless || roomId === undefined ? {} : { room_id: roomId }),
    ...(given.redacts === undefined ? {} : { redacts: given.redacts }),
  };
  const id = rules.eventIdFormat === 'explicit' ? `$${name}:${server}` : `$${name}`;
  const event = trustedEvent(pdu, id as EventId, rules);
  if (!event.ok) throw new Error(event.detail);
  return event.value;
}

/** A room by name of event: a create event and the creator in it, and what else there is. */
export function sketchRoom(
  version: string,
  more: Readonly<Record<string, EventSketch>>,
): ReadonlyMap<string, MatrixEvent> {
  const content = { creator, room_version: rulesOf(version).id };
  const sketches: Record<string, EventSketch> = {
    create: { type: 'm.room.create', key: '', content, prev: [] },
    creator: member(creator, 'join'),
    ...more,
  };
  return new Map(Object.entries(sketches).map(([name, each]) => [name, sketch(name, version, each)]));
}

export function member(
  user: string,
  membership: string,
  sender = user,
  content: JsonObject = {},
): EventSketch {
  return { type: 'm.room.member', key: user, sender, content: { membership, ...content } };
}

export function levels(content: JsonObject): EventSketch {
  return { type: 'm.room.power_levels', key: '', content };
}

export function joinRule(rule: string): EventSketch {
  return { type: 'm.room.join_rules', key: '', content: { join_rule: rule } };
}

/** The event against the state that the room's events make. */
export function judgeByState(
  event: MatrixEvent,
  room: ReadonlyMap<string, MatrixEvent>,
): Outcome<MatrixEvent> {
  const state = new Map([...room.values()].map((each) => [each.stateMapKey, each]));
  return checkStateDependentRules(event, (key) => state.get(key));
}

/** The event against the events that it cites, of which those named in `rejected` were rejected. */
export function judgeByCitation(
  event: MatrixEvent,
  room: ReadonlyMap<string, MatrixEvent>,
  rejected: readonly string[],
): Outcome<MatrixEvent> {
  const byId = new Map([...room.values()].map((each) => [each.eventId, each]));
  return checkStateIndependentRules(event, {
    find: (id) => byId.get(id),
    isRejected: (id) => rejected.some((name) => room.get(name)?.eventId === id),
  });
}

const identityKey = ed25519Signer(sha256('identity server'));

/** The public key that third-party invites name. */
export const identityPublicKey = toBase64(identityKey.publicKey);

/** The `signed` block of a third-party invite, by the identity server's key or, forged, by another. */
export function signedBlock(mxid: string, token: string, forged = false): JsonObject {
  const signer = forged ? ed25519Signer(sha256(utf8('another'))) : identityKey;
  return signJson({ mxid, token }, { server: 'id.one' as ServerName, keyId: 'ed25519:0', signer });
}
