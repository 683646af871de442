// The conversation that goes on in a room from elsewhere: people take the places of its members.
import type { ConversationId } from '../../protocol/message.ts';
import type { World } from '../world.ts';
import type { Habits } from './habits.ts';
import type { Conversation, Person } from './workload.ts';

/** The conversations, and the one in the room that the world imports, if it does. */
export function withImportedRoom(
  conversations: readonly Conversation[],
  people: readonly Person[],
  { room }: World,
  { roomChangesPerDay, moderatorsPerRoom, guestsPerRoom }: Habits,
): readonly Conversation[] {
  if (room === undefined) return conversations;
  const members = people.slice(0, room.members.length).map(({ id }) => id);
  const moderators = members.slice(0, Math.min(room.moderators, moderatorsPerRoom));
  const guests = Math.min(guestsPerRoom, room.members.length - members.length);
  const conversation: Conversation = {
    id: conversations.length as ConversationId,
    kind: 'room',
    members,
    isImported: true,
    ...(roomChangesPerDay === 0 ? {} : { administration: { moderators, guests } }),
  };
  return [...conversations, conversation];
}
