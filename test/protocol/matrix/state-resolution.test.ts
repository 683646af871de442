// Laws of state resolution: agreement with an obvious twin, order of arguments, what must survive, and its explanation.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import type { EventId } from '../../../protocol/matrix/ids.ts';
import { followingText } from '../../../protocol/matrix/room-version.ts';
import { StateMap } from '../../../protocol/matrix/state-map.ts';
import { resolveState } from '../../../protocol/matrix/state-resolution.ts';
import { ResolutionLog } from '../../../protocol/matrix/state-resolution/explanation.ts';
import { anyMerge, contextOf, type Merge } from '../../support/any-merge.ts';
import { resolveSlowly } from '../../support/slow-state-resolution.ts';

const runs = { numRuns: 300 };

type Reading = 'deployed' | 'text';

function slowly(
  { room, states }: Merge,
  startsEmpty: boolean,
  hasSubgraph: boolean,
  reading: Reading = 'deployed',
) {
  const { find, isRejected } = contextOf(room);
  return resolveSlowly(states, {
    find: (id) => present(find(id), 'an event'),
    isRejected,
    startsEmpty,
    hasSubgraph,
    reading,
  });
}

describe('state resolution', () => {
  it.each([
    ['v2', 'deployed'],
    ['v2', 'text'],
    ['v2.1', 'deployed'],
    ['v2.1', 'text'],
  ] as const)('%s as %s agrees with its slow twin', (algorithm, reading) => {
    fc.assert(
      fc.property(anyMerge(algorithm), (merge) => {
        const isNew = algorithm === 'v2.1';
        const slow = slowly(merge, isNew, isNew, reading).state;
        const rules = { ...merge.room.rules, reading };
        const fast = resolveState(merge.states, { ...contextOf(merge.room), rules });
        expect(fast.sorted()).toEqual(StateMap.of(slow).sorted());
      }),
      runs,
    );
  });

  it('does not depend on the order of the states, or on how often one is given', () => {
    fc.assert(
      fc.property(
        anyMerge().chain((merge) =>
          fc.tuple(
            fc.constant(merge),
            fc.shuffledSubarray([...merge.states, ...merge.states], { minLength: 1 }),
          ),
        ),
        ([{ room, states }, shuffled]) => {
          const again = [...new Set([...shuffled, ...states])].reverse();
          const once = resolveState(states, contextOf(room));
          expect(resolveState(again, contextOf(room)).sha256()).toBe(once.sha256());
          // Equal states that share nothing.
          const copies = again.map((state) => StateMap.of([...state.entries()].reverse()));
          expect(resolveState(copies, contextOf(room)).sha256()).toBe(once.sha256());
        },
      ),
      runs,
    );
  });

  it('keeps what no state disputes, and only ever gives a key an event of that key', () => {
    fc.assert(
      fc.property(anyMerge(), ({ room, states }) => {
        const resolved = resolveState(states, contextOf(room));
        const [first] = states;
        const disputed = new Set(StateMap.keysInConflict(states));
        for (const [key, id] of first?.entries() ?? [])
          if (!disputed.has(key)) expect(resolved.getKey(key)).toBe(id);
        for (const [key, id] of resolved.entries())
          expect(room.judgement.room.get(id)?.stateMapKey).toBe(key);
      }),
      runs,
    );
  });

  it('is idempotent: resolving a result with itself, or one state alone, changes nothing', () => {
    fc.assert(
      fc.property(anyMerge(), ({ room, states }) => {
        const resolved = resolveState(states, contextOf(room));
        expect(resolveState([resolved], contextOf(room))).toBe(resolved);
        const copy = StateMap.of(resolved.entries());
        expect(resolveState([resolved, copy], contextOf(room)).equals(resolved)).toBe(true);
      }),
      runs,
    );
  });

  it('v2.1 with a conflicted state subgraph that adds nothing is v2 begun with nothing', () => {
    let sawBoth = 0;
    fc.assert(
      fc.property(anyMerge('v2', 'v2.1'), (merge) => {
        const { rules } = merge.room;
        const context = { ...contextOf(merge.room), rules: { ...rules, stateResolution: 'v2.1' as const } };
        const { addedBySubgraph, state } = slowly(merge, true, true);
        const fast = resolveState(merge.states, context);
        expect(fast.sorted()).toEqual(StateMap.of(state).sorted());
        if (addedBySubgraph.length === 0)
          expect(fast.sorted()).toEqual(StateMap.of(slowly(merge, true, false).state).sorted());
        else sawBoth |= 1;
        if (addedBySubgraph.length === 0) sawBoth |= 2;
      }),
      runs,
    );
    expect(sawBoth).toBe(3);
  });

  it('follows the text of the specification when told to', () => {
    // Found among the vectors: merges in which an event of every state is cited below one of them only.
    let differing = 0;
    fc.assert(
      fc.property(anyMerge('v2', 'v2.1'), ({ room, states }) => {
        const deployed = new ResolutionLog();
        const text = new ResolutionLog();
        resolveState(states, { ...contextOf(room), explain: deployed.note });
        const rules = followingText(room.rules);
        resolveState(states, { ...contextOf(room), explain: text.note, rules });
        const differenceOf = ({ steps }: ResolutionLog): readonly EventId[] =>
          steps.flatMap((step) => (step.kind === 'full-conflicted-set' ? step.authDifference : []));
        if (differenceOf(deployed).length !== differenceOf(text).length) differing++;
      }),
      { numRuns: 1_000 },
    );
    expect(differing).toBeGreaterThan(0);
  });
});
