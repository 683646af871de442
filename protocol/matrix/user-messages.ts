// Which events are somebody's words, and which user message each of them is. The numbers travel beside a message
// (`carries`, host metadata), in the order of the events that are words.
import type { UserMessageId } from '../message.ts';

/** Whether an event of this type is something a person said. */
export function isUserMessage(type: string): boolean {
  return type === 'm.room.encrypted' || type === 'm.room.message';
}

/** Calls `each` with every event and its user message, undefined for events that are nobody's words. */
export function pairUserMessages<E>(
  events: readonly E[],
  carries: readonly UserMessageId[],
  typeOf: (event: E) => string,
  each: (event: E, message: UserMessageId | undefined) => void,
): void {
  let next = 0;
  for (const event of events) each(event, isUserMessage(typeOf(event)) ? carries[next++] : undefined);
}
