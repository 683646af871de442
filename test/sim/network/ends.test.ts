// How connections end: who hears of it when, why, and that nothing is left of them.
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../protocol/failure.ts';
import { elapsed, seconds, type Instant } from '../../../protocol/time.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { nextTransmission } from '../../../sim/network/retransmission.ts';
import { wireBytes } from '../../../sim/network/wire.ts';
import {
  address,
  at,
  createTestNetwork,
  euServer,
  fault,
  line,
  note,
  phone,
  pinged,
  tenSeconds,
  type Note,
  type TestNetwork,
  type TestNetworkOptions,
} from '../../support/network.ts';

const eu = address('eu.example');
const unpinged = { timeout: seconds(30) };
/** 15 retransmissions of Linux. */
const giveUp = 924_600_000;

/** From the phone to Frankfurt or back: the same at any instant. */
const way = (network: TestNetwork): number =>
  network.paths.oneWay(network.stations.of(phone.node), network.stations.of(euServer.node), at(0));

function linked(
  options: TestNetworkOptions = {},
  connect: typeof pinged | typeof unpinged = unpinged,
): TestNetwork {
  const network = createTestNetwork(options);
  network.plan(0, () => network.internet.connect(phone, eu, 'link', connect));
  network.runUntil(5);
  expect(network.inputs('phone/0', 'link-up')).toHaveLength(1);
  return network;
}

const linkOf = (network: TestNetwork, node: string): ReturnType<typeof address> =>
  network.inputs(node, 'link-up')[0]?.input.link ?? address('none');

const say = (network: TestNetwork, node: 'phone/0' | 'eu-1', second: number, text: string): void =>
  network.plan(second, () =>
    network.internet.send(node === 'eu-1' ? euServer : phone, linkOf(network, node), note(text)),
  );

const heard = (network: TestNetwork, node: string): readonly (readonly [string, Instant])[] =>
  network.inputs(node, 'message').map((one) => [(one.input.message as Note).text, one.at]);

/** When a side heard that its link is down, of what kind, and because of what. */
const downs = (network: TestNetwork, node: string): readonly unknown[] =>
  network
    .inputs(node, 'link-down')
    .map(({ at: instant, input: { failure } }) => [
      instant,
      nameOf(failure),
      network.causes.faults(failure.cause),
    ]);

const nameOf = (failure: Failure): string =>
  failure.kind === 'timed-out' ? `${failure.kind} in ${failure.phase}` : failure.kind;

const dark = (start: number, end: number): Fault =>
  fault('down', 'host=eu-1', start, end, { manner: 'black-hole' });
const oneWay = (to: 'server' | 'client', start: number, end: number): Fault =>
  to === 'server'
    ? fault('partition', 'host=eu-1', start, end, { from: 'country=DE', oneWay: true })
    : fault('partition', 'country=DE', start, end, { from: 'host=eu-1', oneWay: true });

describe('a side that gives up what stays unacknowledged', () => {
  it('is the one that spoke, and the other one hears nothing', () => {
    for (const [speaker, listener] of [
      ['phone/0', 'eu-1'],
      ['eu-1', 'phone/0'],
    ] as const) {
      const network = linked({ faults: [dark(100, 5_000)] });
      say(network, speaker, 200, 'in vain');
      network.runUntil(10_000);
      expect(downs(network, speaker)).toEqual([[at(200) + giveUp, 'timed-out in response', ['down']]]);
      expect(downs(network, listener)).toEqual([]);
      expect(heard(network, listener)).toEqual([]);
      expect(network.field.contacts().get('down')).toBe(2);
    }
  });

  it('counts from what has waited longest', () => {
    const network = linked({ faults: [dark(100, 5_000)] });
    for (const second of [200, 300, 900]) say(network, 'phone/0', second, `at ${second}`);
    network.runUntil(10_000);
    expect(downs(network, 'phone/0')).toEqual([[at(200) + giveUp, 'timed-out in response', ['down']]]);
  });

  it('counts what was in flight when the path was cut from when it left', () => {
    const network = linked({ faults: [dark(100, 5_000)] });
    say(network, 'phone/0', 99.995, 'struck');
    network.runUntil(10_000);
    expect(downs(network, 'phone/0')).toEqual([[at(99.995) + giveUp, 'timed-out in response', ['down']]]);
  });

  it('tries a last time before that: what heals sooner is healed, what heals later is too late', () => {
    const probe = linked();
    const timeout = 2 * way(probe) + 200_000;
    const tries: Instant[] = [at(200)];
    for (let last = at(200); ; tries.push(last)) {
      last = nextTransmission(at(200), timeout as never, (last + 1) as Instant);
      if (last >= at(200) + giveUp) break;
    }
    const last = tries.at(-1)!;
    const healed = (end: number): TestNetwork => {
      const network = linked({ faults: [{ ...dark(100, 0), end } as Fault] });
      say(network, 'phone/0', 200, 'patience');
      network.runUntil(10_000);
      return network;
    };
    const intime = healed(last - 1_000_000);
    // A microsecond on the line of a gigabit per second.
    expect(heard(intime, 'eu-1')).toEqual([['patience', last + 1 + way(intime)]]);
    expect(downs(intime, 'phone/0')).toEqual([]);
    const late = healed(last + 1_000_000);
    expect(heard(late, 'eu-1')).toEqual([]);
    expect(downs(late, 'phone/0')).toEqual([[at(200) + giveUp, 'timed-out in response', ['down']]]);
  });

  it('fails its request then, where that would wait for longer', () => {
    const ends = (timeout: number): readonly unknown[] => {
      const network = createTestNetwork({ faults: [dark(100, 5_000)] });
      for (const second of [99, 110])
        network.plan(second, () =>
          network.internet.request(phone, eu, String(second), note('hello'), { timeout: seconds(timeout) }),
        );
      network.runUntil(10_000);
      return network
        .inputs('phone/0', 'response')
        .map(({ at: instant, input: { tag, result } }) =>
          result.ok
            ? [tag]
            : [tag, instant, nameOf(result.failure), network.causes.faults(result.failure.cause)],
        );
    };
    const why = ['timed-out in response', ['down']];
    expect(ends(2_000)).toEqual([['99'], ['110', at(110) + giveUp, ...why]]);
    expect(ends(924)).toEqual([['99'], ['110', at(110 + 924), ...why]]);
  });
});

describe('a message that waits', () => {
  it('is sent again with all that came after it, at its retransmission, in order', () => {
    const network = linked({ faults: [dark(100, 110)] });
    for (const second of [101, 105, 109]) say(network, 'phone/0', second, `at ${second}`);
    network.runUntil(200);
    const again = nextTransmission(at(101), (2 * way(network) + 200_000) as never, at(110));
    const arrivals = heard(network, 'eu-1');
    expect(arrivals.map(([text]) => text)).toEqual(['at 101', 'at 105', 'at 109']);
    // One after the other on the line.
    expect(arrivals.map(([, instant]) => instant - again - way(network))).toEqual([1, 2, 3]);
  });

  it('is paid for as often as it is sent', () => {
    const paid = (second: number): number => {
      const network = linked({ faults: [dark(100, 110)] });
      const before = network.bytes.sent;
      say(network, 'phone/0', second, 'x');
      network.runUntil(200);
      expect(heard(network, 'eu-1')).toHaveLength(1);
      return (network.bytes.sent - before) / wireBytes(100);
    };
    expect([50, 99.995, 105, 150].map(paid)).toEqual([1, 2, 1, 1]);
  });

  it('waits in the direction that is cut alone', () => {
    for (const to of ['server', 'client'] as const) {
      const network = linked({ faults: [oneWay(to, 100, 110)] });
      say(network, 'phone/0', 101, 'there');
      say(network, 'eu-1', 101, 'back');
      network.runUntil(200);
      const again = nextTransmission(at(101), (2 * way(network) + 200_000) as never, at(110));
      const arrival = (isCut: boolean): number => (isCut ? again : at(101)) + 1 + way(network);
      expect(heard(network, 'eu-1')).toEqual([['there', arrival(to === 'server')]]);
      expect(heard(network, 'phone/0')).toEqual([['back', arrival(to === 'client')]]);
    }
  });

  it('goes on waiting in the direction that is still cut when the other one heals', () => {
    const network = linked({
      faults: [dark(100, 110), { ...oneWay('client', 105, 130), id: 'back' }],
    });
    say(network, 'phone/0', 101, 'there');
    say(network, 'eu-1', 101, 'back');
    network.runUntil(300);
    const timeout = (2 * way(network) + 200_000) as never;
    const [there] = heard(network, 'eu-1');
    const [back] = heard(network, 'phone/0');
    expect(there?.[1]).toBe(nextTransmission(at(101), timeout, at(110)) + 1 + way(network));
    expect(back?.[1]).toBe(nextTransmission(at(101), timeout, at(130)) + 1 + way(network));
  });

  it('hinders its device, because of what cuts the path', () => {
    const network = linked({ faults: [dark(100, 110)] });
    say(network, 'phone/0', 105, 'x');
    network.runUntil(200);
    expect(network.hindered.map(({ node, cause }) => [node, network.causes.faults(cause)])).toEqual([
      [phone.node, ['down']],
    ]);
  });
});

describe('a link with keep-alives whose path is cut', () => {
  it('ends for the client when one ping has had no answer for so long, for the server when none came', () => {
    const network = linked({ faults: [dark(100, 5_000)] }, pinged);
    const openedAt = network.inputs('phone/0', 'link-up')[0]!.at;
    network.runUntil(10_000);
    // Pings leave each 30 s from the opening on: the one after 90 s came through, the one after 120 s did not.
    expect(downs(network, 'phone/0')).toEqual([
      [openedAt + 140_000_000, 'timed-out in keep-alive', ['down']],
    ]);
    expect(downs(network, 'eu-1')).toEqual([
      [openedAt + 90_000_000 + way(network) + 50_000_000, 'timed-out in keep-alive', ['down']],
    ]);
    expect(network.kernel.next).toBeUndefined();
  });

  it('ends for the client alone when nothing comes back, which tells the server', () => {
    const network = linked({ faults: [oneWay('client', 100, 5_000)] }, pinged);
    const openedAt = network.inputs('phone/0', 'link-up')[0]!.at;
    network.runUntil(4_000);
    const gaveUpAt = openedAt + 140_000_000;
    expect(downs(network, 'phone/0')).toEqual([[gaveUpAt, 'timed-out in keep-alive', ['partition']]]);
    expect(downs(network, 'eu-1')).toEqual([[gaveUpAt + way(network), 'closed', []]]);
  });

  it('goes on when the path heals before the last retransmission of the ping that comes in time', () => {
    const healed = (end: number): TestNetwork => {
      const network = linked({ faults: [dark(100, end)] }, pinged);
      network.runUntil(10_000);
      return network;
    };
    for (const end of [119, 121, 130, 133.9]) {
      const network = healed(end);
      expect([downs(network, 'phone/0'), downs(network, 'eu-1')]).toEqual([[], []]);
    }
    // 120.07 s and 63 times 0.22 s is 133.94 s, and 127 times would be 148 s.
    expect(downs(healed(134), 'phone/0')).toEqual([
      [expect.closeTo(at(140.07), -4), 'timed-out in keep-alive', ['down']],
    ]);
  });

  it('is not kept by messages of its own: they wait behind the ping', () => {
    const network = linked({ faults: [dark(100, 5_000)] }, pinged);
    const openedAt = network.inputs('phone/0', 'link-up')[0]!.at;
    say(network, 'phone/0', 110, 'x');
    network.runUntil(10_000);
    expect(downs(network, 'phone/0')).toEqual([
      [openedAt + 140_000_000, 'timed-out in keep-alive', ['down']],
    ]);
  });
});

describe('a link that is torn down', () => {
  it('is so for the server at once and for the client after the way from there', () => {
    const network = linked(
      { faults: [fault('down', 'host=eu-1', 100, 5_000, { manner: 'refuse' })] },
      pinged,
    );
    network.runUntil(10_000);
    expect(downs(network, 'eu-1')).toEqual([[at(100), 'reset', ['down']]]);
    expect(downs(network, 'phone/0')).toEqual([[at(100) + way(network), 'reset', ['down']]]);
    expect(network.field.contacts().get('down')).toBe(1);
    expect(network.kernel.next).toBeUndefined();
  });

  it('is so for the client alone when the process of its server ends', () => {
    const network = linked({}, pinged);
    network.plan(100, () => {
      network.up[4] = false;
      network.internet.nodeChanged(4, false, 0 as never);
    });
    network.runUntil(1_000);
    expect(downs(network, 'phone/0')).toEqual([[at(100) + way(network), 'reset', []]]);
    expect(network.kernel.next).toBeUndefined();
  });

  it('carries nothing more, on whichever side its name is used', () => {
    const network = linked();
    network.plan(100, () => network.internet.disconnect(phone, linkOf(network, 'phone/0'), 4_000));
    say(network, 'phone/0', 100.001, 'after its own end');
    say(network, 'eu-1', 200, 'after both');
    network.plan(201, () => network.internet.disconnect(euServer, linkOf(network, 'eu-1'), 4_001));
    network.runUntil(1_000);
    expect(heard(network, 'eu-1')).toEqual([]);
    expect(heard(network, 'phone/0')).toEqual([]);
    expect(downs(network, 'eu-1')).toEqual([[at(100) + way(network), 'closed', []]]);
    expect(downs(network, 'phone/0')).toEqual([]);
  });
});

describe('the name of a link', () => {
  it('is good for its own end alone', () => {
    const network = linked();
    const [mine, theirs] = [linkOf(network, 'phone/0'), linkOf(network, 'eu-1')];
    network.plan(10, () => {
      network.internet.send(phone, theirs, note('as the server'));
      network.internet.send(euServer, mine, note('as the phone'));
      network.internet.send({ ...phone, part: 'another' }, mine, note('as another part'));
      network.internet.disconnect({ ...phone, part: 'another' }, mine, undefined);
      network.internet.disconnect(euServer, mine, undefined);
    });
    say(network, 'phone/0', 20, 'as itself');
    network.runUntil(100);
    expect(heard(network, 'eu-1').map(([text]) => text)).toEqual(['as itself']);
    expect(heard(network, 'phone/0')).toEqual([]);
  });
});

describe('a link that is there from the beginning', () => {
  const warm = { client: phone.node, part: phone.part, to: eu, tag: 'warm', options: pinged } as const;

  it('is up on both sides at once, unless its device has no network', () => {
    for (const isOnline of [true, false]) {
      const network = createTestNetwork();
      if (!isOnline) network.access[0] = undefined;
      network.internet.openWarmLinks([warm]);
      network.runUntil(10);
      const expected = isOnline
        ? [
            ['phone/0', at(0)],
            ['eu-1', at(0)],
          ]
        : [];
      expect(network.handed.map(({ node, at: instant }) => [node, instant])).toEqual(expected);
    }
  });

  it('has its pings at an age of its own, and notices like every other link', () => {
    const network = createTestNetwork({ faults: [dark(100, 5_000)] });
    network.internet.openWarmLinks([warm]);
    network.runUntil(1_000);
    const [down] = network.inputs('phone/0', 'link-down');
    // The first ping after 100 s, and 20 s.
    expect(down?.at).toBeGreaterThanOrEqual(at(120));
    expect(down?.at).toBeLessThan(at(150));
  });
});

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
    for (const second of [inName, inTcp]) {
      const { network, ends } = asked([fault('down', 'host=eu-1', second, 5_000, { manner: 'refuse' })]);
      expect(requests(network)).toEqual([]);
      expect(ends).toEqual([['refused', expect.any(Number), true]]);
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

describe('nothing is left', () => {
  it.each<readonly [string, number, (network: TestNetwork) => void]>([
    [
      'its client closed',
      wireBytes(8),
      (network) => network.internet.disconnect(phone, linkOf(network, 'phone/0'), undefined),
    ],
    [
      'its server closed',
      wireBytes(8),
      (network) => network.internet.disconnect(euServer, linkOf(network, 'eu-1'), undefined),
    ],
    [
      'is of a process that ended',
      0,
      (network) => {
        network.up[4] = false;
        network.internet.nodeChanged(4, false, 0 as never);
      },
    ],
    [
      'is of a device that went offline, and is closed by its server, which waits for pings',
      0,
      (network) => {
        network.access[0] = undefined;
        network.internet.deviceNetworkChanged(0, false, 0 as never);
      },
    ],
    [
      'is of a device that was switched off',
      0,
      (network) => {
        network.up[0] = false;
        network.internet.nodeChanged(0, false, 0 as never);
      },
    ],
  ])('of a link that %s: no event, and its pings were paid for up to its end', (_name, bytes, end) => {
    const network = linked({}, pinged);
    const before = network.bytes.sent;
    network.plan(100, () => end(network));
    network.runUntil(1_000);
    expect(network.kernel.next).toBeUndefined();
    // Pings after 30, 60 and 90 s, and their answers.
    const paid = 3 * 2 * wireBytes(10) + bytes;
    expect(network.bytes.sent - before).toBe(paid);
    network.plan(5_000, () => network.internet.settle());
    network.runUntil(5_000);
    expect(network.bytes.sent - before).toBe(paid);
  });

  it('of an attempt that was refused: its time-out does not come as well', () => {
    const network = createTestNetwork({ faults: [fault('down', 'host=eu-1', 50, 60, { manner: 'refuse' })] });
    network.plan(55, () => network.internet.connect(phone, eu, 'link', unpinged));
    network.runUntil(1_000);
    expect(
      network.inputs('phone/0', 'link-down').map(({ input }) => [input.tag, nameOf(input.failure)]),
    ).toEqual([['link', 'refused']]);
    expect(network.kernel.next).toBeUndefined();
  });

  it('of an attempt that found nobody: it ends once, at its time', () => {
    const network = createTestNetwork({ faults: [dark(50, 5_000)] });
    network.plan(55, () => network.internet.connect(phone, eu, 'link', unpinged));
    network.runUntil(4_000);
    expect(downs(network, 'phone/0')).toEqual([[at(85), 'timed-out in connect', ['down']]]);
    network.runUntil(10_000);
    expect(network.kernel.next).toBeUndefined();
  });

  it('of a request that was abandoned, while its connection is set up, under way, or silent', () => {
    for (const [faults, second] of [
      [[], 100.03],
      [[], 100.065],
      [[dark(50, 5_000)], 105],
    ] as const) {
      const network = createTestNetwork({ faults });
      network.plan(100, () => network.internet.request(phone, eu, 'ask', note('hello'), tenSeconds));
      network.plan(second, () => network.internet.abandon(phone, 'ask'));
      network.runUntil(10_000);
      expect(network.inputs('phone/0', 'response')).toEqual([]);
      expect(network.kernel.next).toBeUndefined();
    }
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
