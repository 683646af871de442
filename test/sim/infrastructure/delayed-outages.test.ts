// Batteries, caches, k of n, failovers: outages that come later than a fault, or from several, or not at all.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seconds } from '../../../protocol/time.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import type { Component, Redundancy } from '../../../sim/world.ts';
import { component, createTestNetwork, fault, id, type TestNetwork } from '../../support/network.ts';

const down = (target: string, start: number, end: number, name = target): Fault =>
  fault('down', target, start, end, { manner: 'black-hole', id: name });

/** A component that bridges the loss of another. */
function bridged(name: string, on: string, outlives: number): Component {
  const needs = [{ on: id(on), strength: 'hard', outlives: seconds(outlives) }] as const;
  return { ...component(name, 'service'), needs };
}

function redundant(name: string, members: readonly string[], rest: Partial<Redundancy> = {}): Component {
  const redundancy = { members: members.map(id), atLeast: 1, lost: 'refuse', ...rest } as const;
  return { ...component(name, 'service'), redundancy };
}

const spare = ['spare/a', 'spare/b', 'spare/c'].map((name) => component(name, 'service', { host: name }));
const failover = { detection: seconds(20), switchOver: seconds(5) } as const;

/** Seconds in which a component was down, from the first to the last, and what was to blame at the beginning. */
function outages(network: TestNetwork, name: string, until: number): readonly string[] {
  const told: string[] = [];
  let since: { readonly at: number; readonly cause: string } | undefined;
  const { field, causes } = network;
  const look = (second: number): void => {
    const { isDown, crash, blackHole, refuse } = field.outage(field.places.of(id(name)));
    const cause = causes.faults(field.union(field.union(crash, blackHole), refuse)).join('+');
    if (isDown && since === undefined) since = { at: second, cause };
    if (!isDown && since !== undefined) {
      told.push(`${since.at}-${second} ${since.cause}`);
      since = undefined;
    }
  };
  for (let second = 0; second <= until; second++) network.plan(second + 0.0005, () => look(second));
  network.runUntil(until + 1);
  return told;
}

describe('a battery', () => {
  const cell = bridged('cell/1', 'power/1', 60);
  const components = [
    component('power/1', 'power-area'),
    cell,
    component('phone-place', 'cell', {}, ['cell/1']),
  ];

  it('bridges what is shorter, and runs out under what is longer', () => {
    const faults = [down('id=power/1', 10, 60, 'short'), down('id=power/1', 100, 300, 'long')];
    expect(outages(createTestNetwork({ components, faults }), 'cell/1', 400)).toEqual(['160-300 long']);
  });

  it('is emptied by two outages one after the other as by one', () => {
    const faults = [down('id=power/1', 10, 50, 'first'), down('id=power/1', 40, 100, 'second')];
    expect(outages(createTestNetwork({ components, faults }), 'cell/1', 200)).toEqual(['70-100 second']);
  });

  it('takes along what stands on it, and tells those who listen', () => {
    const faults = [down('id=power/1', 10, 100)];
    const network = createTestNetwork({ components, faults });
    const heard: string[] = [];
    network.health.onChange((changed) => {
      if (changed === id('phone-place'))
        heard.push(`${network.kernel.now / 1e6} ${network.health.isReachable(changed)}`);
    });
    expect(outages(network, 'phone-place', 200)).toEqual(['70-100 id=power/1']);
    expect(new Set(heard)).toEqual(new Set(['10 true', '70 false', '100 true']));
  });

  it('without the fault nothing happens', () => {
    expect(outages(createTestNetwork({ components }), 'cell/1', 400)).toEqual([]);
  });
});

describe('k of n', () => {
  const components = [...spare, redundant('store', ['spare/a', 'spare/b', 'spare/c'], { atLeast: 2 })];

  it('is lost while too few are left, and blames all that took some away', () => {
    const faults = [down('id=spare/a', 10, 100), down('id=spare/b', 50, 80), down('id=spare/c', 200, 300)];
    expect(outages(createTestNetwork({ components, faults }), 'store', 400)).toEqual([
      '50-80 id=spare/a+id=spare/b',
    ]);
  });

  it('is a function of the set of faults, whatever their order and times', () => {
    const interval = fc.tuple(
      fc.constantFrom('a', 'b', 'c'),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 20 }),
    );
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 6 }), (intervals) => {
        const faults = intervals.map(([member, start, length], index) =>
          down(`id=spare/${member}`, start, start + length, `f${index}`),
        );
        // The slow way: count the members that are down in each second.
        const isDown = (second: number): boolean =>
          ['a', 'b', 'c'].filter((member) =>
            intervals.some(
              ([on, start, length]) => on === member && second >= start && second < start + length,
            ),
          ).length >= 2;
        const expected: string[] = [];
        for (let second = 1, since = -1; second <= 60; second++) {
          if (isDown(second) && since < 0) since = second;
          if (!isDown(second) && since >= 0) {
            expected.push(`${since}-${second}`);
            since = -1;
          }
        }
        const found = outages(createTestNetwork({ components, faults: faults.toReversed() }), 'store', 60);
        expect(found.map((each) => each.split(' ')[0])).toEqual(expected);
      }),
      { numRuns: 40 },
    );
  });
});

describe('a failover', () => {
  const components = [...spare, redundant('database', ['spare/a', 'spare/b'], { failover })];
  const when = (faults: readonly Fault[], until = 600): readonly string[] =>
    outages(createTestNetwork({ components, faults }), 'database', until);

  it('takes detection and switching, and does not go back by itself', () => {
    expect(when([down('id=spare/a', 100, 200, 'first'), down('id=spare/a', 300, 310, 'later')])).toEqual([
      '100-125 first',
    ]);
    expect(when([down('id=spare/a', 100, 200, 'first'), down('id=spare/b', 300, 400, 'second')])).toEqual([
      '100-125 first',
      '300-325 second',
    ]);
  });

  it('does nothing about an outage shorter than detection', () => {
    expect(when([down('id=spare/a', 100, 110, 'short'), down('id=spare/b', 200, 210, 'standby')])).toEqual([
      '100-110 short',
    ]);
  });

  it('waits for whoever comes back first when nobody stands by', () => {
    expect(when([down('id=spare/a', 100, 300, 'a'), down('id=spare/b', 90, 200, 'b')])).toEqual([
      '100-205 a',
    ]);
  });

  it('fails by itself when its health checks flap', () => {
    const flap = fault('load-balancer-flap', 'id=database', 100, 400, {
      fraction: 1,
      periodSeconds: 60,
      id: 'flap',
    });
    expect(when([flap])).toEqual([
      '100-105 flap',
      '160-165 flap',
      '220-225 flap',
      '280-285 flap',
      '340-345 flap',
    ]);
    expect(when([])).toEqual([]);
  });
});

describe('a service that needs itself to start', () => {
  const selfish: Component = {
    ...component('host/chat-1', 'host', { host: 'chat-1' }, ['aws/us-east-1/a']),
    needs: [
      { on: id('aws/us-east-1/a'), strength: 'hard' },
      { on: id('host/chat-2'), strength: 'start-up', declaredCycle: true },
    ],
  };
  const other: Component = {
    ...selfish,
    id: id('host/chat-2'),
    needs: [
      { on: id('aws/us-east-1/a'), strength: 'hard' },
      { on: id('host/chat-1'), strength: 'start-up', declaredCycle: true },
    ],
  };

  it('comes up while one of it runs, and not once all of it is down', () => {
    const network = createTestNetwork({ components: [selfish, other] });
    network.up[2] = false;
    expect(network.health.canStart(id('host/chat-1'), 2, 0)).toBe(true);
    network.up[3] = false;
    expect(network.health.canStart(id('host/chat-1'), 2, 0)).toBe(false);
  });
});
