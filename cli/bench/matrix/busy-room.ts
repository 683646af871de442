// The recipe of busy rooms: a few servers that hear of each other now and then, whose users talk, come and go, kick, ban
// and change the room, allowed or not. About as many forks, refusals and soft failures as in rooms made for testing.
import { present } from '../../../protocol/assert.ts';
import { ed25519Signer, sha256 } from '../../../protocol/crypto.ts';
import type { JsonObject } from '../../../protocol/matrix/canonical-json.ts';
import { checkStateDependentRules } from '../../../protocol/matrix/auth-rules.ts';
import { buildEvent, type EventDraft } from '../../../protocol/matrix/event-builder.ts';
import type { MatrixEvent } from '../../../protocol/matrix/event.ts';
import type { RoomId, ServerName, UserId } from '../../../protocol/matrix/ids.ts';
import { specifiedRoomVersions, type RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import { Room } from '../../../protocol/matrix/room.ts';
import type { KeyLookup, SigningKey } from '../../../protocol/matrix/signing.ts';
import { createAddressedDraw, type AddressedDraw } from '../../../sim/random/addressed.ts';
import { firstTimestamp } from './room-writer.ts';

/** A room as it comes from its servers, and their keys. */
export interface BusyRoom {
  readonly rules: RoomVersionRules;
  readonly roomId: RoomId;
  /** Each with its id, in an order in which a server may receive them. */
  readonly events: readonly MatrixEvent[];
  readonly keys: KeyLookup;
}

const serverNames = [0, 1, 2, 3].map((number) => `hs${number}.example` as ServerName);
const usersPerServer = 3;
const users = serverNames.flatMap((server) =>
  Array.from({ length: usersPerServer }, (_, number) => `@user${number}:${server}` as UserId),
);
const creator = present(users[0], 'a user');

/** The servers' keys: each made from its name. */
export const busyKeyring: readonly SigningKey[] = serverNames.map((server) => ({
  server,
  keyId: 'ed25519:1',
  signer: ed25519Signer(sha256(server)),
}));
const keys: KeyLookup = (server) => busyKeyring.find((key) => key.server === server)?.signer.publicKey;

type Statement = Pick<EventDraft, 'type' | 'stateKey' | 'content'>;

/** A server's copy of the room. */
interface Copy {
  readonly key: SigningKey;
  readonly room: Room;
  /** How many of the room's events it has heard of, its own among the others. */
  heard: number;
}

/** Writes a room of this many events. */
export function busyRoom(version: string, size: number, seed: string): BusyRoom {
  const rules = present(specifiedRoomVersions.get(version), 'room version');
  const writer = new BusyRoomWriter(rules);
  const draw = createAddressedDraw(`${seed}/${version}/${size}`);
  writer.begin();
  for (let turn = 0; writer.events.length < size; turn++) {
    // Servers hear of each other after a few events on average.
    for (let server = 0; server < serverNames.length; server++)
      if (draw('hears', server, turn) < 0.2) writer.hear(server);
    const speaker = Math.floor(draw('speaker', turn) * users.length);
    const insists = draw('insists', turn) < 0.35;
    writer.say(speaker, statementOf(present(users[speaker], 'a user'), rules, draw, turn), insists);
  }
  return { rules, roomId: writer.roomId, events: writer.events, keys };
}

class BusyRoomWriter {
  readonly events: MatrixEvent[] = [];
  readonly #rules: RoomVersionRules;
  readonly #copies: Copy[] = [];

  constructor(rules: RoomVersionRules) {
    this.#rules = rules;
  }

  get roomId(): RoomId {
    return present(this.events[0], 'the create event').roomId;
  }

  /** The events with which a client creates a room; everybody hears of them. */
  begin(): void {
    const rules = this.#rules;
    const roomId = `!busy:${present(serverNames[0], 'a server')}` as RoomId;
    const create: EventDraft = {
      type: 'm.room.create',
      stateKey: '',
      roomId: rules.roomIdIsCreateEvent ? undefined : roomId,
      sender: creator,
      content: { room_version: rules.id, ...(rules.creatorIsSender ? {} : { creator }) },
      originServerTs: firstTimestamp,
      depth: 1,
      prevEvents: [],
      authEvents: [],
    };
    this.events.push(this.#build(create, present(busyKeyring[0], 'a key')));
    for (const key of busyKeyring)
      this.#copies.push({ key, room: new Room({ rules, roomId: this.roomId }), heard: 0 });
    this.hear(0);
    this.say(0, membership(creator, 'join'));
    this.say(0, powerLevels(rules, creator, creator, 100));
    this.say(0, { type: 'm.room.join_rules', stateKey: '', content: { join_rule: 'public' } });
    for (let user = 1; user < users.length; user++) {
      this.hear(Math.floor(user / usersPerServer));
      this.say(user, membership(present(users[user], 'a user'), 'join'));
    }
  }

  /** A server receives what it has not heard of yet. */
  hear(server: number): void {
    const copy = present(this.#copies[server], 'a server');
    for (; copy.heard < this.events.length; copy.heard++)
      copy.room.receive(present(this.events[copy.heard], 'an event'));
  }

  /** A user says something as their server sees the room; who insists does so even where that does not allow it. */
  say(user: number, statement: Statement, insists = true): void {
    const { key, room } = present(this.#copies[Math.floor(user / usersPerServer)], 'a server');
    const sender = present(users[user], 'a user');
    const references = room.draftReferences({ ...statement, stateKey: statement.stateKey, sender }, 10);
    const originServerTs = firstTimestamp + this.events.length * 1_000;
    const event = this.#build(
      { ...statement, ...references, sender, roomId: this.roomId, originServerTs },
      key,
    );
    const isAllowed = checkStateDependentRules(event, room.authState(room.currentState)).ok;
    if (!isAllowed && !insists) return;
    this.events.push(event);
    room.receive(event);
  }

  #build(draft: EventDraft, key: SigningKey): MatrixEvent {
    return buildEvent(draft, this.#rules, key, {
      localId: String(this.events.length),
      cited: (id) => this.events.find(({ eventId }) => eventId === id)?.pdu,
    });
  }
}

function membership(user: UserId, kind: string, more: JsonObject = {}): Statement {
  return { type: 'm.room.member', stateKey: user, content: { membership: kind, ...more } };
}

/** Power levels in which some have the level of a moderator, and one user a level of their own. */
function powerLevels(rules: RoomVersionRules, moderator: UserId, user: UserId, level: number): Statement {
  const levels = new Map<UserId, number>();
  for (const each of users) if (each.startsWith('@user0')) levels.set(each, 90);
  levels.set(moderator, 50).set(user, level).set(creator, 100);
  // Where creators stand above all levels they may not be listed.
  if (rules.creatorsHaveInfinitePower) levels.delete(creator);
  const content = { ban: 50, kick: 50, redact: 50, state_default: 50, users_default: 0 };
  return {
    type: 'm.room.power_levels',
    stateKey: '',
    content: { ...content, users: Object.fromEntries(levels) },
  };
}

/** What a user is up to at a turn. */
function statementOf(sender: UserId, rules: RoomVersionRules, draw: AddressedDraw, turn: number): Statement {
  const other = pick('other', draw, turn);
  const level = Math.floor(draw('level', turn) * 3) * 25;
  const choice = Math.floor(draw('choice', turn) * 20);
  if (choice < 5) return { type: 'm.room.message', content: { body: `Turn ${turn}`, msgtype: 'm.text' } };
  if (choice < 9) return membership(sender, 'join', { displayname: `Turn ${turn}` });
  if (choice < 10) return membership(sender, 'leave');
  if (choice < 12) return membership(other, 'invite');
  if (choice < 13) return membership(other, 'leave');
  if (choice < 14) return membership(other, 'ban');
  if (choice < 16) return { type: 'm.room.topic', stateKey: '', content: { topic: `Turn ${turn}` } };
  if (choice < 17) return { type: 'org.example.state', stateKey: sender, content: { turn } };
  if (choice < 18) {
    const joinRule = level === 0 ? 'invite' : 'public';
    return { type: 'm.room.join_rules', stateKey: '', content: { join_rule: joinRule } };
  }
  return powerLevels(rules, pick('moderator', draw, turn), other, level);
}

function pick(what: string, draw: AddressedDraw, turn: number): UserId {
  return present(users[Math.floor(draw(what, turn) * users.length)], 'a user');
}
