// What a server answers to other servers' questions about rooms.
import type { Effects, RequestId } from '../../core.ts';
import { assertNever } from '../../assert.ts';
import { carriesNothing } from '../../message.ts';
import type { DeviceQuestion } from '../device-messages.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { HostedRoom } from '../hosted-room.ts';
import type { EventId } from '../ids.ts';
import { isKeptBack } from '../misbehaviour.ts';
import { publicRoomsOf } from '../room-directory.ts';
import { userMessagesOf, type StoredEvent } from '../stored-event.ts';
import { synapse } from './constants.ts';
import type { SignedQuestion } from './door.ts';
import type { HandshakeQuestion } from './handshake-messages.ts';
import type {
  AuthChain,
  DirectoryEntry,
  Events,
  GetBackfill,
  GetMissingEvents,
  State,
  StateIds,
} from './messages.ts';

/** Every signed question about what rooms hold. */
export type Question = Exclude<
  SignedQuestion,
  HandshakeQuestion | DeviceQuestion | { readonly kind: 'matrix.transaction' }
>;

/** Answers, or refuses with the status that Synapse gives. */
export function serveQuestion(
  context: HomeserverContext,
  request: RequestId,
  question: Question,
  out: Effects,
): void {
  out.spend(context.config.costs.request);
  if (question.kind === 'matrix.get-event') {
    const stored = context.find(question.eventId);
    const room = stored === undefined ? undefined : context.room(stored.event.roomId);
    if (stored === undefined || isKeptBack(context, stored.event)) return out.refuse(request, 404);
    if (room?.hasServer(question.origin) !== true) return out.refuse(request, 404);
    return out.respond(request, eventsAnswer([stored]));
  }
  if (question.kind === 'matrix.query-directory') {
    const entry = directoryEntryOf(context, question.alias);
    return entry === undefined ? out.refuse(request, 404) : out.respond(request, entry);
  }
  if (question.kind === 'matrix.get-server-public-rooms')
    return out.respond(request, publicRoomsOf(context, question.limit));
  const room = context.room(question.roomId);
  if (room === undefined) return out.refuse(request, 404);
  if (!room.hasServer(question.origin) || !room.allowsServer(question.origin))
    return out.refuse(request, 403);
  const given = (events: readonly StoredEvent[]): readonly StoredEvent[] =>
    context.misbehaviour === undefined ? events : events.filter(({ event }) => !isKeptBack(context, event));
  switch (question.kind) {
    case 'matrix.get-missing-events':
      return out.respond(request, eventsAnswer(given(missingEvents(room, question))));
    case 'matrix.get-backfill':
      return out.respond(request, eventsAnswer(given(backfill(room, question))));
    case 'matrix.get-state-ids':
    case 'matrix.get-state': {
      const state = room.stateIdsBefore(question.eventId);
      // A server that holds the event but not the state there says that it does not know it.
      if (state === undefined) return out.refuse(request, 404);
      const authChain = room.authChainIds(state);
      if (question.kind === 'matrix.get-state-ids')
        return out.respond(request, stateIdsAnswer(state, authChain));
      return out.respond(request, stateAnswer(room, state, authChain));
    }
    case 'matrix.get-event-auth': {
      const event = room.find(question.eventId)?.event;
      if (event === undefined) return out.refuse(request, 404);
      const chain = [...new Set([...event.authEvents, ...room.authChainIds(event.authEvents)])];
      const authChain = room.events(chain);
      const answer: AuthChain = { kind: 'matrix.auth-chain', authChain, carries: carriesNothing };
      return out.respond(request, answer);
    }
    default:
      return assertNever(question);
  }
}

/**
 * What this server's directory says of an alias: itself first, then every other server that it knows to be in the room.
 * Behaviour of Synapse: github.com/element-hq/synapse, synapse/handlers/directory.py (`get_association`, `on_directory_query`).
 */
export function directoryEntryOf(context: HomeserverContext, alias: string): DirectoryEntry | undefined {
  const roomId = context.config.aliases?.get(alias);
  if (roomId === undefined) return undefined;
  const servers = [context.config.serverName, ...(context.room(roomId)?.otherServers() ?? [])];
  return { kind: 'matrix.directory-entry', roomId, servers, carries: carriesNothing };
}

function eventsAnswer(events: readonly StoredEvent[]): Events {
  return { kind: 'matrix.events', pdus: events.map(({ event }) => event), carries: userMessagesOf(events) };
}

/** Servers that share a list of ids share the answer made of it, whose wire form need then be worked out only once. */
const stateIdsAnswers = new WeakMap<readonly EventId[], StateIds>();

function stateIdsAnswer(pduIds: readonly EventId[], authChainIds: readonly EventId[]): StateIds {
  const known = stateIdsAnswers.get(pduIds);
  if (known?.authChainIds === authChainIds) return known;
  const answer: StateIds = { kind: 'matrix.state-ids', pduIds, authChainIds, carries: carriesNothing };
  stateIdsAnswers.set(pduIds, answer);
  return answer;
}

function stateAnswer(room: HostedRoom, state: readonly EventId[], authChain: readonly EventId[]): State {
  return {
    kind: 'matrix.state',
    pdus: room.events(state),
    authChain: room.events(authChain),
    carries: carriesNothing,
  };
}

/** Walks back from the latest events, breadth first, until the earliest; oldest first in the answer. `min_depth` is not looked at. */
function missingEvents(room: HostedRoom, question: GetMissingEvents): readonly StoredEvent[] {
  const limit = Math.min(question.limit, synapse.missingEventsServed);
  const seen = new Set<EventId>([...question.earliestEvents, ...question.latestEvents]);
  const found: StoredEvent[] = [];
  let front: readonly EventId[] = question.latestEvents;
  while (front.length > 0 && found.length < limit) {
    const next: EventId[] = [];
    for (const id of front) {
      for (const previous of room.find(id)?.event.prevEvents ?? []) {
        const stored = seen.has(previous) ? undefined : room.find(previous);
        seen.add(previous);
        if (stored === undefined || found.length >= limit) continue;
        found.push(stored);
        next.push(previous);
      }
    }
    front = next;
  }
  return found.sort((left, right) => left.event.depth - right.event.depth);
}

/** Events from the given ones backward, by depth, newest first. */
function backfill(room: HostedRoom, { from, limit }: GetBackfill): readonly StoredEvent[] {
  const seen = new Set<EventId>();
  let front = from.map((id) => room.find(id)).filter((each) => each !== undefined);
  const found: StoredEvent[] = [];
  while (front.length > 0 && found.length < Math.min(limit, synapse.backfillLimit)) {
    front.sort((left, right) => right.event.depth - left.event.depth);
    const [newest, ...rest] = front;
    front = rest;
    if (newest === undefined || seen.has(newest.event.eventId)) continue;
    seen.add(newest.event.eventId);
    found.push(newest);
    for (const previous of newest.event.prevEvents) {
      const stored = room.find(previous);
      if (stored !== undefined && !seen.has(previous)) front.push(stored);
    }
  }
  return found;
}
