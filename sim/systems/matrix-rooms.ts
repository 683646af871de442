// The rooms in which a world's conversations take place: real rooms, as they are after long quiet use.
import { present } from '../../protocol/assert.ts';
import { ed25519Signer } from '../../protocol/crypto.ts';
import type { WarmRoom } from '../../protocol/matrix/homeserver-config.ts';
import type { ServerName, UserId } from '../../protocol/matrix/ids.ts';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import type { SigningKey } from '../../protocol/matrix/signing.ts';
import { makeWarmRoom } from '../../protocol/matrix/warm-room.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import type { Conversation } from '../workload/workload.ts';
import type { ServerPlan } from './matrix-servers.ts';
import type { Deployment } from './system.ts';

/** Where people and their conversations are to be found. */
export interface MatrixDirectory {
  userOf(person: PersonId): UserId;
  readonly serverOf: ReadonlyMap<PersonId, ServerName>;
  readonly signingSeeds: ReadonlyMap<ServerName, Uint8Array>;
  readonly keys: ReadonlyMap<ServerName, SigningKey>;
}

/** Keys made like Synapse's: `ed25519:a_` and four characters. */
const keyId = 'ed25519:a_warm';

export function makeDirectory(deployment: Deployment, servers: readonly ServerPlan[]): MatrixDirectory {
  const serverOf = new Map<PersonId, ServerName>();
  const signingSeeds = new Map<ServerName, Uint8Array>();
  const keys = new Map<ServerName, SigningKey>();
  for (const { name, people } of servers) {
    const seed = deployment.random(`matrix/signing-key/${name}`).bytes(32);
    signingSeeds.set(name, seed);
    keys.set(name, { server: name, keyId, signer: ed25519Signer(seed) });
    for (const person of people) serverOf.set(person, name);
  }
  const userOf = (person: PersonId): UserId =>
    `@person${person}:${present(serverOf.get(person), `server of person ${person}`)}` as UserId;
  return { userOf, serverOf, signingSeeds, keys };
}

/** Rooms were made so long before the run, one a minute. Assumed (a month to years): nothing depends on it but timestamps. */
const roomAgeMs = 90 * 86_400_000;
const betweenRoomsMs = 60_000;

/** Rooms of the conversations in which something is said, by conversation. */
export function makeRooms(
  deployment: Deployment,
  directory: MatrixDirectory,
  version12Share: number,
): ReadonlyMap<ConversationId, WarmRoom> {
  const { workload } = deployment;
  const inUse = new Set(workload.messages.map(({ conversation }) => conversation));
  const rooms = new Map<ConversationId, WarmRoom>();
  for (const conversation of workload.conversations)
    if (inUse.has(conversation.id))
      rooms.set(conversation.id, makeRoom(deployment, directory, conversation, version12Share));
  return rooms;
}

function makeRoom(
  deployment: Deployment,
  directory: MatrixDirectory,
  { id, kind, members }: Conversation,
  version12Share: number,
): WarmRoom {
  const version = deployment.exogenous('matrix-room-version', id) < version12Share ? '12' : '11';
  return makeWarmRoom({
    rules: present(specifiedRoomVersions.get(version), `room version ${version}`),
    localId: `conversation${id}`,
    members: members.map((person) => directory.userOf(person)),
    joinRule: kind === 'room' ? 'public' : 'invite',
    membersAreEqual: kind === 'direct',
    // The id of a version 12 room is the hash of its create event: no two may be alike.
    createdAtMs: deployment.world.epochWallMs - roomAgeMs - id * betweenRoomsMs,
    keyOf: (server) => present(directory.keys.get(server), `key of ${server}`),
  });
}

/** Rooms by each server that takes part in them. */
export function roomsByServer(
  deployment: Deployment,
  { serverOf }: MatrixDirectory,
  rooms: ReadonlyMap<ConversationId, WarmRoom>,
): ReadonlyMap<ServerName, readonly WarmRoom[]> {
  const byServer = new Map<ServerName, WarmRoom[]>();
  for (const { id, members } of deployment.workload.conversations) {
    const room = rooms.get(id);
    if (room === undefined) continue;
    for (const server of new Set(members.map((person) => serverOf.get(person)))) {
      if (server === undefined) continue;
      const own = byServer.get(server);
      if (own === undefined) byServer.set(server, [room]);
      else own.push(room);
    }
  }
  return byServer;
}
