// From a broken room to one that can be shown to everybody: the smallest room that still shows the same, under invented
// names, signed anew.
import { accept, reject, type Outcome } from '../../protocol/outcome.ts';
import type { JsonObject } from '../../protocol/matrix/canonical-json.ts';
import { createEventId } from '../../protocol/matrix/ids.ts';
import { judgeEvents } from '../../protocol/matrix/judge-room.ts';
import type { RoomVersions } from '../../protocol/matrix/room-version.ts';
import { judgeSlice } from '../../protocol/matrix/slice/judge-slice.ts';
import { knownKeys, readRoomFile, type RoomFile } from '../room-file.ts';
import { shrinkingOf } from '../search/resolution/shrink-problem.ts';
import type { ResolutionProblem } from '../search/resolution/problem.ts';
import { anonymousRoom } from './anonymous-room.ts';
import { anonymousKey, renamedQuestion, type RoomQuestion } from './room-question.ts';
import { shownBy, type Shown } from './room-shows.ts';
import { signedRoom } from './signed-room.ts';

/** How far it is. */
export interface ShrinkProgress {
  readonly tried: number;
  /** Of the smallest room so far. */
  readonly events: number;
}

/** The smallest room. */
export interface ShrunkRoom {
  /** As the room commands read it. */
  readonly document: JsonObject;
  /** The same as read back. */
  readonly room: ResolutionProblem;
  readonly shown: Shown;
  readonly eventsBefore: number;
}

/** Yields after every room that it has tried; `true` in answer ends it with the smallest so far. */
export type RoomShrinking = Generator<ShrinkProgress, Outcome<ShrunkRoom>, boolean>;

/** The events of a file, those among `rejected` that were refused for their form or signature. */
export function roomToShrink(read: RoomFile): Outcome<ResolutionProblem> {
  const { rules, events, stateSets, servers = {} } = read;
  if (stateSets !== undefined) return accept({ rules, events, stateSets, rejected: new Set() });
  if (read.missing.length > 0) return partToShrink(read);
  const judged = judgeEvents({ ...read, knowsKeysOf: (server) => Object.hasOwn(servers, server) });
  if (!judged.ok) return judged;
  const refused = judged.value.events.filter(({ stage }) => stage === 'format');
  return accept({
    rules,
    events: judged.value.events.map(({ event }) => event),
    stateSets: [],
    rejected: new Set(refused.map(({ event }) => event.eventId)),
  });
}

/**
 * Part of a room: what it cites and does not hold stays missing. What is refused for its form or signature is left out and missing,
 * too: nobody can tell by its verdict alone what a smaller room would make of it.
 */
function partToShrink(read: RoomFile): Outcome<ResolutionProblem> {
  const { rules, roomId, events, areSketches } = read;
  const given = { before: new Map(), after: new Map() };
  const judged = judgeSlice({
    rules,
    roomId,
    events,
    outliers: [],
    given,
    areSketches,
    keys: knownKeys(read),
  });
  if (!judged.ok) return judged;
  const kept = judged.value.events.filter(({ stage }) => stage !== 'format').map(({ event }) => event);
  const held = new Set(kept.map(({ eventId }) => eventId));
  const cited = kept.flatMap(({ prevEvents, authEvents }) => [...prevEvents, ...authEvents]);
  const create = rules.roomIdIsCreateEvent ? [createEventId(roomId)] : [];
  const missing = new Set([...cited, ...create].filter((id) => !held.has(id)));
  return accept({ rules, events: kept, stateSets: [], rejected: new Set(), missing });
}

/** Makes a room smaller that shows something. */
export function* shrinkRoom(room: ResolutionProblem, shown: Shown, versions?: RoomVersions): RoomShrinking {
  const anonymous = anonymousRoom(room);
  const names = { idOf: anonymous.idOf, keyOf: anonymousKey(anonymous) };
  const asked = renamedQuestion(shown.question, names);
  const question = afterSigning(asked);
  let smallest = anonymous.problem;
  if (shownBy(smallest, question) === undefined)
    return reject(
      'room-shrink.names',
      'what the room shows rests on names, contents or sizes that would not survive: it cannot be told without them',
    );
  const shrinking = shrinkingOf(smallest);
  let tried = 0;
  for (let step = shrinking.next(); step.done !== true;) {
    const stillShows = shownBy(step.value, question) !== undefined;
    if (stillShows) smallest = step.value;
    if (yield { tried: ++tried, events: smallest.events.length }) break;
    step = shrinking.next(stillShows);
  }
  return published(smallest, question, room.events.length, versions);
}

/** What refused an event for its form is a bad signature in a room that was signed anew. */
function afterSigning(question: RoomQuestion): RoomQuestion {
  const isOfForm = question.kind === 'rejected' && /^(format|signature|room)\./.test(question.rule ?? '');
  return isOfForm ? { ...question, rule: 'signature.invalid' } : question;
}

/** Ids decide ties, and are hashes: so many are tried until the signed room shows the same. */
const mostAttempts = 200;

function published(
  sketched: ResolutionProblem,
  question: RoomQuestion,
  eventsBefore: number,
  versions: RoomVersions | undefined,
): Outcome<ShrunkRoom> {
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const { document, idOf } = signedRoom(sketched, attempt);
    const read = roomToShrink(readRoomFile(JSON.stringify(document), 'the smallest room', { versions }));
    if (!read.ok) continue;
    const shown = shownBy(read.value, renamedQuestion(question, { idOf, keyOf: (key) => key }));
    if (shown !== undefined) return accept({ document, room: read.value, shown, eventsBefore });
  }
  return reject('room-shrink.ids', 'it rests on the ids of events, and new ones do not show it');
}
