// Ends that vanish: who hears of it, when to the microsecond, and why.
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../../protocol/time.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { nextTransmission } from '../../../sim/network/retransmission.ts';
import { dark, eu, giveUp, heard, linked, linkOf, oneWay, say, unpinged } from '../../support/linked.ts';
import { at, createTestNetwork, fault, phone, pinged, type TestNetwork } from '../../support/network.ts';
import { one, timeOut, again, ends, goes, comes, leaves, closes, over } from '../../support/vanishing.ts';

describe('a process that ends', () => {
  it('resets its link: the other side hears of it one way later, because of what ended it', () => {
    const server = linked();
    goes(server, 100, 4, 'bug');
    over(server);
    expect(ends(server, 'phone/0')).toEqual([[at(100) + one, 'reset', 'perhaps', ['bug']]]);
    expect(server.inputs('phone/0', 'link-down')[0]?.input).toMatchObject({
      link: linkOf(server, 'phone/0'),
    });
    expect(server.field.contacts().size).toBe(0);
    const device = linked();
    goes(device, 100, 0);
    over(device);
    expect(ends(device, 'eu-1')).toEqual([[at(100), 'reset', 'perhaps', []]]);
    expect(ends(device, 'phone/0')).toEqual([]);
  });

  it('is not heard of by who closes before that comes to him', () => {
    const network = linked();
    goes(network, 100, 4);
    closes(network, 'phone/0', 100.005);
    over(network);
    expect([ends(network, 'phone/0'), ends(network, 'eu-1')]).toEqual([[], []]);
    const back = linked({ faults: [fault('down', 'host=eu-1', 100, 105, { manner: 'crash' })] });
    say(back, 'phone/0', 200, 'hello?');
    closes(back, 'phone/0', 200.005);
    over(back);
    expect(ends(back, 'phone/0')).toEqual([]);
  });

  it('takes what it was sent with it, and what it had sent', () => {
    const network = linked();
    say(network, 'phone/0', 99.995, 'too late');
    say(network, 'eu-1', 99.995, 'last words');
    goes(network, 100, 4);
    over(network);
    expect([heard(network, 'eu-1'), heard(network, 'phone/0')]).toEqual([[], []]);
    expect(ends(network, 'phone/0')).toEqual([[at(100) + one, 'reset', 'perhaps', []]]);
  });

  describe('while the path is cut', () => {
    const gone = (...more: readonly Fault[]): TestNetwork => {
      const network = linked({ faults: [dark(100, 130), ...more] });
      goes(network, 110, 4, 'bug');
      return network;
    };

    it('is noticed by who has something to say, one round trip after that is sent again', () => {
      for (const said of [99.995, 105, 120]) {
        const network = gone();
        say(network, 'phone/0', said, 'hello?');
        over(network);
        expect(ends(network, 'phone/0')).toEqual([
          [again(said, 130) + 2 * one, 'reset', 'perhaps', ['bug', 'down']],
        ]);
        expect(heard(network, 'eu-1')).toEqual([]);
      }
    });

    it('is noticed at the first word after the path is whole, and not before', () => {
      const network = gone();
      network.runUntil(190);
      expect(ends(network, 'phone/0')).toEqual([]);
      say(network, 'phone/0', 200, 'hello?');
      over(network);
      expect(ends(network, 'phone/0')).toEqual([[at(200) + 2 * one, 'reset', 'perhaps', ['bug', 'down']]]);
    });

    it('is noticed only when both directions are whole', () => {
      for (const to of ['server', 'client'] as const) {
        const network = gone({ ...oneWay(to, 105, 150), id: 'half' });
        say(network, 'phone/0', 120, 'hello?');
        over(network);
        expect(ends(network, 'phone/0')).toEqual([
          [again(120, 150) + 2 * one, 'reset', 'perhaps', ['bug', 'down', 'half']],
        ]);
      }
    });

    it('never brings what had not come through', () => {
      const network = gone();
      say(network, 'eu-1', 105, 'never');
      over(network);
      expect(heard(network, 'phone/0')).toEqual([]);
    });
  });

  it('while its connection is set up has it refused, or reset during TLS; a client that ends leaves nothing', () => {
    const attempt = (second: number, node: number): TestNetwork => {
      const network = createTestNetwork();
      network.plan(100, () => network.internet.connect(phone, eu, 'link', unpinged));
      goes(network, second, node, 'bug');
      return over(network);
    };
    const [inName, inTcp, inTls] = [100.005, 100.02, 100.04];
    expect(ends(attempt(inName, 4), 'phone/0')).toEqual([
      [at(100) + 10_000 + 2 * one, 'refused', 'certainly', ['bug']],
    ]);
    expect(ends(attempt(inTcp, 4), 'phone/0')).toEqual([
      [at(inTcp) + 2 * one, 'refused', 'certainly', ['bug']],
    ]);
    expect(ends(attempt(inTls, 4), 'phone/0')).toEqual([[at(inTls), 'reset', 'certainly', ['bug']]]);
    for (const second of [inName, inTcp, inTls, 100.055]) {
      const network = attempt(second, 0);
      expect(network.handed).toEqual([]);
    }
  });
});

describe('a machine that goes off', () => {
  const off = (start: number, end: number): Fault =>
    fault('down', 'host=eu-1', start, end, { manner: 'crash' });

  it('says nothing; back again, it resets who speaks to it, at the next word', () => {
    const network = linked({ faults: [off(100, 105)] });
    network.runUntil(190);
    expect(ends(network, 'phone/0')).toEqual([]);
    say(network, 'phone/0', 200, 'hello?');
    over(network);
    expect(ends(network, 'phone/0')).toEqual([[at(200) + 2 * one, 'reset', 'perhaps', ['down']]]);
  });

  it('resets who has spoken meanwhile at the next retransmission', () => {
    for (const said of [99.995, 102]) {
      const network = linked({ faults: [off(100, 105)] });
      say(network, 'phone/0', said, 'hello?');
      over(network);
      expect(ends(network, 'phone/0')).toEqual([[again(said, 105) + 2 * one, 'reset', 'perhaps', ['down']]]);
    }
  });

  it('resets who pings it at the next ping, or when the ping that waits is sent again', () => {
    for (const [start, end, ping] of [
      [100, 105, undefined],
      [115, 125, 120],
    ] as const) {
      const network = linked({ faults: [off(start, end)] }, pinged);
      const openedAt = network.inputs('phone/0', 'link-up')[0]!.at;
      const next = openedAt + 120_000_000;
      const sent = ping === undefined ? next : nextTransmission(next as Instant, timeOut, at(end));
      over(network);
      expect(ends(network, 'phone/0')).toEqual([[sent + 2 * one, 'reset', 'perhaps', ['down']]]);
      expect(ends(network, 'eu-1')).toEqual([]);
    }
  });

  it('back again, takes the connection that was tried meanwhile, and keeps it', () => {
    const network = createTestNetwork({ faults: [off(100, 105)] });
    network.plan(102, () => network.internet.connect(phone, eu, 'link', pinged));
    network.runUntil(1_000);
    // A SYN three seconds after the first one is the first to be answered.
    const upgraded = at(105) + 10_000 + 5 * one + 3;
    expect(network.inputs('eu-1', 'link-up').map((up) => up.at)).toEqual([upgraded]);
    expect(network.inputs('phone/0', 'link-up').map((up) => up.at)).toEqual([upgraded + one + 2]);
    expect([ends(network, 'phone/0'), ends(network, 'eu-1')]).toEqual([[], []]);
  });

  it('is missed by who spoke to it for a quarter of an hour, while it stays off', () => {
    const network = linked({ faults: [off(100, 5_000)] });
    say(network, 'phone/0', 200, 'hello?');
    network.runUntil(4_000);
    expect(ends(network, 'phone/0')).toEqual([
      [at(200) + giveUp, 'timed-out in response', 'perhaps', ['down']],
    ]);
    over(network);
    expect(ends(network, 'phone/0')).toHaveLength(1);
  });

  it('is missed by who pings it, when a ping has had no answer for so long', () => {
    const network = linked({ faults: [off(100, 5_000)] }, pinged);
    const openedAt = network.inputs('phone/0', 'link-up')[0]!.at;
    over(network);
    expect(ends(network, 'phone/0')).toEqual([
      [openedAt + 140_000_000, 'timed-out in keep-alive', 'perhaps', ['down']],
    ]);
  });
});

describe('a device that has left its network', () => {
  it('hears so at once, because of what took it away, and its server when what it says is given up', () => {
    const network = linked();
    leaves(network, 100);
    say(network, 'eu-1', 200, 'where are you?');
    over(network);
    expect(ends(network, 'phone/0')).toEqual([[at(100), 'offline', 'perhaps', ['walk']]]);
    expect(ends(network, 'eu-1')).toEqual([[at(200) + giveUp, 'timed-out in response', 'perhaps', ['walk']]]);
    expect(heard(network, 'phone/0')).toEqual([]);
  });

  it('is missed by what was under way to it, while what it had sent arrives', () => {
    const network = linked();
    say(network, 'phone/0', 99.995, 'good-bye');
    say(network, 'eu-1', 99.995, 'welcome');
    leaves(network, 100);
    over(network);
    expect(heard(network, 'eu-1')).toEqual([['good-bye', at(99.995) + 1 + one]]);
    expect(heard(network, 'phone/0')).toEqual([]);
    expect(ends(network, 'eu-1')).toEqual([
      [at(99.995) + giveUp, 'timed-out in response', 'perhaps', ['walk']],
    ]);
  });

  it('sends nothing again that had waited for the path, though that has healed', () => {
    const network = linked({ faults: [dark(100, 110)] });
    say(network, 'phone/0', 101, 'never');
    expect(again(101, 110)).toBeGreaterThan(at(112));
    leaves(network, 112);
    over(network);
    expect([heard(network, 'eu-1'), ends(network, 'eu-1')]).toEqual([[], []]);
  });

  it('is missed by its server when pings stay away for a period and the patience', () => {
    const network = linked({}, pinged);
    const openedAt = network.inputs('phone/0', 'link-up')[0]!.at;
    leaves(network, 100);
    over(network);
    expect(ends(network, 'eu-1')).toEqual([
      [openedAt + 90_000_000 + one + 50_000_000, 'timed-out in keep-alive', 'perhaps', ['walk']],
    ]);
  });

  it('ends its attempt at a link at once; whom it had reached finds out by itself', () => {
    for (const [second, reached] of [
      [100.03, false],
      [100.07, true],
    ] as const) {
      const network = createTestNetwork();
      network.plan(100, () => network.internet.connect(phone, eu, 'link', pinged));
      leaves(network, second);
      over(network);
      expect(ends(network, 'phone/0')).toEqual([[at(second), 'offline', 'perhaps', ['walk']]]);
      expect(network.inputs('phone/0', 'link-down')[0]?.input).toMatchObject({ tag: 'link' });
      expect(network.inputs('eu-1', 'link-up')).toHaveLength(reached ? 1 : 0);
      const upgraded = at(100) + 10_000 + 4 * one + one + 3;
      expect(ends(network, 'eu-1')).toEqual(
        reached ? [[upgraded + 50_000_000, 'timed-out in keep-alive', 'perhaps', ['walk']]] : [],
      );
    }
  });
});

describe('a client that comes back', () => {
  it('after its process ended finds the link reset', () => {
    const network = linked();
    goes(network, 100, 0);
    comes(network, 200, 0);
    say(network, 'eu-1', 300, 'hello?');
    over(network);
    expect(ends(network, 'eu-1')).toEqual([[at(100), 'reset', 'perhaps', []]]);
  });
});
