// How links end: who hears of it when, why, and that nothing is left of them.
import { describe, expect, it } from 'vitest';
import { seconds, type Instant } from '../../../protocol/time.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { nextTransmission } from '../../../sim/network/retransmission.ts';
import { wireBytes } from '../../../sim/network/wire.ts';
import {
  eu,
  unpinged,
  giveUp,
  way,
  linked,
  linkOf,
  say,
  heard,
  downs,
  nameOf,
  dark,
  oneWay,
} from '../../support/linked.ts';
import {
  address,
  at,
  createTestNetwork,
  euServer,
  fault,
  note,
  phone,
  pinged,
  tenSeconds,
  type TestNetwork,
} from '../../support/network.ts';

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

  it('is the one that waits, though the other one has just spoken', () => {
    const network = linked({ faults: [oneWay('client', 100, 5_000)] });
    say(network, 'eu-1', 200, 'in vain');
    say(network, 'phone/0', 200 + giveUp / 1e6 - 0.005, 'on its way');
    network.runUntil(4_000);
    expect(downs(network, 'eu-1')).toEqual([[at(200) + giveUp, 'timed-out in response', ['partition']]]);
    expect([heard(network, 'eu-1'), downs(network, 'phone/0')]).toEqual([[], []]);
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

  it('is pinged alike where every ping is sent', () => {
    const heardOf = (stepKeepAlives: boolean): unknown => {
      const network = createTestNetwork({ faults: [dark(100, 5_000)], stepKeepAlives });
      network.internet.openWarmLinks([
        { ...warm, options: { ...pinged, keepAlive: { ...pinged.keepAlive!, giveUpAfter: seconds(20) } } },
        { ...warm, tag: 'unpinged', options: unpinged },
      ]);
      network.runUntil(4_000);
      return ['phone/0', 'eu-1'].map((node) =>
        network
          .inputs(node, 'link-down')
          .map(({ at: instant, input: { failure } }) => [Math.round(instant / 10), nameOf(failure)]),
      );
    };
    expect(heardOf(false)).toEqual([
      [[expect.any(Number), 'timed-out in keep-alive']],
      [[expect.any(Number), 'timed-out in keep-alive']],
    ]);
    expect(heardOf(true)).toEqual(heardOf(false));
  });

  it('goes to an endpoint that there is', () => {
    const nowhere = { ...warm, to: address('nowhere.example') };
    expect(() => createTestNetwork().internet.openWarmLinks([nowhere])).toThrow(
      'endpoint nowhere.example of a warm link',
    );
  });

  it('is of another age than others', () => {
    const network = createTestNetwork({ faults: [dark(100, 5_000)] });
    const tags = Array.from({ length: 12 }, (_, index) => `warm-${index}`);
    network.internet.openWarmLinks(tags.map((tag) => ({ ...warm, tag })));
    network.runUntil(1_000);
    const instants = network.inputs('phone/0', 'link-down').map((down) => down.at);
    expect(new Set(instants).size).toBe(12);
    expect(Math.max(...instants) - Math.min(...instants)).toBeGreaterThan(seconds(10));
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
      [[], 100.055],
      [[], 100.065],
      [[dark(50, 5_000)], 105],
    ] as const) {
      const network = createTestNetwork({ faults });
      network.plan(100, () => network.internet.request(phone, eu, 'ask', note('hello'), tenSeconds));
      network.plan(second, () => network.internet.abandon(phone, 'ask'));
      network.runUntil(10_000);
      expect(network.inputs('phone/0', 'response')).toEqual([]);
      // What was in flight is lost with its connection.
      expect(network.inputs('eu-1', 'request')).toHaveLength(second === 100.065 ? 1 : 0);
      expect(network.kernel.next).toBeUndefined();
    }
    const patient = createTestNetwork({ faults: [dark(105, 5_000)] });
    for (const second of [100, 110])
      patient.plan(second, () =>
        patient.internet.request(phone, eu, `${second}`, note('hello'), { timeout: seconds(2_000) }),
      );
    patient.plan(120, () => patient.internet.abandon(phone, '110'));
    patient.runUntil(130);
    // Nothing is due any more but the end of the fault.
    expect(patient.kernel.next).toBe(at(5_000));
  });
});
