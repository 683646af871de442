// A small world for tests of Matrix cores: homeservers, their rooms, and a client for every user.
import type { Address, RequestId } from '../../protocol/core.ts';
import { sha256 } from '../../protocol/crypto.ts';
import { ed25519Signer } from '../../protocol/crypto.ts';
import { createClient } from '../../protocol/matrix/client.ts';
import { elementX, type ClientProfile } from '../../protocol/matrix/client-profiles.ts';
import { PduCache } from '../../protocol/matrix/federation/pdu-checks.ts';
import { synapseProfile, type FederationProfile } from '../../protocol/matrix/federation/profiles.ts';
import { createWebServer } from '../../protocol/matrix/web-server.ts';
import { createHomeserver, homeserverView } from '../../protocol/matrix/homeserver.ts';
import type { HomeserverView } from '../../protocol/matrix/homeserver-context.ts';
import type { JsonObject } from '../../protocol/matrix/canonical-json.ts';
import { eventSignedBy } from '../../protocol/matrix/event-builder.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import {
  knownForEver,
  type KeyKnowledge,
  type ServerKey,
  type WarmRoom,
} from '../../protocol/matrix/homeserver-config.ts';
import type { DelegationKnowledge } from '../../protocol/matrix/federation/discovery.ts';
import { makeStatement } from '../../protocol/matrix/federation/key-statement.ts';
import {
  serverNameOf,
  type EventId,
  type RoomId,
  type ServerName,
  type UserId,
} from '../../protocol/matrix/ids.ts';
import type { DeviceAddress } from '../../protocol/matrix/room-recipients.ts';
import { specifiedRoomVersions, type RoomVersionRules } from '../../protocol/matrix/room-version.ts';
import type { SigningKey } from '../../protocol/matrix/signing.ts';
import { pduOf } from '../../protocol/matrix/wire-form.ts';
import { makeWarmRoom } from '../../protocol/matrix/warm-room.ts';
import type { ConversationId, Message, PersonId, UserMessageId } from '../../protocol/message.ts';
import { minutes, seconds, type Duration } from '../../protocol/time.ts';
import type { Task, TaskId } from '../../protocol/task.ts';
import { RandomStreams } from '../../sim/random/streams.ts';
import { epochWallMs, MatrixNetwork } from './matrix-network.ts';

export class MatrixWorld extends MatrixNetwork {
  /** How many messages the clients' sessions have encrypted before the start, of a hundred. */
  warmMessages = 0;
  /** Whether devices of two users have no Olm session when the run begins. */
  strangers: (one: string, other: string) => boolean = () => false;
  /** Whether clients back up the keys of rooms, and say whether their users are there. */
  backsUpKeys = false;
  tellsPresence = false;
  /** Rooms by alias: `#name:server`. */
  readonly aliases = new Map<string, RoomId>();
  /** Servers that all ask for others' keys first. */
  notaries: readonly string[] = [];
  /** How long keys that are known at the start are valid; for ever when undefined. */
  keysValidFor: Duration | undefined;
  readonly #streams = new RandomStreams('matrix world');
  readonly #keys = new Map<ServerName, SigningKey>();
  readonly #users = new Map<ServerName, UserId[]>();
  readonly #profiles = new Map<ServerName, FederationProfile>();
  readonly #rooms: WarmRoom[] = [];
  readonly #roomByConversation = new Map<ConversationId, RoomId>();
  readonly #pdus: PduCache;
  #messages = 0;
  #tasks = 0;

  /** `pdus`: the checks on the bytes of PDUs, for a world where one of them is off. */
  constructor(pdus = new PduCache()) {
    super();
    this.#pdus = pdus;
  }

  // --- Building ---

  addServer(name: string, profile = synapseProfile): void {
    const server = name as ServerName;
    this.#profiles.set(server, profile);
    this.#keys.set(server, { server, keyId: 'ed25519:1', signer: ed25519Signer(sha256(name)) });
    this.#users.set(server, []);
  }

  /** A user who is in no room yet. */
  addUser(user: string): void {
    this.#users.get(serverNameOf(user)!)!.push(user as UserId);
  }

  /** A room of these users, the first its creator. */
  addRoom(
    version: string | RoomVersionRules,
    members: readonly string[],
    joinRule: 'invite' | 'public' = 'invite',
    membersAreEqual = false,
    powers: ReadonlyMap<UserId, number> = new Map<UserId, number>(),
  ): RoomId {
    for (const user of members as readonly UserId[]) {
      const users = this.#users.get(serverNameOf(user)!)!;
      if (!users.includes(user)) users.push(user);
    }
    const room = makeWarmRoom({
      rules: typeof version === 'string' ? specifiedRoomVersions.get(version)! : version,
      localId: `room${this.#rooms.length}`,
      members: members as readonly UserId[],
      joinRule,
      membersAreEqual,
      powers,
      createdAtMs: epochWallMs - 86_400_000 - this.#rooms.length * 60_000,
      keyOf: (server) => this.#keys.get(server)!,
    });
    this.#roomByConversation.set(this.#rooms.length as ConversationId, room.roomId);
    this.#rooms.push(room);
    return room.roomId;
  }

  /** Starts everything: servers with their rooms, and a client for every user. */
  start(profile: ClientProfile = elementX, keysKnown = true): void {
    const serverKeys = new Map(
      [...this.#keys].map(([name, { keyId, signer }]) => [name, { keyId, publicKey: signer.publicKey }]),
    );
    for (const [serverName, { keyId }] of this.#keys) {
      const users = this.#users.get(serverName)!;
      this.add(
        serverName,
        createHomeserver({
          serverName,
          keyId,
          signingSeed: sha256(serverName),
          keyKnowledge: this.#keyKnowledge(keysKnown ? serverKeys : new Map()),
          knownDevices: () => ['D'],
          users: users.map((userId) => ({ userId, devices: [{ deviceId: 'D', pusher: undefined }] })),
          rooms: this.#rooms.filter(({ events }) =>
            events.some(({ stateKey }) => users.includes(stateKey as UserId)),
          ),
          costs: {
            sendEvent: 0 as Duration,
            receivePdu: 0 as Duration,
            sync: 0 as Duration,
            request: 0 as Duration,
          },
          aliases: this.aliases,
          ...(this.delegated.size === 0 ? {} : { delegations: this.#delegations() }),
          random: this.#streams.stream(serverName),
          profile: this.#profiles.get(serverName) ?? synapseProfile,
          pdus: this.#pdus,
        }),
      );
    }
    for (const [name, { maxAgeSeconds }] of this.delegated) {
      const delegatesTo = `synapse.${name}:443` as Address;
      this.add(`${name}:443`, createWebServer({ delegatesTo, maxAgeSeconds, cost: 0 as Duration }));
    }
    let person = 0;
    for (const [serverName, users] of this.#users) {
      for (const userId of users)
        this.add(
          userId,
          createClient({
            person: person++ as PersonId,
            userId,
            deviceId: 'D',
            homeserver: serverName as string as Address,
            profile,
            since: 's0',
            sendsReceipts: false,
            encryption: {
              isEncrypted: () => true,
              devicesIn: (roomId) => this.#devicesIn(roomId),
              devicesOf: (user) => [{ userId: user, deviceId: 'D' }],
              isStranger: ({ userId: other }) => this.strangers(userId, other),
              warmSession: () => ({ messages: this.warmMessages, ageMs: 0 }),
            },
            roomOf: (conversation) => this.#roomByConversation.get(conversation),
            tellsPresence: this.tellsPresence,
            tasks: {
              random: this.#streams.stream(`tasks/${userId}`),
              userOf: (other) => this.#userOf(other),
              groupOf: () => this.#rooms[0]?.roomId,
              backsUpKeys: this.backsUpKeys,
            },
          }),
        );
    }
    for (const node of this.nodes.values()) this.boot(node);
    for (const users of this.#users.values())
      for (const user of users) this.input(user, { kind: 'user', action: { kind: 'open-app' } });
    this.run(seconds(1));
    this.log.length = 0;
  }

  #delegations(): DelegationKnowledge {
    return {
      isElsewhere: (server) => this.delegated.has(server),
      remembered: (server) => ({
        delegatedTo: `synapse.${server}:443` as Address,
        maxAgeSeconds: this.delegated.get(server)?.maxAgeSeconds,
        age: 0,
      }),
    };
  }

  #keyKnowledge(keys: ReadonlyMap<ServerName, ServerKey>): KeyKnowledge {
    const notaries = this.notaries as readonly ServerName[];
    if (this.keysValidFor === undefined) return { ...knownForEver(keys), notaries };
    const until = epochWallMs + this.keysValidFor / 1_000;
    const statementOf = (server: ServerName): JsonObject => makeStatement(this.#keys.get(server)!, until);
    return { keys, validUntil: () => until, statementOf, notaries };
  }

  // --- What happens ---

  /** The person says something in the conversation with this number; the number of the message. */
  say(user: string, conversation = 0): UserMessageId {
    const message = ++this.#messages as UserMessageId;
    const action = {
      kind: 'send',
      message,
      conversation: conversation as ConversationId,
      text: `message ${message}`,
    } as const;
    this.input(user, { kind: 'user', action });
    return message;
  }

  /** A user's client sets state in a room. */
  setState(user: string, roomId: RoomId, eventType: string, stateKey: string, content: JsonObject): void {
    const node = this.nodes.get(user)!;
    const request = {
      kind: 'matrix.send-state',
      userId: user,
      deviceId: 'D',
      roomId,
      eventType,
      stateKey,
      content,
      carries: [],
    };
    this.requestAs(node, serverNameOf(user) as string as Address, 'state', request, {
      timeout: seconds(30),
    });
  }

  /** A user's client says how far its user has read. */
  readReceipt(user: string, roomId: RoomId, eventId: EventId): void {
    const node = this.nodes.get(user)!;
    const request = {
      kind: 'matrix.send-receipt',
      userId: user,
      deviceId: 'D',
      roomId,
      eventId,
      carries: [],
    };
    this.requestAs(node, serverNameOf(user) as string as Address, 'receipt/x', request, {
      timeout: seconds(30),
    });
  }

  /** A user's client joins, leaves, knocks or invites; what comes of it is told by {@link outcomes}. */
  membership(
    user: string,
    roomId: RoomId,
    membership: 'join' | 'leave' | 'knock' | 'invite',
    { target = user, via = [] }: { readonly target?: string; readonly via?: readonly string[] } = {},
  ): void {
    const node = this.nodes.get(user)!;
    const request = {
      kind: 'matrix.change-membership',
      userId: user,
      deviceId: 'D',
      roomId,
      membership,
      target,
      servers: via,
      carries: [],
    };
    const name = `${membership} of ${target}`;
    this.requestAs(node, serverNameOf(user) as string as Address, name, request, {
      timeout: minutes(10),
    });
  }

  /** The user sets out to do something beyond writing. */
  undertake(user: string, task: Task): TaskId {
    const id = ++this.#tasks as TaskId;
    this.input(user, { kind: 'user', action: { kind: 'undertake', id, task } });
    return id;
  }

  /** What became of it: the steps that failed, then `done`. */
  taskFates(id: TaskId): readonly string[] {
    return this.facts.flatMap(({ fact }) => {
      if (fact.kind === 'task-done' && fact.task === id) return ['done'];
      return fact.kind === 'task-failed' && fact.task === id ? [fact.step] : [];
    });
  }

  /** A user's client asks its server for something, as the device `D`; nobody waits for the answer. */
  ask(user: string, question: JsonObject & { readonly kind: string }): void {
    const node = this.nodes.get(user)!;
    const request = { userId: user, deviceId: 'D', carries: [], ...question } as Message;
    const server = serverNameOf(user) as string as Address;
    this.requestAs(node, server, 'asked', request, { timeout: seconds(30) });
  }

  joinByAlias(user: string, alias: string): void {
    const node = this.nodes.get(user)!;
    const request = { kind: 'matrix.join-by-alias', userId: user, deviceId: 'D', alias, carries: [] };
    const server = serverNameOf(user) as string as Address;
    this.requestAs(node, server, `join of ${alias}`, request, { timeout: minutes(10) });
  }

  /** What a server signs, whatever the rules say of it, and sends to another: a hostile server's hand. */
  push(
    from: string,
    to: string,
    pdu: JsonObject,
    rules: RoomVersionRules,
    alter?: (pdu: JsonObject) => JsonObject,
  ): MatrixEvent {
    const event = this.signedBy(from, pdu, rules);
    const sent = alter === undefined ? event : pduOf(alter(event.pdu));
    this.input(to, {
      kind: 'request',
      id: (1_000_000 + this.sequence++) as RequestId,
      from: from as Address,
      message: {
        kind: 'matrix.transaction',
        origin: from,
        destination: to,
        txnId: `push ${this.sequence}`,
        originServerTs: epochWallMs,
        pdus: [sent],
        edus: [],
        carries: [],
      } as Message,
    });
    return event;
  }

  /** A server asks another one for anything, by the rules or not; {@link outcomes} tells the status. */
  askRaw(from: string, to: string, name: string, question: JsonObject & { readonly kind: string }): void {
    const message = { origin: from, destination: to, carries: [], ...question } as unknown as Message;
    const options = { timeout: minutes(1) };
    this.requestAs(this.nodes.get(from)!, to as Address, `raw of ${name}`, message, options);
  }

  /** An event that a server has signed, whatever the rules say of it. */
  signedBy(server: string, pdu: JsonObject, rules: RoomVersionRules): MatrixEvent {
    const built = eventSignedBy(pdu, rules, [this.#keys.get(server as ServerName)!]);
    if (!built.ok) throw new Error(`not an event at all: ${built.detail}`);
    return built.value;
  }

  /** A transaction, by the rules or not. */
  transact(
    from: string,
    to: string,
    txnId: string,
    { pdus = [], edus = [] }: { readonly pdus?: readonly unknown[]; readonly edus?: readonly unknown[] },
  ): void {
    const content = { txnId, originServerTs: epochWallMs, pdus, edus };
    this.askRaw(from, to, txnId, { kind: 'matrix.transaction', ...content } as never);
  }

  /** Servers that are up. */
  servers(): readonly HomeserverView[] {
    return [...this.#keys.keys()].flatMap((name) => {
      const core = this.nodes.get(name)?.core;
      const view = core === undefined ? undefined : homeserverView(core);
      return view === undefined ? [] : [view];
    });
  }

  /** Messages that are readable at a user's device. */
  readBy(user: string): readonly UserMessageId[] {
    return this.facts.flatMap(({ node, fact }) =>
      node === user && fact.kind === 'delivered' ? [fact.message] : [],
    );
  }

  roomIds(): readonly RoomId[] {
    return this.#rooms.map(({ roomId }) => roomId);
  }

  /** What each server last said of its copy of a room. */
  aspects(roomId: RoomId): ReadonlyMap<string, Readonly<Record<string, string>>> {
    const latest = new Map<string, Readonly<Record<string, string>>>();
    for (const { node, fact } of this.facts)
      if (fact.kind === 'replica' && fact.object === roomId) latest.set(node, fact.aspects);
      else if (fact.kind === 'replica-gone' && fact.object === roomId) latest.delete(node);
    return latest;
  }

  /** People are numbered as the clients are: server by server. */
  #userOf(person: PersonId): UserId {
    return [...this.#users.values()].flat()[person]!;
  }

  #devicesIn(roomId: RoomId): readonly DeviceAddress[] {
    const room = this.#rooms.find((each) => each.roomId === roomId);
    const members = (room?.events ?? []).filter(({ type }) => type === 'm.room.member');
    const users = new Set(members.map(({ stateKey }) => stateKey as UserId));
    return [...users].map((userId) => ({ userId, deviceId: 'D' }));
  }

  protected isServer(name: string): boolean {
    return this.#keys.has(name as ServerName);
  }
}
