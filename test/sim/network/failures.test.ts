// Each way in which the world says no is a way of its own.
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../protocol/failure.ts';
import { inSeconds, seconds } from '../../../protocol/time.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import {
  address,
  chatEndpoint,
  createTestNetwork,
  euServer,
  fault,
  note,
  phone,
  pinged,
  tenSeconds,
  type TestNetwork,
} from '../../support/network.ts';

function ask(
  faults: readonly Fault[],
  when = 100,
): { network: TestNetwork; failure: Failure | undefined; took: number } {
  const network = createTestNetwork({ faults });
  network.plan(when, () =>
    network.internet.request(phone, address('chat.example'), 'ask', note('hello'), tenSeconds),
  );
  network.runUntil(when + 3_000);
  const [response, ...more] = network.inputs('phone/0', 'response');
  expect(more).toEqual([]);
  const result = response?.input.result;
  return {
    network,
    failure: result?.ok === false ? result.failure : undefined,
    took: ((response?.at ?? NaN) - when * 1_000_000) / 1_000,
  };
}

describe('a request', () => {
  it('is answered after name, TCP, TLS and one round trip', () => {
    const { failure, took } = ask([]);
    expect(failure).toBeUndefined();
    // Berlin to Virginia: half of 93 ms, the fibre from Berlin to Frankfurt, half of 10 ms on the line; three times
    // there and back, after asking the provider's resolver.
    expect(took).toBeGreaterThan(3 * 103 + 10);
    expect(took).toBeLessThan(3 * 113 + 11);
  });

  const table: readonly [string, Fault, Partial<Failure>, readonly [number, number]][] = [
    [
      'refused',
      fault('down', 'host=chat-*', 50, 5_000, { manner: 'refuse' }),
      { kind: 'refused', definite: true },
      [100, 130],
    ],
    [
      'black hole',
      fault('down', 'host=chat-*', 50, 5_000, { manner: 'black-hole' }),
      { kind: 'timed-out', phase: 'connect', definite: true } as never,
      [10_000, 10_000],
    ],
    [
      'crash',
      fault('down', 'host=chat-*', 50, 5_000, { manner: 'crash' }),
      { kind: 'timed-out', phase: 'connect' } as never,
      [10_000, 10_000],
    ],
    [
      'no such name',
      fault('dns', 'name=chat.example', 0, 5_000, { answer: 'nxdomain', negativeTtlSeconds: 5 }),
      { kind: 'unresolved', answer: 'nxdomain', definite: true } as never,
      [10, 10],
    ],
    [
      'server failure',
      fault('dns', 'name=chat.example', 0, 5_000, { answer: 'servfail', negativeTtlSeconds: 5 }),
      { kind: 'unresolved', answer: 'servfail' } as never,
      [10, 10],
    ],
    [
      'empty answer',
      fault('dns', 'name=chat.example', 0, 5_000, { answer: 'empty', negativeTtlSeconds: 5 }),
      { kind: 'unresolved', answer: 'empty' } as never,
      [10, 10],
    ],
    [
      'name servers gone',
      fault('down', 'id=dns/chat.example', 0, 5_000, { manner: 'black-hole' }),
      { kind: 'unresolved', answer: 'servfail' } as never,
      [10, 10],
    ],
    [
      'own provider dark',
      fault('down', 'isp=one', 50, 5_000, { manner: 'black-hole' }),
      { kind: 'unresolved', answer: 'silence' } as never,
      [10_000, 10_000],
    ],
    [
      'certificate',
      fault('certificate-expired', 'id=cert/chat', 50, 5_000, {}),
      { kind: 'tls', definite: true },
      [200, 240],
    ],
    [
      'error status',
      fault('error-rate', 'host=chat-*', 50, 5_000, { probability: 1, status: 503 }),
      { kind: 'status', status: 503 } as never,
      [300, 360],
    ],
    [
      'partition',
      fault('partition', 'host=chat-*', 50, 5_000, { from: 'country=DE', oneWay: false }),
      { kind: 'timed-out', phase: 'connect' } as never,
      [10_000, 10_000],
    ],
    [
      'one-way partition',
      fault('partition', 'country=DE', 50, 5_000, { from: 'host=chat-*', oneWay: true }),
      { kind: 'timed-out', phase: 'connect' } as never,
      [10_000, 10_000],
    ],
    [
      'region dark',
      fault('down', 'provider=aws region=us-east-1 kind=region', 50, 5_000, { manner: 'black-hole' }),
      { kind: 'timed-out', phase: 'connect' } as never,
      [10_000, 10_000],
    ],
  ];

  it.each(table)('meets %s', (_name, active, expected, [least, most]) => {
    const { failure, took, network } = ask([active]);
    expect(failure).toMatchObject(expected);
    expect(took).toBeGreaterThanOrEqual(least);
    expect(took).toBeLessThanOrEqual(most + 1);
    expect(network.causes.faults(failure?.cause ?? (0 as never))).toEqual([active.id]);
    expect(network.field.contacts().get(active.id)).toBeGreaterThan(0);
  });

  it('is only slower under latency, and says why', () => {
    const quiet = ask([]).took;
    const { failure, took, network } = ask([
      fault('latency', 'region=us-east-1', 50, 5_000, { addMs: 1_000, multiply: 1 }),
    ]);
    expect(failure).toBeUndefined();
    // There and back for TCP, for TLS and for the request.
    expect(took - quiet).toBeCloseTo(6_000, -1);
    const answer = network.inputs('phone/0', 'response')[0];
    const blamed = answer?.transit?.legs.filter(({ cause }) => cause !== 0) ?? [];
    expect(blamed).toHaveLength(1);
    const asked = network.inputs('chat-1', 'request')[0];
    expect(asked?.transit?.legs.map(({ reason, cause }) => [reason, network.causes.faults(cause)])).toEqual([
      ['connection-set-up', ['latency']],
      ['in-flight', ['latency']],
    ]);
  });

  it('pays for set-up only when a connection has to be set up', () => {
    const network = createTestNetwork({
      faults: [fault('latency', 'region=us-east-1', 50, 5_000, { addMs: 1_000, multiply: 1 })],
    });
    for (const when of [100, 120])
      network.plan(when, () =>
        network.internet.request(phone, address('chat.example'), `at ${when}`, note('hello'), tenSeconds),
      );
    network.runUntil(1_000);
    const [first, second] = network.inputs('phone/0', 'response').map(({ at }) => inSeconds(at));
    expect(first! - 100).toBeCloseTo(6.3, 0);
    expect(second! - 120).toBeCloseTo(2.1, 0);
  });

  it('is given up at its time, not when it comes to the server, where the way is longer than that', () => {
    const { failure, took } = ask([
      fault('latency', 'region=us-east-1', 50, 5_000, { addMs: 3_000, multiply: 1 }),
    ]);
    expect(failure).toMatchObject({ kind: 'timed-out', definite: true, phase: 'connect' });
    expect(took).toBeCloseTo(10_000, -1);
  });

  it('sets its connection up in spite of loss, a second later for a lost first packet', () => {
    const took = Array.from({ length: 40 }, (_, index) => {
      const lossy = fault('loss', 'region=us-east-1', 50, 5_000, { probability: 0.2 });
      return ask([lossy], 100 + index).took;
    });
    const quiet = ask([]).took;
    expect(took.filter((each) => each - quiet >= 1_000).length).toBeGreaterThan(10);
    expect(took.filter((each) => each - quiet < 100).length).toBeGreaterThan(5);
  });

  it('finds no connection where everything is lost', () => {
    const { failure, network } = ask([fault('loss', 'region=us-east-1', 50, 5_000, { probability: 1 })]);
    expect(failure).toMatchObject({ kind: 'timed-out', phase: 'connect' });
    expect(network.causes.faults(failure!.cause)).toEqual(['loss']);
  });

  it('waits for its certificates behind a throttle', () => {
    const quiet = ask([]).took;
    const throttle = fault('bandwidth', 'region=us-east-1', 50, 5_000, { bitsPerSecond: 20_000 });
    // 5,000 bytes at 20 kbit/s, and two short messages.
    expect(ask([throttle]).took - quiet).toBeGreaterThan(2_000);
  });

  it('fails at once on a device without network', () => {
    const network = createTestNetwork();
    network.access[0] = undefined;
    network.internet.deviceNetworkChanged(0, false, 0 as never);
    network.internet.request(phone, chatEndpoint.name, 'ask', note('hello'), tenSeconds);
    network.runUntil(1);
    expect(network.inputs('phone/0', 'response')[0]?.input.result).toMatchObject({
      ok: false,
      failure: { kind: 'offline', definite: true },
    });
  });

  it('to a name that nobody has is unresolved', () => {
    const network = createTestNetwork();
    network.internet.request(phone, address('nobody.example'), 'ask', note('hello'), tenSeconds);
    network.runUntil(1);
    expect(network.inputs('phone/0', 'response')[0]?.input.result).toMatchObject({
      ok: false,
      failure: { kind: 'unresolved', answer: 'nxdomain' },
    });
  });
});

describe('a request that is not patient with a connection', () => {
  const dialling = { timeout: seconds(300), connectTimeout: seconds(5) };
  const blackHole = (start: number, end: number): Fault =>
    fault('down', 'host=chat-*', start, end, { manner: 'black-hole' });
  const ended = (active: Fault, options = dialling): readonly [string, number] => {
    const network = createTestNetwork({ faults: [active] });
    network.plan(100, () =>
      network.internet.request(phone, address('chat.example'), 'ask', note('hello'), options),
    );
    network.runUntil(1_000);
    const [response, ...more] = network.inputs('phone/0', 'response');
    expect(more).toEqual([]);
    const { result } = response!.input;
    const took = inSeconds(response!.at) - 100;
    if (result.ok) return ['answered', took];
    expect(network.causes.faults(result.failure.cause)).toEqual([active.id]);
    const { failure } = result;
    const phase = failure.kind === 'timed-out' ? ` in ${failure.phase}` : '';
    return [failure.kind + phase, took];
  };

  it('gives a silent server and a silent resolver up', () => {
    const dark = fault('down', 'isp=one', 50, 5_000, { manner: 'black-hole' });
    for (const active of [blackHole(50, 5_000), dark])
      expect(ended(active)).toEqual(['timed-out in connect', 5]);
  });

  it('otherwise waits as long as the operating system, which the request allows', () => {
    expect(ended(blackHole(50, 5_000), { timeout: seconds(300) } as never)).toEqual([
      'timed-out in connect',
      expect.closeTo(127, 0),
    ]);
  });

  it('is answered where the path heals in time, and not where the next attempt of TCP came too late', () => {
    // SYNs leave after 0, 1, 3 and 7 s.
    expect(ended(blackHole(50, 102.5))).toEqual(['answered', expect.closeTo(3.3, 0)]);
    expect(ended(blackHole(50, 103.5))).toEqual(['timed-out in connect', 5]);
  });

  it('waits for a slow answer once the connection stands, and for no slower connection', () => {
    const slow = (addMs: number): Fault =>
      fault('latency', 'region=us-east-1', 50, 5_000, { addMs, multiply: 1 });
    expect(ended(slow(2_000))).toEqual(['answered', expect.closeTo(12.3, 0)]);
    expect(ended(slow(3_000))).toEqual(['timed-out in connect', 5]);
  });

  it('hears a refusal', () => {
    expect(ended(fault('down', 'host=chat-*', 50, 5_000, { manner: 'refuse' }))[0]).toBe('refused');
  });
});

describe('a server that waits for another one', () => {
  const blackHole = fault('down', 'region=us-east-1', 50, 5_000, { manner: 'black-hole' });

  /** A server in Frankfurt that asks Virginia for whatever it is asked, and answers nobody before it has an answer. */
  function waiting({ faults, asksBefore = false }: { faults: readonly Fault[]; asksBefore?: boolean }): {
    network: TestNetwork;
    causes: () => readonly string[];
  } {
    const patient = { timeout: seconds(60) };
    const askVirginia = (network: TestNetwork): void =>
      network.internet.request(euServer, chatEndpoint.name, `for ${network.kernel.now}`, note('?'), patient);
    const network = createTestNetwork({
      faults,
      server: (self, _port, input) => {
        const isAsked = input.kind === 'request' || input.kind === 'message';
        if (isAsked && !asksBefore) askVirginia(self);
      },
    });
    if (asksBefore) network.plan(99, () => askVirginia(network));
    network.plan(100, () =>
      network.internet.request(phone, address('eu.example'), 'ask', note('hello'), tenSeconds),
    );
    network.runUntil(150);
    return {
      network,
      causes: () => {
        const result = network.inputs('phone/0', 'response')[0]?.input.result;
        expect(result).toMatchObject({ ok: false, failure: { kind: 'timed-out', phase: 'response' } });
        return network.causes.faults(result?.ok === false ? result.failure.cause : (0 as never));
      },
    };
  }

  it('is silent because of the fault that the other one has', () => {
    expect(waiting({ faults: [blackHole] }).causes()).toEqual(['down']);
  });

  it('is silent for no fault’s sake where none holds the other one up', () => {
    expect(waiting({ faults: [] }).causes()).toEqual([]);
  });

  it('is not excused by what it had asked before', () => {
    expect(waiting({ faults: [blackHole], asksBefore: true }).causes()).toEqual([]);
  });

  it('hinders whoever opens a link, while strangers keep it busy', () => {
    const opened = (pressed?: Fault): TestNetwork => {
      const network = createTestNetwork(pressed === undefined ? {} : { pressed });
      network.plan(100, () => network.internet.connect(phone, address('eu.example'), 'link', pinged));
      network.runUntil(110);
      expect(network.inputs('phone/0', 'link-up')).toHaveLength(1);
      return network;
    };
    const { hindered, causes } = opened(blackHole);
    expect(hindered.map(({ node, cause }) => [node, causes.faults(cause)])).toEqual([[phone.node, ['down']]]);
    expect(opened().hindered).toEqual([]);
  });

  it('hinders nobody to whom it has spoken over a link, nor itself when it closes one', () => {
    for (const speaks of [true, false]) {
      const { network } = waiting({ faults: [blackHole] });
      network.plan(200, () => network.internet.connect(phone, address('eu.example'), 'link', pinged));
      network.runUntil(210);
      const [mine, theirs] = ['phone/0', 'eu-1'].map(
        (node) => network.inputs(node, 'link-up')[0]?.input.link ?? address('none'),
      );
      network.plan(211, () => network.internet.send(phone, mine!, note('hello')));
      if (speaks) network.plan(215, () => network.internet.send(euServer, theirs!, note('hello')));
      network.plan(220, () =>
        speaks
          ? network.internet.disconnect(phone, mine!, undefined)
          : network.internet.disconnect(euServer, theirs!, undefined),
      );
      network.runUntil(230);
      expect(network.hindered.filter(({ node }) => node === phone.node)).toEqual([]);
    }
  });

  it('hinders whoever gives up a link on which it never said anything', () => {
    const { network } = waiting({ faults: [blackHole] });
    network.plan(200, () => network.internet.connect(phone, address('eu.example'), 'link', pinged));
    network.runUntil(210);
    const link = network.inputs('phone/0', 'link-up')[0]?.input.link ?? address('none');
    network.internet.send(phone, link, note('hello'));
    network.runUntil(220);
    expect(network.hindered.filter(({ node }) => node === phone.node)).toEqual([]);
    network.internet.disconnect(phone, link, undefined);
    const [hindered] = network.hindered.filter(({ node }) => node === phone.node);
    expect(network.causes.faults(hindered?.cause ?? (0 as never))).toEqual(['down']);
  });
});
