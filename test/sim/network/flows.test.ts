// Large messages: fair shares of lines, slow start, what loss leaves of the throughput, and what a cut does.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seconds } from '../../../protocol/time.ts';
import {
  connectedFlows,
  fairRates,
  type SharedLine,
  type SharingFlow,
} from '../../../sim/network/fair-share.ts';
import { lossLimitedRate } from '../../../sim/network/tcp-throughput.ts';
import type { AccessProfile } from '../../../sim/world.ts';
import {
  address,
  at,
  createTestNetwork,
  euServer,
  fault,
  line,
  note,
  otherPhone,
  phone,
  type Note,
  type TestNetwork,
  type TestNetworkOptions,
} from '../../support/network.ts';

const patient = { timeout: seconds(30) };
const megabyte = 1_000_000;

/** Up 8 Mbit/s: a megabyte takes a second. */
const slowLine: AccessProfile = { ...line, upBitsPerSecond: 8_000_000 };

/** Links of the first phone to the server in Frankfurt, open at second 5. */
function linked(links: number, options: TestNetworkOptions = {}, from = phone): TestNetwork {
  const network = createTestNetwork({ access: slowLine, ...options });
  for (let number = 0; number < links; number++)
    network.plan(0, () => network.internet.connect(from, address('eu.example'), `link-${number}`, patient));
  network.runUntil(5);
  return network;
}

const send = (network: TestNetwork, link: number, text: string, bytes: number): void => {
  const up = network.inputs('phone/0', 'link-up').find(({ input }) => input.tag === `link-${link}`);
  network.internet.send(phone, up?.input.link ?? address('none'), note(text, bytes));
};

const arrivals = (network: TestNetwork): Record<string, number> =>
  Object.fromEntries(
    network
      .inputs('eu-1', 'message')
      .map(({ at: when, input }) => [(input.message as Note).text, when / 1_000_000]),
  );

describe('shares', () => {
  interface Flow extends SharingFlow<Flow> {
    readonly lines: Line[];
  }
  interface Line extends SharedLine<Flow> {
    readonly flows: Set<Flow>;
  }
  const worlds = fc
    .tuple(
      fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 }),
      fc.array(fc.tuple(fc.nat(100), fc.array(fc.nat(4), { maxLength: 3 })), { minLength: 1, maxLength: 8 }),
    )
    .map(([capacities, shapes]) => {
      const lines = capacities.map((capacity): Line => ({ capacity, flows: new Set() }));
      const flows = shapes.map(([ceiling, crossed]): Flow => {
        const flow = { ceiling, lines: [...new Set(crossed.map((index) => lines[index % lines.length]!))] };
        for (const each of flow.lines) each.flows.add(flow);
        return flow;
      });
      return { lines, flows };
    });

  it('are max-min fair: who has less than the ceiling has the most on a line that is full', () => {
    fc.assert(
      fc.property(worlds, ({ lines, flows }) => {
        const rates = fairRates<Flow>(flows);
        const rate = (flow: Flow): number => rates.get(flow) ?? NaN;
        const load = (each: Line): number => [...each.flows].reduce((sum, flow) => sum + rate(flow), 0);
        for (const each of lines) expect(load(each)).toBeLessThanOrEqual(each.capacity + 1e-9);
        for (const flow of flows) {
          expect(rate(flow)).toBeLessThanOrEqual(flow.ceiling);
          if (rate(flow) >= flow.ceiling - 1e-9) continue;
          const bottleneck = flow.lines.find(
            (each) =>
              load(each) >= each.capacity - 1e-9 &&
              [...each.flows].every((other) => rate(other) <= rate(flow) + 1e-9),
          );
          expect(bottleneck).toBeDefined();
        }
      }),
    );
  });

  it('concern those who share a line, by way of others too', () => {
    const [one, two, three]: Line[] = [1, 2, 3].map((capacity) => ({ capacity, flows: new Set<Flow>() }));
    const flowOver = (...lines: (Line | undefined)[]): Flow => {
      const flow = { ceiling: 1, lines: lines.filter((each) => each !== undefined) };
      for (const each of flow.lines) each.flows.add(flow);
      return flow;
    };
    const first = flowOver(one);
    const bridge = flowOver(one, two);
    const second = flowOver(two);
    flowOver(three);
    expect(connectedFlows<Flow>(first.lines)).toEqual([first, bridge, second]);
  });
});

/** Round trip from the phone to Frankfurt, seconds, as a small message finds it. */
function roundTrip(): number {
  const network = linked(1, { access: line });
  network.plan(10, () => send(network, 0, 'ping', 1));
  network.runUntil(20);
  return 2 * ((arrivals(network)['ping'] ?? NaN) - 10);
}

describe('a large message', () => {
  it('takes its bytes over the bandwidth of the line, and a little for slow start', () => {
    const network = linked(1);
    network.plan(10, () => send(network, 0, 'film', 20 * megabyte));
    network.runUntil(100);
    expect(arrivals(network)['film']).toBeGreaterThan(30);
    expect(arrivals(network)['film']).toBeLessThan(30.2);
  });

  it('on a wide path takes the round trips of slow start', () => {
    // 1 Gbit/s: the window doubles from 14,600 bytes each round trip; 1 MB is through in the seventh window.
    const network = linked(1, { access: line });
    network.plan(10, () => send(network, 0, 'album', megabyte));
    network.runUntil(20);
    const rounds = ((arrivals(network)['album'] ?? 0) - 10) / roundTrip();
    expect(rounds).toBeGreaterThan(6);
    expect(rounds).toBeLessThan(7);
  });

  it('shares a line fairly', () => {
    const network = linked(2);
    network.plan(10, () => send(network, 0, 'first', 10 * megabyte));
    network.plan(14, () => send(network, 1, 'second', 10 * megabyte));
    network.runUntil(100);
    // Four seconds alone, twelve with half the line each, four alone.
    expect(arrivals(network)['first']).toBeCloseTo(26, 0);
    expect(arrivals(network)['second']).toBeCloseTo(30, 0);
  });

  it('leaves other lines alone', () => {
    const network = linked(1);
    network.plan(3, () => network.internet.connect(otherPhone, address('eu.example'), 'other', patient));
    network.plan(10, () => send(network, 0, 'mine', 10 * megabyte));
    network.plan(10, () => {
      const up = network.inputs('phone/1', 'link-up')[0]?.input.link ?? address('none');
      network.internet.send(otherPhone, up, note('theirs', 10 * megabyte));
    });
    network.runUntil(100);
    expect(arrivals(network)['mine']).toBeCloseTo(20, 0);
    expect(arrivals(network)['theirs']).toBeCloseTo(20, 0);
  });

  it('keeps what comes after it on its connection waiting, and lets short messages of others pass', () => {
    const network = linked(2);
    network.plan(10, () => {
      send(network, 0, 'film', 10 * megabyte);
      send(network, 0, 'after', 100);
    });
    network.plan(11, () => send(network, 1, 'short', 100));
    network.runUntil(100);
    const { film = 0, after = 0, short = 0 } = arrivals(network);
    expect(short).toBeLessThan(11.1);
    expect(after).toBeGreaterThanOrEqual(film);
    expect(after).toBeLessThan(film + 0.1);
  });

  it.each([0.001, 0.01, 0.03])(
    'under a loss of %f has the throughput of the published formula',
    (probability) => {
      const times = Array.from({ length: 8 }, (_, seed) => {
        const network = linked(1, {
          access: line,
          seed: `${seed}`,
          faults: [fault('loss', 'country=DE', 8, 100_000, { probability })],
        });
        network.plan(10, () => send(network, 0, 'film', 30 * megabyte));
        network.runUntil(50_000);
        return (arrivals(network)['film'] ?? NaN) - 10;
      });
      const measured =
        times.reduce((sum, time) => sum + (30 * megabyte) / time, 0) / times.length / 1_000_000;
      const microseconds = roundTrip() * 1_000_000;
      const full = lossLimitedRate(probability, microseconds, microseconds + 200_000);
      expect(measured / full).toBeGreaterThan(0.85);
      expect(measured / full).toBeLessThan(1.15);
      // The square-root law of Mathis et al. (Computer Communication Review 27(3), 1997) is its bound without time-outs.
      expect(measured).toBeLessThan((1_460 / microseconds) * Math.sqrt(3 / 2 / 2 / probability) * 1.15);
    },
  );

  it('that is cut half-way neither completes nor is lost: it goes on where it was', () => {
    const network = linked(1, { faults: [fault('down', 'host=eu-1', 10.05, 60, { manner: 'black-hole' })] });
    network.plan(10, () => send(network, 0, 'attachment', megabyte / 10));
    network.runUntil(60);
    expect(arrivals(network)).toEqual({});
    network.runUntil(1_000);
    expect(arrivals(network)['attachment']).toBeGreaterThan(60);
    expect(network.handed.filter(({ input }) => input.kind === 'link-down')).toEqual([]);
    // Every byte once, and at most what was under way a second time.
    expect(network.bytes.sent).toBeLessThan(2.2 * (megabyte / 10));
  });

  it('that is cut for good ends in a failure that says so', () => {
    const network = createTestNetwork({
      access: slowLine,
      faults: [fault('down', 'host=eu-1', 10.3, 100_000, { manner: 'black-hole' })],
    });
    network.plan(10, () =>
      network.internet.request(phone, address('eu.example'), 'upload', note('film', megabyte), {
        timeout: seconds(60),
      }),
    );
    network.runUntil(1_000);
    expect(network.inputs('eu-1', 'request')).toEqual([]);
    const [response] = network.inputs('phone/0', 'response');
    expect(response?.at).toBe(at(70));
    expect(response?.input.result).toMatchObject({
      ok: false,
      failure: { kind: 'timed-out', definite: false },
    });
  });

  describe('to the round trip', () => {
    /** Bytes of ten segments: the first window. */
    const first = 14_600;
    const inMicroseconds = (seconds: number): number => Math.round(seconds * 1_000_000);
    const twice = (): number => {
      const { paths, stations } = createTestNetwork();
      return paths.roundTrip(stations.of(phone.node), stations.of(euServer.node), at(0));
    };

    it('doubles its window from ten segments until everything has left', () => {
      const network = linked(1, { access: line });
      network.plan(10, () => send(network, 0, 'album', megabyte));
      network.runUntil(20);
      const rounds = 6 + (megabyte - first * 63) / (first * 64);
      const took = inMicroseconds(arrivals(network)['album'] ?? NaN) - at(10);
      expect(Math.abs(took - (rounds + 0.5) * twice())).toBeLessThan(20);
    });

    it('has at most a window of 6 MiB under way, however wide its line is', () => {
      const wide = { ...line, upBitsPerSecond: 1e15, downBitsPerSecond: 1e15 };
      const network = linked(1, { access: wide });
      network.plan(10, () => send(network, 0, 'archive', 1_000 * megabyte));
      network.runUntil(200);
      // Nine windows from 14,600 to 3,737,600 bytes; the tenth would be wider than 6 MiB.
      const rounds = 9 + (1_000 * megabyte - first * 511) / 6_291_456;
      const took = inMicroseconds(arrivals(network)['archive'] ?? NaN) - at(10);
      expect(Math.abs(took - (rounds + 0.5) * twice())).toBeLessThan(100);
    });

    it('has no more than that of a wide line that others have left to it', () => {
      const wide = { ...line, upBitsPerSecond: 4e9, downBitsPerSecond: 4e9 };
      const network = linked(2, { access: wide });
      network.plan(10, () => send(network, 0, 'short', 500 * megabyte));
      network.plan(10, () => send(network, 1, 'long', 1_000 * megabyte));
      network.runUntil(200);
      const { short = NaN, long = NaN } = arrivals(network);
      // Half of 500 MB/s each; then 6 MiB a round trip, which is less than the line.
      expect(short).toBeCloseTo(12.1, 0);
      const left = 500 * megabyte;
      expect(long - short).toBeCloseTo((left / 6_291_456) * (twice() / 1e6), 1);
    });

    it('begins when its connection is ready', () => {
      const arrival = (bytes: number): number => {
        const network = createTestNetwork();
        network.plan(10, () =>
          network.internet.request(phone, address('eu.example'), 'upload', note('x', bytes), patient),
        );
        network.runUntil(100);
        return network.inputs('eu-1', 'request')[0]?.at ?? NaN;
      };
      const rounds = 6 + (megabyte - first * 63) / (first * 64);
      expect(Math.abs(arrival(megabyte) - arrival(100) - rounds * twice())).toBeLessThan(20);
    });

    it('is held back by a throttle from its beginning to its end, which is to blame', () => {
      const throttle = fault('bandwidth', 'isp=one', 12, 20, { bitsPerSecond: 1_000_000 });
      const network = linked(1, { faults: [throttle] });
      network.plan(10, () => send(network, 0, 'film', 10 * megabyte));
      network.runUntil(100);
      // 2 s at 1 MB/s, 8 s at an eighth of that, and the other 7 MB.
      expect(arrivals(network)['film']).toBeGreaterThan(27);
      expect(arrivals(network)['film']).toBeLessThan(27.2);
      const [film] = network.inputs('eu-1', 'message');
      expect(film?.transit?.legs.map(({ reason, cause }) => [reason, network.causes.faults(cause)])).toEqual([
        ['in-flight', ['bandwidth']],
      ]);
    });

    it('is not because of what delays others while it leaves', () => {
      const slow = fault('latency', 'host=eu-1', 12, 14, { addMs: 100, multiply: 1 });
      const throttle = fault('bandwidth', 'host=chat-1', 13, 13.5, { bitsPerSecond: 1_000_000 });
      const network = linked(1, { faults: [slow, throttle] });
      network.plan(10, () => send(network, 0, 'film', 10 * megabyte));
      network.runUntil(100);
      expect(arrivals(network)['film']).toBeCloseTo(20, 0);
      const [film] = network.inputs('eu-1', 'message');
      expect(film?.transit?.legs.map(({ reason, cause }) => [reason, network.causes.faults(cause)])).toEqual([
        ['in-flight', []],
      ]);
    });

    it('that is cut sends what was under way for a round trip again, and nothing else', () => {
      const cut = fault('down', 'host=eu-1', 15, 20, { manner: 'black-hole' });
      const [whole, halved] = [[], [cut]].map((faults) => {
        const network = linked(1, { faults });
        const before = network.bytes.sent;
        network.plan(10, () => send(network, 0, 'film', 10 * megabyte));
        network.runUntil(100);
        return { at: arrivals(network)['film'] ?? NaN, bytes: network.bytes.sent - before };
      });
      // Sent again at a retransmission after 20 s: those are 0.22 s, 0.44 s, … after the message was sent.
      const again = 10 + 0.2202 * 63;
      const late = (halved?.at ?? NaN) - (whole?.at ?? NaN);
      expect(late).toBeGreaterThan(again - 15);
      expect(late).toBeLessThan(again - 15 + 0.2);
      // Half of the film and a round trip of a megabyte a second are counted once more.
      const share = ((halved?.bytes ?? NaN) - (whole?.bytes ?? NaN)) / (whole?.bytes ?? NaN);
      expect(share).toBeGreaterThan(0.5);
      expect(share).toBeLessThan(0.51);
    });
  });

  it('that outlasts the time-out of its request fails, however healthy the path is', () => {
    const network = createTestNetwork({ access: slowLine });
    network.plan(10, () =>
      network.internet.request(phone, address('eu.example'), 'upload', note('film', 20 * megabyte), {
        timeout: seconds(10),
      }),
    );
    network.runUntil(100);
    const [response] = network.inputs('phone/0', 'response');
    expect(response?.at).toBe(at(20));
    expect(network.inputs('eu-1', 'request')).toEqual([]);
  });
});
