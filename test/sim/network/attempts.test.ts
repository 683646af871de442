// Attempts that come to nothing, directions that are cut, and closings that get stuck: who hears of it, when, and why.
import { describe, expect, it } from 'vitest';
import { seconds, type Instant } from '../../../protocol/time.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { nextTransmission } from '../../../sim/network/retransmission.ts';
import { dark, eu, giveUp, heard, linked, oneWay, say, unpinged } from '../../support/linked.ts';
import {
  at,
  createTestNetwork,
  fault,
  phone,
  pinged,
  type TestNetwork,
  type TestNetworkOptions,
} from '../../support/network.ts';
import { again, closes, ends, leaves, one, over, timeOut } from '../../support/vanishing.ts';

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
