// What may be missing without a say in a state resolution of version 2 or 2.1. A slice nearly always lacks the oldest
// parts of its auth chains; most of them are in the chain of every state, where they decide nothing.
import { powerLevelsKey } from '../auth-state.ts';
import { createEventId, type EventId } from '../ids.ts';
import type { StateMap } from '../state-map.ts';
import { splitConflicted, type SplitState } from '../state-resolution/conflicted.ts';
import type { ResolutionStep } from '../state-resolution/explanation.ts';
import { missingFromChain, undecidedInChain } from './gaps.ts';
import type { SliceResolution } from './slice-graph.ts';
import type { Unknown } from './known-state.ts';

type StepOf<K extends ResolutionStep['kind']> = Extract<ResolutionStep, { kind: K }>;

/**
 * The first gap that could change the result of a resolution that took these steps; undefined when each step is sure to
 * have gone as it would with all events at hand.
 */
export function gapOfResolution(
  states: readonly StateMap[],
  steps: readonly ResolutionStep[],
  slice: SliceResolution,
): Unknown | undefined {
  const split = splitConflicted(states);
  const conflicted = [...split.conflicted.values()].flat();
  const full = steps.find((step) => step.kind === 'full-conflicted-set');
  if (full === undefined) return undefined;
  const question: Question = { states, split, conflicted, full, steps, slice };
  return (
    gapOfConflictedEvents(question) ??
    gapOfAuthDifference(question) ??
    gapOfPaths(question) ??
    gapOfCitedEvents(question) ??
    gapOfMainline(question) ??
    gapOfConsultedState(question)
  );
}

interface Question {
  readonly states: readonly StateMap[];
  readonly split: SplitState;
  readonly conflicted: readonly EventId[];
  readonly full: StepOf<'full-conflicted-set'>;
  readonly steps: readonly ResolutionStep[];
  readonly slice: SliceResolution;
}

function gapOfConflictedEvents({ conflicted, slice: { graph } }: Question): Unknown | undefined {
  const missing = conflicted.find((id) => graph.find(id) === undefined);
  return missing === undefined ? undefined : missingFromChain(missing);
}

/**
 * A missing event has no say in the auth difference when an event that all states have rests on it: then it and its
 * ancestors are in every chain. What the slice does count in the difference must not be one of those ancestors; it is
 * none when the missing event is among its own ancestors.
 */
function gapOfAuthDifference({ states, split, conflicted, full, slice }: Question): Unknown | undefined {
  const { graph, context } = slice;
  const unconflicted: EventId[] = [];
  states[0]?.forEach((key, id) => {
    if (!split.conflicted.has(key)) unconflicted.push(id);
  });
  // By the text a state's own events are no part of its chains, only their authorities are.
  const isText = context.rules.reading === 'text';
  const starts = isText ? unconflicted.flatMap((id) => graph.find(id)?.authEvents ?? []) : unconflicted;
  const common = graph.authChain(starts);
  const apart = graph.authChain(conflicted, (id) => common.has(id));
  for (const id of apart) if (graph.find(id) === undefined) return missingFromChain(id);
  const behindAll = [...common, ...(isText ? unconflicted : [])].filter((id) => graph.find(id) === undefined);
  const inAnyCase = new Set([...conflicted, ...full.conflictedStateSubgraph]);
  for (const id of full.authDifference) {
    if (inAnyCase.has(id)) continue;
    const before = graph.missingAncestors(id);
    const unsure = behindAll.find((missing) => !before.has(missing));
    if (unsure !== undefined) return missingFromChain(unsure);
  }
  return undefined;
}

/** The conflicted state subgraph, and by the text also the order of power events, follow paths that may have gaps. */
function gapOfPaths({ conflicted, full, slice }: Question): Unknown | undefined {
  const { graph, context } = slice;
  const { stateResolution, reading } = context.rules;
  if (stateResolution !== 'v2.1' && reading !== 'text') return undefined;
  const ends = reading === 'text' ? membersOf(full) : new Set(conflicted);
  for (const missing of graph.authChain(ends)) {
    if (graph.find(missing) !== undefined) continue;
    for (const end of ends) if (!graph.missingAncestors(end).has(missing)) return missingFromChain(missing);
  }
  return undefined;
}

/** Levels of senders and authority of events come from what the events of the full conflicted set cite. */
function gapOfCitedEvents({ full, slice }: Question): Unknown | undefined {
  const { graph, context, isUndecided } = slice;
  for (const id of membersOf(full)) {
    if (isUndecided(id)) return undecidedInChain(id);
    const event = graph.find(id);
    if (event === undefined) return missingFromChain(id);
    const implied = context.rules.roomIdIsCreateEvent ? [createEventId(event.roomId)] : [];
    for (const cited of [...event.authEvents, ...implied]) {
      if (graph.find(cited) === undefined) return missingFromChain(cited);
      if (isUndecided(cited)) return undecidedInChain(cited);
    }
  }
  return undefined;
}

/**
 * Every event must find its place on the mainline, or be sure to have none. Where the mainline itself breaks off does
 * not matter: older positions come before newer ones all the same.
 */
function gapOfMainline({ split, steps, slice }: Question): Unknown | undefined {
  const { graph, context } = slice;
  const step = steps.find((each) => each.kind === 'mainline-ordering');
  if (step === undefined || step.order.length < 2) return undefined;
  const powerLevels = split.unconflicted(powerLevelsKey);
  if (context.rules.stateResolution !== 'v2.1' && powerLevels !== undefined && !graph.find(powerLevels))
    return missingFromChain(powerLevels);
  const settled = new Set(step.mainline);
  for (const { eventId } of step.order) {
    for (let id: EventId | undefined = eventId; id !== undefined && !settled.has(id);) {
      settled.add(id);
      const cited: readonly EventId[] = graph.find(id)?.authEvents ?? [];
      const above = cited.findLast((each) => graph.find(each)?.stateMapKey === powerLevelsKey);
      const missing = cited.find((each) => graph.find(each) === undefined);
      if (above === undefined && missing !== undefined) return missingFromChain(missing);
      id = above;
    }
  }
  return undefined;
}

/** Entries that no state disputes have authority in version 2: those that were asked for must be at hand. */
function gapOfConsultedState({ split, steps, slice: { graph, context } }: Question): Unknown | undefined {
  if (context.rules.stateResolution === 'v2.1') return undefined;
  for (const step of steps) {
    if (step.kind !== 'auth-check') continue;
    for (const { key } of step.authority) {
      const id = split.unconflicted(key);
      if (id !== undefined && graph.find(id) === undefined) return missingFromChain(id);
    }
  }
  return undefined;
}

function membersOf(full: StepOf<'full-conflicted-set'>): ReadonlySet<EventId> {
  return new Set([...full.conflictedStateSet, ...full.authDifference, ...full.conflictedStateSubgraph]);
}
