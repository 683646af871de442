// Rooms that anybody may enter, of this server and of those that it can ask.
// https://spec.matrix.org/v1.16/server-server-api/#public-room-directory
import type { Address, Effects, RequestId, RequestResult, Tag } from '../core.ts';
import { carriesNothing, type Message } from '../message.ts';
import { seconds } from '../time.ts';
import type { ClientRequest } from './client-messages.ts';
import type { FederationRequest } from './federation/messages.ts';
import type { HomeserverContext } from './homeserver-context.ts';
import type { RoomId, ServerName } from './ids.ts';
import { asMatrix } from './messages.ts';

/** `GET /_matrix/client/v3/publicRooms?limit=...` */
export interface GetPublicRooms extends ClientRequest {
  readonly kind: 'matrix.get-public-rooms';
  readonly limit: number;
}

/** `GET /_matrix/federation/v1/publicRooms?limit=...` */
export interface GetServerPublicRooms extends FederationRequest {
  readonly kind: 'matrix.get-server-public-rooms';
  readonly limit: number;
}

/** An entry of a directory. */
export interface PublicRoom {
  readonly roomId: RoomId;
  readonly joinedMembers: number;
}

/** A server's directory, or what several of them come to. */
export interface PublicRooms extends Message {
  readonly kind: 'matrix.public-rooms';
  readonly rooms: readonly PublicRoom[];
}

/** Other servers are not waited for any longer; each tells so many rooms. Dendrite: cmd/dendrite-demo-pinecone/rooms/rooms.go. */
const others = { timeout: seconds(5), limit: 200 } as const;
const prefix = 'public-rooms/';

/** What a server's own directory says. */
export function publicRoomsOf(context: HomeserverContext, limit: number): PublicRooms {
  const rooms = [...context.rooms()]
    .filter((room) => room.isPublic)
    .slice(0, limit)
    .map((room): PublicRoom => ({ roomId: room.roomId, joinedMembers: room.joinedMembers }));
  return { kind: 'matrix.public-rooms', rooms, carries: carriesNothing };
}

/** Each room once, in the order in which they come. */
export function mergedDirectories(directories: readonly PublicRooms[], limit = Infinity): PublicRooms {
  const byId = new Map<RoomId, PublicRoom>();
  for (const { rooms } of directories)
    for (const room of rooms) if (!byId.has(room.roomId)) byId.set(room.roomId, room);
  return { kind: 'matrix.public-rooms', rooms: [...byId.values()].slice(0, limit), carries: carriesNothing };
}

/** Answers clients with the server's own directory and with those of others, if it has others to ask. */
export class RoomDirectory {
  readonly #context: HomeserverContext;
  /** Stands for everybody whom the transport below reaches directly. */
  readonly #others: Address | undefined;
  readonly #waiting = new Map<Tag, { readonly request: RequestId; readonly limit: number }>();
  #asked = 0;

  constructor(context: HomeserverContext) {
    this.#context = context;
    this.#others = context.config.directoriesNearby;
  }

  request(request: RequestId, { limit }: GetPublicRooms, out: Effects): void {
    out.spend(this.#context.config.costs.request);
    if (this.#others === undefined) return out.respond(request, publicRoomsOf(this.#context, limit));
    const tag = `${prefix}${++this.#asked}`;
    this.#waiting.set(tag, { request, limit });
    const question: GetServerPublicRooms = {
      kind: 'matrix.get-server-public-rooms',
      origin: this.#context.config.serverName,
      // The transport puts the name of each in its place.
      destination: this.#others as string as ServerName,
      limit: others.limit,
      carries: carriesNothing,
    };
    out.request(this.#others, tag, question, { timeout: others.timeout });
  }

  /** True when the answer was to its question. Without one the client gets what this server has. */
  answered(tag: Tag, result: RequestResult, out: Effects): boolean {
    const waiting = this.#waiting.get(tag);
    if (waiting === undefined) return tag.startsWith(prefix);
    this.#waiting.delete(tag);
    const answer = result.ok ? asMatrix(result.message) : undefined;
    const { request, limit } = waiting;
    const own = publicRoomsOf(this.#context, limit);
    const all = answer?.kind === 'matrix.public-rooms' ? [own, answer] : [own];
    out.respond(request, mergedDirectories(all, limit));
    return true;
  }
}
