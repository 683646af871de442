// A flood: more events than anybody can read, in a place where each becomes a front of its own, and questions that cost work.
import type { Address, Effects } from '../core.ts';
import { carriesNothing } from '../message.ts';
import type { Clock } from '../time.ts';
import type { MatrixEvent } from './event.ts';
import { synapse } from './federation/constants.ts';
import type { GetMissingEvents } from './federation/messages.ts';
import { patience } from './federation/patience.ts';
import type { HomeserverContext } from './homeserver-context.ts';
import type { HostedRoom } from './hosted-room.ts';
import { manyAtOnce } from './hostile-events.ts';
import type { ServerName } from './ids.ts';

/** Per message. Assumed: enough to pass every limit that Synapse sets to one server. */
const eventsPerMessage = 100;
const questionsPerMessage = 100;

/** Asks everybody for everything, over and over; the events that are to be sent as well. */
export function flood(
  context: HomeserverContext,
  room: HostedRoom,
  said: MatrixEvent,
  destinations: readonly ServerName[],
  clock: Clock,
  out: Effects,
): readonly MatrixEvent[] {
  const options = patience(context.config.profile, synapse.requestTimeout);
  for (const destination of destinations) {
    for (let number = 0; number < questionsPerMessage; number++) {
      const question: GetMissingEvents = {
        kind: 'matrix.get-missing-events',
        origin: context.config.serverName,
        destination,
        roomId: room.roomId,
        earliestEvents: [],
        latestEvents: [said.eventId],
        limit: synapse.missingEventsServed,
        minDepth: 0,
        carries: carriesNothing,
      };
      const tag = `flood/${said.eventId}/${destination}/${number}`;
      out.request(destination as string as Address, tag, question, options);
    }
  }
  return manyAtOnce(context, room, said, clock, eventsPerMessage);
}
