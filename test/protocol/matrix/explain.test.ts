// Why each contender won or lost: the reasons given are true, complete, and cost the result nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { compareCodePoints } from '../../../protocol/order.ts';
import { authRules } from '../../../protocol/matrix/auth-rules/rule-numbers.ts';
import type { EventId } from '../../../protocol/matrix/ids.ts';
import { resolveState, type ResolutionContext } from '../../../protocol/matrix/state-resolution.ts';
import { StateMap } from '../../../protocol/matrix/state-map.ts';
import { explainResolution } from '../../../protocol/matrix/state-resolution/explain.ts';
import type { Comparison } from '../../../protocol/matrix/state-resolution/explain-comparison.ts';
import type { Contender } from '../../../protocol/matrix/state-resolution/explained-key.ts';
import { anyMerge, contextOf, type Merge } from '../../support/any-merge.ts';

const runs = { numRuns: 300 };

/** Whether an event is in the auth chain of another. */
function isInAuthChain(cause: EventId, of: EventId, { find }: ResolutionContext): boolean {
  const seen = new Set([of]);
  for (const id of seen) for (const each of find(id)?.authEvents ?? []) seen.add(each);
  return cause !== of && seen.has(cause);
}

/** Whether what is said to have decided between two events did so. */
function isTrue(
  comparison: Comparison,
  earlier: EventId,
  later: EventId,
  context: ResolutionContext,
): boolean {
  const left = present(context.find(earlier), 'event');
  const right = present(context.find(later), 'event');
  switch (comparison.kind) {
    case 'auth-chain':
      return isInAuthChain(earlier, later, context);
    case 'waits-for':
      return (
        isInAuthChain(comparison.cause, later, context) &&
        isTrue(comparison.comparison, earlier, comparison.cause, context)
      );
    case 'sender-power-level':
    case 'mainline-position':
      return comparison.earlier > comparison.later;
    case 'origin-server-ts':
      return left.originServerTs < right.originServerTs && comparison.later === right.originServerTs;
    case 'event-id':
      return left.originServerTs === right.originServerTs && compareCodePoints(earlier, later) < 0;
    case 'depth':
      return left.depth < right.depth;
    case 'sha1':
      return left.depth === right.depth && comparison.earlier > comparison.later;
    case 'power-events-first':
      return true;
  }
}

describe('an explanation', () => {
  it('gives the result that is found without it', () => {
    fc.assert(
      fc.property(anyMerge(), ({ room, states }) => {
        const explained = explainResolution(states, contextOf(room));
        const plain = resolveState(states, contextOf(room));
        expect(explained.resolved.sorted()).toEqual(plain.sorted());
      }),
      runs,
    );
  });

  it('tells of every conflicted key, of every event that a state has for it, and names one winner', () => {
    fc.assert(
      fc.property(anyMerge('v2', 'v2.1'), ({ room, states }) => {
        const { keys, resolved } = explainResolution(states, contextOf(room));
        const told = new Map(keys.map((each) => [each.key, each]));
        for (const key of StateMap.keysInConflict(states)) {
          const { contenders, winner, origin } = present(told.get(key), 'a conflicted key');
          expect(origin).toBe('conflicted');
          expect(winner).toBe(resolved.getKey(key));
          const winners = contenders.filter(({ fate }) => fate.kind === 'won').map(({ eventId }) => eventId);
          expect(winners).toEqual(winner === undefined ? [] : [winner]);
          for (const [index, state] of states.entries()) {
            const id = state.getKey(key);
            if (id === undefined) continue;
            const contender = present(
              contenders.find(({ eventId }) => eventId === id),
              `the event of state ${index}`,
            );
            expect(contender.memberships).toContain('conflicted-state-set');
            expect(contender.states.length).toBeGreaterThan(0);
          }
        }
      }),
      runs,
    );
  });

  it('gives reasons that are true', () => {
    const kinds = new Set<string>();
    const comparisons = new Set<string>();
    const check = ({ eventId, fate }: Contender, { room }: Merge): void => {
      const context = contextOf(room);
      kinds.add(fate.kind);
      if (fate.kind === 'replaced') {
        comparisons.add(fate.comparison.kind);
        expect(isTrue(fate.comparison, eventId, fate.by, context)).toBe(true);
      }
      if (fate.kind === 'refused' && fate.rule !== 'resolution.rejected') {
        expect(authRules).toContain(fate.rule);
        expect(fate.ruleNumber).toMatch(/^\d+(\.\d+)*$/);
        for (const { key, eventId: id } of fate.authority)
          if (id !== undefined) expect(context.find(id)?.stateMapKey).toBe(key);
      }
    };
    fc.assert(
      fc.property(anyMerge(), (merge) => {
        const { keys } = explainResolution(merge.states, contextOf(merge.room));
        for (const { contenders } of keys) for (const contender of contenders) check(contender, merge);
      }),
      // A fixed seed: the rare ones are among these.
      { numRuns: 600, seed: 1 },
    );
    for (const kind of ['won', 'replaced', 'refused', 'won-unchecked', 'overruled', 'unconflicted'])
      expect(kinds).toContain(kind);
    for (const kind of ['auth-chain', 'mainline-position', 'origin-server-ts', 'depth', 'power-events-first'])
      expect(comparisons).toContain(kind);
  });
});
