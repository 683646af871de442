// A room's file as it is judged, whatever it holds: a whole room, part of one, or states to resolve. All three are asked
// the same questions.
import { present } from '../../protocol/assert.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import type { EventId } from '../../protocol/matrix/ids.ts';
import { judgeEvents, type RoomJudgement } from '../../protocol/matrix/judge-room.ts';
import { indexStateSets } from '../../protocol/matrix/resolve-state-sets.ts';
import { judgeSlice, type SliceVerdicts } from '../../protocol/matrix/slice/judge-slice.ts';
import { KnownState } from '../../protocol/matrix/slice/known-state.ts';
import type { StateMap } from '../../protocol/matrix/state-map.ts';
import {
  explainResolution,
  type ExplainedResolution,
} from '../../protocol/matrix/state-resolution/explain.ts';
import { noStates, type StatesOfSlice } from '../../scenarios/given-states.ts';
import type { RoomFile } from '../../scenarios/room-file.ts';
import type { DrawnEvent } from '../room-drawing/drawn-room.ts';
import { NoAnswer } from './no-answer.ts';

/** What a file holds. */
export type RoomFileKind = 'room' | 'part' | 'states';

/** What is said of an event wherever in the room one stands. */
export interface JudgedEvent {
  readonly event: MatrixEvent;
  readonly verdict: DrawnEvent['verdict'];
  readonly reason: string | undefined;
}

/** A room's file, judged. */
export interface JudgedFile {
  readonly kind: RoomFileKind;
  readonly events: readonly JudgedEvent[];
  /** Of part of a room those that may be some. */
  readonly forwardExtremities: readonly EventId[];
  /** The state after an event of the room, or where it ends. Of states to resolve there is but one. */
  stateAt(eventId: EventId | undefined): KnownState;
  /** How that state, or the one before the event, was resolved; a string says why that cannot be told. */
  explained(eventId: EventId | undefined): ExplainedResolution | string;
}

/**
 * Judges what was read.
 * @param states what somebody tells of the state where the room's file begins
 * @throws NoAnswer
 */
export function judgedFile(read: RoomFile, name: string, states: StatesOfSlice | undefined): JudgedFile {
  if (read.stateSets !== undefined) return judgedStates(read, read.stateSets, name);
  return read.missing.length > 0 || states !== undefined
    ? judgedPart(read, name, states ?? noStates)
    : judgedRoom(read, name);
}

function judgedRoom(read: RoomFile, name: string): JudgedFile {
  const { servers, keys } = read;
  const known = servers === undefined || keys === undefined ? undefined : servers;
  const judged = judgeEvents({
    ...read,
    ...(known === undefined ? {} : { knowsKeysOf: (server) => Object.hasOwn(known, server) }),
  });
  if (!judged.ok) throw new NoAnswer(`${name}: ${judged.detail}`);
  const { events, forwardExtremities, resolvedState, room } = judged.value;
  const at = placesOf(events);
  return {
    kind: 'room',
    events: events.map(({ event, accepted, softFailed, ...why }) => ({
      event,
      verdict: softFailed ? 'soft-failed' : accepted ? 'accepted' : 'rejected',
      reason: reasonOf(why),
    })),
    forwardExtremities,
    stateAt: (id) => KnownState.complete(id === undefined ? resolvedState : at(id).stateAfter),
    explained: (id) =>
      explainResolution(statesAfter(id === undefined ? forwardExtremities : at(id).event.prevEvents, room), {
        rules: room.rules,
        find: (each) => room.get(each),
        isRejected: (each) => room.verdict(each)?.kind === 'rejected',
      }),
  };
}

function statesAfter(ids: readonly EventId[], room: RoomJudgement['room']): readonly StateMap[] {
  return ids.flatMap((id) => room.stateAfter(id) ?? []);
}

function judgedPart(read: RoomFile, name: string, states: StatesOfSlice): JudgedFile {
  const { servers, keys } = read;
  const judged = judgeSlice({
    ...read,
    keys:
      servers === undefined || keys === undefined
        ? undefined
        : { find: keys, knows: (server) => Object.hasOwn(servers, server) },
    ...states,
  });
  if (!judged.ok) throw new NoAnswer(`${name}: ${judged.detail}`);
  const slice = judged.value;
  const { events, forwardExtremities, possibleExtremities, resolvedState } = slice;
  const at = placesOf(events);
  return {
    kind: 'part',
    events: events.map(({ event, verdict, ...why }) => ({ event, verdict, reason: reasonOf(why) })),
    forwardExtremities: forwardExtremities ?? possibleExtremities,
    stateAt: (id) => (id === undefined ? resolvedState : at(id).stateAfter),
    explained: (id) =>
      explainedPart(
        id === undefined ? (forwardExtremities ?? possibleExtremities) : at(id).event.prevEvents,
        slice,
      ),
  };
}

function explainedPart(
  ids: readonly EventId[],
  { events, graph, resolution }: SliceVerdicts,
): ExplainedResolution | string {
  const after = new Map(events.map(({ event, stateAfter }) => [event.eventId, stateAfter]));
  const met: StateMap[] = [];
  for (const id of ids) {
    const state = after.get(id) ?? graph.given.after.get(id);
    if (state?.isComplete !== true)
      return `the state after ${id} is not known in full${state?.why === undefined ? '' : `: ${state.why.detail}`}`;
    met.push(state.entries);
  }
  return explainResolution(met, resolution.context);
}

/** Where a file gives states to resolve, all of its events count as accepted. */
function judgedStates(
  { rules, events, missing }: RoomFile,
  stateSets: readonly (readonly EventId[])[],
  name: string,
): JudgedFile {
  const authority = missing.find(({ isAuthority }) => isAuthority);
  if (authority !== undefined)
    throw new NoAnswer(
      `${name}: ${authority.citedBy} cites ${authority.eventId} as its authority, which the file does not hold`,
    );
  const indexed = indexStateSets({ rules, events, stateSets });
  if (!indexed.ok) throw new NoAnswer(`${name}: ${indexed.detail}`);
  const { states, context } = indexed.value;
  const found = explainResolution(states, context);
  const followed = new Set(events.flatMap(({ prevEvents }) => prevEvents));
  return {
    kind: 'states',
    events: events.map((event) => ({ event, verdict: 'accepted', reason: undefined })),
    forwardExtremities: events.map(({ eventId }) => eventId).filter((id) => !followed.has(id)),
    stateAt: () => KnownState.complete(found.resolved),
    explained: () => found,
  };
}

function reasonOf({
  rule,
  ruleNumber,
  reason,
}: {
  readonly rule?: string;
  readonly ruleNumber?: string;
  readonly reason?: string;
}): string | undefined {
  if (rule === undefined) return undefined;
  return `${ruleNumber === undefined ? '' : `rule ${ruleNumber}, `}${rule} (${reason ?? ''})`;
}

function placesOf<Judgement extends { readonly event: MatrixEvent }>(
  events: readonly Judgement[],
): (id: EventId) => Judgement {
  const byId = new Map(events.map((each) => [each.event.eventId, each]));
  return (id) => present(byId.get(id), id);
}
