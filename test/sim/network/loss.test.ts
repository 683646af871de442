// What loss costs: which segments are drawn lost, what a handshake loses, and what is left of a long message's rate.
import { describe, expect, it } from 'vitest';
import { milliseconds, seconds, type Duration } from '../../../protocol/time.ts';
import type { Hindrance } from '../../../sim/faults/verdict.ts';
import type { Connection, End } from '../../../sim/network/connection.ts';
import type { NetworkContext } from '../../../sim/network/context.ts';
import { drawLosses, passingShare } from '../../../sim/network/segment-loss.ts';
import { lostConnecting, lostSecuring, setUpWay, type SetUpWay } from '../../../sim/network/set-up-way.ts';
import type { Station } from '../../../sim/network/station.ts';
import { lossLimitedRate, timeOutProbability } from '../../../sim/network/tcp-throughput.ts';
import type { AddressedDraw, HashedName } from '../../../sim/random/addressed.ts';
import { at } from '../../support/network.ts';

const station = (low: number, lossProbability?: number): Station =>
  ({
    hashed: { low, high: 0 },
    access: lossProbability === undefined ? undefined : { profile: { lossProbability } },
  }) as Station;
const end = (low: number, lossProbability?: number): End =>
  ({ station: station(low, lossProbability) }) as End;
const [here, there] = [station(1), station(2)];

/** Draws as given, one after the other, and then `rest`; notes between whom and when each was asked for. */
function drawing(
  given: readonly number[],
  rest = 0,
): { draw: AddressedDraw; asked: (readonly [number, number, unknown])[] } {
  const left = [...given];
  const asked: (readonly [number, number, unknown])[] = [];
  const draw: AddressedDraw = (_what, from, to, when) => {
    asked.push([(from as HashedName).low, (to as HashedName).low, when]);
    return left.shift() ?? rest;
  };
  return { draw, asked };
}

describe('the segments of a message', () => {
  const losses = (bytes: number, passes: number, given: readonly number[], rest = 0): readonly number[] => {
    const { tail, body } = drawLosses(drawing(given, rest).draw, bytes, passes, here, there, at(1));
    return [tail, body];
  };

  it('are all through at once where everything passes: nothing is drawn', () => {
    const { draw, asked } = drawing([], 0.99);
    expect(drawLosses(draw, 100_000, 1, here, there, at(1))).toEqual({ tail: 0, body: 0 });
    expect(asked).toEqual([]);
  });

  it('are lost until a draw says that the last ones pass, up to three of them together', () => {
    // One passes with a half, two with a quarter, three and more with an eighth: 1,460 bytes are one.
    for (const [bytes, passes] of [
      [1, 0.5],
      [1_460, 0.5],
      [1_461, 0.25],
      [2_921, 0.125],
      [4_380, 0.125],
    ] as const) {
      expect(losses(bytes, 0.5, [passes, 0.99, passes - 0.01])).toEqual([2, 0]);
      expect(losses(bytes, 0.5, [passes - 0.01])).toEqual([0, 0]);
    }
    expect(losses(0, 0.5, [0.99])).toEqual([0, 0]);
  });

  it('are not drawn once more than the connection bears are lost', () => {
    expect(losses(100, 0.5, [], 0.99)).toEqual([16, 0]);
  });

  it('before the last three are repaired one by one: as many as are to be expected, and a draw for the rest', () => {
    // Thirteen segments, ten of them before the last three: with one in four lost, 2.5.
    expect(losses(13 * 1_460, 0.75, [0, 0.49])).toEqual([0, 2]);
    expect(losses(13 * 1_460, 0.75, [0, 0.5])).toEqual([0, 3]);
    expect(losses(4 * 1_460, 0.75, [0, 0.74])).toEqual([0, 0]);
    expect(losses(4 * 1_460, 0.75, [0, 0.75])).toEqual([0, 1]);
  });

  it('have their chance by who sends to whom, and when', () => {
    const { draw, asked } = drawing([0.99]);
    drawLosses(draw, 13 * 1_460, 0.75, here, there, at(7));
    expect(asked).toEqual(Array.from({ length: 3 }, () => [1, 2, at(7)]));
  });

  it('pass what is on the path and both lines', () => {
    expect(passingShare(end(1), end(2), 0.2)).toBeCloseTo(0.8);
    expect(passingShare(end(1, 0.5), end(2), 0.2)).toBeCloseTo(0.4);
    expect(passingShare(end(1), end(2, 0.25), 0.2)).toBeCloseTo(0.6);
    expect(passingShare(end(1, 0.5), end(2, 0.25), 0)).toBeCloseTo(0.375);
  });
});

describe('a handshake', () => {
  const quiet: SetUpWay = {
    roundTrip: milliseconds(50),
    passes: 1,
    throttled: 0 as Duration,
    cause: 0 as never,
  };
  const connection = {
    client: end(1),
    server: end(2),
    retransmissionTimeout: milliseconds(200),
  } as unknown as Connection;
  const context = (draw: AddressedDraw): NetworkContext => ({ draw }) as NetworkContext;
  const lossy = { ...quiet, passes: 0.5 };

  it('takes the way there and back with what delays each, and is throttled on the way there', () => {
    const ways = { paths: { oneWay: (from: Station) => (from === here ? 10_000 : 20_000) } };
    const hindered: readonly Hindrance[] = [
      { extraDelay: 300, lossProbability: 0.25, rate: 0.5, cause: 7 as never },
      { extraDelay: 4_000, lossProbability: 0.5, rate: 0.125, cause: 8 as never },
    ];
    const field = {
      hindrance: (_state: unknown, propagation: number) => hindered[propagation === 10_000 ? 0 : 1],
    };
    expect(
      setUpWay(
        { ...ways, field } as unknown as NetworkContext,
        {} as never,
        { station: here } as End,
        { station: there } as End,
        at(1),
      ),
    ).toEqual({ roundTrip: 34_300, passes: 0.75, throttled: 10_000, cause: 7 });
  });

  it('of TCP loses a SYN or its answer, each as likely, for a second, two, four and so on; the seventh is the last', () => {
    const lost = (times: number): number | undefined => {
      const { draw } = drawing(
        Array.from({ length: times }, () => 0.25),
        0.24,
      );
      return lostConnecting(context(draw), connection, lossy, at(1));
    };
    expect([0, 1, 2, 6, 7, 8].map(lost)).toEqual([
      0,
      seconds(1),
      seconds(3),
      seconds(63),
      undefined,
      undefined,
    ]);
    const { draw, asked } = drawing([]);
    expect(lostConnecting(context(draw), connection, quiet, at(1))).toBe(0);
    expect(asked).toEqual([]);
    lostConnecting(context(draw), connection, lossy, at(3));
    expect(asked).toEqual([[1, 2, at(3)]]);
  });

  it('of TLS loses certificates, which the server sends, until the connection gives up', () => {
    const lost = (times: number, body: number, way = lossy): number | undefined => {
      const { draw } = drawing(
        [...Array.from({ length: times }, () => 0.125), ...(times < 16 ? [0] : []), body],
        0,
      );
      return lostSecuring(context(draw), connection, way, at(1));
    };
    // 5,000 bytes are four segments: one before the last three, half of which is to be expected lost, for a round trip.
    expect(lost(0, 0.49)).toBe(0);
    expect(lost(0, 0.5)).toBe(50_000);
    expect(lost(2, 0.5)).toBe(200_000 + 400_000 + 50_000);
    expect(lost(15, 0.49)).toBe(804_600_000);
    // 924.6 s are those after which the connection gives up.
    expect(lost(16, 0.49)).toBeUndefined();
    expect(lost(15, 0.5, { ...lossy, roundTrip: 119_999_999 as Duration })).toBe(924_599_999);
    expect(lost(15, 0.5, { ...lossy, roundTrip: seconds(120) })).toBeUndefined();
    const { draw, asked } = drawing([]);
    lostSecuring(context(draw), connection, lossy, at(3));
    expect(asked).toEqual([
      [2, 1, at(3)],
      [2, 1, at(3)],
    ]);
  });
});

describe('the rate that loss leaves', () => {
  it('is that of equation 31 of Padhye et al., with an acknowledgement for two segments', () => {
    // 1460 / (RTT sqrt(4p/3) + T0 min(1, 3 sqrt(3p/4)) p (1 + 32 p^2)), worked out by hand.
    for (const [loss, roundTrip, timeOut, denominator] of [
      [0.01, 100_000, 400_000, 11_547.005 + 1_042.556],
      [0.01, 0, 400_000, 1_042.556],
      [0.03, 50_000, 300_000, 10_000 + 4_166.64],
      // Beyond a seventh or so each loss costs a time-out.
      [0.5, 100_000, 400_000, 81_649.66 + 1_800_000],
    ] as const)
      expect(1_460 / lossLimitedRate(loss, roundTrip, timeOut) / denominator).toBeCloseTo(1, 5);
    expect(lossLimitedRate(0, 100_000, 400_000)).toBe(Infinity);
  });

  it('is found by a time-out with three in the segments of the window', () => {
    for (const [segments, probability] of [
      [0, 1],
      [1, 1],
      [3, 1],
      [4, 0.75],
      [10, 0.3],
      [300, 0.01],
    ] as const)
      expect(timeOutProbability(segments * 1_460)).toBeCloseTo(probability, 9);
  });
});
