// Whether a room shows something, and how: the answers to a question about it.
import { splitStateMapKey } from '../../protocol/matrix/auth-state.ts';
import { createEventId, serverNameOf, type EventId, type RoomId } from '../../protocol/matrix/ids.ts';
import { judgeEvents, type RoomJudgement } from '../../protocol/matrix/judge-room.ts';
import { resetInWords, stateResetsOf, type MergeReset } from '../../protocol/matrix/room-resets.ts';
import type { RoomVersionRules } from '../../protocol/matrix/room-version.ts';
import { judgeSlice, type SliceVerdicts } from '../../protocol/matrix/slice/judge-slice.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import { StateMap } from '../../protocol/matrix/state-map.ts';
import { resolveState } from '../../protocol/matrix/state-resolution.ts';
import { stateResets } from '../../protocol/matrix/stored-state/state-reset.ts';
import { under } from '../search/resolution/outcome.ts';
import { openProblem, type ResolutionProblem } from '../search/resolution/problem.ts';
import { eventOfSketch, sketchOf } from '../search/rooms/sketched-event.ts';
import type { RoomQuestion } from './room-question.ts';

/** What a room shows: the question made exact, so that nothing else of the kind takes its place, and words for people. */
export interface Shown {
  readonly question: RoomQuestion;
  readonly words: string;
}

/**
 * A room as events, of which `rejected` were refused for their form or signature; or, where it has state sets, their
 * resolution. What it shows comes first in causal order first.
 */
export function shownBy(room: ResolutionProblem, question: RoomQuestion): Shown | undefined {
  if (room.missing !== undefined) return shownByPart(room, question);
  switch (question.kind) {
    case 'reset':
      return shownReset(room, question);
    case 'rejected':
    case 'soft-failed':
      return shownVerdict(room, question);
    case 'state':
      return shownEntry(room, question);
    case 'diff': {
      const [left, right] = question.algorithms.map((algorithm) => resolvedState(under(room, algorithm)));
      return shownDifference(question, left, right, question.algorithms);
    }
    case 'versions':
      return shownVersions(room, question);
    case 'observer': {
      const judged = judgedRoom(room);
      const names = ['all accepted events', 'a server that received them in this order'] as const;
      return shownDifference(question, judged?.resolvedState, judged?.observer.resolvedState, names);
    }
  }
}

/** Of part of a room: what is rejected for certain, whatever the missing events are. Nothing else is certain behind a gap. */
function shownByPart(room: ResolutionProblem, question: RoomQuestion): Shown | undefined {
  if (question.kind !== 'rejected') return undefined;
  return verdictShown(
    question,
    (judgedPart(room)?.events ?? []).map((each) => ({ ...each, isSo: each.verdict === 'rejected' })),
  );
}

/** What can be said of part of a room; undefined where its create event was there and is not any more. */
function judgedPart({ rules, events, missing }: ResolutionProblem): SliceVerdicts | undefined {
  const [first] = events;
  if (first === undefined) return undefined;
  const { roomId } = first;
  if (rules.roomIdIsCreateEvent) {
    const create = createEventId(roomId);
    if (missing?.has(create) !== true && !events.some(({ eventId }) => eventId === create)) return undefined;
  }
  const given = { before: new Map(), after: new Map() };
  const judged = judgeSlice({ rules, roomId, events, outliers: [], given, areSketches: true });
  return judged.ok ? judged.value : undefined;
}

/** Every event judged; undefined where the room is state sets, or cannot be judged at all. */
export function judgedRoom({
  rules,
  events,
  rejected,
  stateSets,
}: ResolutionProblem): RoomJudgement | undefined {
  const [first] = events;
  if (first === undefined || stateSets.length > 0) return undefined;
  const judged = judgeEvents({ rules, roomId: first.roomId, events, areSketches: true, refused: rejected });
  return judged.ok ? judged.value : undefined;
}

function resolvedState(room: ResolutionProblem): StateMap | undefined {
  if (room.stateSets.length === 0) return judgedRoom(room)?.resolvedState;
  const { states, context } = openProblem(room);
  return resolveState(states, context);
}

/** Resets in the merges of a room, or in the resolution of its state sets. */
export function resetsOf(room: ResolutionProblem): readonly MergeReset[] {
  if (room.stateSets.length === 0) {
    const judged = judgedRoom(room);
    return judged === undefined ? [] : [...stateResetsOf(judged.room)];
  }
  const { states, context, ancestry } = openProblem(room);
  return stateResets(states, context, ancestry).map((reset) => ({ eventId: undefined, reset }));
}

function shownReset(
  room: ResolutionProblem,
  question: Extract<RoomQuestion, { kind: 'reset' }>,
): Shown | undefined {
  for (const { eventId, reset } of resetsOf(room)) {
    const why = reset.refusals[0] ?? 'overtaken';
    if (question.key !== undefined && question.key !== reset.key) continue;
    if (question.why !== undefined && question.why !== why) continue;
    const senderOf = (id: EventId): string | undefined =>
      room.events.find((event) => event.eventId === id)?.sender;
    return {
      question: { ...question, key: reset.key, why },
      words: `state reset: ${resetInWords({ ...reset, eventId }, senderOf)}`,
    };
  }
  return undefined;
}

type Verdict = Extract<RoomQuestion, { kind: 'rejected' | 'soft-failed' }>;

function shownVerdict(room: ResolutionProblem, question: Verdict): Shown | undefined {
  const isSo = ({ accepted, softFailed }: RoomJudgement['events'][number]): boolean =>
    question.kind === 'rejected' ? !accepted : softFailed;
  return verdictShown(
    question,
    (judgedRoom(room)?.events ?? []).map((each) => ({ ...each, isSo: isSo(each) })),
  );
}

function verdictShown(
  question: Verdict,
  judged: readonly {
    readonly event: MatrixEvent;
    readonly isSo: boolean;
    readonly rule?: string | undefined;
  }[],
): Shown | undefined {
  for (const { event, isSo, rule } of judged) {
    if (!isSo) continue;
    if (question.eventId !== undefined && question.eventId !== event.eventId) continue;
    if (question.rule !== undefined && question.rule !== rule) continue;
    // What refuses an event by its form or signature has become a bad signature in a room that was signed anew.
    return {
      question: { ...question, rule },
      words: `${event.eventId} is ${question.kind} by ${rule ?? ''}`,
    };
  }
  return undefined;
}

function shownEntry(
  room: ResolutionProblem,
  question: Extract<RoomQuestion, { kind: 'state' }>,
): Shown | undefined {
  const state = resolvedState(room);
  if (state === undefined || state.getKey(question.key) !== question.eventId) return undefined;
  // That a state has nothing for a key is worth telling where somebody has set it.
  if (question.eventId === undefined && !room.events.some(({ stateMapKey }) => stateMapKey === question.key))
    return undefined;
  const words = `the resolved state has ${question.eventId ?? 'nothing'} for ${keyInWords(question.key)}`;
  return { question, words };
}

function shownDifference(
  question: RoomQuestion,
  left: StateMap | undefined,
  right: StateMap | undefined,
  [leftName, rightName]: readonly [string, string],
): Shown | undefined {
  if (left === undefined || right === undefined) return undefined;
  const [key] = StateMap.keysInConflict([left, right]);
  if (key === undefined) return undefined;
  const [one, other] = [left, right].map((state) => state.getKey(key) ?? 'nothing');
  return {
    question,
    words: `${keyInWords(key)} is ${one ?? ''} by ${leftName} and ${other ?? ''} by ${rightName}`,
  };
}

function shownVersions(
  room: ResolutionProblem,
  question: Extract<RoomQuestion, { kind: 'versions' }>,
): Shown | undefined {
  const [left, right] = question.versions.map((rules) => judgedRoom(inVersion(room, rules)));
  if (left === undefined || right === undefined) return undefined;
  const names = question.versions.map(({ id }) => `room version ${id}`) as unknown as readonly [
    string,
    string,
  ];
  for (const [index, { event, accepted, rule }] of left.events.entries()) {
    const other = right.events[index];
    if (other === undefined || accepted === other.accepted) continue;
    const [by, takenBy] = accepted ? [names[1], names[0]] : names;
    return {
      question,
      words: `${event.eventId} is rejected by ${by} (${rule ?? other.rule ?? ''}) and accepted by ${takenBy}`,
    };
  }
  return shownDifference(question, left.resolvedState, right.resolvedState, names);
}

/** The room as if it were of another version, with the room id and the name of the create event that it asks for. */
function inVersion(room: ResolutionProblem, rules: RoomVersionRules): ResolutionProblem {
  const create = room.events.find(({ type }) => type === 'm.room.create');
  const [first] = room.events;
  const oldRoot =
    first !== undefined && room.rules.roomIdIsCreateEvent ? createEventId(first.roomId) : create?.eventId;
  const idOf = (id: EventId): EventId => (id === oldRoot ? ('$create' as EventId) : id);
  const roomId = rules.roomIdIsCreateEvent
    ? undefined
    : (`!room:${serverNameOf(create?.sender ?? '') ?? ''}` as RoomId);
  const events = room.events.flatMap((event) => {
    const sketch = sketchOf(event);
    const renamed = {
      ...sketch,
      roomId,
      prevEvents: event.prevEvents.map(idOf),
      // Where the room's id names the create event, nothing else may.
      authEvents: event.authEvents.map(idOf).filter((id) => !(rules.roomIdIsCreateEvent && id === '$create')),
    };
    const made = eventOfSketch(renamed, idOf(event.eventId), rules);
    return made.ok ? [made.value] : [];
  });
  return { ...room, rules, events, rejected: new Set([...room.rejected].map(idOf)) };
}

function keyInWords(key: string): string {
  const [type, stateKey] = splitStateMapKey(key);
  return `${type} ${JSON.stringify(stateKey)}`;
}
