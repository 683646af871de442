// A room that is known from its events, on other servers: the same graph, types, contents, depths and times; other names of
// users and servers, other keys, and therefore other event ids. Ties that a room version breaks by event id may fall
// otherwise than in the original.
import { present } from '../assert.ts';
import { fromBase64, toBase64, utf8 } from '../bytes.ts';
import { ed25519Signer, sha256, type Ed25519Signer } from '../crypto.ts';
import { isJsonObject, withoutKeys, type JsonObject, type JsonValue } from './canonical-json.ts';
import { eventSignedBy } from './event-builder.ts';
import type { MatrixEvent } from './event.ts';
import { referenceHash } from './hashes.ts';
import type { Refusal, WarmRoom } from './homeserver-config.ts';
import { serverNameOf, type EventId, type RoomId, type ServerName, type UserId } from './ids.ts';
import type { RoomVersionRules } from './room-version.ts';
import { serverAclOf } from './server-acl.ts';
import { signJson, verifyJson, type SigningKey } from './signing.ts';

/** A room, and who is to be whom. */
export interface ReplantPlan {
  readonly rules: RoomVersionRules;
  readonly roomId: RoomId;
  /** Each after what it cites; nothing that they cite is missing. */
  readonly events: readonly MatrixEvent[];
  /** Events that were refused for their form or signatures: they stay refused. */
  readonly refusals: ReadonlyMap<EventId, Refusal>;
  /** The events were never sent, and their depths mean nothing: they get those that their places in the graph ask for. */
  readonly areSketches?: boolean;
  /** The new name of anybody on a server of the room. One to one. */
  userOf(user: UserId): UserId;
  /** The same for servers. */
  serverOf(server: ServerName): ServerName;
  /** By new name. */
  keyOf(server: ServerName): SigningKey;
}

const replaced = ['auth_events', 'event_id', 'hashes', 'prev_events', 'signatures', 'unsigned'];

/** Makes every event anew, hashed and signed by the new servers. */
export function replantRoom(plan: ReplantPlan): WarmRoom {
  const replanting = new Replanting(plan);
  const refusals = new Map<EventId, Refusal>();
  const events = plan.events.map((event) => {
    const made = replanting.remake(event);
    const refusal = plan.refusals.get(event.eventId);
    if (refusal !== undefined) refusals.set(made.eventId, refusal);
    return made;
  });
  return { roomId: replanting.roomId, rules: plan.rules, events, refusals };
}

class Replanting {
  readonly #plan: ReplantPlan;
  readonly #servers: ReadonlySet<string>;
  /** Rooms and events that have new names. */
  readonly #names = new Map<string, string>();
  readonly #made = new Map<EventId, MatrixEvent>();
  /** Keys of identity servers, by the ones they stand for. */
  readonly #identities = new Map<string, Ed25519Signer>();

  constructor(plan: ReplantPlan) {
    this.#plan = plan;
    this.#servers = serversOf(plan.events);
    const { rules, roomId } = plan;
    const server = serverNameOf(roomId);
    if (!rules.roomIdIsCreateEvent && server !== undefined)
      this.#names.set(roomId, `!imported:${this.#server(server)}`);
  }

  get roomId(): RoomId {
    return (this.#names.get(this.#plan.roomId) ?? this.#plan.roomId) as RoomId;
  }

  remake(event: MatrixEvent): MatrixEvent {
    const { rules } = this.#plan;
    const { eventId, roomId, pdu, prevEvents, authEvents } = event;
    const { content, ...rest } = withoutKeys(pdu, replaced);
    const draft: JsonObject = {
      ...(this.#value(rest) as JsonObject),
      ...this.#serverNames(event),
      content: this.#content(event, content as JsonObject),
      ...(this.#plan.areSketches ? { depth: this.#depthAfter(prevEvents) } : {}),
      prev_events: this.#references(prevEvents),
      auth_events: this.#references(authEvents),
      ...(rules.eventIdFormat === 'explicit' ? { event_id: this.#explicitId(eventId) } : {}),
    };
    const signed = eventSignedBy(draft, rules, this.#signersOf(draft));
    const made = present(signed.ok ? signed.value : undefined, `an event like ${eventId}`);
    this.#made.set(eventId, made);
    this.#names.set(eventId, made.eventId);
    if (pdu['room_id'] === undefined) this.#names.set(roomId, made.roomId);
    return made;
  }

  // --- Names ---

  #server(server: ServerName): ServerName {
    return this.#servers.has(server) ? this.#plan.serverOf(server) : server;
  }

  /** What bears a server's name and nothing else. */
  #serverNames({ type, stateKey, pdu: { origin } }: MatrixEvent): JsonObject {
    const renamed = (key: string, name: JsonValue | undefined): JsonObject =>
      typeof name === 'string' ? { [key]: this.#server(name as ServerName) } : {};
    return {
      ...renamed('origin', origin),
      ...(type === 'm.room.aliases' ? renamed('state_key', stateKey) : {}),
    };
  }

  #explicitId(eventId: EventId): string {
    const server = serverNameOf(eventId);
    if (server === undefined) return eventId;
    return `${eventId.slice(0, eventId.indexOf(':'))}:${this.#server(server)}`;
  }

  #depthAfter(ids: readonly EventId[]): number {
    return ids.reduce((depth, id) => Math.max(depth, this.#made.get(id)?.depth ?? 0), 0) + 1;
  }

  #references(ids: readonly EventId[]): JsonValue {
    const { rules } = this.#plan;
    return ids.map((id): JsonValue => {
      const { eventId, pdu } = present(this.#made.get(id), `${id}, which is cited`);
      if (rules.eventIdFormat !== 'explicit') return eventId;
      return [eventId, { sha256: toBase64(referenceHash(pdu, rules)) }];
    });
  }

  /** Users, events and the room by their new names, wherever a text is such a name and nothing else. */
  #text(text: string): string {
    const known = this.#names.get(text);
    if (known !== undefined || !text.startsWith('@')) return known ?? text;
    const server = serverNameOf(text);
    return server !== undefined && this.#servers.has(server) ? this.#plan.userOf(text as UserId) : text;
  }

  #value(value: JsonValue): JsonValue {
    if (typeof value === 'string') return this.#text(value);
    if (Array.isArray(value)) return (value as readonly JsonValue[]).map((each) => this.#value(each));
    if (!isJsonObject(value)) return value;
    const renamed: [string, JsonValue][] = [];
    for (const key in value) renamed.push([this.#text(key), this.#value(value[key] ?? null)]);
    return Object.fromEntries(renamed);
  }

  // --- Contents ---

  #content(event: MatrixEvent, content: JsonObject): JsonObject {
    const renamed = this.#value(content) as JsonObject;
    switch (event.type) {
      case 'm.room.server_acl':
        return { ...renamed, ...this.#acl(event) };
      case 'm.room.third_party_invite':
        return this.#withNewIdentityKeys(renamed);
      case 'm.room.member':
        return this.#withNewProof(content, renamed);
      default:
        return renamed;
    }
  }

  /** Patterns of names make no sense any more: whom the list keeps out is listed one by one. */
  #acl(event: MatrixEvent): JsonObject {
    if (event.stateKey !== '') return {};
    const allows = serverAclOf(event);
    const denied = [...this.#servers].filter((server) => !allows(server as ServerName));
    const deny = denied.map((server) => withoutPort(this.#server(server as ServerName)));
    return { allow: ['*'], deny };
  }

  #withNewIdentityKeys(content: JsonObject): JsonObject {
    const renewed = (object: JsonObject): JsonObject => {
      const { public_key: key } = object;
      return typeof key === 'string' && fromBase64(key)?.length === 32
        ? { ...object, public_key: toBase64(this.#identity(key).publicKey) }
        : object;
    };
    const { public_keys: listed } = content;
    return renewed({
      ...content,
      ...(Array.isArray(listed)
        ? {
            public_keys: (listed as readonly JsonValue[]).map((each) =>
              isJsonObject(each) ? renewed(each) : each,
            ),
          }
        : {}),
    });
  }

  #identity(key: string): Ed25519Signer {
    let identity = this.#identities.get(key);
    if (identity === undefined)
      this.#identities.set(key, (identity = ed25519Signer(sha256(utf8(`identity server ${key}`)))));
    return identity;
  }

  /** What an identity server signed it signs anew; what it had not signed stays so. */
  #withNewProof(before: JsonObject, renamed: JsonObject): JsonObject {
    const given = before['third_party_invite'];
    const invite = renamed['third_party_invite'];
    const signed = isJsonObject(given) ? given['signed'] : undefined;
    const anew = isJsonObject(invite) ? invite['signed'] : undefined;
    if (!isJsonObject(signed) || !isJsonObject(invite) || !isJsonObject(anew)) return renamed;
    const { signatures } = signed;
    let proof = anew;
    for (const [server, own] of Object.entries(isJsonObject(signatures) ? signatures : {})) {
      for (const [key, signer] of this.#identities)
        if (verifyJson(signed, server, () => fromBase64(key)))
          for (const keyId of Object.keys(isJsonObject(own) ? own : {}))
            proof = signJson(proof, { server: server as ServerName, keyId, signer });
    }
    return { ...renamed, third_party_invite: { ...invite, signed: proof } };
  }

  /** The sender's server, and whoever else has to sign such an event. */
  #signersOf({ sender, event_id: eventId, content }: JsonObject): readonly SigningKey[] {
    const authoriser = isJsonObject(content) ? content['join_authorised_via_users_server'] : undefined;
    const names = [sender, eventId, authoriser].flatMap((id) =>
      typeof id === 'string' ? (serverNameOf(id) ?? []) : [],
    );
    const ours = new Set([...this.#servers].map((server) => this.#server(server as ServerName)));
    return [...new Set(names)].filter((name) => ours.has(name)).map((name) => this.#plan.keyOf(name));
  }
}

function withoutPort(server: ServerName): string {
  return server.replace(/:\d+$/, '');
}

/** Servers whose users did something in the room, or to whom something was done. */
function serversOf(events: readonly MatrixEvent[]): ReadonlySet<string> {
  const servers = new Set<string>();
  for (const { type, sender, stateKey } of events)
    for (const user of type === 'm.room.member' ? [sender, stateKey ?? ''] : [sender]) {
      const server = serverNameOf(user);
      if (server !== undefined) servers.add(server);
    }
  return servers;
}
