import { describe, expect, it } from 'vitest';
import type { UserMessageId } from '../../../protocol/message.ts';
import type { CauseToken } from '../../../protocol/failure.ts';
import { pushServices } from '../../../protocol/push.ts';
import {
  backends,
  chat,
  close,
  isAccepted,
  isDelivered,
  open,
  phone,
  say,
  signalWorld,
} from './signal-world.ts';
import { serverError, silence, unresolved, type MiniNetwork } from './mini-network.ts';

const times = (network: MiniNetwork, kind: 'accepted' | 'delivered' | 'failed', message: number): number[] =>
  network.factsOf(kind, message).map(({ at }) => Math.round(at / 1_000_000));

/** Uploads that left a phone, in seconds. */
const uploads = (network: MiniNetwork, person: number): number[] =>
  network.sent
    .filter(({ from, message }) => from === phone(person) && message.kind === 'signal.send')
    .map(({ at }) => Math.round(at / 1_000_000));

const holds = (network: MiniNetwork, message: number): string[] =>
  network.facts.flatMap(({ node, fact }) =>
    fact.kind === 'hold' && node.startsWith('phone/') && fact.messages.includes(message as UserMessageId)
      ? [`${fact.reason} ${fact.cause}`]
      : [],
  );

const setNetwork = (network: MiniNetwork, person: number, up: boolean): void =>
  network.input(phone(person), { kind: 'network', up, cause: 0 as CauseToken });

describe('sending', () => {
  it('is one queue per conversation, first in first out; another conversation passes', () => {
    const network = signalWorld({ strangers: [2] });
    open(network, 0);
    network.fail(backends.tables, unresolved); // what needs pre-keys waits
    say(network, 0, 1, 1);
    say(network, 0, 2, 1);
    say(network, 0, 3, 0);
    network.runUntil(60);
    expect([1, 2, 3].map((message) => isAccepted(network, message))).toEqual([false, false, true]);
    network.fail(backends.tables, undefined);
    network.runUntil(200);
    const accepted = network.factsOf('accepted').map(({ fact }) => fact.kind === 'accepted' && fact.message);
    expect(accepted).toEqual([3, 1, 2]);
  });

  it('hands the cause of a failure back, for the first message and those behind it', () => {
    const network = signalWorld();
    open(network, 0);
    network.fail(chat, serverError);
    say(network, 0, 1);
    network.runUntil(2);
    say(network, 0, 2);
    network.runUntil(3);
    expect(holds(network, 1)).toEqual(['awaiting-answer 0', 'backoff 7']);
    expect(holds(network, 2)).toEqual(['queued 7']);
    network.fail(chat, undefined);
    network.runUntil(60);
    expect(holds(network, 1).at(-1)).toBe('awaiting-answer 0');
    expect(holds(network, 2)).toEqual(['queued 7', 'awaiting-answer 0']);
  });

  it('ends visibly after a day, and continues when the person presses "send again"', () => {
    const network = signalWorld();
    open(network, 0);
    network.fail(chat, serverError);
    say(network, 0, 1);
    network.runUntil(120_000);
    // Its age is looked at when it would run again, which is up to six hours and their jitter later.
    const [failedAt = 0] = times(network, 'failed', 1);
    expect(failedAt).toBeGreaterThan(86_400);
    expect(failedAt).toBeLessThan(86_401 + 1.25 * 21_600);
    expect(failedAt - uploads(network, 0).at(-1)!).toBeGreaterThan(0.75 * 16_384);
    network.fail(chat, undefined);
    network.runUntil(120_060);
    expect(isAccepted(network, 1)).toBe(false);
    const resend = { kind: 'resend', message: 1 as UserMessageId } as const;
    network.input(phone(0), { kind: 'user', action: resend });
    network.runUntil(120_120);
    expect(isDelivered(network, 1)).toBe(true);
  });

  it('on iOS ends after 110 retries', () => {
    const network = signalWorld();
    open(network, 1);
    network.fail(chat, serverError);
    say(network, 1, 1);
    network.runUntil(130_000);
    expect(network.factsOf('failed', 1)).toHaveLength(1);
    expect(uploads(network, 1)).toHaveLength(111);
    expect(times(network, 'failed', 1)[0]! / 3_600).toBeGreaterThan(22);
    expect(times(network, 'failed', 1)[0]! / 3_600).toBeLessThan(27);
  });

  it('is retried in the background on Android, and only when opened on iOS', () => {
    const network = signalWorld();
    network.fail(chat, serverError);
    for (const person of [0, 1]) {
      open(network, person);
      say(network, person, person + 1);
    }
    network.runUntil(10);
    for (const person of [0, 1]) close(network, person);
    network.runUntil(60);
    network.fail(chat, undefined);
    network.runUntil(600);
    expect([isAccepted(network, 1), isAccepted(network, 2)]).toEqual([true, false]);
    open(network, 1);
    network.runUntil(610);
    expect(isAccepted(network, 2)).toBe(true);
  });

  it('runs what waits for the network when it comes back', () => {
    const network = signalWorld();
    open(network, 0);
    setNetwork(network, 0, false);
    network.runUntil(10);
    say(network, 0, 1);
    network.runUntil(20);
    expect(holds(network, 1)).toEqual(['waiting-for-network 0']);
    setNetwork(network, 0, true);
    network.runUntil(21);
    expect(isAccepted(network, 1)).toBe(true);
  });

  it.each([
    ['Android, 5xx', 0, serverError, false],
    ['Android, silence', 0, silence, false],
    ['iOS, 5xx', 1, serverError, false],
    ['iOS, silence', 1, silence, true],
  ] as const)('%s: a network that comes back ends a back-off: %s', (_name, person, failure, ends) => {
    const network = signalWorld();
    open(network, person);
    network.fail(chat, failure);
    say(network, person, 1);
    network.runUntil(100);
    const before = uploads(network, person).length;
    network.fail(chat, undefined);
    setNetwork(network, person, false);
    network.runUntil(100.5);
    setNetwork(network, person, true);
    network.runUntil(101);
    expect(uploads(network, person).length - before).toBe(ends ? 1 : 0);
    network.runUntil(400);
    expect(isAccepted(network, 1)).toBe(true);
  });

  it.each([
    ['Android', 0, false],
    ['iOS', 1, true],
  ] as const)('%s: a restart ends a back-off: %s', (_name, person, ends) => {
    const network = signalWorld();
    open(network, person);
    network.fail(chat, serverError);
    say(network, person, 1);
    network.runUntil(3_000); // the next attempt is up to 2^12 s away
    network.fail(chat, undefined);
    network.restart(phone(person));
    open(network, person);
    network.runUntil(3_010);
    expect(isAccepted(network, 1)).toBe(ends);
    network.runUntil(10_000);
    expect(isAccepted(network, 1)).toBe(true);
  });

  it('uploads a group message once', () => {
    const network = signalWorld();
    open(network, 0);
    say(network, 0, 1, 1);
    network.runUntil(30);
    expect(uploads(network, 0)).toHaveLength(1);
    expect(
      network
        .factsOf('delivered', 1)
        .map(({ node }) => node)
        .sort(),
    ).toEqual([phone(1), phone(2)]);
  });
});

describe('receiving', () => {
  it('drops the copy that a re-send after a lost answer makes', () => {
    const network = signalWorld();
    open(network, 0);
    open(network, 1);
    network.runUntil(10);
    say(network, 0, 1);
    network.runUntil(10.0025); // the upload has arrived, its answer has not left the service
    network.restart(phone(0));
    network.runUntil(60);
    expect(uploads(network, 0)).toHaveLength(2);
    expect(times(network, 'delivered', 1)).toEqual([10]);
    const dropped = network
      .factsOf('counter')
      .filter(({ fact }) => fact.kind === 'counter' && fact.name === 'signal.duplicates-dropped');
    expect(dropped).toHaveLength(1);
  });

  it('keeps its connection for a while in the background, and is woken by push afterwards', () => {
    const network = signalWorld();
    open(network, 0);
    open(network, 2);
    network.runUntil(10);
    close(network, 2);
    network.runUntil(100);
    say(network, 0, 1, 2);
    network.runUntil(110);
    expect(network.sent.some(({ to }) => to === `push:${phone(2)}`)).toBe(false);
    expect(isDelivered(network, 1)).toBe(true);
    network.runUntil(200);
    say(network, 0, 2, 2);
    network.runUntil(210);
    expect(network.sent.some(({ to }) => to === `push:${phone(2)}`)).toBe(true);
    expect(isDelivered(network, 2)).toBe(true);
    network.runUntil(220);
    expect(network.inspect(phone(2))).toMatchObject({ connection: { state: 'idle' } });
  });

  it('a wake-up that finds the service gone is repeated by Android and forgotten by iOS', () => {
    const network = signalWorld();
    open(network, 0);
    network.runUntil(5);
    say(network, 0, 1, 1);
    network.runUntil(5.004);
    network.fail(backends.tables, unresolved);
    network.runUntil(1_200);
    expect(network.factsOf('delivered', 1)).toEqual([]);
    network.fail(backends.tables, undefined);
    network.runUntil(2_400);
    expect(network.factsOf('delivered', 1).map(({ node }) => node)).toEqual([phone(2)]);
    open(network, 1);
    network.runUntil(2_410);
    expect(network.factsOf('delivered', 1)).toHaveLength(2);
  });

  it('pushes again a minute after a connection that ended with messages pending', () => {
    const network = signalWorld();
    open(network, 0);
    for (const name of Object.values(pushServices)) network.fail(name, serverError);
    say(network, 0, 1, 2);
    network.runUntil(10);
    for (const name of Object.values(pushServices)) network.fail(name, undefined);
    open(network, 2);
    network.runUntil(10.0085); // messages are on their way, none is acknowledged
    network.restart(phone(2));
    const pushes = (): number[] =>
      network.sent.filter(({ to }) => to === `push:${phone(2)}`).map(({ at }) => Math.round(at / 1_000_000));
    network.runUntil(100);
    expect(isDelivered(network, 1)).toBe(true);
    expect(pushes().length).toBeLessThanOrEqual(1);
  });
});

describe('a phone nobody writes to', () => {
  it('costs nothing', () => {
    const network = signalWorld();
    let steps = 0;
    network.afterStep = () => steps++;
    network.runUntil(86_400);
    expect(steps).toBe(0);
  });
});
