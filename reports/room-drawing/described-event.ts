// What a drawing says of a Matrix event whatever became of it.
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import type { DrawnEvent } from './drawn-room.ts';

/** The event's own part of how it is drawn; verdict and place in the room are for the caller to say. */
export function describedEvent({
  eventId,
  prevEvents,
  type,
  stateKey,
  sender,
  content,
}: MatrixEvent): Pick<DrawnEvent, 'eventId' | 'prevEvents' | 'type' | 'stateKey' | 'sender' | 'membership'> {
  const { membership } = content;
  const isMembership = type === 'm.room.member' && typeof membership === 'string';
  return { eventId, prevEvents, type, stateKey, sender, membership: isMembership ? membership : undefined };
}
