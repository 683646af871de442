// What faults make of machines: wrong clocks, hostile ones, and strangers who keep them busy.
import { describe, expect, it } from 'vitest';
import { seconds } from '../../../protocol/time.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { createTestNetwork, fault, type TestNetwork } from '../../support/network.ts';

describe('wrong clocks', () => {
  const clock = (name: string, target: string, start: number, end: number, rest: object): Fault =>
    fault('clock', target, start, end, { id: name, ...rest } as never);
  const seen = (network: TestNetwork, second: number, node: number): unknown => {
    let found: unknown;
    network.plan(second, () => {
      found = [network.clocks.skewMs(node), network.causes.faults(network.clocks.causeOf(node))];
    });
    network.runUntil(second);
    return found;
  };

  it('are wrong by what the faults that hold there add up to, and right otherwise', () => {
    const network = createTestNetwork({
      faults: [
        clock('fast', 'host=eu-1', 100, 200, { skewMs: 5_000 }),
        clock('slow', 'region=eu-central-1', 150, 250, { skewMs: -700 }),
        fault('latency', 'host=eu-1', 50, 300, { addMs: 1, multiply: 1 }),
      ],
    });
    expect(network.clocks.any).toBe(true);
    expect([90, 110, 160, 210, 260].map((second) => seen(network, second, 4))).toEqual([
      [0, []],
      [5_000, ['fast']],
      [4_300, ['fast', 'slow']],
      [-700, ['slow']],
      [0, []],
    ]);
    expect(Object.fromEntries(network.field.contacts())).toEqual({ fast: 2, slow: 2, latency: 0 });
    const other = createTestNetwork({ faults: [clock('fast', 'host=eu-1', 100, 200, { skewMs: 5_000 })] });
    expect(seen(other, 150, 2)).toEqual([0, []]);
    const none = createTestNetwork({
      faults: [fault('latency', 'host=eu-1', 50, 300, { addMs: 1, multiply: 1 })],
    });
    expect([none.clocks.any, none.clocks.skewMs(4)]).toEqual([false, 0]);
  });

  it('drift with a ramp', () => {
    const network = createTestNetwork({
      faults: [clock('drift', 'host=eu-1', 100, 300, { skewMs: 1_000, rampUp: seconds(100) })],
    });
    expect([125, 150, 250].map((second) => (seen(network, second, 4) as [number])[0])).toEqual([
      250, 500, 1_000,
    ]);
  });

  it('are wrong at the share of the machines that is meant, each for good', () => {
    const wrong = Array.from({ length: 100 }, (_, seed) => {
      const faults = [clock('some', 'host=eu-1', 100, 300, { skewMs: 1_000, share: 0.5 })];
      const network = createTestNetwork({ faults, seed: `clock-${seed}` });
      const [early, late] = [150, 250].map((second) => (seen(network, second, 4) as [number])[0]);
      expect(early).toBe(late);
      return early;
    }).filter((skew) => skew !== 0).length;
    expect(wrong).toBeGreaterThan(25);
    expect(wrong).toBeLessThan(75);
  });
});

describe('hostile machines', () => {
  const hostile = (name: string, start: number, end: number, rest: object = {}): Fault =>
    fault('byzantine', 'host=eu-1', start, end, { id: name, behaviour: name, ...rest });
  const told = (faults: readonly Fault[]): { changes: unknown[]; network: TestNetwork } => {
    const network = createTestNetwork({ faults });
    const changes: unknown[] = [];
    network.conduct.onChange((node, behaviour) => changes.push([network.kernel.now / 1e6, node, behaviour]));
    network.runUntil(1_000);
    return { changes, network };
  };

  it('are so from beginning to end, as the last of the faults says', () => {
    const { changes, network } = told([hostile('liar', 100, 300), hostile('mute', 200, 400)]);
    expect(changes).toEqual([
      [100, 4, 'liar'],
      [200, 4, 'mute'],
      [400, 4, undefined],
    ]);
    expect(network.field.contacts().get('mute')).toBeGreaterThan(0);
    expect([2, 3].map((node) => network.conduct.of(node))).toEqual([undefined, undefined]);
    expect(told([fault('latency', 'host=eu-1', 100, 200, { addMs: 1, multiply: 1 })]).changes).toEqual([]);
  });

  it('are the share of them that is meant', () => {
    expect(told([hostile('liar', 100, 300, { share: 0 })]).changes).toEqual([]);
    expect(told([hostile('liar', 100, 300, { share: 1 })]).changes).toHaveLength(2);
  });
});

describe('strangers', () => {
  const overload = (rest: object = {}): Fault =>
    fault('overload', 'host=chat-*', 100, 200, { requestsPerSecond: 10, costMs: 30, ...rest });
  const arrivals = (
    active: Fault,
    ...others: readonly Fault[]
  ): { node: number; second: number; work: number; cause: readonly string[] }[] => {
    const network = createTestNetwork({ faults: [active, ...others] });
    const seen: ReturnType<typeof arrivals> = [];
    network.load((node, work, cause) =>
      seen.push({ node, second: network.kernel.now / 1e6, work, cause: network.causes.faults(cause) }),
    );
    network.runUntil(1_000);
    expect(network.kernel.next).toBeUndefined();
    expect(network.field.contacts().get('overload')).toBe(seen.length);
    return seen;
  };

  it('come to each machine that is meant, as often as is said, while the fault holds, and nowhere else', () => {
    const seen = arrivals(overload());
    expect(new Set(seen.map(({ node }) => node))).toEqual(new Set([2, 3]));
    for (const node of [2, 3]) {
      const own = seen.filter((one) => one.node === node);
      // A thousand, give or take four deviations.
      expect(own.length).toBeGreaterThan(870);
      expect(own.length).toBeLessThan(1_130);
      expect(own[0]?.second).toBeGreaterThan(100);
      expect(own[0]?.second).toBeLessThan(101);
      expect(own.at(-1)?.second).toBeGreaterThan(199);
      expect(own.at(-1)?.second).toBeLessThan(200);
    }
    expect(new Set(seen.map(({ work }) => work))).toEqual(new Set([30_000]));
    expect(new Set(seen.map(({ cause }) => cause.join()))).toEqual(new Set(['overload']));
  });

  it('are the same whatever else begins and ends meanwhile', () => {
    const others = [90, 120, 150].map((start) =>
      fault('latency', 'isp=two', start, start + 20, { addMs: 1, multiply: 1, id: `latency-${start}` }),
    );
    expect(arrivals(overload(), ...others)).toEqual(arrivals(overload()));
  });

  it('become more with a ramp', () => {
    const seen = arrivals(overload({ rampUp: seconds(100) }));
    const [early, late] = [100, 150].map(
      (from) => seen.filter(({ second }) => second >= from && second < from + 50).length,
    );
    // A quarter and three quarters of a thousand, for two machines.
    expect(early).toBeGreaterThan(170);
    expect(early).toBeLessThan(330);
    expect(late).toBeGreaterThan(640);
    expect(late).toBeLessThan(860);
  });

  it('come again with a fault that comes again', () => {
    const seen = arrivals(overload({ flap: { period: seconds(40), duty: 0.5 } }));
    const during = (from: number, to: number): number =>
      seen.filter(({ second }) => second >= from && second < to).length;
    expect(during(120, 140) + during(160, 180)).toBe(0);
    for (const [from, to] of [
      [100, 120],
      [140, 160],
      [180, 200],
    ] as const)
      expect(during(from, to)).toBeGreaterThan(300);
  });
});
