// Mail between independent providers: who keeps it while somebody is down, for how long, and what comes back.
import { describe, expect, it } from 'vitest';
import type { CauseToken, Failure } from '../../../protocol/failure.ts';
import { nextWait, queue } from '../../../protocol/smtp/constants.ts';
import { smtpCodec } from '../../../protocol/smtp/messages.ts';
import { hours, inSeconds, minutes } from '../../../protocol/time.ts';
import { serverError, unresolved, type MiniNetwork } from '../signal/mini-network.ts';
import { backup, host, mailWorld, open, phone, write } from './mail-world.ts';
import { fc, property } from '../../support/property.ts';

const silent: Failure = { kind: 'timed-out', phase: 'connect', definite: true, cause: 7 as CauseToken };
const noSuchName: Failure = {
  kind: 'unresolved',
  answer: 'nxdomain',
  definite: true,
  cause: 7 as CauseToken,
};

const arrivals = (network: MiniNetwork, message: number): number[] =>
  network.factsOf('delivered', message).map(({ at }) => at / 1_000_000);
const hour = 3_600;

describe('the schedule', () => {
  it('waits as long as a mail is old, from 5 to 67 minutes', () => {
    expect([0, 6, 20, 60, 600].map((age) => nextWait(minutes(age)) / minutes(1))).toEqual([
      5,
      6,
      20,
      60,
      4_000 / 60,
    ]);
  });

  it('delivers after a three-hour outage within 67 minutes and one scan, and loses nothing (finding 12)', () => {
    const network = mailWorld();
    for (const person of [0, 1, 2]) open(network, person);
    for (const name of [host(2)]) network.fail(name, silent);
    let message = 0;
    for (let minute = 0; minute < 180; minute += 4) {
      network.runUntil(minute * 60 + 1);
      write(network, 0, ++message, 1);
    }
    network.runUntil(3 * hour);
    network.fail(host(2), undefined);
    network.runUntil(8 * hour);
    const late: number[] = [];
    for (let each = 1; each <= message; each++) {
      const times = arrivals(network, each);
      expect(times, `message ${each}`).toHaveLength(2);
      late.push(Math.max(...times) - 3 * hour);
    }
    const longest = Math.max(...late);
    expect(longest).toBeLessThanOrEqual(4_000 + inSeconds(queue.scanEvery) + 5);
    expect(longest).toBeGreaterThan(3_000);
    expect(network.factsOf('failed')).toHaveLength(0);
  });

  it('returns to the sender after five days what could not be delivered, and says so', () => {
    const network = mailWorld();
    open(network, 0);
    network.fail(host(2), silent);
    write(network, 0, 1, 1);
    network.runUntil(4.9 * 24 * hour);
    expect(network.factsOf('failed', 1)).toHaveLength(0);
    network.runUntil(5.2 * 24 * hour);
    expect(network.factsOf('failed', 1)).toHaveLength(1);
    expect(arrivals(network, 1)).toHaveLength(1);
  }, 60_000);

  it('begins anew at once after a restart, with everything it had accepted', () => {
    const network = mailWorld();
    for (const person of [0, 2]) open(network, person);
    network.fail(host(2), silent);
    write(network, 0, 1, 1);
    network.runUntil(2 * hour);
    network.fail(host(2), undefined);
    network.restart(host(0));
    network.runUntil(2 * hour + 10);
    expect(arrivals(network, 1)).toHaveLength(2);
  });
});

describe('a domain', () => {
  it('that does not exist returns mail at once', () => {
    const network = mailWorld();
    open(network, 0);
    write(network, 0, 1, 2);
    network.runUntil(10);
    expect(network.factsOf('failed', 1)).toHaveLength(1);
  });

  it('whose name is denied returns mail; one that cannot be asked keeps it waiting', () => {
    for (const [failure, failed] of [
      [noSuchName, 1],
      [unresolved, 0],
    ] as const) {
      const network = mailWorld();
      open(network, 0);
      network.fail(host(2), failure);
      write(network, 0, 1, 1);
      network.runUntil(60);
      expect(network.factsOf('failed', 1)).toHaveLength(failed);
    }
  });

  it('with a second host takes mail there meanwhile, and the first gets it from it', () => {
    const network = mailWorld();
    for (const person of [0, 1]) open(network, person);
    network.fail(host(1), silent);
    write(network, 0, 1);
    network.runUntil(60);
    expect(network.inspect(backup)).toMatchObject({ queue: { deferred: 1 } });
    expect(network.inspect(host(0))).toMatchObject({ queue: { deferred: 0 } });
    network.fail(host(1), undefined);
    network.runUntil(20 * 60);
    expect(arrivals(network, 1)).toHaveLength(1);
  });
});

describe('an answer', () => {
  it('that is lost after the final dot makes a second copy, which is read once', () => {
    const network = mailWorld();
    for (const person of [0, 1]) open(network, person);
    network.runUntil(5);
    let armed = true;
    network.afterStep = (node) => {
      const took = (network.inspect(host(1)) as { mails: number }).mails > 0;
      if (node !== host(1) || !armed || !took) return;
      armed = false;
      network.restart(host(0));
    };
    write(network, 0, 1);
    network.runUntil(hour);
    expect((network.inspect(host(1)) as { mails: number }).mails).toBe(2);
    expect(arrivals(network, 1)).toHaveLength(1);
  });

  it('of 4yz keeps mail with whoever has it: the application, then the queue', () => {
    const network = mailWorld();
    for (const person of [0, 2]) open(network, person);
    network.fail(host(0), serverError);
    write(network, 0, 1, 1);
    network.runUntil(300);
    expect(network.factsOf('accepted', 1)).toHaveLength(0);
    network.fail(host(2), serverError);
    network.fail(host(0), undefined);
    network.runUntil(1_500);
    expect(network.factsOf('accepted', 1)).toHaveLength(1);
    network.fail(host(2), undefined);
    network.runUntil(inSeconds(hours(2)));
    expect(arrivals(network, 1)).toHaveLength(2);
  });
});

describe('promises', () => {
  property(
    [
      fc.array(
        fc.record({
          at: fc.integer({ min: 1, max: 4_000 }),
          node: fc.integer({ min: 0, max: 2 }),
          what: fc.constantFrom('write', 'restart', 'restart-phone', 'fail', 'heal'),
        }),
        { minLength: 5, maxLength: 30 },
      ),
    ],
    { numRuns: 40 },
  )('whatever fails and restarts for an hour, everything that was written is read, once', (events) => {
    const network = mailWorld();
    for (const person of [0, 1, 2]) open(network, person);
    let message = 0;
    for (const { at, node, what } of [...events].sort((left, right) => left.at - right.at)) {
      network.runUntil(at);
      if (what === 'write') write(network, 0, ++message, 1);
      else if (what === 'restart') network.restart(host(node));
      else if (what === 'restart-phone') network.restart(phone(node));
      else network.fail(host(node), what === 'fail' ? silent : undefined);
    }
    for (const node of [0, 1, 2]) network.fail(host(node), undefined);
    network.runUntil(4_100);
    for (const person of [0, 1, 2]) open(network, person);
    network.runUntil(14_000);
    for (let each = 1; each <= message; each++) {
      expect(network.factsOf('accepted', each)).toHaveLength(1);
      expect(arrivals(network, each)).toHaveLength(2);
    }
  });

  property([fc.uint8Array({ maxLength: 80 })])('the codec survives any bytes', (bytes) => {
    const message = smtpCodec.decode(bytes, []);
    if (message !== undefined) expect(smtpCodec.encode(message).length).toBeGreaterThan(0);
  });
});
