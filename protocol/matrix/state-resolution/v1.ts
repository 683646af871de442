// State resolution of room version 1. https://spec.matrix.org/v1.16/rooms/v1/#state-resolution
import { present } from '../../assert.ts';
import { sha1Hex } from '../../crypto.ts';
import { compareCodePoints } from '../../order.ts';
import { authEventKeys } from '../auth-events.ts';
import { checkStateDependentRules } from '../auth-rules.ts';
import { splitStateMapKey, stateMapKey } from '../auth-state.ts';
import type { MatrixEvent } from '../event.ts';
import type { EventId } from '../ids.ts';
import { StateMap } from '../state-map.ts';
import type { ResolutionContext } from '../state-resolution.ts';

type Authority = ReadonlyMap<string, MatrixEvent>;

/** A key is in conflict when two states have different events for it; one that a state lacks is not. */
function split(states: readonly StateMap[]): {
  unconflicted: Map<string, EventId>;
  conflicted: Map<string, Set<EventId>>;
} {
  const candidates = new Map<string, Set<EventId>>();
  for (const state of states) {
    for (const [key, id] of state.entries()) {
      const known = candidates.get(key);
      if (known === undefined) candidates.set(key, new Set([id]));
      else known.add(id);
    }
  }
  const unconflicted = new Map<string, EventId>();
  const conflicted = new Map<string, Set<EventId>>();
  for (const [key, ids] of candidates) {
    if (ids.size > 1) conflicted.set(key, ids);
    else unconflicted.set(key, present([...ids][0], 'an event of a state'));
  }
  return { unconflicted, conflicted };
}

/** Resolves by depth and hash: power levels first, then join rules, then members, then the rest. */
export function resolveV1(states: readonly StateMap[], context: ResolutionContext): StateMap {
  const { unconflicted, conflicted } = split(states);
  const candidates = new Map<string, readonly MatrixEvent[]>();
  for (const [key, ids] of conflicted) {
    const events = [...ids].flatMap((id) => context.find(id) ?? []).sort(byDepthAndHash);
    if (events.length > 0) candidates.set(key, events);
  }
  const authority = unconflictedAuthority(candidates, unconflicted, context);
  const resolved = new Map(unconflicted);
  const settle = (
    wanted: (type: string, stateKey: string) => boolean,
    choose: typeof chooseByAuthority,
  ): void => {
    const chosen: (readonly [string, MatrixEvent])[] = [];
    for (const [key, events] of candidates) {
      if (!resolved.has(key) && wanted(...splitStateMapKey(key)))
        chosen.push([key, choose(events, authority, context)]);
    }
    for (const [key, event] of chosen) {
      resolved.set(key, event.eventId);
      authority.set(key, event);
    }
  };
  settle((type, stateKey) => type === 'm.room.power_levels' && stateKey === '', chooseByAuthority);
  settle((type) => type === 'm.room.join_rules', chooseByAuthority);
  settle((type) => type === 'm.room.member', chooseByAuthority);
  settle(() => true, chooseFirstAllowed);
  return StateMap.of(resolved);
}

/** Deepest first; at equal depth the smaller SHA-1 of the event id. */
function byDepthAndHash(left: MatrixEvent, right: MatrixEvent): number {
  return right.depth - left.depth || compareCodePoints(sha1Hex(left.eventId), sha1Hex(right.eventId));
}

/** The unconflicted events that conflicted ones depend on. */
function unconflictedAuthority(
  candidates: ReadonlyMap<string, readonly MatrixEvent[]>,
  unconflicted: ReadonlyMap<string, EventId>,
  context: ResolutionContext,
): Map<string, MatrixEvent> {
  const authority = new Map<string, MatrixEvent>();
  for (const events of candidates.values()) {
    for (const event of events) {
      for (const key of authEventKeys(event, context.rules)) {
        const id = unconflicted.get(key);
        const auth = id === undefined ? undefined : context.find(id);
        if (auth !== undefined) authority.set(key, auth);
      }
    }
  }
  return authority;
}

/**
 * Starts from the shallowest event and goes up while each next one is allowed by its predecessor: the last one
 * allowed wins.
 */
function chooseByAuthority(
  events: readonly MatrixEvent[],
  authority: Authority,
  context: ResolutionContext,
): MatrixEvent {
  const needed = new Set(events.flatMap((event) => authEventKeys(event, context.rules)));
  const local = new Map([...authority].filter(([key]) => needed.has(key)));
  const shallowestFirst = events.toReversed();
  let winner = present(shallowestFirst[0], 'a conflicted event');
  for (const event of shallowestFirst.slice(1)) {
    local.set(stateMapKey(winner.type, winner.stateKey ?? ''), winner);
    if (!isAllowed(event, local)) return winner;
    winner = event;
  }
  return winner;
}

/** The deepest event that is allowed; the shallowest when none is. */
function chooseFirstAllowed(events: readonly MatrixEvent[], authority: Authority): MatrixEvent {
  return events.find((event) => isAllowed(event, authority)) ?? present(events.at(-1), 'a conflicted event');
}

function isAllowed(event: MatrixEvent, authority: Authority): boolean {
  return checkStateDependentRules(event, (type, stateKey) => authority.get(stateMapKey(type, stateKey))).ok;
}
