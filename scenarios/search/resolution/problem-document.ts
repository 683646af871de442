// A resolution problem as plain data: what a case file holds, and what worker threads hand to each other.
import { accept, reject, type Outcome } from '../../../protocol/outcome.ts';
import type { JsonObject } from '../../../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../../../protocol/matrix/event.ts';
import type { EventId } from '../../../protocol/matrix/ids.ts';
import type { RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import { eventOfPdu, sketchedRoomId, sketchOf } from '../rooms/sketched-event.ts';
import type { ResolutionProblem } from './problem.ts';

/** An event of a case: a sketch under a name. Times and depths are what the algorithms order by. */
export interface EventDocument {
  readonly event_id: string;
  readonly type: string;
  readonly state_key?: string | undefined;
  readonly sender: string;
  readonly content: JsonObject;
  readonly prev_events: readonly string[];
  readonly auth_events: readonly string[];
  readonly depth: number;
  readonly origin_server_ts: number;
}

/** A problem. */
export interface ProblemDocument {
  readonly room_version: string;
  /** By the letter of the specification; as deployed servers do when left out. */
  readonly follow?: 'text' | undefined;
  /** Causes first. */
  readonly events: readonly EventDocument[];
  /** States to resolve, as ids of their events. */
  readonly states: readonly (readonly string[])[];
  /** Ids of events that were rejected on receipt. */
  readonly rejected?: readonly string[] | undefined;
}

/** The document of a problem. */
export function problemDocument({ rules, events, stateSets, rejected }: ResolutionProblem): ProblemDocument {
  return {
    room_version: rules.id,
    ...(rules.reading === 'text' ? { follow: 'text' } : {}),
    events: events.map((event): EventDocument => {
      const sketch = sketchOf(event);
      return {
        event_id: event.eventId,
        type: sketch.type,
        ...(sketch.stateKey === undefined ? {} : { state_key: sketch.stateKey }),
        sender: sketch.sender,
        content: sketch.content,
        prev_events: sketch.prevEvents,
        auth_events: sketch.authEvents,
        depth: sketch.depth,
        origin_server_ts: sketch.originServerTs,
      };
    }),
    states: stateSets,
    ...(rejected.size === 0 ? {} : { rejected: [...rejected] }),
  };
}

/** The problem of a document. Refused: what is no event, an id that nothing has, and two events under one id. */
export function problemOfDocument(
  document: ProblemDocument,
  rules: RoomVersionRules,
): Outcome<ResolutionProblem> {
  const events: MatrixEvent[] = [];
  const known = new Set<string>();
  for (const { event_id: id, prev_events, auth_events, ...rest } of document.events) {
    const explicit = rules.eventIdFormat === 'explicit';
    const pdu: JsonObject = {
      ...(JSON.parse(JSON.stringify(rest)) as JsonObject),
      prev_events: explicit ? prev_events.map((each) => [each, {}]) : prev_events,
      auth_events: explicit ? auth_events.map((each) => [each, {}]) : auth_events,
      ...(rules.roomIdIsCreateEvent && rest.type === 'm.room.create'
        ? {}
        : { room_id: sketchedRoomId(rules) }),
    };
    const event = eventOfPdu(pdu, id as EventId, rules);
    if (!event.ok) return reject(event.rule, `${id}: ${event.detail}`);
    if (known.has(id)) return reject('case.two-events', `two events are named ${id}`);
    for (const cited of [...prev_events, ...auth_events])
      if (!known.has(cited))
        return reject('case.unknown-event', `${id} cites ${cited}, which does not stand before it`);
    known.add(id);
    events.push(event.value);
  }
  for (const [index, ids] of document.states.entries())
    for (const id of ids)
      if (!known.has(id))
        return reject('case.unknown-event', `state ${index + 1} names ${id}, which is no event of the case`);
  for (const id of document.rejected ?? [])
    if (!known.has(id)) return reject('case.unknown-event', `${id} is rejected, and is no event of the case`);
  return accept({
    rules,
    events,
    stateSets: document.states as readonly (readonly EventId[])[],
    rejected: new Set((document.rejected ?? []) as readonly EventId[]),
  });
}
