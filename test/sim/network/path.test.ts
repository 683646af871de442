// Propagation against the region table.
import { describe, expect, it } from 'vitest';
import { elapsed } from '../../../protocol/time.ts';
import { nextTransmission, timeLost } from '../../../sim/network/retransmission.ts';
import { wireBytes } from '../../../sim/network/wire.ts';
import { seconds } from '../../../protocol/time.ts';
import { greatCircleMetres } from '../../../sim/infrastructure/great-circle.ts';
import {
  at,
  chatEndpoint,
  createTestNetwork,
  euServer,
  frankfurt,
  note,
  tenSeconds,
  virginia,
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
