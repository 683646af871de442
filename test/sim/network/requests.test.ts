// Requests: pools, time-outs, long polls, answers that come too late.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestId } from '../../../protocol/core.ts';
import { milliseconds, seconds } from '../../../protocol/time.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import {
  address,
  at,
  createTestNetwork,
  euServer,
  fault,
  note,
  phone,
  tenSeconds,
  type TestNetwork,
} from '../../support/network.ts';

const eu = address('eu.example');
const ask = (network: TestNetwork, second: number, tag: string, options = tenSeconds): void =>
  network.plan(second, () => network.internet.request(phone, eu, tag, note('hello'), options));

const endings = (network: TestNetwork): unknown[] =>
  network
    .inputs('phone/0', 'response')
    .map(({ at: instant, input: { tag, result } }) => [
      tag,
      Math.round(instant / 1_000),
      result.ok ? 'ok' : result.failure.kind,
    ]);

describe('requests', () => {
  it('reuse a connection: two events, and no name, TCP or TLS', () => {
    const network = createTestNetwork();
    ask(network, 1, 'first');
    ask(network, 5, 'second');
    network.runUntil(4);
    const { events } = network.kernel;
    network.runUntil(10);
    expect(network.kernel.events - events).toBe(3); // this test's own, and two
    const [first, second] = network.inputs('phone/0', 'response');
    expect((second?.at ?? 0) - at(5)).toBeLessThan(((first?.at ?? 0) - at(1)) / 2);
    expect(first?.transit?.legs.map(({ reason }) => reason)).toEqual(['in-flight']);
    const requests = network.inputs('eu-1', 'request');
    expect(requests[0]?.transit?.legs.map(({ reason }) => reason)).toEqual([
      'connection-set-up',
      'in-flight',
    ]);
    expect(requests[1]?.transit?.legs.map(({ reason }) => reason)).toEqual(['in-flight']);
    expect(requests[0]?.input.from).toBe('phone/0');
  });

  it('do not share one connection at the same time', () => {
    const network = createTestNetwork({ server: () => undefined });
    for (const tag of ['a', 'b', 'c']) ask(network, 1, tag);
    network.runUntil(30);
    expect(endings(network)).toEqual(['a', 'b', 'c'].map((tag) => [tag, 11_000, 'timed-out']));
    expect(network.inputs('phone/0', 'response')[0]?.input.result).toMatchObject({
      failure: { phase: 'response', definite: false },
    });
  });

  it('are answered later, or refused with a status and a hint when to come again', () => {
    const waiting: RequestId[] = [];
    const network = createTestNetwork({
      server: (_network, _port, input) => {
        if (input.kind === 'request') waiting.push(input.id);
      },
    });
    ask(network, 1, 'patient');
    ask(network, 1, 'refused');
    network.plan(5, () => {
      network.internet.respond(euServer, waiting[0]!, note('at last'));
      network.internet.refuse(euServer, waiting[1]!, 429, undefined, 5_000);
      network.internet.respond(euServer, waiting[1]!, note('twice'));
    });
    network.runUntil(60);
    const results = network.inputs('phone/0', 'response').map(({ input }) => input.result);
    expect(results).toHaveLength(2);
    expect(results[0]).toMatchObject({ ok: true, message: { text: 'at last' } });
    expect(results[1]).toMatchObject({
      ok: false,
      failure: { kind: 'status', status: 429, definite: true, retryAfterMs: 5_000 },
    });
  });

  it('end once, and not after they were abandoned', () => {
    const network = createTestNetwork();
    ask(network, 1, 'unwanted');
    network.plan(1.05, () => network.internet.abandon(phone, 'unwanted'));
    network.runUntil(60);
    expect(endings(network)).toEqual([]);
  });

  it('wait out a short outage, and time out in a long one', () => {
    const short = createTestNetwork({ faults: [fault('down', 'host=eu-1', 2, 5, { manner: 'black-hole' })] });
    ask(short, 1, 'warm');
    ask(short, 3, 'short');
    short.runUntil(60);
    expect(endings(short)[1]).toMatchObject(['short', expect.any(Number), 'ok']);
    const long = createTestNetwork({
      faults: [fault('down', 'host=eu-1', 2, 500, { manner: 'black-hole' })],
    });
    ask(long, 1, 'warm');
    ask(long, 3, 'long');
    long.runUntil(60);
    expect(endings(long)[1]).toEqual(['long', 13_000, 'timed-out']);
  });
});

// RFC 9293 §3.5.1 (half-open connections) and §3.10.7.1: who has no such connection answers what comes on it with a reset.
describe('a request on a connection that its server has forgotten', () => {
  const crash = fault('down', 'host=eu-1', 100, 105, { manner: 'crash' });

  /** A connection from before the crash, a request on it at second 110 and another at 130. */
  function afterCrash(...more: readonly Fault[]): TestNetwork {
    const network = createTestNetwork({ faults: [crash, ...more] });
    ask(network, 95, 'before');
    ask(network, 110, 'stale');
    ask(network, 130, 'fresh');
    network.runUntil(200);
    return network;
  }

  const responses = (network: TestNetwork): [string, number, string, readonly string[]][] =>
    network
      .inputs('phone/0', 'response')
      .map(({ at: instant, input: { tag, result } }) => [
        tag,
        instant,
        result.ok ? 'ok' : result.failure.kind,
        result.ok ? [] : network.causes.faults(result.failure.cause),
      ]);

  it('is reset after one round trip, because of what brought the server down', () => {
    const network = afterCrash();
    const [before, stale, fresh] = responses(network);
    expect(before).toEqual(['before', expect.any(Number), 'ok', []]);
    expect(stale).toEqual(['stale', expect.any(Number), 'reset', ['down']]);
    // Berlin to Frankfurt and back: 10 ms on the line and the fibre between, no name, TCP nor TLS.
    expect((stale?.[1] ?? 0) - at(110)).toBeGreaterThan(10_000);
    expect((stale?.[1] ?? 0) - at(110)).toBeLessThan(30_000);
    expect(fresh).toEqual(['fresh', expect.any(Number), 'ok', []]);
    expect(network.inputs('eu-1', 'request').map(({ at: instant }) => Math.floor(instant / 1e6))).toEqual([
      95, 130,
    ]);
    expect(network.field.contacts().get('down')).toBeGreaterThan(0);
  });

  it.each([
    ['both ways', fault('down', 'isp=one', 108, 112, { manner: 'black-hole', id: 'cut' })],
    ['there', fault('partition', 'host=eu-1', 108, 112, { from: 'country=DE', oneWay: true, id: 'cut' })],
    ['back', fault('partition', 'country=DE', 108, 112, { from: 'host=eu-1', oneWay: true, id: 'cut' })],
  ])('is reset when a path that is cut %s is whole again', (_name, cut) => {
    const [, stale, fresh] = responses(afterCrash(cut));
    expect(stale).toEqual(['stale', expect.any(Number), 'reset', ['cut', 'down']]);
    expect(stale?.[1]).toBeGreaterThan(at(112));
    expect(stale?.[1]).toBeLessThan(at(120));
    expect(fresh).toEqual(['fresh', expect.any(Number), 'ok', []]);
  });

  it('times out while the server is away, and is reset when it comes back before that', () => {
    const network = createTestNetwork({
      faults: [fault('down', 'host=eu-1', 100, 150, { manner: 'crash' })],
    });
    ask(network, 95, 'one');
    ask(network, 95, 'other');
    ask(network, 110, 'early');
    ask(network, 145, 'late');
    network.runUntil(200);
    const [, , early, late] = responses(network);
    expect(early).toEqual(['early', at(120), 'timed-out', ['down']]);
    expect(late).toEqual(['late', expect.any(Number), 'reset', ['down']]);
    // At a retransmission: their intervals double, and the first is about 0.2 s.
    expect(late?.[1]).toBeGreaterThan(at(150));
    expect(late?.[1]).toBeLessThan(at(155));
  });

  it('was closed in order by a process that ended: the next one is answered', () => {
    const network = createTestNetwork({
      faults: [fault('down', 'host=eu-1', 300, 310, { manner: 'crash' })],
    });
    ask(network, 95, 'before');
    network.plan(100, () => {
      network.up[4] = false;
      network.internet.nodeChanged(4, false, 0 as never);
    });
    network.plan(105, () => {
      network.up[4] = true;
      network.internet.nodeChanged(4, true, 0 as never);
    });
    ask(network, 110, 'after');
    network.runUntil(200);
    expect(responses(network).map(([tag, , end]) => [tag, end])).toEqual([
      ['before', 'ok'],
      ['after', 'ok'],
    ]);
  });
});

describe('a long poll', () => {
  const poll = { timeout: seconds(40), renewEvery: seconds(30) };

  it('takes no events while there is nothing to say, however long', () => {
    const waiting: RequestId[] = [];
    const network = createTestNetwork({
      server: (_network, _port, input) => {
        if (input.kind === 'request') waiting.push(input.id);
      },
    });
    ask(network, 1, 'poll', poll);
    network.plan(80_000, () => network.internet.respond(euServer, waiting[0]!, note('news')));
    network.runUntil(100_000);
    expect(network.kernel.events).toBe(4);
    expect(endings(network)).toMatchObject([['poll', expect.any(Number), 'ok']]);
    // Polls that came back empty were paid for.
    const polls = Math.floor(79_999 / 30);
    expect(network.bytes.sent).toBeGreaterThan(polls * 400);
  });

  it('comes to what single polls come to, each sent as a request of its own', () => {
    const outage = fc.record({
      start: fc.integer({ min: 3_000, max: 100_000 }),
      length: fc.integer({ min: 200, max: 90_000 }),
    });
    fc.assert(
      fc.property(outage, ({ start, length }) => {
        const faults: readonly Fault[] = [
          fault('down', 'host=eu-1', start / 1_000, (start + length) / 1_000, { manner: 'black-hole' }),
        ];
        const quiet = createTestNetwork({ faults, server: () => undefined });
        ask(quiet, 1, 'poll', poll);
        quiet.runUntil(400);
        const [ended] = quiet.inputs('phone/0', 'response');

        // The twin: the server answers each poll with nothing after 30 s less the way there and back.
        const twin = createTestNetwork({
          faults,
          server: (network, port, input) => {
            if (input.kind !== 'request') return;
            network.plan(network.kernel.now / 1_000_000 + 30, () =>
              network.internet.respond(port, input.id, note('nothing')),
            );
          },
        });
        let failedAt: number | undefined;
        const next = (count: number): void => {
          twin.internet.request(phone, eu, String(count), note('hello'), { timeout: seconds(40) });
        };
        twin.plan(1, () => next(0));
        for (let count = 0; failedAt === undefined && twin.kernel.now < at(400);) {
          if (twin.kernel.step() !== 'event') break;
          const response = twin.inputs('phone/0', 'response')[count];
          if (response?.input.result.ok === true) next(++count);
          else failedAt = response?.at;
        }
        // Ways there and back shift the twin's polls by at most some hundred milliseconds a poll.
        if (failedAt === undefined) expect(ended === undefined || ended.at > at(390)).toBe(true);
        else expect(Math.abs((ended?.at ?? Infinity) - failedAt)).toBeLessThan(milliseconds(700));
      }),
      { numRuns: 100, seed: 7 },
    );
  });
});

describe('faults that overlap', () => {
  const kinds = [
    fault('down', 'host=eu-1', 20, 60, { manner: 'black-hole', id: 'dark' }),
    fault('down', 'isp=one', 40, 80, { manner: 'black-hole', id: 'isp' }),
    fault('latency', 'isp=one', 30, 90, { addMs: 200, multiply: 1, id: 'slow' }),
    fault('error-rate', 'host=eu-1', 50, 95, { probability: 0.5, status: 500, id: 'errors' }),
    fault('down', 'host=eu-1', 55, 70, { manner: 'refuse', id: 'refuse' }),
    fault('loss', 'country=DE', 10, 100, { probability: 0.1, id: 'loss' }),
  ];

  it('are a set: the order in which they are listed makes no difference', () => {
    const run = (faults: readonly Fault[]): unknown => {
      const network = createTestNetwork({ faults });
      for (let second = 1; second < 120; second++) ask(network, second, String(second));
      network.plan(2, () => network.internet.connect(phone, eu, 'link', { timeout: seconds(30) }));
      network.runUntil(300);
      return network.handed.map(({ at: instant, node, input }) => [instant, node, input.kind]);
    };
    fc.assert(
      fc.property(fc.shuffledSubarray(kinds, { minLength: 2 }), (faults) => {
        const sorted = kinds.filter((one) => faults.includes(one));
        expect(run(faults)).toEqual(run(sorted));
      }),
      { numRuns: 30 },
    );
  });
});

describe('chance on paths', () => {
  it('belongs to path and time: one more request moves no other draw', () => {
    const run = (extra: boolean): Map<string, number> => {
      const network = createTestNetwork({
        roundTrips: new Map([['eu-central-1', new Map([['eu-central-1', { p50: 40, p90: 80 }]])]]),
        faults: [fault('loss', 'country=DE', 0, 1_000, { probability: 0.1 })],
      });
      for (let second = 1; second < 100; second++) ask(network, second, String(second));
      if (extra) ask(network, 50.5, 'extra');
      network.runUntil(200);
      return new Map(network.inputs('eu-1', 'request').map((one) => [String(one.transit?.sentAt), one.at]));
    };
    const without = run(false);
    const withExtra = run(true);
    for (const [sentAt, arrival] of without) expect(withExtra.get(sentAt)).toBe(arrival);
    expect(withExtra.size).toBe(without.size + 1);
  });
});
