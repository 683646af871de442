// Wire forms of directories of rooms.
import * as client from './codec-client.ts';
import * as federation from './codec-federation.ts';
import type { RoomId } from './ids.ts';
import type { GetPublicRooms, GetServerPublicRooms, PublicRoom, PublicRooms } from './room-directory.ts';
import { arrayOf, numberOf, objectOf, plain, smallForm, stringOf } from './wire-form.ts';

const getPublicRooms = smallForm<GetPublicRooms>({
  headerBytes: client.requestBytes,
  names: (message) => [...client.who(message), String(message.limit)],
  json: () => undefined,
  read: (names) => ({
    kind: 'matrix.get-public-rooms',
    ...client.readWho(names),
    limit: Number(names[2]),
    ...plain,
  }),
});

const getServerPublicRooms = smallForm<GetServerPublicRooms>({
  headerBytes: federation.requestBytes,
  names: (message) => [...federation.parties(message), String(message.limit)],
  json: () => undefined,
  read: (names) => ({
    kind: 'matrix.get-server-public-rooms',
    ...federation.readParties(names),
    limit: Number(names[2]),
    ...plain,
  }),
});

/** Of an entry only what says which room it is, and what the specification demands beside. */
const publicRooms = smallForm<PublicRooms>({
  headerBytes: client.answerBytes,
  names: () => [],
  json: ({ rooms }) => ({
    chunk: rooms.map(({ roomId, joinedMembers }) => ({
      room_id: roomId,
      num_joined_members: joinedMembers,
      guest_can_join: false,
      world_readable: false,
    })),
  }),
  read: (_names, body) => ({
    kind: 'matrix.public-rooms',
    rooms: arrayOf(objectOf(body)['chunk']).map((each): PublicRoom => {
      const { room_id, num_joined_members } = objectOf(each);
      return { roomId: stringOf<RoomId>(room_id), joinedMembers: numberOf(num_joined_members) };
    }),
    ...plain,
  }),
});

export const directoryForms = {
  'matrix.get-public-rooms': getPublicRooms,
  'matrix.get-server-public-rooms': getServerPublicRooms,
  'matrix.public-rooms': publicRooms,
};
