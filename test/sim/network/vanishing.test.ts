// Ends that vanish, attempts that come to nothing and closings that get stuck: who hears of it, when to the microsecond, and why.
import { describe, expect, it } from 'vitest';
import { seconds, type Instant } from '../../../protocol/time.ts';
import type { Failure } from '../../../protocol/failure.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { nextTransmission } from '../../../sim/network/retransmission.ts';
import {
  dark,
  eu,
  giveUp,
  heard,
  linked,
  linkOf,
  nameOf,
  oneWay,
  say,
  unpinged,
  way,
} from '../../support/linked.ts';
import {
  at,
  createTestNetwork,
  euServer,
  fault,
  line,
  phone,
  pinged,
  type TestNetwork,
  type TestNetworkOptions,
} from '../../support/network.ts';

/** Microseconds from the phone to Frankfurt. */
const one = way(createTestNetwork());
const timeOut = (2 * one + 200_000) as never;
/** When what was first sent at this second is sent again, at `heals` or later. */
const again = (sent: number, heals: number): Instant => nextTransmission(at(sent), timeOut, at(heals));

/** What a side heard of the end of links: when, what, how certainly, because of what. */
const ends = (network: TestNetwork, node: string): readonly unknown[] =>
  network
    .inputs(node, 'link-down')
    .map(({ at: instant, input: { failure } }: { at: Instant; input: { failure: Failure } }) => [
      instant,
      nameOf(failure),
      failure.definite ? 'certainly' : 'perhaps',
      network.causes.faults(failure.cause),
    ]);

/** The process or machine of a node goes, or comes back. */
const goes = (network: TestNetwork, second: number, node: number, cause?: string): void =>
  network.plan(second, () => {
    network.up[node] = false;
    network.internet.nodeChanged(
      node,
      false,
      cause === undefined ? (0 as never) : network.causes.intern([cause]),
    );
  });
const comes = (network: TestNetwork, second: number, node: number): void =>
  network.plan(second, () => {
    network.up[node] = true;
    network.internet.nodeChanged(node, true, 0 as never);
  });
const leaves = (network: TestNetwork, second: number): void =>
  network.plan(second, () => {
    network.access[0] = { ...line, isp: 'isp/DE/two' as never };
    network.internet.deviceNetworkChanged(0, true, network.causes.intern(['walk']));
  });
const closes = (network: TestNetwork, node: 'phone/0' | 'eu-1', second: number, code?: number): void =>
  network.plan(second, () =>
    network.internet.disconnect(node === 'eu-1' ? euServer : phone, linkOf(network, node), code),
  );
const over = (network: TestNetwork, horizon = 10_000): TestNetwork => {
  network.runUntil(horizon);
  expect(network.kernel.next).toBeUndefined();
  return network;
};

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

describe('a direction that is cut', () => {
  it('loses what was in flight there, and nothing of the other one', () => {
    for (const to of ['server', 'client'] as const) {
      const network = linked({ faults: [oneWay(to, 100, 110)] });
      say(network, 'phone/0', 99.995, 'there');
      say(network, 'eu-1', 99.995, 'back');
      over(network);
      const arrival = (isCut: boolean): number => (isCut ? again(99.995, 110) : at(99.995)) + 1 + one;
      expect(heard(network, 'eu-1')).toEqual([['there', arrival(to === 'server')]]);
      expect(heard(network, 'phone/0')).toEqual([['back', arrival(to === 'client')]]);
    }
  });

  it('stays cut while another fault holds it, and what waited longest is what counts', () => {
    for (const to of ['server', 'client'] as const) {
      const [speaker, listener] =
        to === 'server' ? (['phone/0', 'eu-1'] as const) : (['eu-1', 'phone/0'] as const);
      const network = linked({
        faults: [oneWay(to, 100, 110), { ...oneWay(to, 105, 130), id: 'longer' }, dark(108, 120)],
      });
      say(network, speaker, 99.995, 'first');
      say(network, speaker, 107, 'second');
      over(network);
      const sent = again(99.995, 130);
      expect(heard(network, listener)).toEqual([
        ['first', sent + 1 + one],
        ['second', sent + 2 + one],
      ]);
      const [first] = network.inputs(listener, 'message');
      expect(first?.transit?.legs.map(({ reason, cause }) => [reason, network.causes.faults(cause)])).toEqual(
        [
          ['retransmitting', ['down', 'longer', 'partition']],
          ['in-flight', []],
        ],
      );
    }
  });

  it('keeps the instant of its first try through a second outage before that was answered', () => {
    const network = linked({ faults: [dark(100, 101), { ...dark(101.05, 120), id: 'again' }] });
    say(network, 'phone/0', 100.5, 'patience');
    over(network);
    // Sent again at 101.16 s, when it is dark once more.
    const retried = again(100.5, 101);
    expect(retried).toBeGreaterThan(at(101.05));
    expect(heard(network, 'eu-1')).toEqual([
      ['patience', nextTransmission(retried, timeOut, at(120)) + 1 + one],
    ]);
  });
});

describe('an attempt at a link', () => {
  const attempt = (
    options: TestNetworkOptions,
    timeout = 30,
    horizon = 10_000,
    connect = unpinged,
  ): TestNetwork => {
    const network = createTestNetwork(options);
    network.plan(100, () =>
      network.internet.connect(phone, eu, 'link', { ...connect, timeout: seconds(timeout) }),
    );
    return over(network, horizon);
  };

  it('is given up at its time, because of what kept it', () => {
    const network = attempt({ faults: [dark(50, 5_000)] });
    expect(ends(network, 'phone/0')).toEqual([[at(130), 'timed-out in connect', 'certainly', ['down']]]);
    expect(network.inputs('phone/0', 'link-down')[0]?.input).toMatchObject({ tag: 'link' });
    const cut = attempt({ faults: [oneWay('client', 50, 5_000), oneWay('server', 50, 5_000)] });
    expect(ends(cut, 'phone/0')).toEqual([[at(130), 'timed-out in connect', 'certainly', ['partition']]]);
  });

  it('blames what kept the consent, and tells the server, which had consented', () => {
    const upgraded = at(100) + 10_000 + 5 * one + 3;
    const lost = attempt({ faults: [oneWay('client', 100.065, 5_000)] });
    expect(lost.inputs('eu-1', 'link-up').map((up) => up.at)).toEqual([upgraded]);
    expect(ends(lost, 'phone/0')).toEqual([[at(130), 'timed-out in connect', 'certainly', ['partition']]]);
    expect(ends(lost, 'eu-1')).toEqual([[at(130) + one, 'closed', 'perhaps', []]]);
    const request = attempt({ faults: [oneWay('server', 100.055, 5_000)] });
    expect(request.inputs('eu-1', 'link-up')).toEqual([]);
    expect(ends(request, 'phone/0')).toEqual([[at(130), 'timed-out in connect', 'certainly', ['partition']]]);
    // Where nothing comes through at all, the server waits for pings.
    const both = attempt({ faults: [dark(100.065, 5_000)] }, 30, 10_000, pinged);
    expect(ends(both, 'eu-1')).toEqual([
      [upgraded + 50_000_000, 'timed-out in keep-alive', 'perhaps', ['down']],
    ]);
  });

  it('ends once, in the answer of a fault in front of the server', () => {
    const errors = fault('error-rate', 'host=eu-1', 50, 5_000, { probability: 1, status: 503 });
    const network = attempt({ faults: [errors] });
    const upgraded = at(100) + 10_000 + 5 * one + 3;
    expect(ends(network, 'phone/0')).toEqual([[upgraded + one + 2, 'status', 'certainly', ['error-rate']]]);
    expect(network.inputs('eu-1', 'link-up')).toEqual([]);
    expect(network.inputs('phone/0', 'link-down')[0]?.input).toMatchObject({
      tag: 'link',
      failure: { status: 503 },
    });
    expect(network.field.contacts().get('error-rate')).toBe(1);
    expect(
      attempt({ faults: [{ ...errors, probability: 0 } as Fault] }).inputs('phone/0', 'link-up'),
    ).toHaveLength(1);
  });

  it('has a chance of its own among others of the same instant', () => {
    const errors = fault('error-rate', 'host=eu-1', 50, 5_000, { probability: 0.5, status: 503 });
    const network = createTestNetwork({ faults: [errors] });
    network.plan(100, () => {
      for (let index = 0; index < 100; index++) network.internet.connect(phone, eu, `${index}`, unpinged);
    });
    network.runUntil(200);
    const [up, down] = [network.inputs('phone/0', 'link-up').length, ends(network, 'phone/0').length];
    expect(up + down).toBe(100);
    expect(up).toBeGreaterThan(25);
    expect(up).toBeLessThan(75);
  });
});

describe('a closing', () => {
  it('comes behind what was said before, with its code, and says why', () => {
    for (const code of [undefined, 4_000]) {
      const network = linked();
      say(network, 'phone/0', 100, 'last words');
      closes(network, 'phone/0', 100, code);
      over(network);
      expect(heard(network, 'eu-1')).toEqual([['last words', at(100) + 1 + one]]);
      const [closed] = network.inputs('eu-1', 'link-down');
      expect(closed?.at).toBe(at(100) + 1 + one);
      expect(closed?.input.failure).toStrictEqual({
        kind: 'closed',
        definite: false,
        cause: 0,
        ...(code === undefined ? {} : { code }),
      });
    }
  });

  it('loses what is on its way to who has closed', () => {
    for (const [speaker, listener] of [
      ['phone/0', 'eu-1'],
      ['eu-1', 'phone/0'],
    ] as const) {
      const network = linked();
      say(network, speaker, 99.995, 'too late');
      closes(network, listener, 100);
      over(network);
      expect(heard(network, listener)).toEqual([]);
      expect(ends(network, speaker)).toEqual([[at(100) + one, 'closed', 'perhaps', []]]);
      expect(ends(network, listener)).toEqual([]);
    }
  });

  it('that both begin at once is told to nobody', () => {
    const network = linked();
    closes(network, 'phone/0', 100);
    closes(network, 'eu-1', 100.005);
    over(network);
    expect([ends(network, 'phone/0'), ends(network, 'eu-1')]).toEqual([[], []]);
  });

  it('waits for the path like everything else', () => {
    const network = linked({ faults: [dark(100, 130)] });
    closes(network, 'phone/0', 105, 4_000);
    over(network);
    expect(ends(network, 'eu-1')).toEqual([[again(105, 130) + one, 'closed', 'perhaps', []]]);
  });

  it('that gets stuck behind a ping goes with it', () => {
    const network = linked({ faults: [dark(100, 130)] }, pinged);
    const ping = network.inputs('phone/0', 'link-up')[0]!.at + 120_000_000;
    closes(network, 'phone/0', 125);
    over(network);
    expect(ends(network, 'eu-1')).toEqual([
      [nextTransmission(ping as Instant, timeOut, at(130)) + one, 'closed', 'perhaps', []],
    ]);
  });

  it('that never gets through is noticed by the other side as its silence', () => {
    const network = linked({ faults: [dark(100, 5_000)] }, pinged);
    const openedAt = network.inputs('phone/0', 'link-up')[0]!.at;
    closes(network, 'phone/0', 105);
    network.runUntil(4_000);
    expect(ends(network, 'eu-1')).toEqual([
      [openedAt + 90_000_000 + one + 50_000_000, 'timed-out in keep-alive', 'perhaps', ['down']],
    ]);
    over(network);
  });

  it('of a link whose other end has gone leaves nothing', () => {
    const network = linked();
    leaves(network, 100);
    closes(network, 'eu-1', 200);
    over(network, 201);
    expect([heard(network, 'eu-1'), ends(network, 'eu-1')]).toEqual([[], []]);
  });
});

describe('a side that has given up', () => {
  it('leaves the other one to a reset, at its next word', () => {
    const network = linked({ faults: [dark(100, 2_000)] });
    say(network, 'eu-1', 200, 'in vain');
    say(network, 'phone/0', 3_000, 'hello?');
    over(network);
    expect(ends(network, 'eu-1')).toEqual([[at(200) + giveUp, 'timed-out in response', 'perhaps', ['down']]]);
    expect(ends(network, 'phone/0')).toEqual([[at(3_000) + 2 * one, 'reset', 'perhaps', ['down']]]);
  });

  it('leaves nothing where the other one has gone as well', () => {
    const network = linked({ faults: [dark(100, 5_000)] });
    say(network, 'eu-1', 90, 'came');
    say(network, 'eu-1', 200, 'in vain');
    leaves(network, 300);
    network.runUntil(4_000);
    expect(ends(network, 'eu-1')).toEqual([
      [at(200) + giveUp, 'timed-out in response', 'perhaps', ['down', 'walk']],
    ]);
    over(network);
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
