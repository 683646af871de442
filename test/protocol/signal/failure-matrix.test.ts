// What each dependency's failure does to a connected recipient, to a new connection, and to a send. Nothing in the
// cores knows these rows: they follow from who asks whom.
import { describe, expect, it } from 'vitest';
import { pushServices } from '../../../protocol/push.ts';
import { serverError, unresolved, type MiniNetwork } from './mini-network.ts';
import {
  backends,
  chat,
  isAccepted,
  isDelivered,
  open,
  others,
  say,
  signalWorld,
  type WorldOptions,
} from './signal-world.ts';

interface Row {
  readonly failed: string;
  readonly names: readonly string[];
  /** A message to a connected recipient, within 30 s. */
  readonly connected: boolean;
  /** A message waiting in Redis, for a recipient who connects now, within 2 min. */
  readonly connecting: boolean;
  /** A message to a device that is not connected: the service takes it, within 30 s. */
  readonly send: boolean;
}

const rows: readonly Row[] = [
  { failed: 'nothing', names: [], connected: true, connecting: true, send: true },
  { failed: 'DynamoDB', names: [backends.tables], connected: true, connecting: false, send: true },
  {
    failed: 'Redis: message queues',
    names: [backends.queues],
    connected: false,
    connecting: false,
    send: false,
  },
  {
    failed: 'Redis: publish and subscribe',
    names: [backends['pub-sub']],
    connected: false,
    connecting: true,
    send: true,
  },
  {
    failed: 'Redis: rate limits',
    names: [backends['rate-limits']],
    connected: true,
    connecting: true,
    send: true,
  },
  {
    failed: 'Redis: account cache',
    names: [backends['account-cache']],
    connected: true,
    connecting: true,
    send: true,
  },
  {
    failed: 'APNs and FCM',
    names: [pushServices.ios, pushServices.android],
    connected: true,
    connecting: true,
    send: true,
  },
  {
    failed: 'CDN: object stores',
    names: [others.objects],
    connected: true,
    connecting: true,
    send: true,
  },
  { failed: 'storage service', names: [others.storage], connected: true, connecting: true, send: true },
  {
    failed: 'SGX enclaves',
    names: [others.contacts, others.pins],
    connected: true,
    connecting: true,
    send: true,
  },
  { failed: 'load balancer or region', names: [chat], connected: false, connecting: false, send: false },
];

function breakAll(network: MiniNetwork, names: readonly string[]): void {
  for (const name of names) network.fail(name, name === backends.tables ? unresolved : serverError);
}

function connectedRecipient({ names }: Row): boolean {
  const network = signalWorld();
  open(network, 0);
  open(network, 1);
  network.runUntil(10);
  breakAll(network, names);
  network.runUntil(12);
  say(network, 0, 1);
  network.runUntil(42);
  return isDelivered(network, 1);
}

function connectingRecipient({ names }: Row): boolean {
  const network = signalWorld();
  for (const name of Object.values(pushServices)) network.fail(name, serverError); // nobody wakes it before
  open(network, 0);
  say(network, 0, 1);
  network.runUntil(10);
  expect(isAccepted(network, 1)).toBe(true);
  expect(isDelivered(network, 1)).toBe(false);
  breakAll(network, names);
  open(network, 1);
  network.runUntil(130);
  return isDelivered(network, 1);
}

function send({ names }: Row): boolean {
  const network = signalWorld();
  open(network, 0);
  network.runUntil(10);
  breakAll(network, names);
  say(network, 0, 1);
  network.runUntil(40);
  return isAccepted(network, 1);
}

describe('failure matrix', () => {
  it.each(rows)('$failed: a connected recipient receives: $connected', (row) => {
    expect(connectedRecipient(row)).toBe(row.connected);
  });
  it.each(rows)('$failed: a recipient who connects receives: $connecting', (row) => {
    expect(connectingRecipient(row)).toBe(row.connecting);
  });
  it.each(rows)('$failed: a send is accepted: $send', (row) => {
    expect(send(row)).toBe(row.send);
  });

  it('heals in every row: what was said in the failure is delivered after it', () => {
    for (const { names, failed } of rows) {
      const network = signalWorld();
      open(network, 0);
      open(network, 1);
      network.runUntil(10);
      breakAll(network, names);
      say(network, 0, 1);
      network.runUntil(100);
      for (const name of names) network.fail(name, undefined);
      // Nothing tells a phone whose wake-up was lost: its person opens the application again.
      network.input('phone/1', { kind: 'user', action: { kind: 'close-app' } });
      network.runUntil(200);
      open(network, 1);
      network.runUntil(400);
      expect([failed, network.factsOf('delivered', 1).length]).toEqual([failed, 1]);
    }
  });
});

describe('with the tables gone', () => {
  const withoutTables = (options: WorldOptions): MiniNetwork => {
    const network = signalWorld(options);
    network.fail(backends.tables, unresolved);
    return network;
  };

  it('an account that is cached but not seen today cannot connect', () => {
    const network = withoutTables({ unseenToday: [1] });
    open(network, 1);
    network.runUntil(60);
    const names = network.factsOf('situation').map(({ fact }) => fact.kind === 'situation' && fact.name);
    expect(names).toContain('signal.login-rejected');
    expect(names).not.toContain('signal.retrieval-failed');
  });

  it('an account that is cached and was seen today authenticates, and then its queue cannot be read', () => {
    const network = withoutTables({});
    open(network, 1);
    network.runUntil(60);
    const names = network.factsOf('situation').map(({ fact }) => fact.kind === 'situation' && fact.name);
    expect(names).toContain('signal.retrieval-failed');
    expect(names).not.toContain('signal.login-rejected');
  });

  it("a send fails when its recipient's account is not cached, whether its sender's is or not", () => {
    for (const [uncached, passes] of [
      [0, true],
      [1, false],
    ] as const) {
      const network = withoutTables({ uncached: [uncached] });
      open(network, 0);
      say(network, 0, 1);
      network.runUntil(60);
      expect([uncached, isAccepted(network, 1)]).toEqual([uncached, passes]);
      network.fail(backends.tables, undefined);
      network.runUntil(400);
      expect(isAccepted(network, 1)).toBe(true);
    }
  });

  it('a first message to somebody fails, a later one does not', () => {
    const network = withoutTables({ strangers: [1] });
    open(network, 0);
    say(network, 0, 1);
    say(network, 0, 2, 2);
    network.runUntil(30);
    expect([isAccepted(network, 1), isAccepted(network, 2)]).toEqual([false, true]);
    network.fail(backends.tables, undefined);
    network.runUntil(300);
    expect(isAccepted(network, 1)).toBe(true);
    network.fail(backends.tables, unresolved);
    say(network, 0, 3);
    network.runUntil(310);
    expect(isAccepted(network, 3)).toBe(true);
  });

  it('queues grow in Redis until the tables are back, then they move, and nothing is lost', () => {
    const network = withoutTables({});
    for (const name of Object.values(pushServices)) network.fail(name, serverError);
    open(network, 0);
    for (const message of [1, 2, 3]) say(network, 0, message);
    network.runUntil(1_200);
    const queue = { queue: 'aci-1.1', messages: 3 };
    expect(network.inspect(backends.queues)).toEqual({ queues: [queue] });
    network.fail(backends.tables, undefined);
    network.runUntil(1_300);
    expect(network.inspect(backends.queues)).toEqual({ queues: [] });
    expect(network.inspect(backends.tables)).toEqual({ accounts: 3, queues: [queue] });
    open(network, 1);
    network.runUntil(1_310);
    expect([1, 2, 3].map((message) => network.factsOf('delivered', message).length)).toEqual([1, 1, 1]);
    network.runUntil(1_400);
    expect(network.inspect(backends.tables)).toEqual({ accounts: 3, queues: [] });
  });
});

describe('with the push services gone', () => {
  it('an application in the background is silent until it is opened', () => {
    const network = signalWorld();
    for (const name of Object.values(pushServices)) network.fail(name, serverError);
    open(network, 0);
    say(network, 0, 1);
    network.runUntil(3_600);
    expect(isDelivered(network, 1)).toBe(false);
    open(network, 1);
    network.runUntil(3_610);
    expect(isDelivered(network, 1)).toBe(true);
  });
});

describe('with publish and subscribe gone', () => {
  it('everybody counts as absent and gets a push', () => {
    const network = signalWorld();
    open(network, 0);
    open(network, 1);
    network.runUntil(10);
    network.fail(backends['pub-sub'], serverError);
    say(network, 0, 1);
    network.runUntil(40);
    expect(network.sent.some(({ to }) => to === 'push:phone/1')).toBe(true);
  });

  it('whoever is connected waits because of what failed, and the service says so', () => {
    const network = signalWorld();
    open(network, 0);
    open(network, 1);
    network.runUntil(10);
    network.fail(backends['pub-sub'], serverError);
    say(network, 0, 1);
    network.runUntil(40);
    expect(isAccepted(network, 1)).toBe(true);
    expect(isDelivered(network, 1)).toBe(false);
    const held = network.facts.filter(({ node, fact }) => node === chat && fact.kind === 'hold');
    expect(held.at(-1)?.fact).toEqual({
      kind: 'hold',
      messages: [1],
      reason: 'stored-for-recipient',
      cause: serverError.cause,
    });
  });
});
