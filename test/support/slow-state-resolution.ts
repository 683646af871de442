// State resolution v2 and v2.1 written from the specification with nothing but sets and maps: slow, and easy to check
// by eye. The real one must agree. https://spec.matrix.org/v1.16/rooms/v12/#state-resolution
import { compareCodePoints } from '../../protocol/order.ts';
import { checkStateDependentRules } from '../../protocol/matrix/auth-rules.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import { createEventId, type EventId } from '../../protocol/matrix/ids.ts';
import { powerLevelsOf, isCreator } from '../../protocol/matrix/power-levels.ts';
import type { StateMap } from '../../protocol/matrix/state-map.ts';

export interface SlowResolution {
  readonly find: (id: EventId) => MatrixEvent;
  readonly isRejected: (id: EventId) => boolean;
  /** v2.1 begins the first iterative auth checks with nothing, v2 with the unconflicted state. */
  readonly startsEmpty: boolean;
  /** v2.1 adds the conflicted state subgraph to the full conflicted set. */
  readonly hasSubgraph: boolean;
  readonly reading: 'deployed' | 'text';
}

type State = Map<string, EventId>;

/** The resolved state, and what the conflicted state subgraph added to the full conflicted set. */
export function resolveSlowly(
  states: readonly StateMap[],
  options: SlowResolution,
): { readonly state: State; readonly addedBySubgraph: readonly EventId[] } {
  const { find } = options;
  const sets = states.map((state) => new Map(state.entries()));
  const keys = new Set(sets.flatMap((set) => [...set.keys()]));
  const unconflicted: State = new Map();
  const conflicted = new Set<EventId>();
  for (const key of keys) {
    const values = new Set(sets.map((set) => set.get(key)));
    const [value] = values;
    if (values.size === 1 && value !== undefined) unconflicted.set(key, value);
    else for (const each of values) if (each !== undefined) conflicted.add(each);
  }
  if (conflicted.size === 0) return { state: unconflicted, addedBySubgraph: [] };

  // An event with its auth chain.
  const chainOf = (id: EventId, chain = new Set<EventId>()): Set<EventId> => {
    if (!chain.has(id)) {
      chain.add(id);
      for (const auth of find(id).authEvents) chainOf(auth, chain);
    }
    return chain;
  };
  // By the text an event is no part of its own chain.
  const chainOfEntry = (id: EventId): EventId[] =>
    options.reading === 'deployed'
      ? [...chainOf(id)]
      : find(id).authEvents.flatMap((auth) => [...chainOf(auth)]);
  const chains = sets.map((set) => new Set([...set.values()].flatMap(chainOfEntry)));
  const everything = new Set(chains.flatMap((chain) => [...chain]));
  const difference = [...everything].filter((id) => !chains.every((chain) => chain.has(id)));
  const full = new Set([...conflicted, ...difference]);
  const subgraph = !options.hasSubgraph
    ? []
    : [...conflicted]
        .flatMap((id) => [...chainOf(id)])
        .filter((id) => [...chainOf(id)].some((below) => conflicted.has(below)));
  const addedBySubgraph = [...new Set(subgraph)].filter((id) => !full.has(id));
  for (const id of addedBySubgraph) full.add(id);

  const causesOf = (id: EventId): EventId[] =>
    options.reading === 'deployed'
      ? find(id).authEvents.filter((auth) => full.has(auth))
      : [...chainOf(id)].filter((below) => below !== id && full.has(below));
  const x = new Set<EventId>();
  const enlarge = (id: EventId): void => {
    if (x.has(id)) return;
    x.add(id);
    causesOf(id).forEach(enlarge);
  };
  for (const id of full) if (isPowerEvent(find(id), options.reading)) enlarge(id);
  const partial = check(
    powerOrder(x, causesOf, options),
    options.startsEmpty ? new Map<string, EventId>() : unconflicted,
    options,
  );
  const rest = [...full].filter((id) => !x.has(id));
  const resolved = check(
    mainlineOrder(rest, partial.get('m.room.power_levels\0'), options),
    partial,
    options,
  );
  for (const [key, id] of unconflicted) resolved.set(key, id);
  return { state: resolved, addedBySubgraph };
}

function isPowerEvent(
  { type, stateKey, content, sender }: MatrixEvent,
  reading: SlowResolution['reading'],
): boolean {
  if (type === 'm.room.create') return stateKey === '' && reading === 'deployed';
  if (['m.room.power_levels', 'm.room.join_rules'].includes(type))
    return stateKey === '' || (reading === 'text' && stateKey !== undefined);
  const { membership } = content;
  return type === 'm.room.member' && (membership === 'leave' || membership === 'ban') && sender !== stateKey;
}

/** The smallest of those that nothing left points to, again and again. */
function powerOrder(
  x: ReadonlySet<EventId>,
  causesOf: (id: EventId) => readonly EventId[],
  { find }: SlowResolution,
): readonly EventId[] {
  const left = new Set(x);
  const order: EventId[] = [];
  while (left.size > 0) {
    const ready = [...left].filter((id) => !causesOf(id).some((cause) => left.has(cause)));
    ready.sort(
      (a, b) =>
        (levelOf(find(a), find) === levelOf(find(b), find)
          ? 0
          : levelOf(find(b), find) - levelOf(find(a), find)) ||
        find(a).originServerTs - find(b).originServerTs ||
        compareCodePoints(a, b),
    );
    order.push(ready[0]!);
    left.delete(ready[0]!);
  }
  return order;
}

function levelOf(event: MatrixEvent, find: SlowResolution['find']): number {
  const { rules, sender } = event;
  const auth = event.authEvents.map(find);
  if (rules.roomIdIsCreateEvent && event.type !== 'm.room.create')
    auth.push(find(createEventId(event.roomId)));
  const create = auth.find(({ type }) => type === 'm.room.create');
  const levels = auth.find(({ type }) => type === 'm.room.power_levels');
  const byCreator = create !== undefined && isCreator(sender, create, rules);
  if (byCreator && rules.creatorsHaveInfinitePower) return Infinity;
  if (levels === undefined) return byCreator ? 100 : 0;
  return powerLevelsOf(levels).ofUser(sender);
}

function mainlineOrder(
  rest: readonly EventId[],
  powerLevels: EventId | undefined,
  { find }: SlowResolution,
): readonly EventId[] {
  const above = (id: EventId): EventId | undefined =>
    find(id).authEvents.find((auth) => find(auth).type === 'm.room.power_levels');
  const mainline: EventId[] = [];
  for (let id = powerLevels; id !== undefined; id = above(id)) mainline.push(id);
  const positionOf = (start: EventId): number => {
    for (let id: EventId | undefined = start; id !== undefined; id = above(id))
      if (mainline.includes(id)) return mainline.indexOf(id);
    return 1e9;
  };
  return [...rest].sort(
    (a, b) =>
      positionOf(b) - positionOf(a) ||
      find(a).originServerTs - find(b).originServerTs ||
      compareCodePoints(a, b),
  );
}

function check(
  order: readonly EventId[],
  start: State,
  { find, isRejected, reading }: SlowResolution,
): Map<string, EventId> {
  const state = new Map(start);
  for (const id of order) {
    const event = find(id);
    if (event.stateMapKey === undefined || (reading === 'deployed' && isRejected(id))) continue;
    const authority = new Map<string, MatrixEvent>();
    const add = (auth: EventId): void => {
      if (!isRejected(auth)) authority.set(find(auth).stateMapKey!, find(auth));
    };
    if (event.rules.roomIdIsCreateEvent) add(createEventId(event.roomId));
    event.authEvents.forEach(add);
    for (const key of event.authKeys) {
      const id = state.get(key);
      if (id !== undefined && reading === 'text') authority.set(key, find(id));
      else if (id !== undefined) add(id);
    }
    if (checkStateDependentRules(event, (key) => authority.get(key)).ok) state.set(event.stateMapKey, id);
  }
  return state;
}
