// The content of an event with nothing left but what authorisation rules and state resolution read.
import { fromBase64, toBase64, utf8 } from '../../protocol/bytes.ts';
import { ed25519Signer, sha256, type Ed25519Signer } from '../../protocol/crypto.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import type { ServerName } from '../../protocol/matrix/ids.ts';
import { specifiedRoomVersions, type RoomVersionRules } from '../../protocol/matrix/room-version.ts';
import { signJson, verifyJson } from '../../protocol/matrix/signing.ts';
import { joinRules } from '../search/rooms/recipe.ts';
import { InventedLevels } from './invented-levels.ts';
import type { InventedNames } from './invented-names.ts';

const memberships = ['join', 'leave', 'ban', 'invite', 'knock'];
const namedLevels = [
  ...['ban', 'events_default', 'invite', 'kick', 'redact', 'state_default', 'users_default'],
] as const;

/** A known word, another one in place of an unknown one, and a number in place of what is no word. */
function word(value: JsonValue | undefined, known: readonly string[]): JsonValue {
  if (typeof value !== 'string') return 0;
  return known.includes(value) ? value : 'unheard-of';
}

function given(
  name: string,
  value: JsonValue | undefined,
  invented: (value: JsonValue) => JsonValue,
): JsonObject {
  return value === undefined ? {} : { [name]: invented(value) };
}

/** Contents of one room. */
export class InventedContents {
  readonly #names: InventedNames;
  readonly #levels: InventedLevels;
  readonly #rules: RoomVersionRules;
  /** New identity servers for the public keys of third-party invites. */
  readonly #identities = new Map<string, Ed25519Signer>();

  constructor(events: readonly MatrixEvent[], names: InventedNames, rules: RoomVersionRules) {
    this.#names = names;
    this.#rules = rules;
    const contentsOf = (type: string): readonly JsonObject[] =>
      events.flatMap((event) => (event.type === type ? [event.content] : []));
    this.#levels = new InventedLevels(contentsOf('m.room.power_levels'));
    for (const content of contentsOf('m.room.third_party_invite'))
      for (const key of publicKeysIn(content)) this.#identity(key);
  }

  of({ type, content }: MatrixEvent, redacted: (id: string) => string): JsonObject {
    switch (type) {
      case 'm.room.create':
        return this.#create(content);
      case 'm.room.member':
        return this.#member(content);
      case 'm.room.join_rules':
        return given('join_rule', content['join_rule'], (rule) => word(rule, joinRules));
      case 'm.room.power_levels':
        return this.#powerLevels(content);
      case 'm.room.third_party_invite':
        return this.#thirdPartyInvite(content);
      case 'm.room.redaction': {
        const { redacts } = content;
        return typeof redacts === 'string' ? { redacts: redacted(redacts) } : {};
      }
      default:
        return {};
    }
  }

  #user = (value: JsonValue): JsonValue => (typeof value === 'string' ? this.#names.user(value) : 0);

  #create(content: JsonObject): JsonObject {
    const version = content['room_version'];
    const isKnown =
      typeof version === 'string' &&
      (version === this.#rules.id || specifiedRoomVersions.get(version) !== undefined);
    return {
      ...given('creator', content['creator'], this.#user),
      ...given('room_version', version, () => (isKnown ? this.#rules.id : 'unheard-of')),
      ...given('m.federate', content['m.federate'], (value) => (typeof value === 'boolean' ? value : 'no')),
      ...given('additional_creators', content['additional_creators'], (value) =>
        Array.isArray(value) ? (value as readonly JsonValue[]).map(this.#user) : 0,
      ),
    };
  }

  #member(content: JsonObject): JsonObject {
    const invite = content['third_party_invite'];
    return {
      ...given('membership', content['membership'], (value) => word(value, memberships)),
      ...given('join_authorised_via_users_server', content['join_authorised_via_users_server'], this.#user),
      ...given('third_party_invite', invite, (value) =>
        isJsonObject(value) ? given('signed', value['signed'], (signed) => this.#signed(signed)) : 0,
      ),
    };
  }

  #powerLevels(content: JsonObject): JsonObject {
    const level = (value: JsonValue): JsonValue => this.#levels.of(value);
    const map = (name: string, renamed: (key: string) => string): JsonObject =>
      given(name, content[name], (value) =>
        isJsonObject(value)
          ? Object.fromEntries(
              Object.entries(value).map(([key, each]) => [renamed(key), level(each as JsonValue)]),
            )
          : level(value),
      );
    return {
      ...Object.assign({}, ...namedLevels.map((name) => given(name, content[name], level))),
      ...map('users', (user) => this.#names.user(user)),
      ...map('events', (type) => this.#names.type(type)),
      ...map('notifications', (name) => (name === 'room' ? name : this.#names.type(name))),
    } as JsonObject;
  }

  #identity(key: string): Ed25519Signer {
    let signer = this.#identities.get(key);
    if (signer === undefined) {
      signer = ed25519Signer(sha256(utf8(`netsplit room shrink: identity server ${this.#identities.size}`)));
      this.#identities.set(key, signer);
    }
    return signer;
  }

  #thirdPartyInvite(content: JsonObject): JsonObject {
    const renewed = (key: JsonValue | undefined): JsonValue =>
      typeof key === 'string' && fromBase64(key)?.length === 32
        ? toBase64(this.#identity(key).publicKey)
        : 'no-key';
    return {
      ...given('public_key', content['public_key'], renewed),
      ...given('public_keys', content['public_keys'], (list) =>
        Array.isArray(list)
          ? (list as readonly JsonValue[]).map((each) => ({
              public_key: renewed(isJsonObject(each) ? each['public_key'] : undefined),
            }))
          : 0,
      ),
    };
  }

  /** Who was invited by which token, signed anew by whoever had signed it. */
  #signed(old: JsonValue): JsonValue {
    if (!isJsonObject(old)) return 0;
    const { mxid, token, signatures } = old;
    let renewed: JsonObject = {
      ...given('mxid', mxid, this.#user),
      ...given('token', token, (value) => (typeof value === 'string' ? this.#names.token(value) : 0)),
      signatures: {},
    };
    for (const server of isJsonObject(signatures) ? Object.keys(signatures) : [])
      for (const [key, signer] of this.#identities) {
        const publicKey = fromBase64(key);
        if (publicKey === undefined || !verifyJson(old, server, () => publicKey)) continue;
        const name = this.#names.server(server) as ServerName;
        renewed = signJson(renewed, { server: name, keyId: 'ed25519:0', signer });
      }
    return renewed;
  }
}

function publicKeysIn(content: JsonObject): readonly string[] {
  const listed = content['public_keys'];
  const values = [
    content['public_key'],
    ...(Array.isArray(listed)
      ? (listed as readonly JsonValue[]).map((each) => (isJsonObject(each) ? each['public_key'] : undefined))
      : []),
  ];
  return values.filter((value) => typeof value === 'string' && fromBase64(value)?.length === 32) as string[];
}
