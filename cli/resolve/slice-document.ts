// What `netsplit resolve` says of part of a room: each verdict and state where it is certain, and what is missing where
// it is not. The form is described in docs/matrix-rooms.md.
import type { EventId } from '../../protocol/matrix/ids.ts';
import { algorithmName } from '../../protocol/matrix/room-version.ts';
import {
  judgeSlice,
  type SliceJudgement,
  type SliceToJudge,
  type SliceVerdicts,
} from '../../protocol/matrix/slice/judge-slice.ts';
import type { KnownState } from '../../protocol/matrix/slice/known-state.ts';
import { noStates, type StatesOfSlice } from '../../scenarios/given-states.ts';
import { knownKeys, type RoomFile } from '../../scenarios/room-file.ts';
import { UsageError } from '../exit.ts';
import { explainStates } from './explanation.ts';
import { eventNamed } from './event-named.ts';
import type { EventDocument, ResolveDocument, ResolvedFile } from './room-document.ts';

/** The room with what is told of the states where it begins. */
export function sliceToJudge(room: RoomFile, states: StatesOfSlice = noStates): SliceToJudge {
  const { rules, roomId, events, areSketches } = room;
  return { rules, roomId, events, areSketches, keys: knownKeys(room), ...states };
}

/** Judges a room that lacks events, or whose state at its beginning is given. */
export function resolvedSlice(
  room: RoomFile,
  file: string,
  at: string | undefined,
  states: StatesOfSlice | undefined,
): ResolvedFile {
  const judged = judgeSlice(sliceToJudge(room, states));
  if (!judged.ok) throw new UsageError(`${file}: ${judged.detail}`);
  const slice = judged.value;
  const { events, forwardExtremities, possibleExtremities, edges } = slice;
  const there = at === undefined ? undefined : sliceEventAt(slice, at);
  const state = there?.stateAfter ?? slice.resolvedState;
  const document: ResolveDocument = {
    roomVersion: room.rules.id,
    algorithm: algorithmName(room.rules),
    events: events.map(eventDocument),
    forward_extremities: forwardExtremities ?? null,
    ...(forwardExtremities === undefined ? { possible_forward_extremities: possibleExtremities } : {}),
    resolved_state: state.entries.sorted(),
    resolved_state_sha256: state.sha256() ?? null,
    ...unknownState(state),
    observer: null,
    ...(there === undefined
      ? {}
      : {
          at: {
            event_id: there.event.eventId,
            state_before: there.stateBefore.entries.sorted(),
            state_before_sha256: there.stateBefore.sha256() ?? null,
            state_after_sha256: there.stateAfter.sha256() ?? null,
          },
        }),
    signatures: events.every(({ signatures }) => signatures === 'checked') ? 'checked' : 'unchecked',
    slice: {
      missing: room.missing.map(({ eventId }) => eventId),
      edges: edges.map((id) => ({ event_id: id, state: stateAtEdge(id, states) })),
      undecided: events.filter(({ verdict }) => verdict === 'unknown').length,
      entries_without_event: entriesWithoutEvent(slice),
    },
  };
  return {
    document,
    told: () => {
      const ids = there?.event.prevEvents ?? forwardExtremities ?? possibleExtremities;
      return explainStates(statesAfter(ids, slice), slice.resolution.context);
    },
  };
}

function sliceEventAt({ events, possibleExtremities }: SliceVerdicts, at: string): SliceJudgement {
  const id = eventNamed(
    at,
    events.map(({ event }) => event.eventId),
    possibleExtremities,
  );
  return events.find(({ event }) => event.eventId === id) as SliceJudgement;
}

function eventDocument(judgement: SliceJudgement): EventDocument {
  const { event, verdict, signatures, redacted, stage, rule, ruleNumber, reason } = judgement;
  return {
    event_id: event.eventId,
    verdict,
    accepted: verdict === 'unknown' ? null : verdict === 'accepted',
    signatures,
    ...(redacted ? { redacted: true as const } : {}),
    ...(stage === undefined ? {} : { stage }),
    ...(reason === undefined ? {} : { reason }),
    ...(rule === undefined ? {} : { rule }),
    ...(ruleNumber === undefined ? {} : { rule_number: ruleNumber }),
    state_before_sha256: judgement.stateBefore.sha256() ?? null,
    state_after_sha256: judgement.stateAfter.sha256() ?? null,
    ...(judgement.stateBefore.why === undefined ? {} : { state_unknown: judgement.stateBefore.why.detail }),
  };
}

function unknownState({ open, why }: KnownState): Pick<ResolveDocument, 'unknown_keys' | 'state_unknown'> {
  if (why === undefined) return {};
  const keys = open === 'rest' ? ('rest' as const) : [...open].map((key) => key.split('\0'));
  return { unknown_keys: keys, state_unknown: why.detail };
}

function entriesWithoutEvent({ graph }: SliceVerdicts): number {
  const lacking = new Set<EventId>();
  for (const state of [...graph.given.before.values(), ...graph.given.after.values()])
    for (const [, id] of state.entries.entries()) if (graph.find(id) === undefined) lacking.add(id);
  return lacking.size;
}

/** Where the state before an event with missing predecessors comes from. */
function stateAtEdge(id: EventId, states: StatesOfSlice | undefined): 'given' | 'unknown' {
  return states?.given.before.has(id) === true ? 'given' : 'unknown';
}

function statesAfter(ids: readonly EventId[], { events, graph }: SliceVerdicts) {
  const after = new Map(events.map(({ event, stateAfter }) => [event.eventId, stateAfter]));
  return ids.map((id) => {
    const state = after.get(id) ?? graph.given.after.get(id);
    if (state?.isComplete !== true)
      throw new UsageError(
        `--explain: the state after ${id} is not known in full${state?.why === undefined ? '' : ` (${state.why.detail})`}`,
      );
    return { label: `after ${id}`, state: state.entries };
  });
}
