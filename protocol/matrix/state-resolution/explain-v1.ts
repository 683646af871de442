// What became of each candidate in state resolution version 1. https://spec.matrix.org/v1.16/rooms/v1/#state-resolution
import { powerLevelsKey, splitStateMapKey } from '../auth-state.ts';
import type { EventId } from '../ids.ts';
import { compareByDepth, type DepthOrdering } from './explain-comparison.ts';
import { statesWith, type Contender, type Contest, type ExplainedKey, type Fate } from './explained-key.ts';
import type { AuthCheck } from './explanation.ts';

/** Every key for which two states have different events. */
export function contestV1(contest: Contest): readonly ExplainedKey[] {
  const { steps, resolved, states } = contest;
  const checks = new Map<EventId, AuthCheck>();
  for (const step of steps) if (step.kind === 'auth-check') checks.set(step.eventId, step);
  const candidatesOf = new Map<string, readonly EventId[]>();
  for (const step of steps) if (step.kind === 'conflict') candidatesOf.set(step.key, step.candidates);
  return steps.flatMap((step): ExplainedKey[] => {
    if (step.kind !== 'depth-ordering') return [];
    const { key, order } = step;
    const winner = resolved.getKey(key);
    const place = (index: number) => ({ phase: 'v1', position: index + 1, of: order.length }) as const;
    const found = order.map(({ eventId }, index): Contender => ({
      eventId,
      states: statesWith(key, eventId, states),
      memberships: [],
      place: place(index),
      fate: fateOf(index, step, winner, checks, contest),
    }));
    const missing = (candidatesOf.get(key) ?? [])
      .filter((id) => !order.some(({ eventId }) => eventId === id))
      .map((eventId): Contender => ({
        eventId,
        states: statesWith(key, eventId, states),
        memberships: [],
        fate: { kind: 'missing' },
      }));
    return [{ key, origin: 'conflicted', winner, contenders: [...found, ...missing] }];
  });
}

/** Power levels, join rules and members are tried upwards from the shallowest, all else downwards from the deepest. */
function isTriedUpwards(key: string): boolean {
  const [type] = splitStateMapKey(key);
  return key === powerLevelsKey || type === 'm.room.join_rules' || type === 'm.room.member';
}

function fateOf(
  index: number,
  { key, order }: DepthOrdering,
  winner: EventId | undefined,
  checks: ReadonlyMap<EventId, AuthCheck>,
  contest: Contest,
): Fate {
  const candidate = order[index];
  if (candidate === undefined) return { kind: 'not-reached' };
  const { eventId } = candidate;
  const check = checks.get(eventId);
  const isAllowed = check !== undefined && check.refusal === undefined;
  if (eventId === winner) return { kind: isAllowed ? 'won' : 'won-unchecked' };
  if (check?.refusal !== undefined) {
    const { rule, detail } = check.refusal;
    const number = contest.numberOfRule(rule);
    return { kind: 'refused', phase: 'v1', rule, ruleNumber: number, detail, authority: check.authority };
  }
  const winnerAt = order.findIndex((each) => each.eventId === winner);
  const replacedAt = isTriedUpwards(key) ? index + 1 : winnerAt;
  const by = order[replacedAt];
  if (by === undefined || index > winnerAt) return { kind: 'not-reached' };
  return { kind: 'replaced', by: by.eventId, comparison: compareByDepth(candidate, by) };
}
