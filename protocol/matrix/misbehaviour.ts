// What a hostile homeserver does with its own users' events. Each is well-formed and signed: others cannot refuse it for
// its form, and have to survive it.
import { compareCodePoints } from '../order.ts';
import type { Effects } from '../core.ts';
import { milliseconds, type Clock } from '../time.ts';
import type { MatrixEvent } from './event.ts';
import type { HomeserverContext } from './homeserver-context.ts';
import type { HostedRoom } from './hosted-room.ts';
import type { ServerName } from './ids.ts';
import type { StoredEvent } from './stored-event.ts';

/**
 * - `withholds`: every second server of a room is not told of its events; they learn of them from others.
 * - `equivocates`: every second server is told another version of each message, in the same place of the graph.
 * - `backdates`: each message is followed by one that claims to be an hour older and cites old events.
 */
export const misbehaviours = ['withholds', 'equivocates', 'backdates'] as const;

/** A way to be hostile. */
export type Misbehaviour = (typeof misbehaviours)[number];

/** How far back in the graph a backdated event pretends to stand, in generations. */
const generationsBack = 20;
const pretendedAge = milliseconds(3_600_000) / 1_000;

/** Sends an own event out as a hostile server does. */
export function distributeBadly(
  how: Misbehaviour,
  context: HomeserverContext,
  { clock, room, stored }: { clock: Clock; room: HostedRoom; stored: StoredEvent },
  out: Effects,
): void {
  const destinations = [...room.destinationsOf(stored)].sort(compareCodePoints);
  const half = (rest: 0 | 1): readonly ServerName[] => destinations.filter((_, index) => index % 2 === rest);
  const { event } = stored;
  if (how === 'withholds' || event.stateKey !== undefined) {
    const told = how === 'withholds' ? half(1) : destinations;
    return context.sender.send(clock, stored, told, out);
  }
  if (how === 'equivocates') {
    context.sender.send(clock, stored, half(0), out);
    sendToo(
      context,
      clock,
      room,
      room.buildBeside(event, event, otherWords(event), clock.wall),
      half(1),
      out,
    );
    return;
  }
  context.sender.send(clock, stored, destinations, out);
  const beside = ancestor(context, event);
  const old = room.buildBeside(beside, event, otherWords(event), clock.wall - pretendedAge);
  sendToo(context, clock, room, old, destinations, out);
}

function sendToo(
  context: HomeserverContext,
  clock: Clock,
  room: HostedRoom,
  event: MatrixEvent,
  destinations: readonly ServerName[],
  out: Effects,
): void {
  const arrival = { event, message: undefined, receipt: 'own', givenStates: undefined } as const;
  if (context.take(clock, room, arrival, out) !== 'accepted') return;
  out.observe({ kind: 'situation', name: 'matrix.hostile.event-sent' });
  const stored = context.find(event.eventId);
  if (stored !== undefined) context.sender.send(clock, stored, destinations, out);
}

function otherWords({ content }: MatrixEvent): MatrixEvent['content'] {
  return { ...content, 'org.example.version': 'other' };
}

/** An event some generations before this one, as far as this server has taken them in. */
function ancestor(context: HomeserverContext, event: MatrixEvent): MatrixEvent {
  let found = event;
  for (let generation = 0; generation < generationsBack; generation++) {
    const [previous] = found.prevEvents;
    const stored = previous === undefined ? undefined : context.find(previous);
    if (stored === undefined || stored.event.prevEvents.length === 0) break;
    found = stored.event;
  }
  return found;
}
