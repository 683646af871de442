// What `netsplit resolve --json` prints of a room, or of state sets: the form is described in docs/matrix-rooms.md.
import type { EventId } from '../../protocol/matrix/ids.ts';
import { judgeEvents, type EventJudgement, type RoomJudgement } from '../../protocol/matrix/judge-room.ts';
import { indexStateSets } from '../../protocol/matrix/resolve-state-sets.ts';
import { algorithmName } from '../../protocol/matrix/room-version.ts';
import type { StateMap } from '../../protocol/matrix/state-map.ts';
import { resolveState } from '../../protocol/matrix/state-resolution.ts';
import type { MissingEvent, RoomFile } from '../../scenarios/room-file.ts';
import { didYouMean, ScenarioError } from '../../scenarios/scenario-error.ts';
import { nearest } from '../../sim/infrastructure/near-misses.ts';
import { UsageError } from '../exit.ts';
import { explainRoom, explainStates, type ToldResolution } from './explanation.ts';

/** An entry of a state: type, state key, event id. */
export type StateEntry = readonly [string, string, string];

/** The verdict on one event. */
export interface EventDocument {
  readonly event_id: string;
  readonly accepted: boolean;
  readonly soft_failed?: true;
  /** Its content was not what its hash says: it was judged as the redacted event. */
  readonly redacted?: true;
  readonly stage?: string;
  readonly rule?: string;
  /** The rule's number in the specification of the room's version. */
  readonly rule_number?: string;
  readonly reason?: string;
  readonly state_before_sha256: string;
  readonly state_after_sha256: string;
}

/** The state around one event. */
export interface AtDocument {
  readonly event_id: string;
  readonly state_before: readonly StateEntry[];
  readonly state_before_sha256: string;
  readonly state_after_sha256: string;
}

/** A room, or states that were resolved: what only one of the two has is optional. */
export interface ResolveDocument {
  readonly roomVersion: string;
  readonly algorithm: string;
  readonly events?: readonly EventDocument[];
  readonly forward_extremities?: readonly string[];
  /** At the forward extremities, or after the event of `at`, or of the state sets. */
  readonly resolved_state: readonly StateEntry[];
  readonly resolved_state_sha256: string;
  readonly observer?: {
    readonly forward_extremities: readonly string[];
    readonly resolved_state_sha256: string;
  };
  readonly at?: AtDocument;
  readonly signatures?: 'checked' | 'unchecked';
  /** How long it took to resolve state sets, everything indexed inside the clock. */
  readonly seconds?: number;
}

/** What is printed, and how to say why. */
export interface ResolvedFile {
  readonly document: ResolveDocument;
  /** Resolves once more and says why; only asked for where somebody wants to know. */
  readonly told: () => ToldResolution;
}

/**
 * Judges a room, or resolves the state sets that its file names.
 * @param at the event at which the state is asked for, instead of the forward extremities
 * @throws ScenarioError, UsageError when the file does not hold what it takes
 */
export function resolveRoomFile(room: RoomFile, file: string, at?: string): ResolvedFile {
  const { stateSets } = room;
  if (stateSets === undefined) return judgedRoom(room, file, at);
  if (at !== undefined)
    throw new UsageError('--at asks about a room; this file names states to resolve (state_sets)');
  return resolvedStateSets(room, stateSets, file);
}

function judgedRoom(read: RoomFile, file: string, at: string | undefined): ResolvedFile {
  const { rules, keys, missing } = read;
  refuseMissing(missing[0], file);
  const outcome = judgeEvents(read);
  if (!outcome.ok) throw new UsageError(`${file}: ${outcome.detail}`);
  const { events, forwardExtremities, resolvedState, observer, room } = outcome.value;
  const there = at === undefined ? undefined : judgementAt(outcome.value, at);
  const state = there?.stateAfter ?? resolvedState;
  const document: ResolveDocument = {
    roomVersion: rules.id,
    algorithm: algorithmName(rules),
    events: events.map(eventDocument),
    forward_extremities: forwardExtremities,
    ...stateDocument(state),
    observer: {
      forward_extremities: observer.forwardExtremities,
      resolved_state_sha256: observer.resolvedState.sha256(),
    },
    ...(there === undefined ? {} : { at: atDocument(there) }),
    signatures: keys === undefined ? 'unchecked' : 'checked',
  };
  return { document, told: () => explainRoom(room, there?.event.prevEvents ?? forwardExtremities) };
}

function refuseMissing(missing: MissingEvent | undefined, file: string): void {
  if (missing === undefined) return;
  const { citedBy, eventId, position } = missing;
  const message = `${citedBy} cites ${eventId}, which the file does not hold`;
  throw new ScenarioError(file, [{ path: '', position, message }]);
}

function eventDocument(judgement: EventJudgement): EventDocument {
  const { event, accepted, softFailed, redacted, stage, rule, ruleNumber, reason } = judgement;
  return {
    event_id: event.eventId,
    accepted,
    ...(softFailed ? { soft_failed: true as const } : {}),
    ...(redacted ? { redacted: true as const } : {}),
    ...(stage === undefined ? {} : { stage }),
    ...(reason === undefined ? {} : { reason }),
    ...(rule === undefined ? {} : { rule }),
    ...(ruleNumber === undefined ? {} : { rule_number: ruleNumber }),
    state_before_sha256: judgement.stateBefore.sha256(),
    state_after_sha256: judgement.stateAfter.sha256(),
  };
}

function stateDocument(state: StateMap): Pick<ResolveDocument, 'resolved_state' | 'resolved_state_sha256'> {
  return { resolved_state: state.sorted(), resolved_state_sha256: state.sha256() };
}

function atDocument({ event, stateBefore, stateAfter }: EventJudgement): AtDocument {
  return {
    event_id: event.eventId,
    state_before: stateBefore.sorted(),
    state_before_sha256: stateBefore.sha256(),
    state_after_sha256: stateAfter.sha256(),
  };
}

/** Shells eat the `$` of an id that is not quoted; ids without it are understood. */
function judgementAt({ events, forwardExtremities }: RoomJudgement, at: string): EventJudgement {
  const wanted = at.startsWith('$') ? at : `$${at}`;
  const found = events.find(({ event }) => event.eventId === wanted);
  if (found !== undefined) return found;
  const ids = events.map(({ event }) => event.eventId);
  const begun = wanted.length > 1 ? ids.filter((id: EventId) => id.startsWith(wanted)).slice(0, 3) : [];
  const near = begun.length > 0 ? begun : nearest(wanted, ids);
  const hint = near.length > 0 ? didYouMean(near) : `; it ends in ${forwardExtremities.join(' ')}`;
  throw new UsageError(`--at: the room has no event "${at}"${hint}`);
}

function resolvedStateSets(
  { rules, events, missing, stateSetsPosition }: RoomFile,
  stateSets: NonNullable<RoomFile['stateSets']>,
  file: string,
): ResolvedFile {
  // Predecessors play no part in a resolution; authorities do.
  refuseMissing(
    missing.find(({ isAuthority }) => isAuthority),
    file,
  );
  const start = performance.now();
  const indexed = indexStateSets({ rules, events, stateSets });
  if (!indexed.ok)
    throw new ScenarioError(file, [
      { path: 'state_sets', position: stateSetsPosition, message: indexed.detail },
    ]);
  const { states, context } = indexed.value;
  const state = resolveState(states, context);
  const seconds = (performance.now() - start) / 1_000;
  const document: ResolveDocument = {
    roomVersion: rules.id,
    algorithm: algorithmName(rules),
    ...stateDocument(state),
    seconds,
  };
  const labelled = states.map((each, index) => ({ label: `state set ${index + 1}`, state: each }));
  return { document, told: () => explainStates(labelled, context) };
}
