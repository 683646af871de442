// A small world for tests of Matrix cores: homeservers and clients on a virtual clock, cables that can be cut in either
// direction, machines that can crash and come back from their disks. What happens is written down line by line.
import type {
  Address,
  Core,
  CoreFact,
  CoreFactory,
  Effects,
  Input,
  RequestId,
  RequestOptions,
  Tag,
} from '../../protocol/core.ts';
import { sha256 } from '../../protocol/crypto.ts';
import { ed25519Signer } from '../../protocol/crypto.ts';
import { noCause, type Failure } from '../../protocol/failure.ts';
import { createClient } from '../../protocol/matrix/client.ts';
import { elementX, type ClientProfile } from '../../protocol/matrix/client-profiles.ts';
import type { SyncAnswer } from '../../protocol/matrix/client-messages.ts';
import type { Transaction } from '../../protocol/matrix/federation/messages.ts';
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
import { asMatrix } from '../../protocol/matrix/messages.ts';
import type { DeviceAddress } from '../../protocol/matrix/room-recipients.ts';
import { specifiedRoomVersions, type RoomVersionRules } from '../../protocol/matrix/room-version.ts';
import type { SigningKey } from '../../protocol/matrix/signing.ts';
import { pduOf } from '../../protocol/matrix/wire-form.ts';
import { makeWarmRoom } from '../../protocol/matrix/warm-room.ts';
import type { ConversationId, Message, PersonId, UserMessageId } from '../../protocol/message.ts';
import {
  milliseconds,
  minutes,
  seconds,
  type Clock,
  type Duration,
  type Instant,
  type WallTime,
} from '../../protocol/time.ts';
import type { Task, TaskId } from '../../protocol/task.ts';
import { RandomStreams } from '../../sim/random/streams.ts';

interface Node {
  readonly name: string;
  readonly factory: CoreFactory;
  core: Core | undefined;
  readonly disk: Map<string, unknown>;
  readonly timers: Map<string, number>;
  life: number;
  skewMs: number;
}

interface Exchange {
  readonly id: RequestId;
  readonly from: Node;
  readonly fromLife: number;
  readonly to: Node;
  readonly tag: Tag;
  over: boolean;
  losesAnswer: boolean;
}

/** What the network does to one exchange. */
export interface ExchangeFate {
  readonly losesRequest?: boolean;
  readonly losesAnswer?: boolean;
  /** On top of the ordinary latency: lets a later request overtake. */
  readonly delay?: Duration;
  /** The request arrives once more, so much later. */
  readonly duplicateAfter?: Duration;
}

interface Due {
  readonly at: number;
  readonly sequence: number;
  readonly run: () => void;
}

const latency = milliseconds(50);
const epochWallMs = Date.UTC(2025, 9, 20);

/** Questions between servers that are worth a line, and how they are called there. */
const told: Readonly<Record<string, string>> = {
  'matrix.transaction': 'transaction',
  'matrix.get-missing-events': 'get_missing_events',
  'matrix.get-state-ids': 'state_ids',
  'matrix.get-state': 'state',
  'matrix.get-event': 'event',
  'matrix.get-backfill': 'backfill',
  'matrix.make-membership': 'make',
  'matrix.send-membership': 'send',
  'matrix.invite': 'invite',
  'matrix.query-directory': 'directory',
  'matrix.query-keys': 'keys of others',
  'matrix.get-server-keys': 'keys',
  'matrix.claim-user-keys': 'claim',
  'matrix.get-user-devices': 'devices',
  'matrix.get-well-known': 'well-known',
};

export class MatrixWorld {
  readonly log: string[] = [];
  readonly facts: { readonly node: string; readonly at: Instant; readonly fact: CoreFact }[] = [];
  readonly requests: {
    readonly from: string;
    readonly to: string;
    readonly at: Instant;
    readonly message: Message;
  }[] = [];
  /** What clients asked of their servers, long polls apart. */
  readonly clientRequests: { readonly from: string; readonly message: Message }[] = [];
  /** To-device messages in answers that reached a client, by client. */
  readonly #toDeviceShown = new Map<string, string[]>();
  readonly #syncAnswers = new Map<string, readonly SyncAnswer[]>();
  /** Called before each effect; true crashes the node instead. */
  crashBefore: ((node: string, effect: string) => boolean) | undefined;
  /** Asked about each request of one server to another. */
  weather: ((from: string, to: string, message: Message) => ExchangeFate) | undefined;
  /** Events that a server said to a client it had taken, by server. */
  readonly acknowledged: { readonly server: string; readonly eventId: EventId }[] = [];
  /** How users' changes of membership ended: `@u:hs join of @u:hs: 200`. */
  readonly outcomes: string[] = [];
  /** How many messages the clients' sessions have encrypted before the start, of a hundred. */
  warmMessages = 0;
  /** Whether devices of two users have no Olm session when the run begins. */
  strangers: (one: string, other: string) => boolean = () => false;
  /** Whether clients back up the keys of rooms, and say whether their users are there. */
  backsUpKeys = false;
  tellsPresence = false;
  /** Rooms by alias: `#name:server`. */
  readonly aliases = new Map<string, RoomId>();
  /** Servers that are not where their names are, and how long others may keep the file that says where, in seconds. */
  readonly delegated = new Map<string, { readonly maxAgeSeconds?: number }>();
  /** Servers that all ask for others' keys first. */
  notaries: readonly string[] = [];
  /** How long keys that are known at the start are valid; for ever when undefined. */
  keysValidFor: Duration | undefined;
  now = 0 as Instant;
  readonly #nodes = new Map<string, Node>();
  readonly #streams = new RandomStreams('matrix world');
  readonly #cut = new Set<string>();
  readonly #exchanges = new Map<RequestId, Exchange>();
  readonly #keys = new Map<ServerName, SigningKey>();
  readonly #users = new Map<ServerName, UserId[]>();
  readonly #profiles = new Map<ServerName, FederationProfile>();
  readonly #rooms: WarmRoom[] = [];
  readonly #roomByConversation = new Map<ConversationId, RoomId>();
  readonly #pdus: PduCache;
  #queue: Due[] = [];
  #sequence = 0;
  #messages = 0;
  #tasks = 0;

  /** `pdus`: the checks on the bytes of PDUs, for a world where one of them is off. */
  constructor(pdus = new PduCache()) {
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
      this.#add(
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
      this.#add(`${name}:443`, createWebServer({ delegatesTo, maxAgeSeconds, cost: 0 as Duration }));
    }
    let person = 0;
    for (const [serverName, users] of this.#users) {
      for (const userId of users)
        this.#add(
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
    for (const node of this.#nodes.values()) this.#boot(node);
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

  #add(name: string, factory: CoreFactory): void {
    this.#nodes.set(name, {
      name,
      factory,
      core: undefined,
      disk: new Map(),
      timers: new Map(),
      life: 0,
      skewMs: 0,
    });
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
    const node = this.#nodes.get(user)!;
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
    this.#effects(node, node.life).request(serverNameOf(user) as string as Address, 'state', request, {
      timeout: seconds(30),
    });
  }

  /** A user's client says how far its user has read. */
  readReceipt(user: string, roomId: RoomId, eventId: EventId): void {
    const node = this.#nodes.get(user)!;
    const request = {
      kind: 'matrix.send-receipt',
      userId: user,
      deviceId: 'D',
      roomId,
      eventId,
      carries: [],
    };
    this.#effects(node, node.life).request(serverNameOf(user) as string as Address, 'receipt/x', request, {
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
    const node = this.#nodes.get(user)!;
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
    this.#effects(node, node.life).request(serverNameOf(user) as string as Address, name, request, {
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
    const node = this.#nodes.get(user)!;
    const request = { userId: user, deviceId: 'D', carries: [], ...question } as Message;
    const server = serverNameOf(user) as string as Address;
    this.#effects(node, node.life).request(server, 'asked', request, { timeout: seconds(30) });
  }

  joinByAlias(user: string, alias: string): void {
    const node = this.#nodes.get(user)!;
    const request = { kind: 'matrix.join-by-alias', userId: user, deviceId: 'D', alias, carries: [] };
    const server = serverNameOf(user) as string as Address;
    this.#effects(node, node.life).request(server, `join of ${alias}`, request, { timeout: minutes(10) });
  }

  crash(name: string): void {
    const node = this.#nodes.get(name)!;
    node.core = undefined;
    node.life++;
    node.timers.clear();
    for (const exchange of this.#exchanges.values()) {
      if (exchange.over || exchange.to !== node) continue;
      exchange.over = true;
      this.#after(latency, () => this.#end(exchange, { kind: 'reset', definite: false, cause: noCause }));
    }
  }

  restart(name: string): void {
    this.#boot(this.#nodes.get(name)!);
  }

  /** What is on the disk now: a backup. */
  backUp(name: string): ReadonlyMap<string, unknown> {
    return new Map(this.#nodes.get(name)!.disk);
  }

  /** Replaces what is on the disk of a node that is down; an empty map: the disk is new. */
  restore(name: string, backup: ReadonlyMap<string, unknown>): void {
    const { disk } = this.#nodes.get(name)!;
    disk.clear();
    for (const [key, value] of backup) disk.set(key, value);
  }

  /** From now on the node shows a time that is off by so much. */
  skewClock(name: string, byMs: number): void {
    this.#nodes.get(name)!.skewMs = byMs;
  }

  /** What a server signs, whatever the rules say of it, and sends to another: a hostile server's hand. */
  push(
    from: string,
    to: string,
    pdu: JsonObject,
    rules: RoomVersionRules,
    alter?: (pdu: JsonObject) => JsonObject,
  ): MatrixEvent {
    const built = eventSignedBy(pdu, rules, [this.#keys.get(from as ServerName)!]);
    if (!built.ok) throw new Error(`not an event at all: ${built.detail}`);
    const event = built.value;
    const sent = alter === undefined ? event : pduOf(alter(event.pdu));
    this.input(to, {
      kind: 'request',
      id: (1_000_000 + this.#sequence++) as RequestId,
      from: from as Address,
      message: {
        kind: 'matrix.transaction',
        origin: from,
        destination: to,
        txnId: `push ${this.#sequence}`,
        originServerTs: epochWallMs,
        pdus: [sent],
        edus: [],
        carries: [],
      } as Message,
    });
    return event;
  }

  /** Cuts the way from one to the other; `bothWays` also back. */
  cut(from: string, to: string, bothWays = true): void {
    this.#cut.add(`${from}>${to}`);
    if (bothWays) this.#cut.add(`${to}>${from}`);
  }

  heal(): void {
    this.#cut.clear();
  }

  run(duration: Duration): void {
    const until = this.now + duration;
    for (;;) {
      const next = this.#queue[0];
      if (next === undefined || next.at > until) break;
      this.#queue.shift();
      this.now = next.at as Instant;
      next.run();
    }
    this.now = until as Instant;
  }

  /** Servers that are up. */
  servers(): readonly HomeserverView[] {
    return [...this.#keys.keys()].flatMap((name) => {
      const core = this.#nodes.get(name)?.core;
      const view = core === undefined ? undefined : homeserverView(core);
      return view === undefined ? [] : [view];
    });
  }

  isUp(name: string): boolean {
    return this.#nodes.get(name)?.core !== undefined;
  }

  clock(): Clock {
    return this.#clock();
  }

  inspect(name: string): unknown {
    return this.#nodes.get(name)?.core?.inspect();
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

  /** To-device messages that a user's client was given and took, each by its text. */
  toDeviceShown(user: string): readonly string[] {
    return this.#toDeviceShown.get(user) ?? [];
  }

  /** Answers to a user's syncs that reached the client. */
  syncAnswers(user: string): readonly SyncAnswer[] {
    return this.#syncAnswers.get(user) ?? [];
  }

  /** How often each situation was met, at one node or at all. */
  situations(name?: string): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { node, fact } of this.facts)
      if (fact.kind === 'situation' && (name === undefined || node === name))
        counts.set(fact.name, (counts.get(fact.name) ?? 0) + 1);
    return counts;
  }

  /** What each server last said of its copy of a room. */
  aspects(roomId: RoomId): ReadonlyMap<string, Readonly<Record<string, string>>> {
    const latest = new Map<string, Readonly<Record<string, string>>>();
    for (const { node, fact } of this.facts)
      if (fact.kind === 'replica' && fact.object === roomId) latest.set(node, fact.aspects);
      else if (fact.kind === 'replica-gone' && fact.object === roomId) latest.delete(node);
    return latest;
  }

  input(name: string, input: Input): void {
    const node = this.#nodes.get(name)!;
    if (node.core === undefined) return;
    try {
      node.core.step(this.#clock(node.skewMs), input, this.#effects(node, node.life));
    } catch (error) {
      if (!(error instanceof Crashed)) throw error;
      this.crash(name);
    }
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

  // --- Machinery ---

  #boot(node: Node): void {
    node.core = node.factory(node.life === 0 ? undefined : new Map(node.disk));
    this.input(node.name, { kind: 'start' });
  }

  #clock(skewMs = 0): Clock {
    return { now: this.now, wall: Math.floor(epochWallMs + this.now / 1_000 + skewMs) as WallTime };
  }

  #after(delay: number, run: () => void): void {
    const due: Due = { at: this.now + delay, sequence: this.#sequence++, run };
    let index = this.#queue.length;
    while (index > 0 && this.#queue[index - 1]!.at > due.at) index--;
    this.#queue.splice(index, 0, due);
  }

  #line(text: string): void {
    this.log.push(`${(this.now / 1_000_000).toFixed(3).padStart(9)} ${text}`);
  }

  #effects(node: Node, life: number): Effects {
    const check = (effect: string): void => {
      if (this.crashBefore?.(node.name, effect) === true) throw new Crashed();
    };
    return {
      persist: (key, value) => {
        check(`persist ${key}`);
        if (value === undefined) node.disk.delete(key);
        else node.disk.set(key, value);
      },
      request: (to, tag, message, options) => {
        check(`request ${message.kind}`);
        this.#request(node, to, tag, message, options);
      },
      respond: (request, message) => {
        check(`respond ${message.kind}`);
        const answer = asMatrix(message);
        if (answer?.kind === 'matrix.event-sent')
          this.acknowledged.push({ server: node.name, eventId: answer.eventId });
        this.#respond(node, request, { kind: 'ok', message });
      },
      refuse: (request, status, message) => {
        this.#respond(node, request, { kind: 'status', status, message });
      },
      abandon: (tag) => {
        for (const exchange of this.#exchanges.values())
          if (exchange.from === node && exchange.tag === tag) exchange.over = true;
      },
      setTimer: (timer, at) => {
        const token = this.#sequence;
        node.timers.set(timer, token);
        this.#after(Math.max(0, at - this.now), () => {
          if (node.life !== life || node.timers.get(timer) !== token) return;
          node.timers.delete(timer);
          this.input(node.name, { kind: 'timer', timer });
        });
      },
      cancelTimer: (timer) => void node.timers.delete(timer),
      observe: (fact) => this.#observe(node, fact),
      spend: () => undefined,
      send: () => undefined,
      connect: () => undefined,
      disconnect: () => undefined,
    };
  }

  #observe(node: Node, fact: CoreFact): void {
    this.facts.push({ node: node.name, at: this.now, fact });
    if (fact.kind === 'delivered') this.#line(`${node.name} reads m${fact.message}`);
    if (fact.kind === 'failed') this.#line(`${node.name} sees m${fact.message} as failed`);
    if (fact.kind === 'situation') this.#line(`${node.name} ${fact.name}`);
  }

  #request(from: Node, to: string, tag: Tag, message: Message, options: RequestOptions): void {
    const kind = asMatrix(message)?.kind;
    if (kind !== 'matrix.sync' && from.name.startsWith('@'))
      this.clientRequests.push({ from: from.name, message });
    const name = told[message.kind];
    const words = message.carries.map((each) => ` m${each}`).join('');
    if (name !== undefined) {
      const transaction = asMatrix(message);
      const count = transaction?.kind === 'matrix.transaction' ? inWords(transaction) : '';
      this.#line(`${from.name} -> ${to} ${name}${count}${words}`);
      this.requests.push({ from: from.name, to, at: this.now, message });
    }
    const target = this.#targetOf(from, to);
    if (target === undefined) return this.#noSuchName(from, tag);
    const exchange: Exchange = {
      id: this.#sequence as RequestId,
      from,
      fromLife: from.life,
      to: target,
      tag,
      over: false,
      losesAnswer: false,
    };
    this.#exchanges.set(exchange.id, exchange);
    if (options.renewEvery === undefined)
      this.#after(options.timeout, () =>
        this.#end(exchange, { kind: 'timed-out', phase: 'response', definite: false, cause: noCause }),
      );
    if (this.#cut.has(`${from.name}>${target.name}`)) return;
    const isFederation = this.#keys.has(from.name as ServerName) && this.#keys.has(to as ServerName);
    const fate = (isFederation ? this.weather?.(from.name, to, message) : undefined) ?? {};
    exchange.losesAnswer = fate.losesAnswer === true;
    if (fate.losesRequest === true) return;
    const arrive = (): void => {
      if (exchange.over) return;
      if (target.core === undefined) {
        this.#after(latency, () => this.#end(exchange, { kind: 'refused', definite: true, cause: noCause }));
        return;
      }
      this.input(target.name, { kind: 'request', id: exchange.id, from: from.name as Address, message });
    };
    this.#after(latency + (fate.delay ?? 0), arrive);
    if (fate.duplicateAfter !== undefined) this.#after(latency + fate.duplicateAfter, arrive);
  }

  /** Clients know their server; other servers reach one that is elsewhere only where its file leads. */
  #targetOf(from: Node, to: string): Node | undefined {
    const host = /^synapse\.(.*):443$/.exec(to)?.[1];
    if (host !== undefined) return this.#nodes.get(host);
    return this.delegated.has(to) && !from.name.startsWith('@') ? undefined : this.#nodes.get(to);
  }

  #noSuchName({ name, life }: Node, tag: Tag): void {
    const failure = { kind: 'unresolved', answer: 'nxdomain', definite: true, cause: noCause } as const;
    this.#after(latency, () => {
      if (this.#nodes.get(name)?.life === life)
        this.input(name, { kind: 'response', tag, result: { ok: false, failure } });
    });
  }

  #respond(
    node: Node,
    id: RequestId,
    answer:
      { kind: 'ok'; message: Message } | { kind: 'status'; status: number; message: Message | undefined },
  ): void {
    const exchange = this.#exchanges.get(id);
    if (
      exchange === undefined ||
      exchange.over ||
      exchange.losesAnswer ||
      this.#cut.has(`${node.name}>${exchange.from.name}`)
    )
      return;
    this.#after(latency, () => {
      const status = answer.kind === 'ok' ? 200 : answer.status;
      if (/^(join|leave|knock|invite) of /.test(exchange.tag))
        this.outcomes.push(`${exchange.from.name} ${exchange.tag}: ${status}`);
      if (answer.kind === 'status')
        return this.#end(
          exchange,
          { kind: 'status', status, definite: false, cause: noCause },
          answer.message,
        );
      if (exchange.over || exchange.from.life !== exchange.fromLife) return;
      exchange.over = true;
      this.#exchanges.delete(id);
      this.#noteToDevice(exchange.from.name, answer.message);
      this.input(exchange.from.name, {
        kind: 'response',
        tag: exchange.tag,
        result: { ok: true, message: answer.message },
      });
    });
  }

  #noteToDevice(client: string, message: Message): void {
    const answer = asMatrix(message);
    if (answer?.kind !== 'matrix.sync-answer') return;
    this.#syncAnswers.set(client, [...(this.#syncAnswers.get(client) ?? []), answer]);
    const shown = this.#toDeviceShown.get(client) ?? [];
    this.#toDeviceShown.set(client, shown);
    for (const { sender, content } of answer.toDevice) shown.push(JSON.stringify([sender, content]));
  }

  #end(exchange: Exchange, failure: Failure, message?: Message): void {
    if (!this.#exchanges.delete(exchange.id)) return;
    if (exchange.over && failure.kind !== 'reset') return;
    exchange.over = true;
    if (exchange.from.life !== exchange.fromLife) return;
    if (exchange.from.name.startsWith('hs'))
      this.#line(`${exchange.from.name} x> ${exchange.to.name} ${failure.kind}`);
    this.input(exchange.from.name, {
      kind: 'response',
      tag: exchange.tag,
      result: { ok: false, failure, ...(message === undefined ? {} : { message }) },
    });
  }
}

/** How many events a transaction has, and what else it has. */
function inWords({ pdus, edus }: Transaction): string {
  const kinds = edus.map(({ eduType }) => ` + ${eduType}`).join('');
  return ` of ${pdus.length}${kinds}`;
}

/** A node stops in the middle of its effects. */
class Crashed extends Error {}
