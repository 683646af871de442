// What a hostile homeserver does with its own users' events. Some of it is well-formed and signed, so that others cannot refuse
// it for its form and have to survive it; some of it is what the checks on receipt are there for.
import { compareCodePoints } from '../order.ts';
import type { Effects } from '../core.ts';
import type { Clock } from '../time.ts';
import type { MatrixEvent } from './event.ts';
import type { HomeserverContext } from './homeserver-context.ts';
import type { HostedRoom } from './hosted-room.ts';
import {
  alteredAfterSigning,
  backdated,
  brokenChains,
  inAnothersName,
  otherVersion,
} from './hostile-events.ts';
import { flood } from './hostile-flood.ts';
import { serverNameOf, type ServerName } from './ids.ts';
import type { StoredEvent } from './stored-event.ts';

/**
 * - `withholds`: every second server of a room is not told of its events; they learn of them from others.
 * - `keeps-back`: every second message (by depth) is given to nobody, not even on request; later ones build on it.
 * - `equivocates`: every second server is told another version of each message, in the same place of the graph.
 * - `backdates`: each message is followed by one that claims to be an hour older and cites old events.
 * - `ignores-bans`: its users who were thrown out go on talking, as if they had not heard of it.
 * - `forges`: each message is followed by one in the name of a user of another server, and by one that was altered after signing.
 * - `breaks-chains`: each message is followed by events that their own authorities do not allow, that rest on a rejected
 *   one, that cite nothing, and that cite what nobody has.
 * - `floods`: each message is followed by a hundred more, at an old place of the graph, and by a hundred questions to everybody.
 */
export const misbehaviours = [
  'withholds',
  'keeps-back',
  'equivocates',
  'backdates',
  'ignores-bans',
  'forges',
  'breaks-chains',
  'floods',
] as const;

/** A way to be hostile. */
export type Misbehaviour = (typeof misbehaviours)[number];

/** An own event that is on its way out. */
export interface OwnEvent {
  readonly clock: Clock;
  readonly room: HostedRoom;
  readonly stored: StoredEvent;
}

/** Sends an own event out as a hostile server does. */
export function distributeBadly(
  how: Misbehaviour,
  context: HomeserverContext,
  own: OwnEvent,
  out: Effects,
): void {
  const { clock, room, stored } = own;
  const destinations = [...room.destinationsOf(stored)].sort(compareCodePoints);
  const half = (rest: 0 | 1): readonly ServerName[] => destinations.filter((_, index) => index % 2 === rest);
  const { event } = stored;
  const send = (to: readonly ServerName[]): void => context.sender.send(clock, stored, to, out);
  const sendOut = (events: readonly MatrixEvent[], to: readonly ServerName[] = destinations): void => {
    for (const each of events) sendUnkept(context, clock, each, to, out);
  };
  if (how === 'withholds') return send(half(1));
  if (event.stateKey !== undefined) return send(destinations);
  switch (how) {
    case 'keeps-back':
      if (!isKeptBack(context, event)) send(destinations);
      return;
    case 'equivocates':
      send(half(0));
      return sendToo(context, clock, room, otherVersion(room, event, clock), half(1), out);
    case 'backdates':
      send(destinations);
      return sendToo(context, clock, room, backdated(context, room, event, clock), destinations, out);
    case 'ignores-bans':
      // What is kept out of sight here has no place in the server's stream.
      if (stored.streamOrdering > 0) send(destinations);
      else sendOut([event]);
      return;
    case 'forges':
      send(destinations);
      return sendOut([...inAnothersName(room, event, clock), alteredAfterSigning(room, event, clock)]);
    case 'breaks-chains':
      send(destinations);
      return sendOut(brokenChains(room, event, clock));
    case 'floods':
      send(destinations);
      for (const each of flood(context, room, event, destinations, clock, out))
        sendToo(context, clock, room, each, destinations, out);
  }
}

/** Whether a hostile server gives the event to nobody. */
export function isKeptBack(
  { misbehaviour, config: { serverName } }: HomeserverContext,
  { sender, stateKey, depth }: MatrixEvent,
): boolean {
  if (misbehaviour !== 'keeps-back' || stateKey !== undefined || depth % 2 !== 0) return false;
  return serverNameOf(sender) === serverName;
}

/** The event that threw a user of a hostile server out, and that it ignores. */
export function ignoredBan(
  { misbehaviour }: HomeserverContext,
  room: HostedRoom,
  userId: string,
): MatrixEvent | undefined {
  const event = misbehaviour === 'ignores-bans' ? room.memberEventOf(userId) : undefined;
  if (event === undefined || event.sender === userId) return undefined;
  return room.missingPredecessors(event).length === 0 ? event : undefined;
}

/** Takes an event in at its own server, too, and sends it. */
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

/** Sends an event that its own server has not taken in, and will not remember. */
function sendUnkept(
  context: HomeserverContext,
  clock: Clock,
  event: MatrixEvent,
  destinations: readonly ServerName[],
  out: Effects,
): void {
  out.observe({ kind: 'situation', name: 'matrix.hostile.event-sent' });
  const streamOrdering = context.streamPosition();
  const message = context.find(event.eventId)?.message;
  context.sender.send(clock, { event, streamOrdering, message }, destinations, out);
}
