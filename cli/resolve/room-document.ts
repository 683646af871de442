// What `netsplit resolve --json` prints of a room, or of state sets: the form is described in docs/matrix-rooms.md.
import { judgeEvents, type EventJudgement, type RoomJudgement } from '../../protocol/matrix/judge-room.ts';
import {
  indexStateSets,
  type IndexedStateSets,
  type StateSets,
} from '../../protocol/matrix/resolve-state-sets.ts';
import type { Outcome } from '../../protocol/outcome.ts';
import { algorithmName } from '../../protocol/matrix/room-version.ts';
import { StateHasher } from '../../protocol/matrix/state-hash.ts';
import { areSignersKnown } from '../../protocol/matrix/slice/check-form.ts';
import type { StateMap } from '../../protocol/matrix/state-map.ts';
import { resolveState } from '../../protocol/matrix/state-resolution.ts';
import { knownKeys, type MissingEvent, type RoomFile } from '../../scenarios/room-file.ts';
import type { StatesOfSlice } from '../../scenarios/given-states.ts';
import { ScenarioError } from '../../scenarios/scenario-error.ts';
import { median } from '../bench/measure.ts';
import { UsageError } from '../exit.ts';
import { eventNamed } from './event-named.ts';
import { explainRoom, explainStates, type ToldResolution } from './explanation.ts';
import { resolvedSlice } from './slice-document.ts';

/** An entry of a state: type, state key, event id. */
export type StateEntry = readonly [string, string, string];

/** The verdict on one event. */
export interface EventDocument {
  readonly event_id: string;
  readonly verdict: 'accepted' | 'rejected' | 'unknown';
  /** Null where the verdict is unknown. */
  readonly accepted: boolean | null;
  readonly soft_failed?: true;
  /** Of an event of a slice; in a whole room it is the same for all. */
  readonly signatures?: 'checked' | 'unchecked';
  /** Its content was not what its hash says: it was judged as the redacted event. */
  readonly redacted?: true;
  readonly stage?: string;
  readonly rule?: string;
  /** The rule's number in the specification of the room's version. */
  readonly rule_number?: string;
  readonly reason?: string;
  /** Null where not all of the state is known. */
  readonly state_before_sha256: string | null;
  readonly state_after_sha256: string | null;
  /** What is missing where the state is not known in full. */
  readonly state_unknown?: string;
}

/** The state around one event. */
export interface AtDocument {
  readonly event_id: string;
  readonly state_before: readonly StateEntry[];
  readonly state_before_sha256: string | null;
  readonly state_after_sha256: string | null;
}

/** A room, or states that were resolved: what only one of the two has is optional. */
export interface ResolveDocument {
  readonly roomVersion: string;
  readonly algorithm: string;
  readonly events?: readonly EventDocument[];
  /** Null where unknown verdicts decide which they are. */
  readonly forward_extremities?: readonly string[] | null;
  readonly possible_forward_extremities?: readonly string[];
  /** At the forward extremities, or after the event of `at`, or of the state sets. */
  readonly resolved_state: readonly StateEntry[];
  /** Null where not all of the state is known; the entries above are certain all the same. */
  readonly resolved_state_sha256: string | null;
  /** Keys of which it is not known what the state has; `rest`: all that have no entry. */
  readonly unknown_keys?: 'rest' | readonly (readonly string[])[];
  /** What is missing where the state is not known in full. */
  readonly state_unknown?: string;
  /** Null in a slice: whoever received it held more than the slice. */
  readonly observer?: {
    readonly forward_extremities: readonly string[];
    readonly resolved_state_sha256: string;
  } | null;
  readonly at?: AtDocument;
  readonly signatures?: 'checked' | 'unchecked';
  /** What the file lacks, where it is part of a room. */
  readonly slice?: SliceDocument;
  /** How long it takes to resolve state sets, everything indexed inside the clock: the median of {@link seconds_all}. */
  readonly seconds?: number;
  /** The same resolution run after run: the first ones also wait for the compiler. */
  readonly seconds_all?: readonly number[];
}

/** What part of a room lacks, and what that leaves unknown. */
export interface SliceDocument {
  /** Events that are cited and not there. */
  readonly missing: readonly string[];
  /** Events with missing predecessors, and where the state before each comes from. */
  readonly edges: readonly { readonly event_id: string; readonly state: 'given' | 'unknown' }[];
  /** How many verdicts are unknown. */
  readonly undecided: number;
  /** How many events the given states name that stand in no file: nothing can be judged by their ids alone. */
  readonly entries_without_event: number;
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
 * @param states what somebody tells of the state where the room's file begins
 * @throws ScenarioError, UsageError when the file does not hold what it takes
 */
export function resolveRoomFile(
  room: RoomFile,
  file: string,
  at?: string,
  states?: StatesOfSlice,
): ResolvedFile {
  const { stateSets } = room;
  if (stateSets === undefined) {
    const isSlice = room.missing.length > 0 || states !== undefined;
    return isSlice ? resolvedSlice(room, file, at, states) : judgedRoom(room, file, at);
  }
  for (const [name, value] of Object.entries({ '--at': at, '--state': states }))
    if (value !== undefined)
      throw new UsageError(`${name} asks about a room; this file names states to resolve (state_sets)`);
  return resolvedStateSets(room, stateSets, file);
}

function judgedRoom(read: RoomFile, file: string, at: string | undefined): ResolvedFile {
  const { rules } = read;
  const keys = knownKeys(read);
  const outcome = judgeEvents({ ...read, ...(keys === undefined ? {} : { knowsKeysOf: keys.knows }) });
  if (!outcome.ok) throw new UsageError(`${file}: ${outcome.detail}`);
  const { events, forwardExtremities, resolvedState, observer, room } = outcome.value;
  const there = at === undefined ? undefined : judgementAt(outcome.value, at);
  const state = there?.stateAfter ?? resolvedState;
  const hasher = new StateHasher();
  const document: ResolveDocument = {
    roomVersion: rules.id,
    algorithm: algorithmName(rules),
    events: events.map((each) => eventDocument(each, hasher)),
    forward_extremities: forwardExtremities,
    ...stateDocument(state),
    observer: {
      forward_extremities: observer.forwardExtremities,
      resolved_state_sha256: observer.resolvedState.sha256(),
    },
    ...(there === undefined ? {} : { at: atDocument(there) }),
    signatures: events.every(({ event }) => areSignersKnown(event, keys)) ? 'checked' : 'unchecked',
  };
  return { document, told: () => explainRoom(room, there?.event.prevEvents ?? forwardExtremities) };
}

function refuseMissing(missing: MissingEvent | undefined, file: string): void {
  if (missing === undefined) return;
  const { citedBy, eventId, position } = missing;
  const message = `${citedBy} cites ${eventId}, which the file does not hold`;
  throw new ScenarioError(file, [{ path: '', position, message }]);
}

function eventDocument(judgement: EventJudgement, hasher: StateHasher): EventDocument {
  const { event, accepted, softFailed, redacted, stage, rule, ruleNumber, reason } = judgement;
  return {
    event_id: event.eventId,
    verdict: accepted ? ('accepted' as const) : ('rejected' as const),
    accepted,
    ...(softFailed ? { soft_failed: true as const } : {}),
    ...(redacted ? { redacted: true as const } : {}),
    ...(stage === undefined ? {} : { stage }),
    ...(reason === undefined ? {} : { reason }),
    ...(rule === undefined ? {} : { rule }),
    ...(ruleNumber === undefined ? {} : { rule_number: ruleNumber }),
    state_before_sha256: hasher.sha256(judgement.stateBefore),
    state_after_sha256: hasher.sha256(judgement.stateAfter),
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

function judgementAt({ events, forwardExtremities }: RoomJudgement, at: string): EventJudgement {
  const ids = events.map(({ event }) => event.eventId);
  return events[ids.indexOf(eventNamed(at, ids, forwardExtremities))] as EventJudgement;
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
  const timed = timedResolution({ rules, events, stateSets });
  if (!timed.ok)
    throw new ScenarioError(file, [
      { path: 'state_sets', position: stateSetsPosition, message: timed.detail },
    ]);
  const { states, context, state, seconds } = timed.value;
  const document: ResolveDocument = {
    roomVersion: rules.id,
    algorithm: algorithmName(rules),
    ...stateDocument(state),
    seconds: median(seconds),
    seconds_all: seconds,
  };
  const labelled = states.map((each, index) => ({ label: `state set ${index + 1}`, state: each }));
  return { document, told: () => explainStates(labelled, context) };
}

const mostRuns = 5;
/** Further runs are for the clock alone: those of a large room end when this much time has gone. */
const mostSeconds = 3;

interface TimedResolution extends IndexedStateSets {
  readonly state: StateMap;
  /** Of every run, in order. */
  readonly seconds: readonly number[];
}

function timedResolution(input: StateSets): Outcome<TimedResolution> {
  const seconds: number[] = [];
  for (let total = 0; ;) {
    const start = performance.now();
    const indexed = indexStateSets(input);
    if (!indexed.ok) return indexed;
    const state = resolveState(indexed.value.states, indexed.value.context);
    const taken = (performance.now() - start) / 1_000;
    total += taken;
    seconds.push(taken);
    if (seconds.length === mostRuns || total > mostSeconds)
      return { ok: true, value: { ...indexed.value, state, seconds } };
  }
}
