// An event as one server holds it.
import { carriesNothing, type UserMessageId } from '../message.ts';
import type { MatrixEvent } from './event.ts';

export interface StoredEvent {
  readonly event: MatrixEvent;
  /** This server's own count of what it took in: the order in which clients learn of events. */
  readonly streamOrdering: number;
  /** What a person said by it; host metadata. */
  readonly message: UserMessageId | undefined;
}

/** The user messages of these events, in order. */
export function userMessagesOf(events: readonly StoredEvent[]): readonly UserMessageId[] {
  const [only] = events;
  if (only === undefined) return carriesNothing;
  if (events.length === 1) return only.message === undefined ? carriesNothing : [only.message];
  return events.flatMap(({ message }) => (message === undefined ? [] : [message]));
}
