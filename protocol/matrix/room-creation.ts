// A local user makes a room during the run. https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3createroom
import { present } from '../assert.ts';
import { toHex } from '../bytes.ts';
import type { Effects, RequestId } from '../core.ts';
import { carriesNothing } from '../message.ts';
import type { Clock } from '../time.ts';
import type { CreateRoom, RoomCreated } from './client-messages.ts';
import type { HomeserverContext } from './homeserver-context.ts';
import { specifiedRoomVersions } from './room-version.ts';
import { makeWarmRoom } from './warm-room.ts';

/** What homeservers make of a room unless asked otherwise. Synapse, config/server.py (`DEFAULT_ROOM_VERSION`). */
const defaultVersion = '11';

/** Makes the room and its first events. Nothing tells one request from its repetition: who asks twice has two rooms. */
export function createRoom(
  context: HomeserverContext,
  clock: Clock,
  id: RequestId,
  { userId }: CreateRoom,
  out: Effects,
): void {
  const rules = present(specifiedRoomVersions.get(defaultVersion), 'rules of the default room version');
  const { roomId, events } = makeWarmRoom({
    rules,
    localId: toHex(context.config.random.bytes(9)),
    members: [userId],
    joinRule: 'invite',
    membersAreEqual: false,
    createdAtMs: clock.wall,
    keyOf: () => context.signingKey,
  });
  const room = context.openRoom(roomId, rules, out);
  for (const event of events) {
    out.spend(context.config.costs.sendEvent);
    context.config.pdus.learn(event, context.signingKey);
    const arrival = { event, message: undefined, receipt: 'own', givenStates: undefined } as const;
    context.take(clock, room, arrival, out);
  }
  const answer: RoomCreated = { kind: 'matrix.room-created', roomId, carries: carriesNothing };
  out.respond(id, answer);
}
