// Part of a room judged from the events at hand: every verdict and every state that is certain, and of the rest why it
// is not. Pure; used for rooms as they are exported, which begin in the middle and have gaps.
import { accept, reject, type Outcome, type Rejection } from '../../outcome.ts';
import { compareCodePoints } from '../../order.ts';
import { Ancestry } from '../ancestry.ts';
import { ruleNumber } from '../auth-rules/rule-numbers.ts';
import type { MatrixEvent } from '../event.ts';
import { readEvent } from '../event-format.ts';
import type { EventId, RoomId } from '../ids.ts';
import { redact } from '../redaction.ts';
import type { RejectionStage } from '../room-verdict.ts';
import type { RoomVersionRules } from '../room-version.ts';
import { hasValidContentHash } from '../signing.ts';
import { checkForm, type KnownKeys } from './check-form.ts';
import { missingPredecessor, undecidedEntry, undecidedExtremities } from './gaps.ts';
import { KnownState, type Unknown } from './known-state.ts';
import { resolveKnown } from './known-resolution.ts';
import { SliceGraph, type SliceParts, type SliceResolution } from './slice-graph.ts';
import {
  checkByAuthorities,
  checkByState,
  firstDecision,
  type Decision,
  type KnownVerdicts,
} from './three-valued-checks.ts';

/** What to judge. */
export interface SliceToJudge extends SliceParts {
  readonly rules: RoomVersionRules;
  readonly roomId: RoomId;
  /** Left out: signatures must be present, and are not verified. */
  readonly keys?: KnownKeys | undefined;
  /** Missing events with which the room ends, their states given; the slice's own forward extremities when left out. */
  readonly ends?: readonly EventId[];
  /** The events are sketches, which carry neither hashes nor signatures: neither is asked for. */
  readonly areSketches?: boolean;
}

/** What is said of one event. */
export interface SliceJudgement {
  readonly event: MatrixEvent;
  readonly verdict: 'accepted' | 'rejected' | 'unknown';
  /** Whether all signatures that it must carry have been verified. */
  readonly signatures: 'checked' | 'unchecked';
  /** Its content was not what its hash says: it was judged as the redacted event, which `event` is then. */
  readonly redacted: boolean;
  /** Of a rejected event; left out where a gap may hide an earlier refusal. Signatures count as form. */
  readonly stage?: Exclude<RejectionStage, 'signature'>;
  /** What refused the event, or the kind of gap that leaves its verdict unknown. */
  readonly rule?: string;
  readonly ruleNumber?: string;
  readonly reason?: string;
  readonly stateBefore: KnownState;
  readonly stateAfter: KnownState;
}

/** What is said of a slice. */
export interface SliceVerdicts {
  /** In the order given. */
  readonly events: readonly SliceJudgement[];
  /** Events with a missing predecessor. */
  readonly edges: readonly EventId[];
  /** As far as the slice shows, which need not be to the end of the room; undefined where unknown verdicts decide. */
  readonly forwardExtremities: readonly EventId[] | undefined;
  /** Events that are forward extremities unless verdicts that are unknown say otherwise. */
  readonly possibleExtremities: readonly EventId[];
  /** The state after the forward extremities; nothing of it is known where these are not. */
  readonly resolvedState: KnownState;
  readonly graph: SliceGraph;
  readonly resolution: SliceResolution;
}

/**
 * Judges a slice. Events that a given state names, and the auth chains of these, count as accepted: that is what giving
 * a state says. Refused as a whole where the states given cannot be true.
 */
export function judgeSlice(slice: SliceToJudge): Outcome<SliceVerdicts> {
  const { rules } = slice;
  const redacted = new Set<EventId>();
  const intact = (event: MatrixEvent): Outcome<MatrixEvent> => {
    if (slice.areSketches === true || hasValidContentHash(event.pdu)) return accept(event);
    redacted.add(event.eventId);
    const read = readEvent(redact(event.pdu, rules), rules);
    return read.ok ? read : reject(read.rule, `${event.eventId}, redacted: ${read.detail}`);
  };
  const events: MatrixEvent[] = [];
  const outliers: MatrixEvent[] = [];
  for (const [given, kept] of [[slice.events, events] as const, [slice.outliers, outliers] as const]) {
    for (const event of given) {
      const read = intact(event);
      if (!read.ok) return read;
      kept.push(read.value);
    }
  }
  return new SliceJudge({ ...slice, events, outliers }, redacted).judge();
}

class SliceJudge {
  readonly #slice: SliceToJudge;
  readonly #redacted: ReadonlySet<EventId>;
  readonly #graph: SliceGraph;
  /** Events that count as accepted because a given state rests on them. */
  readonly #trusted: ReadonlySet<EventId>;
  readonly #judgements = new Map<EventId, SliceJudgement>();
  readonly #known: KnownVerdicts;
  readonly #resolution: SliceResolution;

  constructor(slice: SliceToJudge, redacted: ReadonlySet<EventId>) {
    this.#slice = slice;
    this.#redacted = redacted;
    const graph = new SliceGraph(slice);
    this.#graph = graph;
    const { before, after } = slice.given;
    const entries = [...before.values(), ...after.values()].flatMap((state) =>
      Array.from(state.entries.entries(), ([, id]) => id),
    );
    this.#trusted = graph.authChain(entries);
    const isRejected = (id: EventId): boolean => this.#judgements.get(id)?.verdict === 'rejected';
    const isUndecided = (id: EventId): boolean =>
      !this.#trusted.has(id) && (this.#judgements.get(id)?.verdict ?? 'unknown') === 'unknown';
    this.#known = { graph, isRejected, isUndecided };
    this.#resolution = { context: { rules: slice.rules, find: graph.find, isRejected }, graph, isUndecided };
  }

  judge(): Outcome<SliceVerdicts> {
    const { events } = this.#slice;
    const untimely = this.#untimelyEntry();
    if (untimely !== undefined) return untimely;
    for (const event of events) {
      const before = this.#stateBefore(event);
      if (!before.ok) return before;
      const judged = this.#judgeEvent(event, before.value);
      if (judged.verdict === 'rejected' && this.#trusted.has(event.eventId))
        return reject(
          'slice.given-state',
          `the state given rests on ${event.eventId}, which is rejected: ${judged.reason ?? ''}`,
        );
      this.#judgements.set(event.eventId, judged);
    }
    const { ends } = this.#slice;
    const certain = ends ?? this.#extremities(({ verdict }) => verdict === 'accepted');
    const possible = ends ?? this.#extremities(({ verdict }) => verdict !== 'rejected');
    const areCertain = certain.join() === possible.join();
    const judgements = events.flatMap(({ eventId }) => this.#judgements.get(eventId) ?? []);
    return accept({
      events: judgements,
      edges: events
        .filter(({ prevEvents }) => prevEvents.some((id) => !this.#graph.has(id)))
        .map(({ eventId }) => eventId),
      forwardExtremities: areCertain ? certain : undefined,
      possibleExtremities: possible,
      resolvedState: areCertain
        ? this.#stateAfterAll(certain, certain[0])
        : KnownState.unknown(undecidedExtremities(possible)),
      graph: this.#graph,
      resolution: this.#resolution,
    });
  }

  /** A state given before an event cannot name what came after it. */
  #untimelyEntry(): Rejection | undefined {
    const { events, given } = this.#slice;
    const ancestry = new Ancestry(events);
    for (const [eventId, state] of given.before) {
      for (const [, id] of state.entries.entries()) {
        if (id === eventId || ancestry.isBefore(eventId, id))
          return reject(
            'slice.given-state',
            `the state given before ${eventId} names ${id}, which is not before it`,
          );
      }
    }
    return undefined;
  }

  /** The state given, or that of the predecessors. Both where both are known must agree. */
  #stateBefore(event: MatrixEvent): Outcome<KnownState> {
    const { eventId, prevEvents } = event;
    const given = this.#slice.given.before.get(eventId);
    if (given !== undefined && prevEvents.some((id) => !this.#graph.has(id))) return accept(given);
    const computed = this.#stateAfterAll(prevEvents, eventId);
    if (given === undefined) return accept(computed);
    if (!given.isComplete) return accept(computed.isComplete ? computed : given);
    return !computed.isComplete || computed.equals(given)
      ? accept(given)
      : reject(
          'slice.given-state',
          `the state given before ${eventId} is not the one that its predecessors make`,
        );
  }

  #stateAfterAll(ids: readonly EventId[], of: EventId | undefined): KnownState {
    const states = ids.map(
      (id) =>
        this.#judgements.get(id)?.stateAfter ??
        this.#slice.given.after.get(id) ??
        KnownState.unknown(missingPredecessor(id, of ?? id)),
    );
    return resolveKnown(states, this.#resolution);
  }

  #judgeEvent(event: MatrixEvent, stateBefore: KnownState): SliceJudgement {
    const { rules, roomId, keys, areSketches = false } = this.#slice;
    const { eventId, stateMapKey: key } = event;
    const { decision: form, signatures } = checkForm(event, { rules, roomId, keys, areSketches });
    const decisions: Decision[] = [form];
    if (form.kind === 'allowed') {
      decisions.push(checkByAuthorities(event, this.#known), checkByState(event, stateBefore, this.#known));
    }
    const decision = firstDecision(decisions);
    const common = { event, signatures, redacted: this.#redacted.has(eventId), stateBefore };
    if (decision.kind === 'refused') {
      const stage = decision.stage === 'signature' ? 'format' : decision.stage;
      const number = ruleNumber(decision.rule, rules);
      const isFirst = !decisions.slice(0, decisions.indexOf(decision)).some(({ kind }) => kind === 'unknown');
      return {
        ...common,
        verdict: 'rejected',
        ...(isFirst ? { stage } : {}),
        rule: decision.rule,
        ...(number === undefined ? {} : { ruleNumber: number }),
        reason: decision.detail,
        stateAfter: stateBefore,
      };
    }
    if (decision.kind === 'allowed' || this.#trusted.has(eventId)) {
      const stateAfter = key === undefined ? stateBefore : stateBefore.set(key, eventId);
      return { ...common, verdict: 'accepted', stateAfter };
    }
    const { why } = decision;
    const stateAfter = key === undefined ? stateBefore : stateBefore.forget(key, undecidedEntry(eventId));
    return { ...common, verdict: 'unknown', ...reasonOf(why), stateAfter };
  }

  /** Events that pass and are no ancestor of another that passes, on through all events at hand. */
  #extremities(passes: (judgement: SliceJudgement) => boolean): readonly EventId[] {
    const passing = [...this.#judgements.values()].filter(passes);
    const covered = new Set<EventId>();
    const stack = passing.flatMap(({ event }) => event.prevEvents);
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      if (covered.has(id)) continue;
      covered.add(id);
      stack.push(...(this.#judgements.get(id)?.event.prevEvents ?? []));
    }
    return passing
      .map(({ event }) => event.eventId)
      .filter((id) => !covered.has(id))
      .sort(compareCodePoints);
  }
}

function reasonOf({ rule, detail }: Unknown): { readonly rule: string; readonly reason: string } {
  return { rule, reason: detail };
}
