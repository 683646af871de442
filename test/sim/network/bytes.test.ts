// Bytes under way, to the microsecond: lines, losses, throttles, long messages and what waits behind them.
import { describe, expect, it } from 'vitest';
import { seconds, type Instant } from '../../../protocol/time.ts';
import { nextTransmission } from '../../../sim/network/retransmission.ts';
import { lossLimitedRate } from '../../../sim/network/tcp-throughput.ts';
import { wireBytes } from '../../../sim/network/wire.ts';
import { hashedName, type AddressPart } from '../../../sim/random/addressed.ts';
import { dark, downs, giveUp, heard, linked, linkOf, say, way } from '../../support/linked.ts';
import {
  at,
  createTestNetwork,
  euServer,
  fault,
  line,
  note,
  phone,
  pinged,
  type TestNetwork,
  type TestNetworkOptions,
} from '../../support/network.ts';

/** Microseconds from the phone to Frankfurt, and until what is not acknowledged is sent again. */
const one = way(createTestNetwork());
const timeOut = 2 * one + 200_000;

const send = (
  network: TestNetwork,
  node: 'phone/0' | 'eu-1',
  second: number,
  text: string,
  bytes: number,
): void =>
  network.plan(second, () =>
    network.internet.send(node === 'eu-1' ? euServer : phone, linkOf(network, node), note(text, bytes)),
  );

/** When messages came, after second 100, and the parts of their way. */
const came = (network: TestNetwork, node: string): readonly unknown[] =>
  network
    .inputs(node, 'message')
    .map(({ at: instant, transit }) => [
      instant - at(100),
      ...(transit?.legs ?? []).map(({ until, reason }) => [until - at(100), reason]),
    ]);

describe('short messages', () => {
  /** A thousand bytes take a second up and two down. */
  const thin = { access: { ...line, upBitsPerSecond: 8_000, downBitsPerSecond: 4_000 } };
  const opened = (options: TestNetworkOptions): TestNetwork => {
    const network = createTestNetwork(options);
    network.plan(0, () =>
      network.internet.connect(phone, 'eu.example' as never, 'link', { timeout: seconds(30) }),
    );
    network.runUntil(20);
    return network;
  };

  it('cross the device’s line one after the other, and say so', () => {
    const network = opened(thin);
    for (const text of ['first', 'second']) send(network, 'phone/0', 100, text, 1_000);
    network.runUntil(200);
    expect(came(network, 'eu-1')).toEqual([
      [seconds(1) + one, [seconds(1) + one, 'in-flight']],
      [seconds(2) + one, [seconds(1), 'link-queue'], [seconds(2) + one, 'in-flight']],
    ]);
  });

  it('wait for the line of whom they go to', () => {
    const network = opened(thin);
    for (const text of ['first', 'second']) send(network, 'eu-1', 100, text, 1_000);
    network.runUntil(200);
    expect(came(network, 'phone/0')).toEqual([
      [one + seconds(2), [one + seconds(2), 'in-flight']],
      [
        one + seconds(4),
        [one, 'in-flight'],
        [one + seconds(2), 'link-queue'],
        [one + seconds(4), 'in-flight'],
      ],
    ]);
  });

  it('take as much longer as a throttle has it', () => {
    const throttle = fault('bandwidth', 'host=eu-1', 50, 500, { bitsPerSecond: 8_000 });
    const network = linked({ faults: [throttle] });
    send(network, 'phone/0', 100, 'x', 1_000);
    network.runUntil(600);
    expect(came(network, 'eu-1')).toEqual([[seconds(1) + 8 + one, [seconds(1) + 8 + one, 'in-flight']]]);
    expect(network.field.contacts().get('bandwidth')).toBe(1);
  });

  it('are those of up to ten segments, which all leave at once', () => {
    const took = (bytes: number): number => {
      const network = linked();
      send(network, 'phone/0', 100, 'x', bytes);
      network.runUntil(200);
      return network.inputs('eu-1', 'message')[0]!.at - at(100);
    };
    expect(took(14_600)).toBe(117 + one);
    // Of one byte more, the last one waits for the first acknowledgement.
    expect(took(14_601)).toBeGreaterThan(2 * one + one);
    expect(took(14_601)).toBeLessThan(2 * one + one + 10);
  });
});

describe('segments that are lost', () => {
  const lossName = hashedName('loss');
  const bodyName = hashedName('loss-body');
  const isOf = (part: AddressPart | undefined, name: typeof lossName): boolean =>
    typeof part === 'object' && part.low === name.low && part.high === name.high;
  /** Half of the segments are lost from second 50 on; the last ones of a message so many times. */
  const lossy = (times: number, body = 0): TestNetworkOptions => ({
    faults: [fault('loss', 'host=eu-1', 50, 5_000, { probability: 0.5 })],
    chance: (parts) =>
      isOf(parts[0], lossName)
        ? Number(parts[4]) < times
          ? 0.99
          : 0
        : isOf(parts[0], bodyName)
          ? body
          : undefined,
  });

  it('are sent again after a time-out, twice that and so on, because of the fault, and paid for each time', () => {
    for (const [times, lost] of [
      [0, 0],
      [1, timeOut],
      [3, 7 * timeOut],
    ] as const) {
      const network = linked(lossy(times));
      const before = network.bytes.sent;
      send(network, 'phone/0', 100, 'x', 100);
      network.runUntil(4_000);
      const arrival = 1 + lost + one;
      expect(came(network, 'eu-1')).toEqual([
        [arrival, ...(lost === 0 ? [] : [[1 + lost, 'retransmitting']]), [arrival, 'in-flight']],
      ]);
      const [message] = network.inputs('eu-1', 'message');
      expect(message?.transit?.legs.map(({ cause }) => network.causes.faults(cause).join())).toEqual(
        lost === 0 ? ['loss'] : ['loss', 'loss'],
      );
      expect(network.bytes.sent - before).toBe((1 + times) * wireBytes(100));
    }
  });

  it('before the last three take a round trip each', () => {
    const network = linked(lossy(0, 0.5));
    // Eight segments: half of five, and the draw makes it three.
    send(network, 'phone/0', 100, 'x', 8 * 1_460);
    network.runUntil(4_000);
    expect(network.inputs('eu-1', 'message')[0]?.at).toBe(at(100) + 93 + 3 * 2 * one + one);
  });

  it('too often are not sent again: the connection waits, and is given up', () => {
    const network = linked(lossy(15));
    send(network, 'phone/0', 100, 'x', 100);
    network.runUntil(4_000);
    expect(heard(network, 'eu-1')).toHaveLength(1);
    const never = linked(lossy(16));
    send(never, 'phone/0', 100, 'x', 100);
    never.runUntil(4_000);
    expect(heard(never, 'eu-1')).toEqual([]);
    expect(downs(never, 'phone/0')).toEqual([[at(100) + giveUp, 'timed-out in response', ['loss']]]);
  });
});

describe('long messages', () => {
  /** Up 8 Mbit/s: a megabyte takes a second. */
  const slow = { access: { ...line, upBitsPerSecond: 8_000_000 } };

  it('lose their first segment when chance has it, repair it, and then go as fast as loss lets them', () => {
    const bytes = 100_000;
    for (const [repairs, repair] of [
      [0.29, timeOut],
      [0.31, 2 * one],
    ] as const) {
      const network = linked({
        faults: [fault('loss', 'host=eu-1', 50, 5_000, { probability: 0.5 })],
        // Half of the first segments come through: with a draw of a quarter the second one is lost.
        chance: ([what]) => (what === 'flow-loss' ? 0.25 : what === 'flow-repair' ? repairs : undefined),
      });
      const before = network.bytes.sent;
      send(network, 'phone/0', 100, 'x', bytes);
      network.runUntil(4_000);
      // To a byte, which takes a millisecond at last. Ten segments a round trip, of which two leave; three in ten losses are found by a time-out.
      const steady = (bytes - 2 * 1_460) / lossLimitedRate(0.5, 2 * one, timeOut);
      const took = network.inputs('eu-1', 'message')[0]!.at - at(100);
      expect(Math.abs(took - ((2 * one) / 5 + repair + steady + one))).toBeLessThan(1_500);
      expect(network.bytes.sent - before).toBe(Math.round(wireBytes(bytes) / 0.5));
    }
  });

  it('are not held up by a loss that lies behind their end', () => {
    const took = (probability: number): number => {
      const network = linked({
        faults: [fault('loss', 'host=eu-1', 50, 5_000, { probability })],
        chance: ([what]) => (what === 'flow-loss' ? 0.000_001 : undefined),
      });
      send(network, 'phone/0', 100, 'x', 60_000);
      network.runUntil(4_000);
      return network.inputs('eu-1', 'message')[0]!.at;
    };
    expect(took(0.1)).toBe(took(0));
  });

  it('are paid for as they begin to leave, and let nobody pass on their connection', () => {
    const network = linked({ ...slow, faults: [dark(100, 110)] });
    const before = network.bytes.sent;
    send(network, 'phone/0', 105, 'long', 1_000_000);
    send(network, 'phone/0', 106, 'short', 100);
    network.runUntil(200);
    const again = nextTransmission(at(105), timeOut as never, at(110));
    const [long, short] = heard(network, 'eu-1') as [[string, Instant], [string, Instant]];
    expect([long[0], short[0]]).toEqual(['long', 'short']);
    expect(long[1] - again - seconds(1)).toBeGreaterThan(one);
    expect(long[1] - again - seconds(1)).toBeLessThan(one + 100_000);
    expect(short[1] - long[1]).toBe(100);
    expect(network.bytes.sent - before).toBe(wireBytes(1_000_000) + wireBytes(100));
  });

  it('fill the line of the device that they go to', () => {
    const network = linked({ access: { ...line, downBitsPerSecond: 8_000_000 } });
    send(network, 'eu-1', 100, 'long', 1_000_000);
    network.runUntil(200);
    const [[, arrived]] = heard(network, 'phone/0') as [[string, Instant]];
    expect(arrived - at(101)).toBeGreaterThan(one);
    expect(arrived - at(101)).toBeLessThan(one + 100_000);
  });

  it('die with their sender', () => {
    const network = linked(slow);
    send(network, 'phone/0', 100, 'long', 10_000_000);
    network.plan(103, () => {
      network.access[0] = undefined;
      network.internet.deviceNetworkChanged(0, false, 0 as never);
    });
    network.runUntil(5_000);
    expect(heard(network, 'eu-1')).toEqual([]);
    expect(network.kernel.next).toBeUndefined();
  });

  it('come before the closing that was said behind them, however long that takes', () => {
    const network = linked({ access: { ...line, upBitsPerSecond: 80_000 } }, pinged);
    network.plan(100, () => {
      network.internet.send(phone, linkOf(network, 'phone/0'), note('long', 5_000_000));
      network.internet.disconnect(phone, linkOf(network, 'phone/0'), undefined);
    });
    network.runUntil(5_000);
    const [[, arrived]] = heard(network, 'eu-1') as [[string, Instant]];
    expect(arrived).toBeGreaterThan(at(600));
    // Eight bytes at ten thousand a second.
    expect(downs(network, 'eu-1')).toEqual([[arrived + 800, 'closed', []]]);
  });

  it('share a throttle with nobody, and its end at once', () => {
    const throttle = fault('bandwidth', 'isp=one', 50, 110, { bitsPerSecond: 800_000 });
    const network = linked({ ...slow, faults: [throttle] });
    send(network, 'phone/0', 100, 'long', 3_000_000);
    network.runUntil(200);
    // Ten seconds at a tenth of the line, and two for the rest.
    const [[, arrived]] = heard(network, 'eu-1') as [[string, Instant]];
    expect(Math.abs(arrived - at(112) - one)).toBeLessThan(30_000);
  });
});

describe('what is said while something waits', () => {
  it('waits behind it, and leaves with it', () => {
    const network = linked({ faults: [dark(100, 110)] });
    say(network, 'phone/0', 99.995, 'struck');
    say(network, 'phone/0', 109.9, 'behind');
    say(network, 'phone/0', 110.5, 'healed, but not sent again yet');
    network.runUntil(200);
    const again = nextTransmission(at(99.995), timeOut as never, at(110));
    expect(again).toBeGreaterThan(at(110.5));
    expect(heard(network, 'eu-1').map(([, instant]) => instant - again - one)).toEqual([1, 2, 2]);
  });
});
