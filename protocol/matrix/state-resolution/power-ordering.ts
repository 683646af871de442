// Power events and the reverse topological power ordering. https://spec.matrix.org/v1.16/rooms/v12/#definitions
import { compareCodePoints } from '../../order.ts';
import { stateMapKey } from '../auth-state.ts';
import type { MatrixEvent } from '../event.ts';
import type { EventId } from '../ids.ts';
import { creatorsOf, infinitePower, powerLevelsOf } from '../power-levels.ts';
import type { ResolutionContext } from '../state-resolution.ts';

/**
 * Power levels, join rules, and bans and kicks of others. The create event counts too, as in deployed
 * implementations; the definition leaves it out, and it is never in conflict.
 */
export function isPowerEvent(event: MatrixEvent | undefined): boolean {
  if (event === undefined) return false;
  if (event.stateKey === '')
    return (
      event.type === 'm.room.power_levels' ||
      event.type === 'm.room.join_rules' ||
      event.type === 'm.room.create'
    );
  if (event.type !== 'm.room.member' || event.stateKey === undefined) return false;
  const membership = event.content['membership'];
  return (membership === 'leave' || membership === 'ban') && event.sender !== event.stateKey;
}

/** The level of an event's sender by the event's own auth events. */
function senderPowerLevel(event: MatrixEvent, context: ResolutionContext): number {
  const { rules } = context;
  const auth = event.authEvents.map((id) => context.find(id));
  const create = rules.roomIdIsCreateEvent
    ? context.find(`$${event.roomId.slice(1)}` as EventId)
    : auth.find((each) => each?.type === 'm.room.create');
  const isCreator = create !== undefined && creatorsOf(create, rules).includes(event.sender);
  if (isCreator && rules.creatorsHaveInfinitePower) return infinitePower;
  const powerLevels = auth.find((each) => each?.type === 'm.room.power_levels' && each.stateKey === '');
  if (powerLevels === undefined) return isCreator ? 100 : 0;
  const levels = powerLevelsOf(powerLevels);
  return levels.users.get(event.sender) ?? levels.usersDefault;
}

interface Ranked {
  readonly id: EventId;
  readonly level: number;
  readonly event: MatrixEvent;
}

/** Higher level of the sender first, then earlier timestamp, then smaller id. */
function compareRanked(left: Ranked, right: Ranked): number {
  if (left.level !== right.level) return left.level > right.level ? -1 : 1;
  return left.event.originServerTs - right.event.originServerTs || compareCodePoints(left.id, right.id);
}

/** The power events with their auth chains within the full conflicted set: causes first, ties by rank (Kahn). */
export function reverseTopologicalPowerOrdering(
  powerEvents: readonly EventId[],
  full: ReadonlySet<EventId>,
  context: ResolutionContext,
): readonly EventId[] {
  const waitingFor = new Map<EventId, number>();
  const dependents = new Map<EventId, EventId[]>();
  const stack = [...powerEvents];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (waitingFor.has(id)) continue;
    const causes = [...new Set(context.find(id)?.authEvents ?? [])].filter((auth) => full.has(auth));
    waitingFor.set(id, causes.length);
    for (const cause of causes) {
      const list = dependents.get(cause);
      if (list === undefined) dependents.set(cause, [id]);
      else list.push(id);
      stack.push(cause);
    }
  }
  const rank = (id: EventId): Ranked[] => {
    const event = context.find(id);
    return event === undefined ? [] : [{ id, event, level: senderPowerLevel(event, context) }];
  };
  const ready = new RankedHeap();
  for (const [id, count] of waitingFor) if (count === 0) rank(id).forEach((ranked) => ready.push(ranked));
  const ordered: EventId[] = [];
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    ordered.push(next.id);
    for (const dependent of dependents.get(next.id) ?? []) {
      const left = (waitingFor.get(dependent) ?? 0) - 1;
      waitingFor.set(dependent, left);
      if (left === 0) rank(dependent).forEach((ranked) => ready.push(ranked));
    }
  }
  return ordered;
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

/** The state map key of power levels. */
export const powerLevelsKey: string = stateMapKey('m.room.power_levels', '');
