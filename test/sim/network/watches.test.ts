// What both sides of a link with keep-alives make of silence: which ping counts, since when it waits, and who closes.
// The same where each ping is a message of its own.
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../../protocol/time.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { nextTransmission } from '../../../sim/network/retransmission.ts';
import { wireBytes } from '../../../sim/network/wire.ts';
import { dark, downs, heard, linked, linkOf, oneWay, say, way } from '../../support/linked.ts';
import {
  at,
  createTestNetwork,
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
const second = 1_000_000;

/** When the client hears that the link is up: a ping leaves each thirty seconds from then on. */
const openedAt = linked({}, pinged).inputs('phone/0', 'link-up')[0]!.at;
const ping = (number: number): Instant => (openedAt + number * 30 * second) as Instant;
/** When a ping that could not leave, or an answer to one, is sent again at the end of an outage. */
const again = (sent: number, heals: number): Instant => nextTransmission(sent as Instant, timeOut, at(heals));
/** A client waits for an answer for so long; a server waits a period longer. */
const patience = 20 * second;
const serverPatience = 50 * second;

/** The link of a phone under these faults, with pings as arithmetic and as messages. */
const both = (
  faults: readonly Fault[],
  then: (network: TestNetwork) => void,
  more: TestNetworkOptions = {},
): void => {
  for (const stepKeepAlives of [false, true]) {
    const network = linked({ ...more, faults, stepKeepAlives }, pinged);
    then(network);
  }
};

/** Who heard when that the link is down, and why. */
const ends = (network: TestNetwork, horizon = 4_000): readonly unknown[] => {
  network.runUntil(horizon);
  return [downs(network, 'phone/0'), downs(network, 'eu-1')];
};
const silence = (instant: number, ...causes: string[]): readonly unknown[] => [
  [instant, 'timed-out in keep-alive', causes],
];

describe('a ping that is on its way when the path is cut', () => {
  const struck = (ping(4) + one / 2) / second;

  it('has not come: the server counts from the one before', () => {
    both([dark(struck, 5_000)], (network) =>
      expect(ends(network)).toEqual([
        silence(ping(4) + patience, 'down'),
        silence(ping(3) + one + serverPatience, 'down'),
      ]),
    );
  });

  it('comes all the same where its device has only left: the server counts from it', () => {
    both([], (network) => {
      network.plan(struck, () => {
        network.access[0] = { ...line, isp: 'isp/DE/two' as never };
        network.internet.deviceNetworkChanged(0, true, 0 as never);
      });
      expect(ends(network)).toEqual([[[at(struck), 'offline', []]], silence(ping(4) + one + serverPatience)]);
    });
  });

  it('has come where only the answer to it is lost, which is what the client waits for', () => {
    const answering = (ping(4) + one + one / 2) / second;
    both([oneWay('client', answering, 5_000)], (network) => {
      const gaveUp = ping(4) + patience;
      expect(ends(network)).toEqual([silence(gaveUp, 'partition'), [[gaveUp + one, 'closed', []]]]);
    });
  });
});

describe('a ping that waits for the path', () => {
  it('is the one whose answer is awaited, however often faults change meanwhile', () => {
    const more = [122, 124, 130].map((start) => ({ ...dark(start, 5_000), id: `more-${start}` }));
    both([dark(115, 125), ...more], (network) =>
      expect(ends(network)).toEqual([
        silence(ping(4) + patience, 'down', 'more-122', 'more-124', 'more-130'),
        silence(ping(3) + one + serverPatience, 'down', 'more-122', 'more-124', 'more-130'),
      ]),
    );
  });

  it('counts for the server from when it comes, should the path be cut again', () => {
    both([dark(115, 125), { ...dark(130, 5_000), id: 'again' }], (network) =>
      expect(ends(network)[1]).toEqual(silence(again(ping(4), 125) + one + serverPatience, 'again', 'down')),
    );
  });

  it('does not go while its direction is cut, though the other one heals', () => {
    both([oneWay('server', 100, 5_000), { ...oneWay('client', 105, 122), id: 'back' }], (network) => {
      const gaveUp = ping(4) + patience;
      expect(ends(network)).toEqual([
        silence(gaveUp, 'back', 'partition'),
        silence(ping(3) + one + serverPatience, 'back', 'partition'),
      ]);
    });
  });

  it('takes a closing with it, though it is only its answer that was lost', () => {
    both([dark((ping(4) + one + one / 2) / second, 130)], (network) => {
      network.plan(125, () => network.internet.disconnect(phone, linkOf(network, 'phone/0'), undefined));
      const sent = again(ping(4) + one, 130);
      expect(sent).not.toBe(again(at(125), 130));
      expect(ends(network)).toEqual([[], [[sent + one, 'closed', []]]]);
    });
  });

  it('goes before what the client says after the path has healed', () => {
    both([dark(115, 125)], (network) => {
      say(network, 'phone/0', 125.5, 'hello');
      network.runUntil(200);
      const sent = again(ping(4), 125);
      expect(sent).toBeGreaterThan(at(125.5));
      expect(heard(network, 'eu-1')).toEqual([['hello', sent + one]]);
    });
  });

  it('keeps nothing waiting that the server says meanwhile', () => {
    both([dark(115, 125)], (network) => {
      say(network, 'eu-1', 125.5, 'hello');
      network.runUntil(200);
      expect(heard(network, 'phone/0')).toEqual([['hello', at(125.5) + 1 + one]]);
    });
  });

  it('has its answer, sent again, go before what the server says after the path has healed', () => {
    both([oneWay('client', 115, 125)], (network) => {
      say(network, 'eu-1', 125.5, 'hello');
      network.runUntil(200);
      const sent = again(ping(4) + one, 125);
      expect(sent).toBeGreaterThan(at(125.5));
      expect(heard(network, 'phone/0')).toEqual([['hello', sent + one]]);
    });
  });
});

describe('a machine that was off and is back', () => {
  it('resets who pings it, at the next ping or when one that waits is sent again', () => {
    for (const [start, end, sent] of [
      [100, 105, ping(4)],
      [115, 125, again(ping(4), 125)],
    ] as const)
      both([fault('down', 'host=eu-1', start, end, { manner: 'crash' })], (network) =>
        expect(ends(network)).toEqual([[[sent + 2 * one, 'reset', ['down']]], []]),
      );
  });
});

describe('a link that was torn down', () => {
  it('is pinged no more by who has yet to hear of that, and closes it meanwhile', () => {
    const [torn, closed] = [ping(4) - 2_000, ping(4) + 2_000];
    both([fault('down', 'host=eu-1', torn / second, 5_000, { manner: 'refuse' })], (network) => {
      const before = network.bytes.sent;
      network.plan(closed / second, () =>
        network.internet.disconnect(phone, linkOf(network, 'phone/0'), undefined),
      );
      expect(ends(network)).toEqual([[], [[torn, 'reset', ['down']]]]);
      expect(network.bytes.sent - before).toBe(3 * 2 * wireBytes(10));
    });
  });

  it('has paid for the pings up to then', () => {
    both([fault('down', 'host=eu-1', 100, 5_000, { manner: 'refuse' })], (network) => {
      const before = network.bytes.sent;
      network.runUntil(1_000);
      network.internet.settle();
      expect(network.bytes.sent - before).toBe(3 * 2 * wireBytes(10));
    });
  });
});
