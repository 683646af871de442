import { describe, expect, it } from 'vitest';
import type { CoreFact, CoreFactory } from '../../../protocol/core.ts';
import { pushServices } from '../../../protocol/push.ts';
import type { Login } from '../../../protocol/signal/messages.ts';
import { seconds } from '../../../protocol/time.ts';
import type { MiniNetwork } from './mini-network.ts';
import { serverError, silence } from './mini-network.ts';
import {
  accountOf,
  backends,
  chat,
  close,
  isAccepted,
  open,
  phone,
  say,
  signalWorld,
} from './signal-world.ts';
import { fc, property } from '../../support/property.ts';

const situations = (network: MiniNetwork, name: string): number =>
  network.factsOf('situation').filter(({ fact }) => (fact as CoreFact & { name: string }).name === name)
    .length;

describe('the service', () => {
  it('gives a device one live consumer: the newer connection closes the one before with 4409', () => {
    const network = signalWorld();
    open(network, 1);
    network.runUntil(10);
    const ends: unknown[] = [];
    const second: CoreFactory = () => ({
      step(_clock, input, out) {
        if (input.kind === 'start') out.connect(chat, 'second', { timeout: seconds(60) });
        if (input.kind === 'link-down') ends.push(input.failure);
        if (input.kind !== 'link-up') return;
        const login: Login = { kind: 'signal.login', account: accountOf(1), device: 1, carries: [] };
        out.send(input.link, login);
      },
      inspect: () => undefined,
    });
    network.add('second', second);
    network.runUntil(20); // the phone was displaced, connected again, and now is the newer one
    expect(network.inspect(chat)).toMatchObject({ connections: [{ queue: 'aci-1.1' }] });
    expect(network.inspect(phone(1))).toMatchObject({ connection: { state: 'open' } });
    const logins = network.sent.filter(({ message }) => message.kind === 'signal.login');
    expect(logins.map(({ from }) => from)).toEqual([phone(1), 'second', phone(1)]);
    expect(ends).toMatchObject([{ kind: 'closed', code: 4409 }]);
  });

  it('limits how fast one account writes to another, and says when to try again', () => {
    const network = signalWorld();
    open(network, 0);
    network.runUntil(10);
    for (let message = 1; message <= 70; message++) say(network, 0, message);
    network.runUntil(10.9);
    const early = network.factsOf('accepted').length;
    expect(early).toBeGreaterThanOrEqual(60);
    expect(early).toBeLessThan(63);
    network.runUntil(60);
    expect(network.factsOf('accepted')).toHaveLength(70);
  });

  it('lets messages pass while the rate limits do not answer', () => {
    const network = signalWorld();
    open(network, 0);
    network.fail(backends['rate-limits'], serverError);
    for (let message = 1; message <= 70; message++) say(network, 0, message);
    network.runUntil(30);
    expect(network.factsOf('accepted')).toHaveLength(70);
    expect(situations(network, 'signal.rate-limit-failed-open')).toBe(70);
  });

  it('asks the tables for an account once, then the cache knows it', () => {
    const network = signalWorld({ uncached: [0, 1, 2] });
    open(network, 0);
    network.runUntil(10);
    for (const message of [1, 2, 3]) {
      say(network, 0, message);
      network.runUntil(20 + message);
    }
    const lookups = network.sent.filter(
      ({ to, message }) => to === backends.tables && message.kind === 'signal.accounts-get',
    );
    expect(lookups.map(({ message }) => 'accounts' in message && message.accounts)).toEqual([
      ['aci-0'],
      ['aci-1'],
    ]);
  });

  it.each([
    ['queues that refuse: once', 'queues', serverError, 'signal.queue-insert', [0]],
    ['queues that are silent: three times', 'queues', silence, 'signal.queue-insert', [0, 0.5, 1]],
    ['a silent account cache: once', 'account-cache', silence, 'signal.accounts-get', [0]],
    ['silent rate limits: once', 'rate-limits', silence, 'signal.take', [0]],
    ['silent tables: three times', 'tables', silence, 'signal.accounts-get', [0, 0.1, 0.2]],
  ] as const)('asks %s', (_name, backend, failure, kind, expected) => {
    const network = signalWorld({ uncached: [1] });
    open(network, 0);
    network.runUntil(10);
    network.fail(backends[backend], failure);
    say(network, 0, 1);
    network.runUntil(11.5);
    const asked = network.sent.filter(
      ({ at, to, message }) => at >= 10_000_000 && to === backends[backend] && message.kind === kind,
    );
    const [first] = asked;
    const attempts = asked.filter(({ message }) => message === first!.message);
    expect(attempts.map(({ at }) => Math.round((at - first!.at) / 100_000) / 10)).toEqual(expected);
  });

  it('tries to move a queue, retries three times, and lets go of it for a while', () => {
    const network = signalWorld();
    for (const name of Object.values(pushServices)) network.fail(name, serverError);
    open(network, 0);
    say(network, 0, 1);
    network.runUntil(10);
    network.fail(backends.tables, serverError);
    network.runUntil(620);
    const writes = network.sent.filter(({ message }) => message.kind === 'signal.table-insert');
    const seconds = writes.map(({ at }) => Math.round((at - writes[0]!.at) / 1_000_000));
    expect(seconds.slice(0, 5)).toEqual([0, 1, 3, 7, 10]);
  });

  it("writes the last-seen date once in an account's day", () => {
    const network = signalWorld({ unseenToday: [1] });
    for (const at of [10, 400, 800]) {
      open(network, 1);
      network.runUntil(at);
      close(network, 1);
      network.runUntil(at + 300);
    }
    const writes = network.sent.filter(({ message }) => message.kind === 'signal.table-seen');
    expect(writes).toHaveLength(1);
  });

  it.each([
    [180, 1],
    [181, 0],
  ])('keeps a queue for a phone that was not seen for %i days: %i', (days, queued) => {
    const network = signalWorld({ unseenDays: { 1: days } });
    open(network, 0);
    say(network, 0, 1);
    network.runUntil(10);
    expect(network.factsOf('accepted', 1)).toHaveLength(1);
    const queues = network.sent.flatMap(({ message }) =>
      message.kind === 'signal.queue-insert' && 'queues' in message ? message.queues : [],
    );
    expect(queues).toHaveLength(queued);
  });

  it('refuses what is too long and whoever is unknown, and the sender is told', () => {
    const network = signalWorld();
    open(network, 0);
    network.input(phone(0), {
      kind: 'user',
      action: { kind: 'send', message: 1 as never, conversation: 0 as never, text: 'x'.repeat(100_000) },
    });
    network.runUntil(10);
    expect(network.factsOf('failed', 1)).toHaveLength(1);
  });

  it('reads a long queue page by page, in order', () => {
    const network = signalWorld();
    network.fail('fcm.googleapis.com', serverError);
    open(network, 0);
    for (let message = 1; message <= 250; message++) say(network, 0, message, 2);
    network.runUntil(1_500); // moved to the tables meanwhile
    open(network, 2);
    network.runUntil(1_600);
    const received = network
      .factsOf('delivered')
      .map(({ fact }) => Number((fact as CoreFact & { message: number }).message));
    expect(received).toEqual(Array.from({ length: 250 }, (_, index) => index + 1));
  });
});

/** Everybody talks for a few minutes while a node restarts at the given step. */
function talkWithRestart(node: string | undefined, atStep: number): MiniNetwork {
  const network = signalWorld({ unseenToday: [2] });
  let restarted = node === undefined;
  network.afterStep = (_name, steps) => {
    if (restarted || steps < atStep) return;
    restarted = true;
    network.restart(node!);
  };
  open(network, 0);
  open(network, 1);
  for (let message = 1; message <= 6; message++) {
    say(network, message % 3, message, message % 3 === 1 ? 0 : 1);
    network.runUntil(message * 5);
  }
  network.runUntil(900);
  for (const person of [0, 1, 2]) {
    close(network, person);
    open(network, person);
  }
  network.runUntil(2_000);
  return network;
}

/** How many recipients each message has, by its number. */
const recipients = [0, 1, 2, 2, 1, 2, 2];

describe('a restart at any step', () => {
  const nodes = [phone(0), phone(1), phone(2), chat, 'persister', ...Object.values(backends)];

  property([fc.constantFrom(...nodes), fc.integer({ min: 1, max: 400 })], { numRuns: 150 })(
    'loses nothing, accepted or not, and shows nothing twice',
    (node, atStep) => {
      const network = talkWithRestart(node, atStep);
      for (let message = 1; message <= 6; message++) {
        expect(isAccepted(network, message)).toBe(true);
        const at = network.factsOf('delivered', message).map((each) => each.node);
        expect(new Set(at).size).toBe(at.length);
        expect(at).toHaveLength(recipients[message]!);
      }
    },
  );
});

describe('determinism', () => {
  it('the same seed gives the same facts', () => {
    expect(talkWithRestart(chat, 60).facts).toEqual(talkWithRestart(chat, 60).facts);
  });
});
