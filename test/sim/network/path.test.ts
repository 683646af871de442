// Propagation against the region table.
import { describe, expect, it } from 'vitest';
import { elapsed } from '../../../protocol/time.ts';
import { nextTransmission, timeLost } from '../../../sim/network/retransmission.ts';
import { wireBytes } from '../../../sim/network/wire.ts';
import { seconds } from '../../../protocol/time.ts';
import { greatCircleMetres } from '../../../sim/infrastructure/great-circle.ts';
import {
  at,
  berlin,
  chatEndpoint,
  component,
  createTestNetwork,
  euServer,
  frankfurt,
  note,
  tenSeconds,
  virginia,
  type TestNetwork,
} from '../../support/network.ts';

/** One-way times from Frankfurt to Virginia, microseconds, one each second. */
function oneWays(roundTrips: { readonly p50: number; readonly p90: number }, count: number): number[] {
  const network = createTestNetwork({
    roundTrips: new Map([['eu-central-1', new Map([['us-east-1', roundTrips]])]]),
  });
  for (let second = 1; second <= count; second++)
    network.plan(second * 30, () =>
      network.internet.request(euServer, chatEndpoint.name, String(second), note('x'), tenSeconds),
    );
  network.runUntil(count * 30 + 20);
  return ['chat-1', 'chat-2']
    .flatMap((node) => network.inputs(node, 'request'))
    .filter(({ transit }) => transit?.legs.length === 1)
    .map(({ at: arrival, transit }) => elapsed(transit?.sentAt ?? at(0), arrival));
}

describe('a path between two regions', () => {
  it('takes half the measured round trip, and spreads as measured', () => {
    const times = oneWays({ p50: 90, p90: 99 }, 3_000).sort((left, right) => left - right);
    expect(times.length).toBeGreaterThan(2_900);
    const quantile = (share: number): number => (times[Math.floor(times.length * share)] ?? NaN) / 1_000;
    expect(quantile(0.5)).toBeGreaterThan(45 * 0.995);
    expect(quantile(0.5)).toBeLessThan(45 * 1.005);
    expect(quantile(0.9)).toBeGreaterThan(49.5 * 0.99);
    expect(quantile(0.9)).toBeLessThan(49.5 * 1.01);
  });

  it('that nobody measured is fibre of one and a half times the great circle', () => {
    const network = createTestNetwork({ roundTrips: new Map() });
    const { paths, stations } = network;
    const chat = stations.of(2);
    const metres = greatCircleMetres(frankfurt, virginia);
    expect(metres / 1_000).toBeCloseTo(6_545, -2);
    const there = paths.oneWay(stations.of(euServer.node), chat, at(0));
    expect(there).toBe(Math.round((metres * 1.5) / 204.218));
    expect(paths.roundTrip(chat, stations.of(euServer.node), at(7))).toBe(2 * there);
  });

  it('is half of what was measured and fibre to where it was, and within a region the direct way where that is shorter', () => {
    // A host with a region's name is not where the region is measured.
    const here = component(
      'host/eu-1',
      'host',
      { host: 'eu-1', region: 'eu-central-1' },
      ['aws/eu-central-1'],
      berlin,
    );
    for (const components of [[], [here]]) {
      const { paths, stations } = createTestNetwork({ components });
      const oneWay = (from: number, to: number): number =>
        paths.oneWay(stations.of(from), stations.of(to), at(0));
      const fibre = Math.round((greatCircleMetres(berlin, frankfurt) * 1.5) / 204.218);
      // Half of 4 ms, half of the two lines' 10 ms; both stand in Berlin.
      expect(oneWay(0, 1)).toBe(2_000 + 10_000);
      expect(oneWay(0, 2)).toBe(46_500 + fibre + 5_000);
      expect(oneWay(2, 3)).toBe(2_750);
    }
    const { paths, stations } = createTestNetwork();
    expect(paths.oneWay(stations.of(0), stations.of(4), at(0))).toBe(
      2_000 + Math.round((greatCircleMetres(berlin, frankfurt) * 1.5) / 204.218) + 5_000,
    );
  });

  it('is longer in the one direction that is perturbed', () => {
    const ways = (network: TestNetwork): readonly number[] =>
      [
        [0, 4],
        [4, 0],
        [0, 2],
        [1, 4],
      ].map(([from = 0, to = 0]) =>
        network.paths.oneWay(network.stations.of(from), network.stations.of(to), at(0)),
      );
    const perturb = { from: 'phone/0', to: 'eu-1', by: 7 as never };
    const [plain, perturbed] = [createTestNetwork(), createTestNetwork({ perturb })].map(ways);
    expect(perturbed?.map((way, index) => way - (plain?.[index] ?? NaN))).toEqual([7, 0, 0, 0]);
  });

  it('does not jitter where the table shows none', () => {
    expect(new Set(oneWays({ p50: 90, p90: 90 }, 50))).toEqual(new Set([45_000]));
  });
});

describe('retransmission', () => {
  it('doubles from its first time-out to two minutes', () => {
    const second = seconds(1);
    expect([0, 1, 2, 4, 100].map((notBefore) => nextTransmission(at(0), second, at(notBefore)))).toEqual(
      [0, 1, 3, 7, 127].map(at),
    );
    expect(nextTransmission(at(0), second, at(400))).toBe(at(487));
    expect(timeLost(0, second)).toBe(0);
    expect(timeLost(3, second)).toBe(7_000_000);
  });

  it('counts what a message is on the wire', () => {
    expect(wireBytes(100)).toBe(100 + 52 + 22);
    expect(wireBytes(1_461)).toBe(1_461 + 2 * 52 + 22);
  });
});
