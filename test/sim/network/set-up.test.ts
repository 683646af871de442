// How a connection comes to stand, or does not: to the microsecond, phase by phase, and because of what.
import { describe, expect, it } from 'vitest';
import { seconds } from '../../../protocol/time.ts';
import type { RequestOptions } from '../../../protocol/core.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { wireBytes } from '../../../sim/network/wire.ts';
import { hashedName, type AddressPart, type HashedName } from '../../../sim/random/addressed.ts';
import type { EndpointSpec } from '../../../sim/systems/system.ts';
import { dark, downs, eu, heard, nameOf, oneWay, way } from '../../support/linked.ts';
import {
  at,
  chatEndpoint,
  component,
  createTestNetwork,
  euEndpoint,
  fault,
  id,
  note,
  phone,
  type TestNetwork,
  type TestNetworkOptions,
} from '../../support/network.ts';

/** Microseconds from the phone to Frankfurt. */
const one = way(createTestNetwork());
// A request of second 100: the name is known after 10 ms, TCP stands a round trip later, TLS another one.
const named = 10_000;
const connected = named + 2 * one;
const secured = connected + 2 * one;
/** A microsecond on the line. */
const arrived = secured + 1 + one;
const answered = arrived + one + 1;
// In each of these phases.
const [inName, inTcp, inTls] = [100.005, 100.02, 100.04];

const patient = { timeout: seconds(3_000) };

interface Asked {
  readonly network: TestNetwork;
  /** How it ended and how many microseconds after second 100, how certainly, and because of what. */
  readonly end: unknown;
  /** Microseconds after second 100 at which requests came to a server. */
  readonly came: readonly number[];
}

function ask(
  faults: readonly Fault[],
  options: RequestOptions = patient,
  to = eu,
  network = createTestNetwork({ faults }),
): Asked {
  network.plan(100, () => network.internet.request(phone, to, 'ask', note('hello'), options));
  network.runUntil(5_000);
  const [response, ...more] = network.inputs('phone/0', 'response');
  expect(more).toEqual([]);
  expect(network.kernel.next).toBeUndefined();
  const result = response?.input.result;
  const after = (response?.at ?? NaN) - at(100);
  return {
    network,
    end:
      result?.ok !== false
        ? ['ok', after]
        : [
            nameOf(result.failure) +
              (result.failure.kind === 'unresolved' ? ` ${result.failure.answer}` : ''),
            after,
            result.failure.definite ? 'certainly' : 'perhaps',
            network.causes.faults(result.failure.cause),
          ],
    came: ['eu-1', 'chat-1', 'chat-2'].flatMap((node) =>
      network.inputs(node, 'request').map((request) => request.at - at(100)),
    ),
  };
}

const refuse = (start: number, end = 4_000): Fault =>
  fault('down', 'host=eu-1', start, end, { manner: 'refuse' });
const ispDark = (start: number, end: number): Fault =>
  fault('down', 'isp=one', start, end, { manner: 'black-hole' });

describe('a connection', () => {
  it('stands after name, TCP and TLS, and costs a handshake', () => {
    const { end, came, network } = ask([]);
    expect([end, came]).toEqual([['ok', answered], [arrived]]);
    expect(network.bytes.sent).toBe(5_000 + 2 * wireBytes(100));
    const [{ transit } = { transit: undefined }] = network.inputs('eu-1', 'request');
    expect(transit?.legs.map(({ until, reason }) => [until - at(100), reason])).toEqual([
      [secured, 'connection-set-up'],
      [arrived, 'in-flight'],
    ]);
  });

  it('of a machine asks a resolver that is a millisecond away', () => {
    const network = createTestNetwork();
    network.plan(100, () =>
      network.internet.request({ node: 2, part: 'app' }, eu, 'ask', note('hello'), patient),
    );
    network.runUntil(200);
    const over = network.paths.oneWay(network.stations.of(2), network.stations.of(4), at(100));
    expect(network.inputs('eu-1', 'request').map((request) => request.at - at(100))).toEqual([
      1_000 + 5 * over,
    ]);
  });

  it('waits two rounds of its resolver, and asks again after five seconds', () => {
    const { end, came, network } = ask([ispDark(50, 4_000)]);
    expect([end, came]).toEqual([['unresolved silence', seconds(10), 'certainly', ['down']], []]);
    expect(network.hindered.map(({ node, cause }) => [node, network.causes.faults(cause)])).toEqual([
      [phone.node, ['down']],
    ]);
    expect(ask([ispDark(50, 102)]).came).toEqual([seconds(5) + arrived]);
    // Struck in the middle, it has asked at second 100 all the same.
    expect(ask([ispDark(inName, 102)]).came).toEqual([seconds(5) + arrived]);
    expect(ask([ispDark(inName, 4_000)]).end).toEqual([
      'unresolved silence',
      seconds(10),
      'certainly',
      ['down'],
    ]);
  });

  it('is not tried again by what heals between its last try and its giving up', () => {
    // A resolver asks at 0 and 5 s; SYNs go at 0, 1, 3, and so on to 63 s.
    for (const [silent, last, manner, over] of [
      [ispDark, 5, 'unresolved silence', seconds(10)],
      [dark, 63, 'timed-out in connect', named + seconds(127)],
    ] as const) {
      expect(ask([silent(50, 100 + last)]).end).toEqual(['ok', seconds(last) + answered]);
      const healed = 100 + last + 0.02;
      for (const start of [50, inName])
        expect(ask([silent(start, healed)]).end).toEqual([manner, over, 'certainly', ['down']]);
      const twice = [silent(50, healed), { ...silent(healed + 1, healed + 1.5), id: 'later' }];
      expect(ask(twice).end).toEqual([manner, over, 'certainly', ['down']]);
    }
    // Data is sent again two minutes after the time before, in the end.
    const late = ask([dark(inTls, 1_024)]);
    expect(late.end).toEqual(['timed-out in connect', connected + 924_600_000, 'certainly', ['down']]);
    expect(late.came).toEqual([]);
  });

  it('waits for servers of the name that are silent as long', () => {
    const silent = fault('dns', 'name=eu.example', 0, 4_000, { answer: 'silence', negativeTtlSeconds: 60 });
    expect(ask([silent]).end).toEqual(['unresolved silence', seconds(10) + named, 'certainly', ['dns']]);
  });

  it('tries TCP after a second, three and seven, for 127 s', () => {
    for (const start of [50, inName, inTcp]) {
      expect(ask([dark(start, 4_000)]).end).toEqual([
        'timed-out in connect',
        named + seconds(127),
        'certainly',
        ['down'],
      ]);
      for (const [end, syn] of [
        [100.9, 1],
        [101.1, 3],
        [104, 7],
      ] as const) {
        const { came, network } = ask([dark(start, end)]);
        expect(came).toEqual([seconds(syn) + arrived]);
        const [{ transit } = { transit: undefined }] = network.inputs('eu-1', 'request');
        expect(transit?.legs[0]).toMatchObject({ reason: 'connection-set-up' });
        expect(network.causes.faults(transit!.legs[0]!.cause)).toEqual(['down']);
      }
    }
  });

  it('tries TLS after its round trip and 0.2 s, and twice that, until the connection is given up', () => {
    const timeOut = 2 * one + 200_000;
    expect(ask([dark(inTls, 4_000)]).end).toEqual([
      'timed-out in connect',
      connected + 924_600_000,
      'certainly',
      ['down'],
    ]);
    expect(ask([dark(inTls, 100.2)]).came).toEqual([timeOut + arrived]);
    expect(ask([dark(inTls, 100.3)]).came).toEqual([3 * timeOut + arrived]);
  });

  it('waits where either direction is cut', () => {
    for (const to of ['server', 'client'] as const) {
      expect(ask([oneWay(to, 50, 101.1)]).came).toEqual([seconds(3) + arrived]);
      expect(ask([oneWay(to, inTls, 100.2)]).came).toEqual([2 * one + 200_000 + arrived]);
    }
  });

  it('waits for a machine that is off, whose going is to blame', () => {
    const off = (start: number, end: number): Fault =>
      fault('down', 'host=eu-1', start, end, { manner: 'crash' });
    for (const start of [50, inName, inTcp])
      expect(ask([off(start, 101.1)]).came).toEqual([seconds(3) + arrived]);
    expect(ask([off(inTls, 100.2)]).came).toEqual([2 * one + 200_000 + arrived]);
    expect(ask([off(inTls, 4_000)]).end).toEqual([
      'timed-out in connect',
      connected + 924_600_000,
      'certainly',
      ['down'],
    ]);
  });

  it('is refused a round trip after its SYN, and reset where the refusal comes during TLS', () => {
    for (const start of [50, inName]) {
      const { end, came, network } = ask([refuse(start)]);
      expect(end).toEqual(['refused', connected, 'certainly', ['down']]);
      expect(came).toEqual([]);
      expect(network.field.contacts().get('down')).toBeGreaterThan(0);
    }
    expect(ask([refuse(inTcp)]).end).toEqual(['refused', 20_000 + 2 * one, 'certainly', ['down']]);
    expect(ask([refuse(inTls)]).end).toEqual(['reset', 40_000, 'certainly', ['down']]);
    // What was refused already is not refused anew by one more fault.
    expect(ask([refuse(50), { ...refuse(inTcp), id: 'second' }]).end).toEqual([
      'refused',
      connected,
      'certainly',
      ['down'],
    ]);
  });

  it('that was refused is no more: what happens there later does not concern it', () => {
    for (const begin of ['request', 'connect'] as const) {
      const network = createTestNetwork({
        faults: [refuse(50, 110), { ...refuse(200, 300), id: 'later' }],
      });
      network.plan(100, () =>
        begin === 'request'
          ? network.internet.request(phone, eu, 'ask', note('hello'), patient)
          : network.internet.connect(phone, eu, 'ask', patient),
      );
      network.runUntil(5_000);
      expect(network.field.contacts().get('down')).toBe(begin === 'request' ? 2 : 1);
      expect(network.field.contacts().get('later')).toBe(0);
    }
  });

  it('is refused by a process that is not there', () => {
    const network = createTestNetwork();
    network.plan(50, () => {
      network.up[4] = false;
      network.internet.nodeChanged(4, false, network.causes.intern(['bug']));
    });
    expect(ask([], patient, eu, network).end).toEqual(['refused', connected, 'certainly', ['bug']]);
  });

  it('may be given up before TCP stands, by whoever asked, and not after', () => {
    const within = (connectTimeout: number, ...faults: readonly Fault[]): unknown =>
      ask(faults, { ...patient, connectTimeout: connectTimeout as never }).end;
    expect(within(connected)).toEqual(['ok', answered]);
    expect(within(connected - 1)).toEqual(['timed-out in connect', connected - 1, 'certainly', []]);
    expect(within(connected, refuse(50))).toEqual(['refused', connected, 'certainly', ['down']]);
    expect(within(connected - 1, refuse(50))).toEqual([
      'timed-out in connect',
      connected - 1,
      'certainly',
      ['down'],
    ]);
    expect(within(2_000_000, ispDark(50, 4_000))).toEqual([
      'timed-out in connect',
      2_000_000,
      'certainly',
      ['down'],
    ]);
    expect(within(2_000_000, dark(inTls, 4_000))).toEqual([
      'timed-out in connect',
      connected + 924_600_000,
      'certainly',
      ['down'],
    ]);
  });

  it('is only slower where faults delay it, which are to blame for its set-up', () => {
    const slow = fault('latency', 'host=eu-1', 50, 4_000, { addMs: 500, multiply: 1 });
    const { came, network } = ask([slow]);
    expect(came).toEqual([arrived + 5 * 500_000]);
    const [{ transit } = { transit: undefined }] = network.inputs('eu-1', 'request');
    expect(transit?.legs.map(({ cause }) => network.causes.faults(cause))).toEqual([
      ['latency'],
      ['latency'],
    ]);
  });

  it('does not come to stand where every segment is lost', () => {
    const lossy = fault('loss', 'host=eu-1', 50, 4_000, { probability: 1 });
    expect(ask([lossy]).end).toEqual(['timed-out in connect', named + seconds(127), 'certainly', ['loss']]);
    // What was planned before the fault began stays: the request comes, and its answer never does.
    const { end, came } = ask([{ ...lossy, start: at(inTls) }]);
    expect(came).toEqual([arrived]);
    expect(end).toEqual(['timed-out in response', seconds(3_000), 'perhaps', ['loss']]);
  });

  it('is given up in TLS when no certificate comes through', () => {
    const faults = [fault('loss', 'host=eu-1', 50, 4_000, { probability: 0.5 })];
    const [loss, server] = [hashedName('loss'), hashedName('eu-1')];
    const isOf = (part: AddressPart | undefined, name: HashedName): boolean =>
      typeof part === 'object' && part.low === name.low && part.high === name.high;
    const network = createTestNetwork({
      faults,
      chance: ([what, from]) => (isOf(what, loss) ? (isOf(from, server) ? 0.99 : 0) : undefined),
    });
    expect(ask([], patient, eu, network).end).toEqual([
      'timed-out in connect',
      connected + 924_600_000,
      'certainly',
      ['loss'],
    ]);
  });

  it('fails at the end of TLS where the certificate has expired, for clients that notice', () => {
    const zoned = { ...euEndpoint, certificate: id('cert/chat') };
    const expired = (clients?: number, target = 'id=cert/chat'): Asked => {
      const faults = [
        fault('certificate-expired', target, 50, 4_000, clients === undefined ? {} : { clients }),
      ];
      return ask(faults, patient, eu, createTestNetwork({ faults, endpoints: [zoned] }));
    };
    const fails = ['tls', secured, 'certainly', ['certificate-expired']];
    expect(expired().end).toEqual(fails);
    expect(expired(1).end).toEqual(fails);
    expect(expired(0).end).toEqual(['ok', answered]);
    expect(expired(undefined, 'id=host/chat-1').end).toEqual(['ok', answered]);
    const other = [fault('latency', 'id=cert/chat', 50, 4_000, { addMs: 1, multiply: 1 })];
    expect(ask(other, patient, eu, createTestNetwork({ faults: other, endpoints: [zoned] })).end).toEqual([
      'ok',
      answered,
    ]);
    // Endpoints without a certificate have none that expires.
    const faults = [fault('certificate-expired', 'id=cert/chat', 50, 4_000, {})];
    expect(ask(faults).end).toEqual(['ok', answered]);
  });

  it('is noticed as expired by the share of clients that do, each for good', () => {
    const noticing = Array.from({ length: 60 }, (_, seed) => {
      const faults = [fault('certificate-expired', 'id=cert/chat', 50, 4_000, { clients: 0.5 })];
      const endpoints = [{ ...euEndpoint, certificate: id('cert/chat'), connectionLifetime: 0 as never }];
      const network = createTestNetwork({ faults, endpoints, seed: `store-${seed}` });
      for (const second of [100, 200, 300])
        network.plan(second, () => network.internet.request(phone, eu, `${second}`, note('x'), patient));
      network.runUntil(400);
      const ends = network.inputs('phone/0', 'response').map(({ input }) => input.result.ok);
      expect(new Set(ends).size).toBe(1);
      return ends[0];
    }).filter((ok) => ok === false).length;
    expect(noticing).toBeGreaterThan(18);
    expect(noticing).toBeLessThan(42);
  });
});

describe('a connection through a load balancer that flaps', () => {
  const balanced: EndpointSpec = { ...chatEndpoint, name: eu, targets: euEndpoint.targets };
  const flap = (start: number, rest: object = {}): Fault =>
    fault('load-balancer-flap', 'service=nlb', start, 4_000, {
      fraction: 1,
      periodSeconds: 10_000,
      ...rest,
    });
  const through = (faults: readonly Fault[], seed: string, endpoint = balanced): unknown => {
    const options: TestNetworkOptions = { faults, endpoints: [endpoint], seed };
    return ask(faults, patient, eu, createTestNetwork(options)).end;
  };
  const seeds = Array.from({ length: 100 }, (_, seed) => `flap-${seed}`);

  it('is refused half of the time, and otherwise gets no answer', () => {
    const ends = seeds.map((seed) => through([flap(50)], seed));
    const refused = ['refused', connected, 'certainly', ['load-balancer-flap']];
    const silent = ['timed-out in connect', named + seconds(127), 'certainly', ['load-balancer-flap']];
    for (const end of ends) expect([refused, silent]).toContainEqual(end);
    const count = ends.filter((end) => (end as readonly unknown[])[0] === 'refused').length;
    expect(count).toBeGreaterThan(25);
    expect(count).toBeLessThan(75);
  });

  it('is refused by the lower half of the draws, at a round trip, and left alone by the upper one', () => {
    const end = (chance: number): unknown => {
      const network = createTestNetwork({
        faults: [flap(50)],
        endpoints: [balanced],
        chance: ([what]) => (what === 'flap-manner' ? chance : undefined),
      });
      return (ask([], patient, eu, network).end as readonly unknown[])[0];
    };
    expect([0.49, 0.5].map(end)).toEqual(['refused', 'timed-out in connect']);
  });

  it('is reset when its target goes out of service during TLS', () => {
    expect(through([flap(inTls)], 'tls')).toEqual(['reset', 40_000, 'certainly', ['load-balancer-flap']]);
  });

  it('is not hindered by other faults there, flaps elsewhere, or without a load balancer', () => {
    const { loadBalancer: _none, ...direct } = balanced;
    for (const [faults, endpoint] of [
      [[flap(50, { fraction: 0 })], balanced],
      [[{ ...flap(50), target: 'id=host/chat-2' } as Fault], balanced],
      [[flap(50)], direct],
      [[{ ...flap(50), end: at(99) } as Fault], balanced],
    ] as const)
      expect(through(faults, 'flap-0', endpoint)).toEqual(['ok', answered]);
    const slow = fault('latency', 'service=nlb', 50, 4_000, { addMs: 1, multiply: 1 });
    expect(through([slow], 'flap-0')).toEqual(['ok', answered + 6_000]);
  });

  it('is left alone while nobody checks the health of what stands behind it', () => {
    const off = { ...flap(50), kind: 'health-checks-off', id: 'off' } as unknown as Fault;
    expect(through([flap(50), off], 'flap-0')).toEqual(['ok', answered]);
  });

  it('brings nothing to a target that went out of service while TCP was under way', () => {
    for (const seed of seeds.slice(0, 10)) {
      const network = createTestNetwork({ faults: [flap(inTcp)], endpoints: [balanced], seed });
      expect(ask([], patient, eu, network).came).toEqual([]);
    }
  });

  it('fails because of every flap that has taken the target out', () => {
    const end = through([flap(50), flap(60, { id: 'second' })], 'flap-0') as readonly unknown[];
    expect(end.at(-1)).toEqual(['load-balancer-flap', 'second']);
  });
});

describe('a name behind a service record', () => {
  const zone = (name: string, asked?: string) =>
    component(`dns/${name}`, 'dns-zone', { name, ...(asked === undefined ? {} : { asked }) });
  const found = (faults: readonly Fault[], asked?: string): unknown => {
    const endpoints = [{ ...euEndpoint, serviceZone: id('dns/srv.example') }];
    const components = [zone('srv.example', asked), zone('eu.example', asked)];
    return ask(faults, patient, eu, createTestNetwork({ faults, endpoints, components })).end;
  };
  const gone = (name: string, answer: 'nxdomain' | 'empty' | 'servfail' | 'silence'): Fault =>
    fault('dns', `name=${name}`, 0, 4_000, { answer, negativeTtlSeconds: 60, id: name });

  it('is found by both records, one after the other', () => {
    expect(found([])).toEqual(['ok', answered]);
    // Each of them takes a recursion where nobody else asks.
    expect(found([], 'rarely')).toEqual(['ok', answered + 120_000]);
    expect(found([], 'often')).toEqual(['ok', answered]);
  });

  it('is not there where the record is not, and is asked without one that nobody answers for', () => {
    for (const answer of ['nxdomain', 'empty'] as const)
      expect(found([gone('srv.example', answer)])).toEqual([
        `unresolved ${answer}`,
        named,
        'certainly',
        ['srv.example'],
      ]);
    expect(found([gone('srv.example', 'servfail')])).toEqual(['ok', answered]);
    expect(found([gone('srv.example', 'silence')])).toEqual(['ok', answered + seconds(10)]);
    // What is remembered of the one is not said of the other, which has a fault of its own to come.
    const later = { ...gone('eu.example', 'nxdomain'), start: at(3_000) } as Fault;
    expect(found([gone('srv.example', 'servfail'), later])).toEqual(['ok', answered]);
    expect(found([gone('eu.example', 'nxdomain')])).toEqual([
      'unresolved nxdomain',
      named,
      'certainly',
      ['eu.example'],
    ]);
  });
});

describe('an attempt at a link', () => {
  it('is a link once the server has consented, and leaves nothing when it was refused', () => {
    const network = createTestNetwork();
    network.plan(100, () => network.internet.connect(phone, eu, 'link', { timeout: seconds(30) }));
    network.runUntil(200);
    expect(network.inputs('eu-1', 'link-up').map((up) => up.at - at(100))).toEqual([secured + one + 3]);
    expect(network.inputs('phone/0', 'link-up').map((up) => up.at - at(100))).toEqual([
      secured + one + 3 + one + 2,
    ]);
    expect(network.bytes.sent).toBe(5_000 + wireBytes(400) + wireBytes(200));
    expect(heard(network, 'eu-1')).toEqual([]);
    const refused = createTestNetwork({ faults: [refuse(50)] });
    refused.plan(100, () => refused.internet.connect(phone, eu, 'link', { timeout: seconds(30) }));
    refused.runUntil(5_000);
    expect(downs(refused, 'phone/0')).toEqual([[at(100) + connected, 'refused', ['down']]]);
    expect(refused.kernel.next).toBeUndefined();
  });
});
