// Power events and the reverse topological power ordering. https://spec.matrix.org/v1.16/rooms/v12/#definitions
import { compareCodePoints } from '../../order.ts';
import { createKey, powerLevelsKey } from '../auth-state.ts';
import type { MatrixEvent } from '../event.ts';
import { infinitePower, isCreator, levelOfUser, powerLevelsOf } from '../power-levels.ts';
import type { RoomVersionRules } from '../room-version.ts';
import { noEvent, type AuthGraph } from './auth-graph.ts';
import type { NumberSet } from './number-set.ts';

/**
 * Power event: power levels, join rules, and bans and kicks of others.
 *
 * Deployed servers count the create event in, which the definition leaves out (it is never in conflict in a room with
 * one create event), and of power levels and join rules only those in force, with an empty state key; the definition
 * names the types alone.
 */
export function isPowerEvent(event: MatrixEvent, { reading }: RoomVersionRules): boolean {
  const { type, stateKey, sender, content } = event;
  if (stateKey === undefined) return false;
  if (type === 'm.room.power_levels' || type === 'm.room.join_rules')
    return stateKey === '' || reading === 'text';
  if (type === 'm.room.create') return stateKey === '' && reading === 'deployed';
  if (type !== 'm.room.member') return false;
  const { membership } = content;
  return (membership === 'leave' || membership === 'ban') && sender !== stateKey;
}

/** The level of an event's sender by the event's own auth events. */
function senderPowerLevel(number: number, graph: AuthGraph): number {
  const { rules } = graph.context;
  const { sender } = graph.event(number);
  const implied = graph.impliedCreate(number);
  const create = implied === noEvent ? graph.cited(number, createKey) : implied;
  const byCreator = create !== noEvent && isCreator(sender, graph.event(create), rules);
  if (byCreator && rules.creatorsHaveInfinitePower) return infinitePower;
  const powerLevels = graph.cited(number, powerLevelsKey);
  if (powerLevels === noEvent) return byCreator ? 100 : 0;
  return levelOfUser(sender, powerLevelsOf(graph.event(powerLevels)));
}

interface Ranked {
  readonly number: number;
  readonly level: number;
  readonly event: MatrixEvent;
}

/** Higher level of the sender first, then earlier timestamp, then smaller id. */
function compareRanked(left: Ranked, right: Ranked): number {
  if (left.level !== right.level) return left.level > right.level ? -1 : 1;
  return (
    left.event.originServerTs - right.event.originServerTs ||
    compareCodePoints(left.event.eventId, right.event.eventId)
  );
}

/**
 * What must come before an event. Deployed servers look at its auth events in the full conflicted set and stop there;
 * by the text an event of the set counts also when the auth chain leads to it through others, which in version 2 may
 * happen (the conflicted state subgraph of version 2.1 adds those others to the set).
 */
export function causesOf(number: number, full: NumberSet, graph: AuthGraph): readonly number[] {
  if (graph.context.rules.reading === 'deployed')
    return [...new Set(graph.authOf(number))].filter((auth) => full.has(auth));
  const causes: number[] = [];
  const seen = new Set<number>();
  const stack = [...graph.authOf(number)];
  for (let auth = stack.pop(); auth !== undefined; auth = stack.pop()) {
    if (seen.has(auth)) continue;
    seen.add(auth);
    if (full.has(auth)) causes.push(auth);
    else stack.push(...graph.authOf(auth));
  }
  return causes;
}

/** The power events with their auth chains within the full conflicted set: causes first, ties by rank (Kahn). */
export function reverseTopologicalPowerOrdering(
  powerEvents: readonly number[],
  full: NumberSet,
  graph: AuthGraph,
): readonly number[] {
  const waitingFor = new Map<number, number>();
  const dependents = new Map<number, number[]>();
  const stack = [...powerEvents];
  for (let number = stack.pop(); number !== undefined; number = stack.pop()) {
    if (waitingFor.has(number)) continue;
    const causes = causesOf(number, full, graph);
    waitingFor.set(number, causes.length);
    for (const cause of causes) {
      const list = dependents.get(cause);
      if (list === undefined) dependents.set(cause, [number]);
      else list.push(number);
      stack.push(cause);
    }
  }
  const rank = (number: number): Ranked => ({
    number,
    event: graph.event(number),
    level: senderPowerLevel(number, graph),
  });
  const ready = new RankedHeap();
  for (const [number, count] of waitingFor) if (count === 0) ready.push(rank(number));
  const ordered: Ranked[] = [];
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    ordered.push(next);
    for (const dependent of dependents.get(next.number) ?? []) {
      const left = (waitingFor.get(dependent) ?? 0) - 1;
      waitingFor.set(dependent, left);
      if (left === 0) ready.push(rank(dependent));
    }
  }
  graph.context.explain?.({
    kind: 'power-ordering',
    order: ordered.map(({ event, level }) => ({
      eventId: event.eventId,
      senderPowerLevel: level,
      originServerTs: event.originServerTs,
    })),
  });
  return ordered.map(({ number }) => number);
}

/** A binary heap of ranked events. */
class RankedHeap {
  readonly #items: Ranked[] = [];

  push(item: Ranked): void {
    const items = this.#items;
    let index = items.push(item) - 1;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = items[above];
      if (parent === undefined || compareRanked(parent, item) <= 0) break;
      items[index] = parent;
      index = above;
    }
    items[index] = item;
  }

  pop(): Ranked | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      const left = items[below];
      if (left === undefined) break;
      const right = items[below + 1];
      const smaller = right !== undefined && compareRanked(right, left) < 0 ? right : left;
      if (smaller === right) below++;
      if (compareRanked(last, smaller) <= 0) break;
      items[index] = smaller;
      index = below;
    }
    items[index] = last;
    return top;
  }
}
