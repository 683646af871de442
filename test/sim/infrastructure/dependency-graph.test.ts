// What needs what: closures, and the worlds that are refused.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildDependencyGraph } from '../../../sim/infrastructure/dependency-graph.ts';
import { seconds } from '../../../protocol/time.ts';
import type { Component, Redundancy } from '../../../sim/world.ts';
import { component, components, id } from '../../support/network.ts';

function detail(list: readonly Component[]): string {
  const graph = buildDependencyGraph(list);
  return graph.ok ? 'ok' : graph.detail;
}

describe('the dependency graph', () => {
  it('follows hard needs to the end, and no others', () => {
    const graph = buildDependencyGraph(components);
    expect(graph.ok).toBe(true);
    if (!graph.ok) return;
    const closure = graph.value.hardClosure(graph.value.indexOf(id('host/chat-1')));
    expect(closure.map((index) => graph.value.component(index).id)).toEqual([
      'host/chat-1',
      'aws/us-east-1/a',
      'aws/us-east-1',
      'provider/aws',
    ]);
    const starts = graph.value.needs(graph.value.indexOf(id('host/chat-1')), 'start-up');
    expect(starts.map((index) => graph.value.component(index).id)).toEqual(['aws/us-east-1/ec2-launch']);
  });

  it.each(['hard', 'soft', 'start-up'] as const)('names a cycle of %s needs', (strength) => {
    const list = [
      component('a', 'service', {}, ['b']),
      component('b', 'service', {}, [['c', strength]]),
      component('c', 'service', {}, ['a']),
    ];
    expect(detail(list)).toBe('a component needs itself: a -> b -> c -> a');
  });

  it('accepts a cycle that is declared', () => {
    const closing = {
      ...component('c', 'service'),
      needs: [{ on: id('a'), strength: 'start-up', declaredCycle: true }],
    } as const;
    expect(detail([component('a', 'service', {}, ['c']), closing])).toBe('ok');
  });

  it('names needs that do not exist, with what is near, and ids given twice', () => {
    expect(detail([component('host/a', 'host', {}, ['host/bb']), component('host/b', 'host')])).toBe(
      'host/a needs host/bb, which does not exist; did you mean host/b or host/a?',
    );
    expect(detail([component('a', 'host'), component('a', 'host')])).toBe('two components are called a');
  });

  it('refuses quorums that cannot be, failovers of several, and caches of what is no need', () => {
    const of = (redundancy: Partial<Redundancy>, needs: Component['needs'] = []): string =>
      detail([
        component('a', 'zone'),
        component('b', 'zone'),
        {
          ...component('s', 'service'),
          needs,
          redundancy: { members: [id('a'), id('b')], atLeast: 1, lost: 'crash', ...redundancy },
        },
      ]);
    expect(of({})).toBe('ok');
    expect(of({ atLeast: 3 })).toBe('s needs at least 3 of 2: expected 1 to 2');
    expect(of({ atLeast: 0 })).toBe('s needs at least 0 of 2: expected 1 to 2');
    expect(of({ members: [id('a'), id('a')] })).toBe('s lists a member twice');
    expect(of({ members: [id('a'), id('c')] })).toMatch(/^s needs c, which does not exist; did you mean/);
    expect(of({ members: [id('a'), id('s')] })).toBe('a component needs itself: s -> s');
    const failover = { detection: seconds(1), switchOver: seconds(1) };
    expect(of({ atLeast: 2, failover })).toMatch(/expected at least 1, found 2/);
    expect(of({}, [{ on: id('a'), strength: 'soft', outlives: seconds(1) }])).toMatch(/as a hard need/);
  });

  it('refuses exactly the graphs in which a walk comes back', () => {
    const edges = fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 14 });
    fc.assert(
      fc.property(edges, (pairs) => {
        const list = Array.from({ length: 8 }, (_, index) =>
          component(
            String(index),
            'service',
            {},
            pairs.filter(([from]) => from === index).map(([, to]) => String(to)),
          ),
        );
        // The slow way: reach as a matrix, closed under composition.
        const reach = Array.from({ length: 8 }, () => Array<boolean>(8).fill(false));
        for (const [from, to] of pairs) reach[from]![to] = true;
        for (let via = 0; via < 8; via++)
          for (let from = 0; from < 8; from++)
            for (let to = 0; to < 8; to++) if (reach[from]![via] && reach[via]![to]) reach[from]![to] = true;
        const cyclic = reach.some((row, index) => row[index]);
        const built = buildDependencyGraph(list);
        expect(built.ok).toBe(!cyclic);
        if (!built.ok) return;
        for (let from = 0; from < 8; from++)
          expect(new Set(built.value.hardClosure(from))).toEqual(
            new Set([from, ...reach[from]!.flatMap((yes, to) => (yes ? [to] : []))]),
          );
      }),
    );
  });
});
