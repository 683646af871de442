// From a room as somebody has stored it to the same room in a scenario's world: users, servers and keys replaced, members by
// power.
import { present } from '../protocol/assert.ts';
import { utf8 } from '../protocol/bytes.ts';
import { ed25519Signer, sha256 } from '../protocol/crypto.ts';
import { powerLevelsKey, splitStateMapKey, stateMapKey } from '../protocol/matrix/auth-state.ts';
import type { Refusal, WarmRoom } from '../protocol/matrix/homeserver-config.ts';
import { serverNameOf, type EventId, type ServerName, type UserId } from '../protocol/matrix/ids.ts';
import { judgeEvents, type RoomJudgement } from '../protocol/matrix/judge-room.ts';
import { powerLevelsOf, userPowerLevel } from '../protocol/matrix/power-levels.ts';
import { replantRoom } from '../protocol/matrix/replanted-room.ts';
import { Room } from '../protocol/matrix/room.ts';
import { serverAclOf } from '../protocol/matrix/server-acl.ts';
import type { StateMap } from '../protocol/matrix/state-map.ts';
import { compareCodePoints } from '../protocol/order.ts';
import type { Assumption, HostingShare, ImportedRoom, ListedServer } from '../sim/world.ts';
import type { RoomSource } from './find-room.ts';
import type { ParsedScenario } from './parse.ts';
import type { RoomFile } from './room-file.ts';

/** Where a room may be put. */
interface Ground {
  readonly epochWallMs: number;
  /** Servers that the scenario lists. */
  readonly listed: readonly ListedServer[] | undefined;
  /** Where the room's own stand otherwise. */
  readonly hosting: readonly HostingShare[];
}

/** A room in its world. */
export interface SettledWorld {
  readonly room: ImportedRoom;
  readonly servers: readonly ListedServer[];
  readonly roomAssumption: Assumption;
}

const keyId = 'ed25519:a_room';

/**
 * The room as servers of this world hold it: the listed ones in their order, those with the most members first; or as many
 * as it needs at the hosting sites, the largest site first.
 * @throws ScenarioError pointing at the scenario where the two do not fit
 */
export function settleRoom(parsed: ParsedScenario, source: RoomSource, ground: Ground): SettledWorld {
  const { name, file } = source;
  const complain = (message: string, path = ['room']): Error => parsed.problemAt(path, message);
  const judged = judgeEvents(file);
  if (!judged.ok) throw complain(`${name}: ${judged.detail}`);
  const original = judged.value;
  const names = new Names(rankedServers(original), ground.listed);
  const signingSeeds = new Map<string, Uint8Array>();
  const warm = replantRoom({
    rules: file.rules,
    roomId: file.roomId,
    events: original.events.map(({ event }) => event),
    refusals: refusalsOf(original),
    areSketches: file.areSketches,
    userOf: (user) => names.user(user),
    serverOf: (server) => names.server(server),
    keyOf: (server) => {
      const seed = signingSeeds.get(server) ?? sha256(utf8(`imported room/signing key/${server}`));
      signingSeeds.set(server, seed);
      return { server, keyId, signer: ed25519Signer(seed) };
    },
  });
  const room = Room.warm(warm, warm);
  const { speakers, others } = membersOf(room, file);
  if (speakers.length < 2)
    throw complain(`${name}: expected at least two members who may speak, found ${speakers.length}`);
  refuseFuture(room, ground.epochWallMs, (message) => complain(`${name}: ${message}`));
  const placed = placesOf([...speakers.map(({ user }) => user), ...others], names, ground);
  const { listed } = ground;
  if (listed !== undefined && placed.some(({ name: server }) => !listed.some((each) => each.name === server)))
    throw complain(
      `expected at least ${placed.length} servers, those with members in ${name}, found ${listed.length}`,
      ['world', 'servers'],
    );
  return {
    room: {
      version: file.rules.id,
      id: warm.roomId,
      events: warm.events.map(({ eventId, pdu }) => {
        const refusal = warm.refusals?.get(eventId);
        return { id: eventId, pdu, ...(refusal === undefined ? {} : { refusal }) };
      }),
      members: speakers.map(({ user }) => ({ user, server: present(serverNameOf(user), 'a server') })),
      moderators: speakers.filter(({ mayChange }) => mayChange).length,
      others,
      servers: placed.map(({ name: server }) => server),
      signingSeeds,
      keyId,
    },
    servers: listed ?? placed,
    roomAssumption: {
      path: 'room',
      value: name,
      unit: '',
      meaning: `a room of version ${file.rules.id} with ${warm.events.length} events, ${judgedOtherwise(original, room, warm)} of them judged otherwise than by their own ids, which break ties; members who may not speak say nothing`,
      source: `the file, SHA-256 ${source.digest}`,
    },
  };
}

/** The old servers of a room, those with the most members first. */
function rankedServers({ events, observer, room }: RoomJudgement): readonly string[] {
  const members = new Map<string, number>();
  for (const { event } of events) {
    const server = serverNameOf(event.sender);
    if (server !== undefined) members.set(server, 0);
  }
  for (const user of joinedUsers(room, observer.resolvedState)) {
    const server = serverNameOf(user);
    if (server !== undefined) members.set(server, (members.get(server) ?? 0) + 1);
  }
  return [...members]
    .sort(([left, some], [right, more]) => more - some || compareCodePoints(left, right))
    .map(([server]) => server);
}

function joinedUsers(room: Room, state: StateMap): readonly string[] {
  const users: string[] = [];
  for (const [key, id] of state.entries()) {
    const [type, user] = splitStateMapKey(key);
    if (type === 'm.room.member' && room.get(id)?.content['membership'] === 'join') users.push(user);
  }
  return users.sort(compareCodePoints);
}

function refusalsOf({ events, room }: RoomJudgement): ReadonlyMap<EventId, Refusal> {
  const refusals = new Map<EventId, Refusal>();
  for (const {
    event: { eventId },
  } of events) {
    const verdict = room.verdict(eventId);
    if (verdict?.kind !== 'rejected') continue;
    const { stage, rule, detail } = verdict;
    if (stage === 'format' || stage === 'signature') refusals.set(eventId, { stage, rule, detail });
  }
  return refusals;
}

function judgedOtherwise(original: RoomJudgement, room: Room, { events }: WarmRoom): number {
  return original.events.filter(({ event }, index) => {
    const before = original.room.verdict(event.eventId)?.kind;
    return before !== room.verdict(present(events[index], 'its likeness').eventId)?.kind;
  }).length;
}

/** New events come after the room's last ones, or state resolution would take them for older. */
function refuseFuture(room: Room, epochWallMs: number, complain: (message: string) => Error): void {
  const last = Math.min(...room.forwardExtremities.map((id) => room.get(id)?.originServerTs ?? 0));
  if (last > epochWallMs)
    throw complain(
      `expected a room whose last event is older than the epoch, found one of ${new Date(last).toISOString()}`,
    );
}

interface Speaker {
  readonly user: string;
  readonly power: number;
  readonly mayChange: boolean;
}

/** Who is in the room at its end; whoever may not speak, or is kept out by the access list, apart. */
function membersOf(
  room: Room,
  { rules }: RoomFile,
): { readonly speakers: readonly Speaker[]; readonly others: readonly string[] } {
  const state = room.authState(room.currentState);
  const levels = powerLevelsOf(state(powerLevelsKey));
  const acl = state(stateMapKey('m.room.server_acl', ''));
  const needed = Math.max(
    ...['m.room.message', 'm.room.encrypted'].map((type) => levels.ofEventType(type) ?? levels.eventsDefault),
  );
  const speakers: Speaker[] = [];
  const others: string[] = [];
  for (const user of joinedUsers(room, room.currentState)) {
    const server = serverNameOf(user);
    if (server === undefined) continue;
    const power = userPowerLevel(user, state, rules);
    if (power < needed || (acl !== undefined && !serverAclOf(acl)(server))) others.push(user);
    else speakers.push({ user, power, mayChange: power >= levels.stateDefault });
  }
  // The sort keeps the order of names among equals; two creators of version 12 are infinitely powerful both.
  speakers.sort((left, right) => Number(right.power > left.power) - Number(left.power > right.power));
  return { speakers, others };
}

/** The servers that have members, as the scenario would list them. */
function placesOf(members: readonly string[], names: Names, { hosting }: Ground): readonly ListedServer[] {
  const counts = new Map<string, number>();
  for (const member of members) {
    const server = present(serverNameOf(member), `server of ${member}`);
    counts.set(server, (counts.get(server) ?? 0) + 1);
  }
  return names.inOrder
    .filter((name) => counts.has(name))
    .map((name, index) => ({
      name,
      site: present(hosting[index % hosting.length], 'a hosting site').site,
      users: counts.get(name) ?? 0,
      software: 'synapse',
    }));
}

/** New names, one to one: servers by rank, users by the order in which the room first names them. */
class Names {
  readonly #servers = new Map<string, ServerName>();
  readonly #users = new Map<UserId, UserId>();
  readonly #listed: readonly ListedServer[] | undefined;

  constructor(ranked: readonly string[], listed: readonly ListedServer[] | undefined) {
    this.#listed = listed;
    for (const server of ranked) this.server(server as ServerName);
  }

  /** All servers that have a name by now. */
  get inOrder(): readonly string[] {
    return [...this.#servers.values()];
  }

  server(server: ServerName): ServerName {
    let name = this.#servers.get(server);
    if (name === undefined) {
      const place = this.#servers.size;
      const made = `room-server-${String(place + 1).padStart(2, '0')}.example`;
      name = (this.#listed?.[place]?.name ?? made) as ServerName;
      this.#servers.set(server, name);
    }
    return name;
  }

  user(user: UserId): UserId {
    let name = this.#users.get(user);
    if (name === undefined) {
      const server = this.server(present(serverNameOf(user), `server of ${user}`));
      name = `@member${this.#users.size}:${server}` as UserId;
      this.#users.set(user, name);
    }
    return name;
  }
}
