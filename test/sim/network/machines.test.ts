// Machines as the network has them: without network, where they stand, and what reaches them beside connections.
import { describe, expect, it } from 'vitest';
import { seconds } from '../../../protocol/time.ts';
import type { Action } from '../../../sim/faults/action.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { eu, nameOf, way } from '../../support/linked.ts';
import {
  address,
  at,
  berlin,
  chatEndpoint,
  component,
  createTestNetwork,
  euServer,
  fault,
  frankfurt,
  id,
  line,
  note,
  otherPhone,
  phone,
  virginia,
  type Note,
  type TestNetwork,
} from '../../support/network.ts';

const chat = { node: 2, part: 'app' };
const patient = { timeout: seconds(300) };

const responses = (network: TestNetwork, node: string): readonly unknown[] =>
  network
    .inputs(node, 'response')
    .map(({ at: instant, input: { tag, result } }) => [
      tag,
      instant,
      ...(result.ok ? ['ok'] : [nameOf(result.failure), network.causes.faults(result.failure.cause)]),
    ]);

describe('a machine that was started without network', () => {
  const launches = fault('no-new-instances', 'service=ec2-launch', 50, 150, {
    probability: 1,
    withoutNetwork: true,
  });
  /** Started at second 60; chat.example is served by it alone. */
  function started(faults: readonly Fault[] = [launches]): TestNetwork {
    const endpoints = [
      { ...chatEndpoint, targets: chatEndpoint.targets.slice(0, 1) },
      { ...chatEndpoint, name: eu, targets: [euServer] },
    ];
    const network = createTestNetwork({ faults, endpoints });
    network.plan(60, () => expect(network.health.canStart(id('host/chat-1'), 2, 0)).toBe(true));
    return network;
  }
  const ask = (network: TestNetwork, second: number, timeout = patient): void =>
    network.plan(second, () =>
      network.internet.request(phone, chatEndpoint.name, `${second}`, note('x'), timeout),
    );

  it('takes no connections until it has one, because of what it lacks', () => {
    const network = started();
    ask(network, 70, { timeout: seconds(20) });
    ask(network, 148);
    network.runUntil(1_000);
    const over = network.paths.oneWay(network.stations.of(0), network.stations.of(2), at(0));
    expect(responses(network, 'phone/0')).toEqual([
      ['70', at(90), 'timed-out in connect', ['no-new-instances']],
      // SYNs leave after 0, 1 and 3 s, and three round trips follow.
      ['148', at(151.01) + 6 * over + 2, 'ok'],
    ]);
  });

  it('finds no resolver either', () => {
    const network = started();
    network.plan(70, () => network.internet.request(chat, eu, 'silent', note('x'), patient));
    network.plan(148, () => network.internet.request(chat, eu, 'healed', note('x'), patient));
    network.runUntil(1_000);
    const over = network.paths.oneWay(network.stations.of(2), network.stations.of(4), at(0));
    expect(responses(network, 'chat-1')).toEqual([
      ['silent', at(80), 'unresolved', ['no-new-instances']],
      ['healed', at(153) + 1_000 + 6 * over, 'ok'],
    ]);
  });

  it('sends and gets no datagrams, and devices are told why theirs are lost', () => {
    const network = started();
    const send = (second: number, from: typeof phone, to: string): void =>
      network.plan(second, () => network.internet.send(from, address(`udp:${to}`), note(`${second}`)));
    for (const second of [70, 151]) {
      send(second, phone, 'chat-1');
      send(second + 0.5, { node: 2, part: 'app' }, 'phone/0');
    }
    network.runUntil(1_000);
    const texts = (node: string) =>
      network.inputs(node, 'message').map(({ input }) => (input.message as Note).text);
    expect([texts('chat-1'), texts('phone/0')]).toEqual([['151'], ['151.5']]);
    expect(
      network
        .inputs('phone/0', 'link-down')
        .map((down) => [down.at, network.causes.faults(down.input.failure.cause)]),
    ).toEqual([[at(70), ['no-new-instances']]]);
    expect(network.inputs('chat-1', 'link-down')).toEqual([]);
    expect(network.hindered.map(({ node, cause }) => [node, network.causes.faults(cause)])).toEqual([
      [2, ['no-new-instances']],
      [0, ['no-new-instances']],
    ]);
    expect(network.field.contacts().get('no-new-instances')).toBe(3);
  });
});

describe('a datagram', () => {
  const udp = (network: TestNetwork, from = phone, to = 'eu-1', bytes = 100): void =>
    network.internet.send(from, address(`udp:${to}`), note('x', bytes));
  const one = way(createTestNetwork());

  it('arrives a way and its bytes later, and is paid for with its header', () => {
    const network = createTestNetwork({
      access: { ...line, upBitsPerSecond: 8_000, downBitsPerSecond: 4_000 },
    });
    network.plan(10, () => udp(network, phone, 'eu-1', 980));
    network.plan(100, () => udp(network, euServer, 'phone/0', 980));
    network.runUntil(200);
    const [there, back] = ['eu-1', 'phone/0'].map((node) => network.inputs(node, 'message')[0]);
    expect(there?.at).toBe(at(11) + one);
    expect(there?.transit).toEqual({
      from: 0,
      sentAt: at(10),
      legs: [{ until: at(11) + one, reason: 'in-flight', cause: 0 }],
    });
    expect(back?.at).toBe(at(102) + one);
    expect(network.bytes.sent).toBe(2_000);
  });

  it('tells what it waited for: its own line, the way, and the line of whom it goes to', () => {
    const network = createTestNetwork({
      access: { ...line, upBitsPerSecond: 8_000, downBitsPerSecond: 4_000 },
    });
    network.plan(10, () => {
      for (const port of [phone, phone]) udp(network, port, 'phone/1', 980);
    });
    network.runUntil(200);
    const { paths, stations } = network;
    const over = paths.oneWay(stations.of(0), stations.of(1), at(10));
    const told = network
      .inputs('phone/1', 'message')
      .map(({ transit }) => transit?.legs.map(({ until, reason }) => [until - at(10), reason]));
    expect(told).toEqual([
      [[seconds(1) + over + seconds(2), 'in-flight']],
      [
        [seconds(1), 'link-queue'],
        [seconds(2) + over, 'in-flight'],
        [seconds(3) + over, 'link-queue'],
        [seconds(5) + over, 'in-flight'],
      ],
    ]);
  });

  it('of nobody’s words tells no way', () => {
    const network = createTestNetwork();
    network.plan(10, () => network.internet.send(phone, address('udp:eu-1'), { ...note('x'), carries: [] }));
    network.runUntil(20);
    expect(network.inputs('eu-1', 'message').map(({ transit }) => transit)).toEqual([undefined]);
  });

  it('is late under latency and lost under loss, each time because of the fault', () => {
    const slow = createTestNetwork({
      faults: [fault('latency', 'host=eu-1', 5, 100, { addMs: 300, multiply: 1 })],
    });
    slow.plan(10, () => udp(slow));
    slow.runUntil(200);
    const [late] = slow.inputs('eu-1', 'message');
    expect(late?.at).toBe(at(10) + one + 1 + 300_000);
    expect(late?.transit?.legs.map(({ cause }) => slow.causes.faults(cause))).toEqual([['latency']]);
    expect(slow.field.contacts().get('latency')).toBe(1);
    const lossy = createTestNetwork({ faults: [fault('loss', 'host=eu-1', 5, 100, { probability: 1 })] });
    lossy.plan(10, () => udp(lossy));
    lossy.runUntil(200);
    expect(lossy.inputs('eu-1', 'message')).toEqual([]);
    const [told] = lossy.inputs('phone/0', 'link-down');
    expect(told?.input).toMatchObject({
      link: 'udp:eu-1',
      failure: { kind: 'timed-out', phase: 'response', definite: false },
    });
    expect(lossy.hindered.map(({ node }) => node)).toEqual([4]);
    // Met on the way, and charged for the loss.
    expect(lossy.field.contacts().get('loss')).toBe(2);
  });

  it('that the line loses is lost without a word, whatever fault holds', () => {
    const faults = [fault('latency', 'host=eu-1', 5, 100, { addMs: 1, multiply: 1 })];
    const told = (draw: number, lossProbability: number): readonly number[] => {
      const network = createTestNetwork({
        faults: [...faults, fault('loss', 'host=eu-1', 5, 100, { probability: 0.5 })],
        access: { ...line, lossProbability },
        chance: ([what]) => (what === 'datagram' ? draw : undefined),
      });
      network.plan(10, () => udp(network));
      network.runUntil(200);
      return [network.inputs('eu-1', 'message').length, network.inputs('phone/0', 'link-down').length];
    };
    // Of the four fifths that the line lets through, the fault takes half.
    expect(told(0.39, 0.2)).toEqual([1, 0]);
    expect(told(0.41, 0.2)).toEqual([0, 1]);
    expect(told(0.79, 0.2)).toEqual([0, 1]);
    expect(told(0.81, 0.2)).toEqual([0, 0]);
  });

  it('passes the lines of both ends, each with its own loss', () => {
    const came = (chance: number, from: typeof phone, to: string): number => {
      const network = createTestNetwork({
        access: { ...line, lossProbability: 0.2 },
        chance: ([what]) => (what === 'datagram' ? chance : undefined),
      });
      network.plan(10, () => network.internet.send(from, address(`udp:${to}`), note('x')));
      network.runUntil(20);
      return network.handed.length;
    };
    for (const [from, to, passes] of [
      [phone, 'eu-1', 0.8],
      [euServer, 'phone/0', 0.8],
      [phone, 'phone/1', 0.64],
    ] as const)
      expect([came(passes - 0.01, from, to), came(passes + 0.01, from, to)]).toEqual([1, 0]);
  });

  it('is nothing on a device without network, and lost without a word where nobody runs any more', () => {
    const network = createTestNetwork();
    network.plan(10, () => {
      network.access[0] = undefined;
      network.internet.deviceNetworkChanged(0, false, 0 as never);
      udp(network);
    });
    network.plan(20, () => {
      udp(network, euServer, 'chat-1');
      network.up[2] = false;
      network.internet.nodeChanged(2, false, network.causes.intern(['bug']));
    });
    // Halted in order: no fault is behind it, and nobody is told.
    network.plan(30, () => {
      network.up[3] = false;
      network.internet.nodeChanged(3, false, 0 as never);
      network.internet.send(otherPhone, address('udp:chat-2'), note('x'));
    });
    network.runUntil(100);
    expect(network.handed).toEqual([]);
    expect(network.bytes.sent).toBe(240);
    expect(network.hindered.map(({ node, cause }) => [node, network.causes.faults(cause)])).toEqual([
      [2, ['bug']],
    ]);
  });
});

describe('where nodes stand', () => {
  it('machines in the region that they need, devices in their city, and each asks the resolver of its place', () => {
    const network = createTestNetwork();
    const { stations } = network;
    expect(stations.of(2).location).toBe(virginia);
    expect(stations.of(4).location).toBe(frankfurt);
    expect(stations.of(0).location).toBe(berlin);
    expect([0, 2, 3, 4].map((node) => stations.of(node).resolver)).toEqual([
      'isp/DE/one',
      'aws/us-east-1',
      'aws/us-east-1',
      'aws/eu-central-1',
    ]);
    expect([0, 1, 2, 3, 4].map((node) => stations.of(node).site)).toEqual([2, 2, 0, 0, 1]);
    expect([0, 2].map((node) => stations.of(node).isDevice)).toEqual([true, false]);
    expect(stations.of(0)).toBe(stations.of(0));
    expect([stations.called('eu-1'), stations.called('nobody')]).toEqual([4, undefined]);
    expect([stations.of(2).component, stations.of(0).component]).toEqual(['host/chat-1', undefined]);
  });

  it('a machine of its own asks a resolver of its own', () => {
    const own = component('host/eu-1', 'host', { host: 'eu-1' }, [], frankfurt);
    expect(createTestNetwork({ components: [own] }).stations.of(4).resolver).toBe('host/eu-1');
    const nowhere = component('host/eu-1', 'host', { host: 'eu-1' });
    expect(() => createTestNetwork({ components: [nowhere] }).stations.of(4)).toThrow(
      'nothing says where host/eu-1 stands, nor anything that it needs',
    );
  });

  it('a device that changes its network has another place, resolver and line; one that loses it keeps the place', () => {
    const network = createTestNetwork();
    const { stations, field } = network;
    const station = stations.of(0);
    expect(station.place).toBe(field.places.of(id('isp/DE/one'), id('city/Berlin')));
    network.access[0] = { ...line, isp: id('isp/DE/two'), site: id('country/DE') };
    stations.accessChanged(0);
    expect([station.place, station.resolver]).toEqual([
      field.places.of(id('isp/DE/two'), id('country/DE')),
      'isp/DE/two',
    ]);
    const { access } = station;
    network.access[0] = undefined;
    stations.accessChanged(0);
    expect([station.access, station.resolver]).toEqual([undefined, 'isp/DE/two']);
    expect(stations.accessRoundTrip(station, at(0))).toBe(0);
    network.access[0] = line;
    stations.accessChanged(0);
    expect(station.access).not.toBe(access);
    // One that never had one stands only in its city.
    const offline = createTestNetwork();
    offline.access[1] = undefined;
    expect(offline.stations.of(1)).toMatchObject({ access: undefined, resolver: 'city/Berlin' });
    expect(offline.stations.of(1).place).toBe(offline.field.places.of(id('city/Berlin')));
  });

  it('has radio conditions that stay for an hour', () => {
    const network = createTestNetwork({ access: { ...line, sigma: 0.5 } });
    const { stations } = network;
    const drawn = (second: number): number => stations.accessRoundTrip(stations.of(0), at(second));
    expect(new Set([0, 1, 3_599].map(drawn)).size).toBe(1);
    expect(new Set([0, 3_600, 7_200, 10_800].map(drawn)).size).toBe(4);
    expect(drawn(0)).toBe(drawn(1));
    const late = createTestNetwork({ access: { ...line, sigma: 0.5 } }).stations;
    expect(late.accessRoundTrip(late.of(0), at(3_700))).toBe(drawn(3_700));
    expect(drawn(3_700)).toBeGreaterThan(0);
    expect(stations.accessRoundTrip(stations.of(1), at(0))).not.toBe(drawn(0));
  });
});

describe('a push service', () => {
  it('has its way to a device closed by what cuts it, of which whoever asks is told', () => {
    const network = createTestNetwork({
      faults: [
        fault('down', 'host=eu-1', 100, 200, { manner: 'black-hole' }),
        fault('partition', 'country=DE isp=one', 300, 400, { from: 'host=eu-1', oneWay: true }),
      ],
    });
    const seen: unknown[] = [];
    network.pushWays.onChange(() => {
      const cause = network.pushWays.closedBy(euServer.node, phone.node);
      seen.push([
        network.kernel.now,
        cause === undefined ? 'open' : network.causes.faults(cause),
        network.pushWays.closedBy(euServer.node, euServer.node) === undefined,
      ]);
    });
    network.runUntil(1_000);
    expect(seen).toEqual([
      [at(100), ['down'], false],
      [at(200), 'open', true],
      [at(300), ['partition'], true],
      [at(400), 'open', true],
    ]);
  });
});

describe('a world', () => {
  const acts = (action: object): Action =>
    ({ id: 'act', title: 'act', source: 'test', when: { kind: 'at', at: at(1) }, ...action }) as Action;

  it('is touched by what can concern its machines, or a place that was asked for, and by what is done at once', () => {
    const far = fault('down', 'isp=two', 100, 200, { manner: 'black-hole' });
    expect(createTestNetwork().touched()).toBe(false);
    expect(createTestNetwork({ faults: [far] }).touched()).toBe(false);
    expect(createTestNetwork({ faults: [{ ...far, target: 'host=chat-1' }] }).touched()).toBe(true);
    const near = createTestNetwork({ faults: [{ ...far, target: 'isp=one' }] });
    expect(near.touched()).toBe(false);
    near.stations.of(phone.node);
    expect(near.touched()).toBe(true);
    const touchedBy = (action: object): boolean => createTestNetwork({ actions: [acts(action)] }).touched();
    expect(touchedBy({ do: 'start', target: 'isp=two' })).toBe(true);
    expect(touchedBy({ do: 'drain', target: 'isp=two' })).toBe(false);
    expect(touchedBy({ do: 'drain', target: 'host=chat-1' })).toBe(true);
    expect(touchedBy({ do: 'repair' })).toBe(false);
  });
});
