// How requests and attempts to connect fail: when, how certainly, and because of what.
import { describe, expect, it } from 'vitest';
import { elapsed, type Instant } from '../../../protocol/time.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { wireBytes } from '../../../sim/network/wire.ts';
import { eu, unpinged, way, nameOf, dark } from '../../support/linked.ts';
import {
  address,
  at,
  createTestNetwork,
  euServer,
  fault,
  line,
  note,
  phone,
  tenSeconds,
  type TestNetwork,
} from '../../support/network.ts';

describe('a connection that trouble meets while it is set up', () => {
  const asked = (faults: readonly Fault[]): { network: TestNetwork; ends: readonly unknown[] } => {
    const network = createTestNetwork({ faults });
    network.plan(100, () => network.internet.request(phone, eu, 'ask', note('hello'), tenSeconds));
    network.runUntil(4_000);
    const ends = network
      .inputs('phone/0', 'response')
      .map(({ at: instant, input: { result } }) =>
        result.ok ? ['ok', instant] : [nameOf(result.failure), instant, result.failure.definite],
      );
    return { network, ends };
  };
  const quiet = asked([]).ends;
  const requests = (network: TestNetwork): readonly Instant[] =>
    network.inputs('eu-1', 'request').map(({ at: instant }) => instant);
  // The name is known at 100.010 s, TCP stands at 100.030 s, TLS at 100.050 s.
  const [inName, inTcp, inTls] = [100.005, 100.02, 100.04];

  it('brings its request only when the path is alive again', () => {
    expect(quiet).toEqual([['ok', expect.any(Number)]]);
    for (const second of [inName, inTcp, inTls]) {
      const { network, ends } = asked([dark(second, 5_000)]);
      expect(requests(network)).toEqual([]);
      expect(ends).toEqual([['timed-out in connect', at(110), true]]);
    }
  });

  it('tries again after a second while TCP has heard nothing, and after 0.2 s and a round trip then', () => {
    const probe = createTestNetwork();
    const oneMs = way(probe);
    const later = (second: number): number => {
      const { network } = asked([dark(second, 100.1)]);
      const [arrival, ...more] = requests(network);
      expect(more).toEqual([]);
      return (arrival ?? NaN) - requests(asked([]).network)[0]!;
    };
    expect([later(inTcp), later(inTls)]).toEqual([1_000_000, 200_000 + 2 * oneMs]);
  });

  it('is refused by a server that begins to refuse, which sees no request', () => {
    const roundTrip = 2 * way(createTestNetwork());
    // A round trip after the name is known, or after the server has begun to.
    for (const [second, from] of [
      [inName, 100.01],
      [inTcp, inTcp],
    ] as const) {
      const { network, ends } = asked([fault('down', 'host=eu-1', second, 5_000, { manner: 'refuse' })]);
      expect(requests(network)).toEqual([]);
      expect(ends).toEqual([['refused', at(from) + roundTrip, true]]);
    }
  });
});

describe('a request that times out at a server kept busy by strangers', () => {
  it('does so because of them', () => {
    const pressed = fault('down', 'host=chat-1', 0, 1, { manner: 'refuse', id: 'strangers' });
    const network = createTestNetwork({ server: () => undefined, pressed });
    network.plan(100, () => network.internet.request(phone, eu, 'ask', note('hello'), tenSeconds));
    network.runUntil(200);
    const [response] = network.inputs('phone/0', 'response');
    const result = response?.input.result;
    expect(result?.ok === false ? network.causes.faults(result.failure.cause) : result).toEqual([
      'strangers',
    ]);
  });
});

describe('a device that leaves its network', () => {
  const leave = (network: TestNetwork, second: number): void =>
    network.plan(second, () => {
      network.access[0] = undefined;
      network.internet.deviceNetworkChanged(0, false, 0 as never);
    });

  it('fails its requests at once: certainly where nothing was sent yet', () => {
    const fails = (second: number): readonly unknown[] => {
      const network = createTestNetwork({ server: () => undefined });
      network.plan(100, () => network.internet.request(phone, eu, 'ask', note('hello'), tenSeconds));
      leave(network, second);
      network.runUntil(1_000);
      expect(network.kernel.next).toBeUndefined();
      return network
        .inputs('phone/0', 'response')
        .map(({ at: instant, input: { result } }) =>
          result.ok ? 'ok' : [instant, nameOf(result.failure), result.failure.definite],
        );
    };
    expect(fails(100.03)).toEqual([[at(100.03), 'offline', true]]);
    expect(fails(101)).toEqual([[at(101), 'offline', false]]);
  });

  it('uses no connection again that it had there', () => {
    const took = (moves: boolean): number => {
      const network = createTestNetwork();
      for (const second of [100, 110])
        network.plan(second, () =>
          network.internet.request(phone, eu, String(second), note('hello'), tenSeconds),
        );
      if (moves)
        network.plan(105, () => {
          network.access[0] = { ...line, isp: 'isp/DE/two' as never };
          network.internet.deviceNetworkChanged(0, true, 0 as never);
        });
      network.runUntil(200);
      return elapsed(at(110), network.inputs('phone/0', 'response')[1]!.at);
    };
    // The name (10 ms), TCP and TLS.
    const setUp = took(true) - took(false);
    expect(setUp).toBeGreaterThan(10_000 + 4 * 10_000);
    expect(setUp).toBeLessThan(10_000 + 4 * 10_500);
  });
});

describe('what fails on the spot', () => {
  it('does so after asking the resolver, which is nearer to a server', () => {
    const network = createTestNetwork();
    const nobody = address('nobody.example');
    network.plan(1, () => {
      network.internet.request(phone, nobody, 'ask', note('hello'), tenSeconds);
      network.internet.connect(phone, nobody, 'link', unpinged);
      network.internet.request(euServer, nobody, 'ask', note('hello'), tenSeconds);
      network.internet.connect(euServer, nobody, 'link', unpinged);
    });
    network.runUntil(10);
    const seen = network.handed.map(({ at: instant, node, input }) => [
      node,
      input.kind,
      elapsed(at(1), instant),
    ]);
    expect(seen).toEqual([
      ['eu-1', 'response', 1_000],
      ['eu-1', 'link-down', 1_000],
      ['phone/0', 'response', 10_000],
      ['phone/0', 'link-down', 10_000],
    ]);
  });
});

describe('what fails on the spot', () => {
  it('certainly came to nothing: for want of a network at once, or of such a name', () => {
    const ends = (name: string): readonly unknown[] => {
      const network = createTestNetwork();
      network.plan(1, () => {
        network.access[0] = name === 'eu.example' ? undefined : line;
        network.internet.deviceNetworkChanged(0, name !== 'eu.example', 0 as never);
        network.internet.request(phone, address(name), 'ask', note('hello'), tenSeconds);
        network.internet.connect(phone, address(name), 'link', unpinged);
      });
      network.runUntil(1_000);
      expect(network.bytes.sent).toBe(0);
      const failed = network
        .inputs('phone/0', 'response')
        .map(({ at: instant, input: { tag, result } }) => [instant, tag, result.ok ? {} : result.failure]);
      const down = network
        .inputs('phone/0', 'link-down')
        .map(({ at: instant, input: { tag, failure } }) => [instant, tag, failure]);
      return [...failed, ...down];
    };
    const offline = { kind: 'offline', definite: true, cause: 0 };
    expect(ends('eu.example')).toEqual([
      [at(1), 'ask', offline],
      [at(1), 'link', offline],
    ]);
    const unresolved = { kind: 'unresolved', answer: 'nxdomain', definite: true, cause: 0 };
    expect(ends('nobody.example')).toEqual([
      [at(1.01), 'ask', unresolved],
      [at(1.01), 'link', unresolved],
    ]);
  });
});

describe('a server that refuses', () => {
  it.each([
    [404, true],
    [499, true],
    [500, false],
    [502, false],
    [503, true],
    [504, false],
  ])('with %i says whether nothing was done: %s', (status, definite) => {
    const network = createTestNetwork({
      server: (inner, port, input) => {
        if (input.kind === 'request') inner.internet.refuse(port, input.id, status, undefined, undefined);
      },
    });
    network.plan(1, () => network.internet.request(phone, eu, 'ask', note('hello'), tenSeconds));
    network.runUntil(10);
    const [response] = network.inputs('phone/0', 'response');
    expect(response?.input.result).toEqual({
      ok: false,
      failure: { kind: 'status', status, definite, cause: 0 },
    });
    // An answer of 300 bytes where it says nothing else, after the request and the handshakes.
    expect(network.bytes.sent).toBe(wireBytes(100) + wireBytes(300) + 5_000);
  });
});
