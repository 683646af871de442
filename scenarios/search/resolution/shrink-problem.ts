// Smaller problems that break the same invariant in the same way: events are left out, times and contents made simple. What
// is left must still be a room: every event that was accepted on receipt is allowed by the authority that it cites.
import fc from 'fast-check';
import { checkStateDependentRules, checkStateIndependentRules } from '../../../protocol/matrix/auth-rules.ts';
import { createKey } from '../../../protocol/matrix/auth-state.ts';
import { isJsonObject, type JsonObject } from '../../../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../../../protocol/matrix/event.ts';
import { createEventId, type EventId } from '../../../protocol/matrix/ids.ts';
import { eventOfSketch, sketchOf, type Sketch } from '../rooms/sketched-event.ts';
import type { ResolutionProblem } from './problem.ts';

/** Smaller and smaller problems: yields one to be tried, is told whether it still shows the same, and ends with the smallest. */
export type Shrinking = Generator<ResolutionProblem, ResolutionProblem, boolean>;

/** Runs a shrinking whose question can be answered at once. */
export function shrinkProblem(
  problem: ResolutionProblem,
  stillShows: (problem: ResolutionProblem) => boolean,
): ResolutionProblem {
  const shrinking = shrinkingOf(problem);
  let step = shrinking.next();
  while (step.done !== true) step = shrinking.next(stillShows(step.value));
  return step.value;
}

/** The problem with events as few and as simple as they can be while it still shows the same. */
export function* shrinkingOf(problem: ResolutionProblem): Shrinking {
  const odd = unfounded(problem);
  const isARoom = (candidate: ResolutionProblem): boolean =>
    [...unfounded(candidate)].every((id) => odd.has(id));
  let smallest = problem;
  for (;;) {
    const before = sizeOf(smallest);
    const { events, stateSets } = smallest;
    smallest = yield* smallestOf(smallest, events.length, 1, isARoom, withOnly);
    smallest = yield* smallestOf(smallest, stateSets.length, 2, isARoom, withStates);
    for (const simpler of simplifications(smallest)) {
      const candidate = simpler(smallest);
      if (isARoom(candidate) && (yield candidate)) smallest = candidate;
    }
    if (sizeOf(smallest) >= before) return smallest;
  }
}

function sizeOf({ events, stateSets }: ResolutionProblem): number {
  const contents = events.reduce((sum, { content }) => sum + JSON.stringify(content).length, 0);
  return events.length * 1_000 + stateSets.flat().length * 100 + contents;
}

/** Walks down fast-check's shrinks of "all of them" to the smallest part that will do. */
function* smallestOf(
  problem: ResolutionProblem,
  count: number,
  least: number,
  isARoom: (candidate: ResolutionProblem) => boolean,
  partOf: (problem: ResolutionProblem, kept: ReadonlySet<number>) => ResolutionProblem,
): Shrinking {
  const all = Array.from({ length: count }, (_each, index) => index);
  const parts = fc.subarray(all, { minLength: Math.min(least, count) });
  let shrinks = parts.shrink(all, undefined);
  let smallest = problem;
  for (;;) {
    let next: { readonly part: fc.Value<number[]>; readonly problem: ResolutionProblem } | undefined;
    for (const part of shrinks) {
      const candidate = partOf(problem, new Set(part.value));
      if (!isARoom(candidate) || !(yield candidate)) continue;
      next = { part, problem: candidate };
      break;
    }
    if (next === undefined) return smallest;
    smallest = next.problem;
    shrinks = parts.shrink(next.part.value, next.part.context);
  }
}

/** The problem with only the states at these places. */
function withStates(problem: ResolutionProblem, kept: ReadonlySet<number>): ResolutionProblem {
  return { ...problem, stateSets: problem.stateSets.filter((_set, index) => kept.has(index)) };
}

/**
 * The problem without the events at other places. What followed a dropped event follows what that had followed, and what
 * rested on one, states included, rests on the one of the same key that it had replaced, if it cites that.
 */
export function withOnly(problem: ResolutionProblem, kept: ReadonlySet<number>): ResolutionProblem {
  const missing = problem.missing ?? new Set();
  // What is missing is cited as before.
  const ids = new Set<EventId>(missing);
  const before = new Map<EventId, readonly EventId[]>();
  const replaced = new Map<EventId, EventId | undefined>();
  const keyOf = new Map(problem.events.map(({ eventId, stateMapKey }) => [eventId, stateMapKey]));
  const held = (references: readonly EventId[]): readonly EventId[] => [
    ...new Set(references.flatMap((id) => (ids.has(id) ? [id] : (before.get(id) ?? [])))),
  ];
  const standing = (references: readonly EventId[]): readonly EventId[] => [
    ...new Set(references.flatMap((id) => (ids.has(id) ? [id] : (replaced.get(id) ?? [])))),
  ];
  const depths = new Map<EventId, number>();
  const events: MatrixEvent[] = [];
  for (const [index, event] of problem.events.entries()) {
    const { eventId, stateMapKey } = event;
    const prevEvents = held(event.prevEvents);
    const authEvents = standing(event.authEvents);
    if (!kept.has(index)) {
      before.set(eventId, prevEvents);
      replaced.set(
        eventId,
        authEvents.find((id) => keyOf.get(id) === stateMapKey),
      );
      continue;
    }
    const depth = 1 + Math.max(0, ...prevEvents.map((id) => depths.get(id) ?? 0));
    const changed = rebuilt(event, { prevEvents, authEvents, depth });
    if (changed === undefined) continue;
    ids.add(eventId);
    depths.set(eventId, depth);
    events.push(changed);
  }
  return {
    rules: problem.rules,
    events,
    stateSets: problem.stateSets.map(standing),
    rejected: new Set([...problem.rejected].filter((id) => ids.has(id))),
    ...(problem.missing === undefined ? {} : { missing: citedOf(missing, events) }),
  };
}

/** Those that somebody still cites. */
function citedOf(missing: ReadonlySet<EventId>, events: readonly MatrixEvent[]): ReadonlySet<EventId> {
  const cited = new Set(events.flatMap(({ prevEvents, authEvents }) => [...prevEvents, ...authEvents]));
  return new Set([...missing].filter((id) => cited.has(id)));
}

/** An event that says or cites something else under the same id. */
function rebuilt(event: MatrixEvent, changes: Partial<Sketch>): MatrixEvent | undefined {
  const made = eventOfSketch({ ...sketchOf(event), ...changes }, event.eventId, event.rules);
  return made.ok ? made.value : undefined;
}

type Simplification = (problem: ResolutionProblem) => ResolutionProblem;

/** Times in the order of the events; one entry less in a list of levels; nothing in contents that no rule reads. */
function* simplifications(problem: ResolutionProblem): Generator<Simplification> {
  const changing =
    (index: number, changes: Partial<Sketch>): Simplification =>
    (current) => {
      const event = current.events[index];
      const changed = event === undefined ? undefined : rebuilt(event, changes);
      return changed === undefined
        ? current
        : { ...current, events: current.events.map((each, at) => (at === index ? changed : each)) };
    };
  yield (current) => ({
    ...current,
    events: current.events.map((event, index) => rebuilt(event, { originServerTs: index + 1 }) ?? event),
  });
  for (const [index, { content }] of problem.events.entries())
    for (const simpler of simplerContents(content)) yield changing(index, { content: simpler });
}

/** Without what no rule needs; levels one by one; the plainest join rule. */
function* simplerContents(content: JsonObject): Generator<JsonObject> {
  for (const [name, value] of Object.entries(content)) {
    if (name === 'join_rule') yield* ['invite', 'public'].map((rule) => ({ ...content, join_rule: rule }));
    if (needed.has(name)) continue;
    const { [name]: _dropped, ...rest } = content;
    yield rest;
    if (!isJsonObject(value)) continue;
    for (const key of Object.keys(value)) {
      const { [key]: _gone, ...others } = value;
      yield { ...content, [name]: others };
    }
  }
}

/** What makes an event the event that it is. */
const needed: ReadonlySet<string> = new Set(['membership', 'join_rule', 'room_version', 'creator']);

/** Accepted events that the authority which they cite does not allow: none, where nobody forged any. */
function unfounded({ rules, events, rejected }: ResolutionProblem): ReadonlySet<EventId> {
  const byId = new Map(events.map((event) => [event.eventId, event]));
  const find = (id: EventId): MatrixEvent | undefined => byId.get(id);
  const cited = { find, isRejected: (id: EventId) => rejected.has(id) };
  const isFounded = (event: MatrixEvent): boolean => {
    const authorities = event.authEvents.flatMap((id) => find(id) ?? []);
    const implied = rules.roomIdIsCreateEvent ? find(createEventId(event.roomId)) : undefined;
    const state = (key: string): MatrixEvent | undefined =>
      authorities.find(({ stateMapKey }) => stateMapKey === key) ?? (key === createKey ? implied : undefined);
    return checkStateIndependentRules(event, cited).ok && checkStateDependentRules(event, state).ok;
  };
  const odd = events.filter((event) => !rejected.has(event.eventId) && !isFounded(event));
  return new Set(odd.map(({ eventId }) => eventId));
}
