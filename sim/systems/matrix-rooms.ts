// The rooms in which a world's conversations take place: real rooms, as they are after long quiet use.
import { present } from '../../protocol/assert.ts';
import { ed25519Signer } from '../../protocol/crypto.ts';
import { powerLevelsKey } from '../../protocol/matrix/auth-state.ts';
import type { JsonObject } from '../../protocol/matrix/canonical-json.ts';
import type { AdministeredRoom } from '../../protocol/matrix/client-administration.ts';
import type { WarmRoom } from '../../protocol/matrix/homeserver-config.ts';
import { serverNameOf, type ServerName, type UserId } from '../../protocol/matrix/ids.ts';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import { Room } from '../../protocol/matrix/room.ts';
import type { SigningKey } from '../../protocol/matrix/signing.ts';
import { makeWarmRoom } from '../../protocol/matrix/warm-room.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import { administratorsPerRoom } from '../workload/administration.ts';
import type { Conversation } from '../workload/workload.ts';
import type { SettledRoom } from './matrix-imported-room.ts';
import type { ServerPlan } from './matrix-servers.ts';
import type { Deployment } from './system.ts';

/** Where people and their conversations are to be found. */
export interface MatrixDirectory {
  userOf(person: PersonId): UserId;
  /** Every account of a person, where they may have several; `userOf` is the first of them. */
  readonly accountsOf?: (person: PersonId) => readonly UserId[];
  readonly serverOf: ReadonlyMap<PersonId, ServerName>;
  readonly signingSeeds: ReadonlyMap<ServerName, Uint8Array>;
  readonly keys: ReadonlyMap<ServerName, SigningKey>;
}

/** Keys made like Synapse's: `ed25519:a_` and four characters. */
const keyId = 'ed25519:a_warm';

/** Every account of a person. */
export function accountsOf(directory: MatrixDirectory, person: PersonId): readonly UserId[] {
  return directory.accountsOf?.(person) ?? [directory.userOf(person)];
}

/** Every server that a person has an account on. */
function serversOf(directory: MatrixDirectory, person: PersonId): readonly (ServerName | undefined)[] {
  return directory.accountsOf?.(person).map(serverNameOf) ?? [directory.serverOf.get(person)];
}

export function makeDirectory(
  deployment: Deployment,
  servers: readonly ServerPlan[],
  settled?: SettledRoom,
): MatrixDirectory {
  const serverOf = new Map<PersonId, ServerName>();
  const signingSeeds = new Map<ServerName, Uint8Array>();
  const keys = new Map<ServerName, SigningKey>();
  const addKey = (name: ServerName, seed: Uint8Array, id: string): void => {
    signingSeeds.set(name, seed);
    keys.set(name, { server: name, keyId: id, signer: ed25519Signer(seed) });
  };
  for (const { name, people } of servers) {
    addKey(name, deployment.random(`matrix/signing-key/${name}`).bytes(32), keyId);
    for (const person of people) serverOf.set(person, name);
  }
  // Somebody may want to check an old signature of a server that does not run any more.
  for (const [name, seed] of settled?.imported.signingSeeds ?? [])
    addKey(name as ServerName, seed, present(settled, 'a room').imported.keyId);
  const userOf = (person: PersonId): UserId => {
    const place = settled?.places.get(person);
    if (place !== undefined) return place.user as UserId;
    return `@person${person}:${present(serverOf.get(person), `server of person ${person}`)}` as UserId;
  };
  return { userOf, serverOf, signingSeeds, keys };
}

/** Rooms were made so long before the run, one a minute. Assumed (a month to years): nothing depends on it but timestamps. */
export const roomAgeMs = 90 * 86_400_000;
export const betweenRoomsMs = 60_000;

/**
 * Rooms of the conversations in which something happens, by conversation; `imported` is that of the one which goes on in a
 * room from elsewhere, where the system takes such a room.
 */
export function makeRooms(
  deployment: Deployment,
  directory: MatrixDirectory,
  version12Share: number,
  imported?: WarmRoom,
): ReadonlyMap<ConversationId, WarmRoom> {
  const { workload } = deployment;
  const acts = [...workload.messages, ...(workload.changes ?? [])];
  const inUse = new Set(acts.map(({ conversation }) => conversation));
  for (const { task } of workload.tasks?.scheduled ?? [])
    if (task.kind === 'attachment' || task.kind === 'history') inUse.add(task.conversation);
  const rooms = new Map<ConversationId, WarmRoom>();
  for (const conversation of workload.conversations)
    if (conversation.isImported && imported !== undefined) rooms.set(conversation.id, imported);
    else if (inUse.has(conversation.id))
      rooms.set(conversation.id, makeRoom(deployment, directory, conversation, version12Share));
  return rooms;
}

function makeRoom(
  deployment: Deployment,
  directory: MatrixDirectory,
  conversation: Conversation,
  version12Share: number,
): WarmRoom {
  const { id, kind, members } = conversation;
  const version = deployment.exogenous('matrix-room-version', id) < version12Share ? '12' : '11';
  return makeWarmRoom({
    rules: present(specifiedRoomVersions.get(version), `room version ${version}`),
    localId: `conversation${id}`,
    members: [
      ...members.flatMap((person) => accountsOf(directory, person)),
      ...guestsOf(directory, conversation),
    ],
    powers: powersOf(directory, conversation),
    joinRule: kind === 'room' ? 'public' : 'invite',
    membersAreEqual: kind === 'direct',
    // The id of a version 12 room is the hash of its create event: no two may be alike.
    createdAtMs: deployment.world.epochWallMs - roomAgeMs - id * betweenRoomsMs,
    keyOf: (server) => present(directory.keys.get(server), `key of ${server}`),
  });
}

/** Administrators and moderators of a room, with the power levels that applications suggest for them. */
function powersOf(directory: MatrixDirectory, { administration }: Conversation): ReadonlyMap<UserId, number> {
  const levels = (administration?.moderators ?? []).flatMap((person, rank) =>
    accountsOf(directory, person).map((user) => [user, rank < administratorsPerRoom ? 100 : 50] as const),
  );
  return new Map(levels);
}

/** Accounts of nobody in the simulation, on the servers of the room's members. */
export function guestsOf(
  { serverOf }: MatrixDirectory,
  { id, members, administration }: Conversation,
): readonly UserId[] {
  return Array.from({ length: administration?.guests ?? 0 }, (_, number) => {
    const host = present(members[number % members.length], 'a member');
    return `@guest${number}-${id}:${present(serverOf.get(host), `server of person ${host}`)}` as UserId;
  });
}

/** What clients know of rooms that somebody looks after, by conversation. */
export function administeredRooms(
  deployment: Deployment,
  directory: MatrixDirectory,
  rooms: ReadonlyMap<ConversationId, WarmRoom>,
  settled?: SettledRoom,
): ReadonlyMap<ConversationId, AdministeredRoom> {
  const administered = new Map<ConversationId, AdministeredRoom>();
  for (const conversation of deployment.workload.conversations) {
    const room = rooms.get(conversation.id);
    if (room === undefined || conversation.administration === undefined) continue;
    const isSettled = room === settled?.room;
    const { guests } = conversation.administration;
    administered.set(conversation.id, {
      roomId: room.roomId,
      guests: isSettled ? settled.guests.slice(0, guests) : guestsOf(directory, conversation),
      powerLevels: powerLevelsOf(room),
    });
  }
  return administered;
}

/** As they are when the run begins; those of a room without such an event are the specification's. */
function powerLevelsOf(room: WarmRoom): JsonObject {
  const held = Room.warm(room, room);
  const id = held.currentState.getKey(powerLevelsKey);
  return (id === undefined ? undefined : held.get(id)?.content) ?? {};
}

/** Rooms by each server that takes part in them. */
export function roomsByServer(
  deployment: Deployment,
  directory: MatrixDirectory,
  rooms: ReadonlyMap<ConversationId, WarmRoom>,
  settled?: SettledRoom,
): ReadonlyMap<ServerName, readonly WarmRoom[]> {
  const byServer = new Map<ServerName, WarmRoom[]>();
  for (const { id, members } of deployment.workload.conversations) {
    const room = rooms.get(id);
    if (room === undefined) continue;
    const isSettled = room === settled?.room;
    const servers = isSettled ? settled.servers : members.flatMap((person) => serversOf(directory, person));
    for (const server of new Set(servers)) {
      if (server === undefined) continue;
      const own = byServer.get(server);
      if (own === undefined) byServer.set(server, [room]);
      else own.push(room);
    }
  }
  return byServer;
}
