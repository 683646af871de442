// Which rooms are encrypted, whose devices are in them, and how far sessions are used up when a run begins.
import { present } from '../../protocol/assert.ts';
import type { WarmRoom } from '../../protocol/matrix/homeserver-config.ts';
import type { RoomId, UserId } from '../../protocol/matrix/ids.ts';
import { sessionRotation, type Encryption } from '../../protocol/matrix/outbound-sessions.ts';
import type { DeviceAddress } from '../../protocol/matrix/room-recipients.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import { compareCodePoints } from '../../protocol/order.ts';
import type { Conversation } from '../workload/workload.ts';
import { accountsOf, type MatrixDirectory } from './matrix-rooms.ts';
import type { Deployment } from './system.ts';

export interface EncryptionPlan {
  readonly deployment: Deployment;
  readonly directory: MatrixDirectory;
  readonly rooms: ReadonlyMap<ConversationId, WarmRoom>;
  /** Share of public rooms that are encrypted; all others are. */
  readonly encryptedPublicShare: number;
  /** Share of pairs of devices without an Olm session. */
  readonly strangerShare: number;
  /** Of one of a person's accounts. */
  devicesOf(person: PersonId, account: UserId): readonly string[];
}

/** What each client knows of the keys of its rooms, by person and device. */
export function planEncryption(plan: EncryptionPlan): (person: PersonId, deviceId: string) => Encryption {
  const { deployment, directory, rooms, encryptedPublicShare } = plan;
  const conversations = new Map<RoomId, Conversation>();
  for (const conversation of deployment.workload.conversations) {
    const room = rooms.get(conversation.id);
    if (room !== undefined) conversations.set(room.roomId, conversation);
  }
  // Rooms that are made during the run, or that somebody enters then, are no conversation: nobody's words are in them.
  const conversationOf = (roomId: RoomId): Conversation =>
    present(conversations.get(roomId), `conversation in ${roomId}`);
  const isEncrypted = (roomId: RoomId): boolean => {
    if (!conversations.has(roomId)) return false;
    const { id, kind } = conversationOf(roomId);
    return kind !== 'room' || deployment.exogenous('matrix-room-encrypted', id) < encryptedPublicShare;
  };
  const ofPerson = (person: PersonId): readonly DeviceAddress[] =>
    accountsOf(directory, person).flatMap((userId) =>
      plan.devicesOf(person, userId).map((deviceId) => ({ userId, deviceId })),
    );
  // Lists of devices are the same for everybody in a room.
  const devices = new Map<RoomId, readonly DeviceAddress[]>();
  const devicesIn = (roomId: RoomId): readonly DeviceAddress[] => {
    let known = devices.get(roomId);
    if (known === undefined) {
      known = (conversations.get(roomId)?.members ?? []).flatMap(ofPerson);
      devices.set(roomId, known);
    }
    return known;
  };
  let people: ReadonlyMap<UserId, PersonId> | undefined;
  const devicesOf = (userId: UserId): readonly DeviceAddress[] => {
    people ??= new Map(
      [...directory.serverOf.keys()].flatMap((person) =>
        accountsOf(directory, person).map((account) => [account, person] as const),
      ),
    );
    const person = people.get(userId);
    return person === undefined ? [] : ofPerson(person).filter((device) => device.userId === userId);
  };
  const share = plan.strangerShare;
  return (person, deviceId) => ({
    isEncrypted,
    isStranger: (other) => {
      if (share === 0) return false;
      const pair = [`${directory.userOf(person)}/${deviceId}`, `${other.userId}/${other.deviceId}`];
      return deployment.exogenous('olm-session', ...pair.sort(compareCodePoints)) < share;
    },
    devicesIn,
    devicesOf,
    warmSession: (roomId) => {
      const draw = (what: string): number =>
        deployment.exogenous(`megolm-${what}/${deviceId}`, person, conversationOf(roomId).id);
      return {
        messages: Math.floor(draw('messages') * sessionRotation.messages),
        ageMs: Math.floor(draw('age') * sessionRotation.periodMs),
      };
    },
  });
}
