// The small parts of the transport by themselves: which connections a change concerns, who serves one, what a line holds up.
import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../sim/faults/fault.ts';
import type { Place } from '../../../sim/faults/places.ts';
import { AccessLink } from '../../../sim/network/access-link.ts';
import { ConnectionTable } from '../../../sim/network/connection-table.ts';
import {
  createConnection,
  linkName,
  type Connection,
  type Endpoint,
  type Flight,
} from '../../../sim/network/connection.ts';
import type { NetworkContext } from '../../../sim/network/context.ts';
import { connectedFlows, fairRates, type SharedLine } from '../../../sim/network/fair-share.ts';
import { FlightQueue } from '../../../sim/network/flight-queue.ts';
import type { Station } from '../../../sim/network/station.ts';
import { TargetChoice } from '../../../sim/network/target-choice.ts';
import { addLeg, carriesWords, noLegs, transitOf } from '../../../sim/network/way.ts';
import type { EndpointSpec } from '../../../sim/systems/system.ts';
import {
  at,
  chatEndpoint,
  createTestNetwork,
  fault,
  id,
  note,
  type TestNetwork,
} from '../../support/network.ts';

const place = (number: number): Place => number as unknown as Place;
const link = { tag: 'link', options: { timeout: 1 as never } };

describe('the table of connections', () => {
  const made = (number: number, client: number, server?: number, isLink = true): Connection => {
    const endpoint = { via: place(50) } as Endpoint;
    const station = (node: number): Station => ({ place: place(node) }) as unknown as Station;
    const port = (node: number) => ({ node, part: 'app' });
    const connection = createConnection(
      number,
      endpoint,
      station(client),
      port(client),
      isLink ? link : undefined,
      at(0),
    );
    if (server !== undefined)
      connection.server = {
        station: station(server),
        port: port(server),
        open: true,
        gone: false,
        heardAt: at(0),
        told: true,
      };
    return connection;
  };

  it('finds connections by node, oldest first, and by the places of either end and of what is between, each once', () => {
    const table = new ConnectionTable(() => true);
    const [one, two, unserved] = [made(1, 10, 20), made(2, 10, 21), made(3, 11)];
    for (const connection of [one, two, unserved]) {
      table.add(connection);
      table.addServer(connection);
    }
    expect(table.ofNode(10)).toEqual([one, two]);
    expect(table.ofNode(20)).toEqual([one]);
    expect(table.ofNode(12)).toEqual([]);
    expect(table.at([place(10), place(20)])).toEqual([one, two]);
    expect(table.at([place(21)])).toEqual([two]);
    expect(table.at([place(50)])).toEqual([one, two, unserved]);
    expect(table.at([place(99)])).toEqual([]);
    for (const connection of [one, unserved]) table.remove(connection);
    expect([10, 20, 11].map((node) => table.ofNode(node))).toEqual([[two], [], []]);
    expect(table.at([place(10), place(20), place(11), place(50)])).toEqual([two]);
  });

  it('gives copies: who visits may end what he visits', () => {
    const table = new ConnectionTable(() => true);
    const connections = [made(1, 10, 20), made(2, 10, 20)];
    for (const connection of connections) table.add(connection);
    const visited = table.ofNode(10).map((connection) => {
      for (const each of connections) table.remove(each);
      return connection.id;
    });
    expect(visited).toEqual([1, 2]);
  });

  it('knows no places that no fault concerns', () => {
    const table = new ConnectionTable((one) => one === place(20));
    const connection = made(1, 10, 20);
    table.add(connection);
    table.addServer(connection);
    expect(table.at([place(10), place(50)])).toEqual([]);
    expect(table.at([place(20)])).toEqual([connection]);
  });

  it('knows links by the names of their two ends, as long as an end has yet to hear of its end', () => {
    const table = new ConnectionTable(() => true);
    const [kept, dropped, request] = [made(1, 10, 20), made(2, 10, 20), made(3, 10, 20, false)];
    for (const connection of [kept, dropped, request]) table.add(connection);
    expect(linkName(kept, true)).not.toBe(linkName(kept, false));
    expect(table.link(linkName(kept, true))).toEqual({ connection: kept, isClient: true });
    expect(table.link(linkName(kept, false))).toEqual({ connection: kept, isClient: false });
    expect(table.link(linkName(request, true))).toBeUndefined();
    expect([...table.links()]).toEqual([kept, dropped]);
    table.remove(kept, true);
    table.remove(dropped);
    expect([...table.links()]).toEqual([kept]);
    expect(table.ofNode(10)).toEqual([request]);
    table.forgetLink(kept);
    expect([...table.links()]).toEqual([]);
    expect(table.link(linkName(kept, true))).toBeUndefined();
  });
});

describe('the target of a connection', () => {
  interface Choosing {
    readonly network: TestNetwork;
    /** The node that is chosen at this instant, with a draw of this. */
    readonly chosen: (second: number, uniform: number, wanted?: number) => number;
  }

  function choosing(
    faults: readonly Fault[] = [],
    more: Partial<EndpointSpec> = {},
    balanced = true,
  ): Choosing {
    const network = createTestNetwork({ faults });
    const { field, stations } = network;
    let uniform = 0;
    let drawn = 0;
    const context = {
      field,
      stations,
      table: new ConnectionTable(() => false),
      host: { isUp: (node: number) => network.up[node] === true },
      draw: () => (drawn++, uniform),
    } as unknown as NetworkContext;
    const spec = { ...chatEndpoint, ...more };
    const endpoint = {
      spec,
      via: place(0),
      loadBalancer: balanced ? field.places.of(id('lb/chat')) : undefined,
    } as Endpoint;
    return {
      network,
      chosen(second, given, wanted) {
        uniform = given;
        network.runUntil(second);
        const connection = createConnection(
          1,
          endpoint,
          stations.of(0),
          { node: 0, part: 'app' },
          undefined,
          at(second),
        );
        const choice = new TargetChoice(context);
        const before = drawn;
        const server = choice.choose(connection, at(second), wanted);
        expect(connection.server).toBe(server);
        expect(server).toMatchObject({ open: true, gone: false, told: false, heardAt: at(second) });
        expect(server.station).toBe(stations.of(server.port.node));
        // Once for all.
        uniform = 1 - given;
        expect(choice.choose(connection, at(second + 1))).toBe(server);
        expect(context.table.ofNode(server.port.node)).toContain(connection);
        expect(drawn - before).toBeLessThan(2);
        return server.port.node;
      },
    };
  }
  const crash = (host: string, start: number, end: number): Fault =>
    fault('down', `host=${host}`, start, end, { manner: 'crash', id: host });

  it('is any of them, each as likely, or the one that is wanted', () => {
    const { chosen } = choosing();
    expect([0, 0.49, 0.5, 0.99].map((uniform) => chosen(10, uniform))).toEqual([2, 2, 3, 3]);
    expect([2, 3].map((wanted) => chosen(10, 0.1, wanted))).toEqual([2, 3]);
    expect(choosing([], { targets: chatEndpoint.targets.slice(1) }).chosen(10, 0.1)).toBe(3);
  });

  it('may be one that failed, until a load balancer has seen that, twenty seconds later', () => {
    const { chosen } = choosing([crash('chat-1', 100, 200)]);
    expect(chosen(99, 0.1)).toBe(2);
    expect(chosen(100, 0.1)).toBe(2);
    expect(chosen(119.999999, 0.1)).toBe(2);
    expect(chosen(120, 0.1)).toBe(3);
    expect(chosen(199, 0.1)).toBe(3);
    expect(chosen(201, 0.1)).toBe(2);
  });

  it('is one that is up where clients try another one by themselves', () => {
    const { chosen } = choosing([crash('chat-1', 100, 200)], {}, false);
    expect([chosen(99, 0.1), chosen(100, 0.1), chosen(201, 0.1)]).toEqual([2, 3, 2]);
  });

  it('is any when none is up', () => {
    const { chosen } = choosing([crash('chat-1', 100, 300), crash('chat-2', 100, 300)]);
    expect([0.1, 0.9].map((uniform) => chosen(200, uniform))).toEqual([2, 3]);
  });

  it('is none that was halted in order, from the first moment on', () => {
    const { chosen, network } = choosing();
    network.plan(100, () => {
      network.up[2] = false;
      network.internet.nodeChanged(2, false, 0 as never);
    });
    expect([chosen(99, 0.1), chosen(100, 0.1)]).toEqual([2, 3]);
  });

  const lasting = (kind: 'drained' | 'health-checks-off', target: string, name: string): Fault => ({
    id: name,
    title: name,
    source: 'test',
    kind,
    target,
    start: at(100),
    end: at(200),
  });

  it('may be down for good while nobody looks', () => {
    const off = lasting('health-checks-off', 'id=lb/chat', 'off');
    const { chosen } = choosing([crash('chat-1', 50, 300), off]);
    expect([chosen(99, 0.1), chosen(150, 0.1), chosen(201, 0.1)]).toEqual([3, 2, 3]);
    // Clients that try another one by themselves need nobody to look.
    expect(choosing([crash('chat-1', 50, 300), off], {}, false).chosen(150, 0.1)).toBe(3);
  });

  it('is none that operators have drained, unless they have drained all', () => {
    const { chosen } = choosing([lasting('drained', 'host=chat-1', 'one')]);
    expect([chosen(99, 0.1), chosen(150, 0.1), chosen(150, 0.9), chosen(201, 0.1)]).toEqual([2, 3, 3, 2]);
    const all = choosing([lasting('drained', 'host=chat-*', 'all')]);
    expect([all.chosen(150, 0.1), all.chosen(150, 0.9)]).toEqual([2, 3]);
  });
});

describe('a line', () => {
  it('takes bytes one after the other, at its bandwidth', () => {
    const line = new AccessLink(8_000);
    expect(line.capacity).toBe(0.001);
    expect(line.serialisation(1_000)).toBe(1_000_000);
    expect(line.serialisation(1.4)).toBe(1_400);
    expect(line.reserve(at(10), 1_000)).toBe(at(10));
    expect(line.reserve(at(10), 1_000)).toBe(at(11));
    expect(line.reserve(at(10.5), 500)).toBe(at(12));
    expect(line.reserve(at(12.5), 500)).toBe(at(12.5));
    expect(line.reserve(at(20), 1)).toBe(at(20));
  });

  it('lets what comes first pass, though something later was announced before', () => {
    const line = new AccessLink(8_000);
    expect(line.reserve(at(10), 1_000)).toBe(at(10));
    expect(line.reserve(at(5), 1_000)).toBe(at(5));
    expect(line.reserve(at(10), 1_000)).toBe(at(11));
  });

  it('is shared with the long messages that cross it', () => {
    const line = new AccessLink(8_000);
    const [one, two] = [{}, {}] as never[];
    line.enter(one!);
    expect(line.serialisation(1_000)).toBe(2_000_000);
    line.enter(two!);
    expect([...line.flows]).toEqual([one, two]);
    expect(line.serialisation(1_000)).toBe(3_000_000);
    line.leave(one!);
    expect(line.serialisation(1_000)).toBe(2_000_000);
    line.leave(two!);
    expect([line.serialisation(1_000), line.flows.size]).toEqual([1_000_000, 0]);
  });

  it('of no bandwidth has a little, so that everything ends', () => {
    expect(new AccessLink(0).serialisation(1)).toBe(8_000_000);
  });
});

describe('shares of lines', () => {
  interface Crossing {
    readonly lines: Line[];
    readonly ceiling: number;
  }
  interface Line extends SharedLine<Crossing> {
    readonly flows: Set<Crossing>;
  }
  const lines = (...capacities: readonly number[]): Line[] =>
    capacities.map((capacity) => ({ capacity, flows: new Set<Crossing>() }));
  const crossing = (ceiling: number, ...crossed: Line[]): Crossing => {
    const flow = { lines: crossed, ceiling };
    for (const one of crossed) one.flows.add(flow);
    return flow;
  };

  it('follow from the tightest line, then from the next, each flow at most at its ceiling', () => {
    const [thin, wide] = lines(6, 20);
    const both = crossing(Infinity, thin!, wide!);
    const modest = crossing(1, thin!);
    const greedy = crossing(Infinity, wide!);
    const limited = crossing(3, wide!);
    const rates = fairRates([both, modest, greedy, limited]);
    expect([both, modest, greedy, limited].map((flow) => rates.get(flow))).toEqual([5, 1, 12, 3]);
  });

  it('are ceilings where there is no line', () => {
    const [one, two] = [crossing(7), crossing(2)];
    expect([...fairRates([one, two])]).toEqual(
      expect.arrayContaining([
        [one, 7],
        [two, 2],
      ]),
    );
    expect(fairRates([]).size).toBe(0);
  });

  it('concern all who are connected by lines, in the order in which they are found', () => {
    const [first, second, third, apart] = lines(1, 1, 1, 1);
    const one = crossing(1, first!);
    const bridge = crossing(1, first!, second!);
    const far = crossing(1, second!, third!);
    const farthest = crossing(1, third!);
    crossing(1, apart!);
    expect(connectedFlows([first!])).toEqual([one, bridge, far, farthest]);
    expect(connectedFlows([third!])).toEqual([far, farthest, bridge, one]);
    expect(connectedFlows([])).toEqual([]);
  });
});

describe('a queue of flights', () => {
  it('is first in, first out, and forgets its links', () => {
    const queue = new FlightQueue();
    const flights = Array.from({ length: 3 }, () => ({ next: undefined }) as Flight);
    const [one, two, three] = flights as [Flight, Flight, Flight];
    expect([queue.isEmpty, queue.first, queue.last, queue.shift(), [...queue]]).toEqual([
      true,
      undefined,
      undefined,
      undefined,
      [],
    ]);
    for (const flight of flights) queue.push(flight);
    expect([...queue].map((flight) => flights.indexOf(flight))).toEqual([0, 1, 2]);
    expect([queue.isEmpty, queue.first === one, queue.last === three]).toEqual([false, true, true]);
    expect(queue.shift()).toBe(one);
    expect(one.next).toBeUndefined();
    expect(queue.first).toBe(two);
    queue.shift();
    expect(queue.shift()).toBe(three);
    expect([queue.isEmpty, queue.last]).toEqual([true, undefined]);
    queue.push(one);
    expect([queue.first === one, queue.last === one]).toEqual([true, true]);
    queue.clear();
    expect([queue.isEmpty, queue.last, [...queue]]).toEqual([true, undefined, []]);
    queue.push(two);
    expect([...queue]).toEqual([two]);
  });
});

describe('the way of a message', () => {
  const words = note('x');
  const silent = { ...words, carries: [] };
  const request = (message: unknown) => ({ message }) as never;

  it('is kept where somebody’s words are in it', () => {
    expect(carriesWords({ kind: 'message', message: words })).toBe(true);
    expect(carriesWords({ kind: 'message', message: silent })).toBe(false);
    expect(carriesWords({ kind: 'request', request: request(words) })).toBe(true);
    expect(carriesWords({ kind: 'request', request: request(silent) })).toBe(false);
    const answer = (message: unknown) =>
      ({ kind: 'response', request: request(silent), result: { ok: true, message } }) as never;
    expect(carriesWords(answer(words))).toBe(true);
    expect(carriesWords(answer(silent))).toBe(false);
    expect(carriesWords(answer(undefined))).toBe(false);
    expect(carriesWords({ kind: 'ping' })).toBe(false);
    expect(carriesWords({ kind: 'close', code: undefined, cause: 0 as never })).toBe(false);
  });

  it('has parts of some length, and one at least', () => {
    const flight = (legs: Flight['legs'], toServer = true): Flight =>
      ({
        legs,
        sentAt: at(10),
        toServer,
        connection: { client: { port: { node: 1 } }, server: { port: { node: 2 } } },
      }) as unknown as Flight;
    const on = flight([]);
    const cause = 3 as never;
    for (const second of [10, 10, 12, 12, 11, 13, 13, 12.5]) addLeg(on, at(second), 'in-flight', cause);
    expect(on.legs.map(({ until }) => until)).toEqual([10, 12, 13].map(at));
    expect(on.legs[1]).toEqual({ until: at(12), reason: 'in-flight', cause });
    expect(transitOf(on)).toEqual({ from: 1, sentAt: at(10), legs: on.legs });
    expect(transitOf(flight([], false))).toMatchObject({ from: 2 });
    addLeg(flight(noLegs), at(11), 'in-flight', cause);
    expect(noLegs).toEqual([]);
    expect(transitOf(flight(noLegs))).toBeUndefined();
    const unsent = { ...flight([], false), connection: { server: undefined } } as unknown as Flight;
    expect(() => transitOf(unsent)).toThrow('what arrived was sent');
  });
});
