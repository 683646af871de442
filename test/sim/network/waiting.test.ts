// How long who asks waits, for what, and because of whom: long polls, late answers, servers that wait for others.
import { describe, expect, it } from 'vitest';
import type { RequestId, RequestOptions } from '../../../protocol/core.ts';
import { seconds, type Instant } from '../../../protocol/time.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { nextTransmission } from '../../../sim/network/retransmission.ts';
import { wireBytes } from '../../../sim/network/wire.ts';
import { dark, eu, nameOf, oneWay, way } from '../../support/linked.ts';
import {
  address,
  at,
  component,
  createTestNetwork,
  euEndpoint,
  euServer,
  fault,
  id,
  note,
  phone,
  tenSeconds,
  type TestNetwork,
  type TestNetworkOptions,
} from '../../support/network.ts';

/** Microseconds from the phone to Frankfurt. */
const one = way(createTestNetwork());
const timeOut = (2 * one + 200_000) as never;
/** When the connection of a request of second 100 stands. */
const ready = at(100) + 10_000 + 4 * one;

const endings = (network: TestNetwork, node = 'phone/0'): readonly unknown[] =>
  network
    .inputs(node, 'response')
    .map(({ at: instant, input: { tag, result } }) => [
      tag,
      instant,
      ...(result.ok ? ['ok'] : [nameOf(result.failure), network.causes.faults(result.failure.cause)]),
    ]);

/** A server that answers nobody by itself, and the numbers of what it was asked. */
function silent(options: TestNetworkOptions = {}): { network: TestNetwork; asked: RequestId[] } {
  const asked: RequestId[] = [];
  const network = createTestNetwork({
    ...options,
    server: (_self, _port, input) => {
      if (input.kind === 'request') asked.push(input.id);
    },
  });
  return { network, asked };
}

const ask = (network: TestNetwork, second: number, options: RequestOptions = tenSeconds, tag = 'ask'): void =>
  network.plan(second, () => network.internet.request(phone, eu, tag, note('hello'), options));
const answer = (network: TestNetwork, asked: readonly RequestId[], second: number, which = 0): void =>
  network.plan(second, () => network.internet.respond(euServer, asked[which]!, note('news')));

describe('a long poll', () => {
  const poll = { timeout: seconds(40), renewEvery: seconds(30) };
  /** Asked at second 100; the poll in hand at second 200 was sent 90 s after the connection stood. */
  const polled = (faults: readonly Fault[], options: RequestOptions = poll, answered = 400): TestNetwork => {
    const { network, asked } = silent({ faults });
    ask(network, 100, options);
    answer(network, asked, answered);
    network.runUntil(1_000);
    return network;
  };

  it('pays for each poll that came back empty', () => {
    for (const [answered, polls] of [
      [110, 0],
      [250, 4],
      [400, 9],
    ] as const) {
      const network = polled([], poll, answered);
      expect(endings(network)).toEqual([['ask', at(answered) + one + 1, 'ok']]);
      expect(network.bytes.sent).toBe(5_000 + 2 * wireBytes(100) + polls * (wireBytes(100) + wireBytes(300)));
    }
  });

  it('waits for its poll in hand, not for the first one', () => {
    for (const timeout of [seconds(40), seconds(10)])
      expect(endings(polled([dark(200, 900)], { ...poll, timeout }))).toEqual([
        ['ask', ready + seconds(90 + 40), 'timed-out in response', ['down']],
      ]);
    // A caller that allows exactly the poll means what it takes beyond it.
    expect(endings(polled([dark(200, 900)], { ...poll, timeout: seconds(30) }))).toEqual([
      ['ask', ready + seconds(90 + 60), 'timed-out in response', ['down']],
    ]);
  });

  it('goes on where the path heals before its poll is due, or the answer to that still comes in time', () => {
    const due = (ready + seconds(120)) as Instant;
    const goesOn = [['ask', at(400) + one + 1, 'ok']];
    expect(endings(polled([dark(200, 219)]))).toEqual(goesOn);
    // Sent again after 0.22 s, 0.66 s, 1.5 s and so on; ten seconds are left.
    for (const heals of [221, 225, 226.8]) {
      expect(nextTransmission(due, timeOut, at(heals)) + one).toBeLessThan(due + seconds(10));
      expect(endings(polled([dark(200, heals)]))).toEqual(goesOn);
    }
    expect(nextTransmission(due, timeOut, at(227)) + one).toBeGreaterThan(due + seconds(10));
    expect(endings(polled([dark(200, 227)]))).toEqual([
      ['ask', due + seconds(10), 'timed-out in response', ['down']],
    ]);
  });

  it('goes on only where the answer has come by then, not where it has just been sent', () => {
    // The poll is sent again after seven time-outs, and its answer takes one way.
    const heals = (ready + seconds(120) + 5 * timeOut) / 1e6;
    const patience = (spare: number): RequestOptions => ({
      ...poll,
      timeout: (seconds(30) + 7 * timeOut + spare) as never,
    });
    expect(endings(polled([dark(200, heals)], patience(one + 10)))).toEqual([
      ['ask', at(400) + one + 1, 'ok'],
    ]);
    expect(endings(polled([dark(200, heals)], patience(one / 2)))).toEqual([
      ['ask', ready + seconds(120) + 7 * timeOut + one / 2, 'timed-out in response', ['down']],
    ]);
  });

  it('gets in time what was said in the outage', () => {
    const network = polled([dark(200, 212)], poll, 211);
    expect(endings(network)).toEqual([['ask', nextTransmission(at(211), timeOut, at(212)) + 1 + one, 'ok']]);
    const late = polled([dark(200, 229)], poll, 211);
    expect(endings(late)).toEqual([['ask', ready + seconds(130), 'timed-out in response', ['down']]]);
  });

  it('ends at its time where what waits on its connection is sent again too late for it', () => {
    // The answer of second 203 is sent again after the time, though the poll in hand would be before.
    expect(nextTransmission(at(203), timeOut, at(225))).toBeGreaterThan(ready + seconds(130));
    expect(endings(polled([dark(200, 225)], poll, 203))).toEqual([
      ['ask', ready + seconds(130), 'timed-out in response', ['down']],
    ]);
    // So is the question itself, which has never come.
    expect(nextTransmission(ready as Instant, timeOut, at(129))).toBeGreaterThan(ready + seconds(40));
    expect(endings(polled([dark(100.055, 129)]))).toEqual([
      ['ask', ready + seconds(40), 'timed-out in response', ['down']],
    ]);
  });

  it('does not wait for what only others wait for', () => {
    const single = silent({ faults: [dark(102, 104)] });
    ask(single.network, 100);
    single.network.runUntil(1_000);
    expect(endings(single.network)).toEqual([['ask', at(110), 'timed-out in response', ['down']]]);
  });
});

describe('an answer', () => {
  it('is counted once, and taken only from who was asked, while somebody waits', () => {
    const { network, asked } = silent();
    ask(network, 100);
    const awaited: boolean[] = [];
    network.plan(101, () => {
      awaited.push(network.internet.isAwaited(asked[0]!));
      network.internet.respond({ node: 2, part: 'server' }, asked[0]!, note('not mine'));
      network.internet.respond(euServer, (asked[0]! + 1) as RequestId, note('nobody asked'));
      network.internet.respond(euServer, asked[0]!, note('news'));
      network.internet.respond(euServer, asked[0]!, note('twice'));
    });
    network.plan(102, () => {
      awaited.push(network.internet.isAwaited(asked[0]!));
      network.internet.respond(euServer, asked[0]!, note('too late'));
    });
    network.runUntil(1_000);
    expect(awaited).toEqual([true, false]);
    expect(endings(network)).toEqual([['ask', at(101) + one + 1, 'ok']]);
    expect(network.inputs('phone/0', 'response')[0]?.input.result).toMatchObject({
      message: { text: 'news' },
    });
    expect(network.bytes.sent).toBe(5_000 + 2 * wireBytes(100));
  });

  it('that would come too late is not waited for, and that just comes is', () => {
    const after = (addMs: number): readonly unknown[] => {
      const slow = fault('latency', 'host=eu-1', 105, 5_000, { addMs, multiply: 1 });
      const { network, asked } = silent({ faults: [slow] });
      ask(network, 100);
      answer(network, asked, 106);
      network.runUntil(4_000);
      return endings(network);
    };
    expect(after(3_980)).toEqual([['ask', at(109.98) + one + 1, 'ok']]);
    expect(after(4_000)).toEqual([['ask', at(110), 'timed-out in response', ['latency']]]);
  });

  it('to a node that went down, or that waits no more, reaches nobody', () => {
    const { network, asked } = silent();
    ask(network, 100);
    ask(network, 100, tenSeconds, 'other');
    network.plan(101, () => {
      network.up[0] = false;
      network.internet.nodeChanged(0, false, 0 as never);
    });
    network.plan(101.5, () => {
      network.up[0] = true;
      network.internet.nodeChanged(0, true, 0 as never);
      expect(asked.map((request) => network.internet.isAwaited(request))).toEqual([false, false]);
    });
    answer(network, asked, 102);
    network.runUntil(1_000);
    expect(endings(network)).toEqual([]);
    expect(network.kernel.next).toBeUndefined();
  });

  it('is not sent any more where the connection has just been torn down', () => {
    const { network, asked } = silent({
      faults: [fault('down', 'host=eu-1', 101, 5_000, { manner: 'refuse' })],
    });
    ask(network, 100);
    answer(network, asked, 101.005);
    network.runUntil(200);
    expect(endings(network)).toEqual([['ask', at(101) + one, 'reset', ['down']]]);
    expect(network.bytes.sent).toBe(5_000 + wireBytes(100));
  });

  it('under a name that was used twice is the first one’s; the second can be given up', () => {
    const { network, asked } = silent();
    ask(network, 100);
    ask(network, 101);
    answer(network, asked, 102);
    network.plan(103, () => network.internet.abandon(phone, 'ask'));
    network.plan(103, () => network.internet.abandon(phone, 'never asked'));
    network.plan(103, () => network.internet.abandon({ node: 1, part: 'app' }, 'ask'));
    network.runUntil(1_000);
    expect(endings(network)).toEqual([['ask', at(102) + one + 1, 'ok']]);
    expect(network.kernel.next).toBeUndefined();
  });

  it('comes over a connection that carries the next request, unless the request was given up', () => {
    const took = (abandons: boolean): number => {
      const { network, asked } = silent();
      ask(network, 100);
      if (abandons) network.plan(101, () => network.internet.abandon(phone, 'ask'));
      else answer(network, asked, 101);
      network.runUntil(104);
      expect(network.kernel.next).toBeUndefined();
      ask(network, 105, tenSeconds, 'next');
      network.runUntil(120);
      return network.inputs('eu-1', 'request')[1]!.at - at(105);
    };
    expect(took(false)).toBe(one + 1);
    expect(took(true)).toBe(ready - at(100) + one + 1);
  });

  it('of a server that is drained meanwhile is its last on that connection', () => {
    const drained = {
      ...fault('health-checks-off' as never, 'host=eu-1', 101, 200, {}),
      kind: 'drained',
      id: 'drained',
    } as never;
    const { network, asked } = silent({ faults: [drained] });
    ask(network, 100);
    answer(network, asked, 102);
    ask(network, 103, tenSeconds, 'next');
    ask(network, 201, tenSeconds, 'later');
    network.runUntil(1_000);
    expect(endings(network)).toEqual([
      ['ask', at(102) + one + 1, 'ok'],
      ['next', at(103.01) + 2 * one, 'refused', ['drained']],
      ['later', at(211), 'timed-out in response', []],
    ]);
  });
});

describe('an error in front of a server', () => {
  it('answers in its stead with a status, as often as is said', () => {
    const errors = (probability: number, rest: object = {}): Fault =>
      fault('error-rate', 'host=eu-1', 50, 5_000, { probability, status: 502, ...rest });
    const network = createTestNetwork({ faults: [errors(1)] });
    ask(network, 100);
    network.runUntil(200);
    expect(endings(network)).toEqual([['ask', ready + one + 1 + one + 2, 'status', ['error-rate']]]);
    const [{ input } = { input: undefined }] = network.inputs('phone/0', 'response');
    expect(input?.result).toMatchObject({ failure: { status: 502, definite: true } });
    expect(network.inputs('eu-1', 'request')).toEqual([]);
    expect(network.bytes.sent).toBe(5_000 + wireBytes(100) + wireBytes(300));
    expect(network.field.contacts().get('error-rate')).toBe(1);
    const failed = (active: Fault): number => {
      const many = createTestNetwork({ faults: [active] });
      many.plan(100, () => {
        for (let index = 0; index < 200; index++)
          many.internet.request(phone, eu, `${index}`, note('hello'), tenSeconds);
      });
      many.runUntil(200);
      return many.inputs('phone/0', 'response').filter(({ input: { result } }) => !result.ok).length;
    };
    expect(failed(errors(0))).toBe(0);
    for (const active of [errors(0.25), errors(1, { rampUp: seconds(200) })]) {
      expect(failed(active)).toBeGreaterThan(22);
      expect(failed(active)).toBeLessThan(78);
    }
    expect(failed(fault('latency', 'host=eu-1', 50, 5_000, { addMs: 1, multiply: 1 }))).toBe(0);
  });
});

describe('a time-out', () => {
  const because = (faults: readonly Fault[], second = 100): unknown => {
    const { network } = silent({ faults });
    ask(network, second);
    network.runUntil(6_000);
    const [ending] = endings(network) as [readonly unknown[]];
    return ending.slice(2);
  };

  it('is because of what slows the server down, or of nothing', () => {
    const slow = (factor: number, target = 'host=eu-1'): Fault =>
      fault('slow', target, 50, 5_000, { factor });
    expect(because([slow(10)])).toEqual(['timed-out in response', ['slow']]);
    expect(because([slow(1)])).toEqual(['timed-out in response', []]);
    expect(because([slow(10, 'host=chat-1')])).toEqual(['timed-out in response', []]);
    expect(because([])).toEqual(['timed-out in response', []]);
  });

  it('is because of whatever is on its way', () => {
    for (const active of [
      fault('latency', 'host=eu-1', 105, 5_000, { addMs: 1, multiply: 1 }),
      fault('loss', 'host=eu-1', 105, 5_000, { probability: 0.1 }),
      oneWay('server', 105, 5_000),
      oneWay('client', 105, 5_000),
      dark(105, 5_000),
      fault('down', 'host=eu-1', 105, 5_000, { manner: 'crash' }),
    ])
      expect(because([active])).toEqual(['timed-out in response', [active.id]]);
    expect(because([dark(105, 106)])).toEqual(['timed-out in response', ['down']]);
    expect(because([dark(50, 5_000)])).toEqual(['timed-out in connect', ['down']]);
  });

  it('is not because of what slowed its set-up and is over', () => {
    const slow = fault('latency', 'host=eu-1', 50, 103, { addMs: 20, multiply: 1 });
    expect(because([slow])).toEqual(['timed-out in response', []]);
  });

  it('says whether the request may have come to the server', () => {
    const definite = (faults: readonly Fault[]): unknown => {
      const { network } = silent({ faults });
      ask(network, 100);
      network.runUntil(6_000);
      const [response] = network.inputs('phone/0', 'response');
      return response?.input.result.ok === false && response.input.result.failure.definite;
    };
    expect([[], [dark(100.02, 5_000)], [dark(100.055, 5_000)]].map(definite)).toEqual([false, true, false]);
  });
});

describe('a chain of servers that wait for each other', () => {
  const names = ['eu.example', 'two.example', 'three.example', 'four.example', 'five.example'];
  /** Each server asks the next one and answers nobody; the name after the last one is silent. */
  const blamed = (length: number, startsAt = 100): unknown => {
    const nodes = [4, 2, 3, 1];
    const zone = (name: string) => component(`dns/${name}`, 'dns-zone', { name });
    const chain = names.slice(0, length);
    const faults = [
      fault('dns', `name=${chain.at(-1)}`, 0, 5_000, { answer: 'silence', negativeTtlSeconds: 600 }),
    ];
    const network = createTestNetwork({
      faults,
      components: names.map(zone),
      endpoints: chain.map((name, index) => ({
        ...euEndpoint,
        name: address(name),
        dnsZone: id(`dns/${name}`),
        targets: [{ node: nodes[index] ?? 4, part: 'server' }],
      })),
      server: (self, port, input) => {
        const next = chain[nodes.indexOf(port.node) + 1];
        if (input.kind === 'request' && next !== undefined)
          self.internet.request(port, address(next), 'errand', note('?'), { timeout: seconds(60) });
      },
    });
    ask(network, startsAt, { timeout: seconds(5) });
    network.runUntil(startsAt + 6);
    const [ending] = endings(network) as [readonly unknown[]];
    return ending.slice(2);
  };

  it('is followed to the fourth request, and no further', () => {
    for (const length of [2, 3, 4]) expect(blamed(length)).toEqual(['timed-out in response', ['dns']]);
    expect(blamed(5)).toEqual(['timed-out in response', []]);
  });
});

describe('a request on a connection that waits', () => {
  it('waits behind it in the stream, and both come when the path heals', () => {
    const network = createTestNetwork({ faults: [dark(100.055, 101)] });
    ask(network, 100);
    network.runUntil(1_000);
    const sent = nextTransmission(ready as Instant, timeOut, at(101));
    expect(endings(network)).toEqual([['ask', sent + 2 * (one + 1), 'ok']]);
    const [request] = network.inputs('eu-1', 'request');
    expect(
      request?.transit?.legs.map(({ until, reason, cause }) => [until, reason, network.causes.faults(cause)]),
    ).toEqual([
      [ready, 'connection-set-up', []],
      [sent, 'retransmitting', ['down']],
      [sent + one + 1, 'in-flight', []],
    ]);
  });
});
