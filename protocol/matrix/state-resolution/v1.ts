// State resolution of room version 1. https://spec.matrix.org/v1.16/rooms/v1/#state-resolution
import { present } from '../../assert.ts';
import { sha1Hex } from '../../crypto.ts';
import { compareCodePoints } from '../../order.ts';
import { checkStateDependentRules } from '../auth-rules.ts';
import { powerLevelsKey } from '../auth-state.ts';
import type { MatrixEvent } from '../event.ts';
import type { EventId } from '../ids.ts';
import { StateMap } from '../state-map.ts';
import type { ResolutionContext } from '../state-resolution.ts';
import { eventsFor } from './conflicted.ts';
import { ConsultedAuthority } from './explanation.ts';

type Authority = ReadonlyMap<string, MatrixEvent>;

/** Candidates for a key that is in conflict, shallowest first. */
interface Conflict {
  readonly key: string;
  readonly candidates: readonly MatrixEvent[];
}

/** Resolves by depth and hash: power levels first, then join rules, then members, then the rest. */
export function resolveV1(states: readonly StateMap[], context: ResolutionContext): StateMap {
  const { agreed, conflicts } = split(states, context);
  const authority = agreedAuthority(conflicts, agreed, context);
  const changes = new Map<string, EventId>();
  const settle = (wanted: (event: MatrixEvent) => boolean, choose: typeof chooseDeepestAllowed): void => {
    const chosen = conflicts
      .filter(({ key, candidates }) => !changes.has(key) && candidates.slice(0, 1).some(wanted))
      .map(({ key, candidates }) => [key, choose(candidates, authority, context)] as const);
    for (const [key, event] of chosen) {
      if (event === undefined) continue;
      changes.set(key, event.eventId);
      authority.set(key, event);
    }
  };
  settle((event) => event.stateMapKey === powerLevelsKey, chooseByAuthority);
  settle(({ type }) => type === 'm.room.join_rules', chooseByAuthority);
  settle(({ type }) => type === 'm.room.member', chooseByAuthority);
  settle(() => true, chooseDeepestAllowed);
  return agreed.with(changes);
}

/** A key is in conflict when two states have different events for it; one that a state lacks is not. */
function split(
  states: readonly StateMap[],
  context: ResolutionContext,
): { readonly agreed: StateMap; readonly conflicts: readonly Conflict[] } {
  const conflicts: Conflict[] = [];
  const changes = new Map<string, EventId | undefined>();
  for (const key of StateMap.keysInConflict(states)) {
    const ids = eventsFor(key, states);
    const [only] = ids;
    changes.set(key, ids.length === 1 ? only : undefined);
    const candidates = ids.flatMap((id) => context.find(id) ?? []).sort(byDepthAndHash);
    if (ids.length < 2 || candidates.length === 0) continue;
    conflicts.push({ key, candidates });
    context.explain?.({ kind: 'conflict', key, candidates: ids });
    const order = candidates.map(({ eventId, depth }) => ({ eventId, depth }));
    context.explain?.({ kind: 'depth-ordering', key, order });
  }
  return { agreed: present(states[0], 'a state to resolve').with(changes), conflicts };
}

/** Shallowest first; at equal depth the larger SHA-1 of the event id. */
function byDepthAndHash(left: MatrixEvent, right: MatrixEvent): number {
  return left.depth - right.depth || compareCodePoints(sha1Hex(right.eventId), sha1Hex(left.eventId));
}

/** The events without conflict that conflicted ones depend on. */
function agreedAuthority(
  conflicts: readonly Conflict[],
  agreed: StateMap,
  context: ResolutionContext,
): Map<string, MatrixEvent> {
  const authority = new Map<string, MatrixEvent>();
  for (const { candidates } of conflicts) {
    for (const key of candidates.flatMap(({ authKeys }) => authKeys)) {
      const id = agreed.getKey(key);
      const event = id === undefined ? undefined : context.find(id);
      if (event !== undefined) authority.set(key, event);
    }
  }
  return authority;
}

/**
 * Starts from the shallowest event and goes up while each next one is allowed by its predecessor: the last one
 * allowed wins.
 */
function chooseByAuthority(
  candidates: readonly MatrixEvent[],
  authority: Authority,
  context: ResolutionContext,
): MatrixEvent {
  const needed = new Set(candidates.flatMap(({ authKeys }) => authKeys));
  const local = new Map([...authority].filter(([key]) => needed.has(key)));
  let winner = present(candidates[0], 'a conflicted event');
  for (const candidate of candidates.slice(1)) {
    local.set(present(winner.stateMapKey, 'key of a state event'), winner);
    if (!isAllowed(candidate, local, context)) return winner;
    winner = candidate;
  }
  return winner;
}

/** The deepest event that is allowed. When none is, deployed servers take the shallowest, and the text knows none. */
function chooseDeepestAllowed(
  candidates: readonly MatrixEvent[],
  authority: Authority,
  context: ResolutionContext,
): MatrixEvent | undefined {
  const allowed = candidates.findLast((candidate) => isAllowed(candidate, authority, context));
  return allowed ?? (context.rules.reading === 'deployed' ? candidates[0] : undefined);
}

function isAllowed(event: MatrixEvent, authority: Authority, context: ResolutionContext): boolean {
  const { explain } = context;
  const state = (key: string): MatrixEvent | undefined => authority.get(key);
  if (explain === undefined) return checkStateDependentRules(event, state).ok;
  const watched = new ConsultedAuthority(state, () => 'partially-resolved-state');
  const checked = checkStateDependentRules(event, watched.state);
  const refusal = checked.ok ? undefined : { rule: checked.rule, detail: checked.detail };
  explain({
    kind: 'auth-check',
    phase: 'v1',
    eventId: event.eventId,
    refusal,
    authority: watched.consulted,
  });
  return checked.ok;
}
