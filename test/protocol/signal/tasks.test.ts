// What each dependency's failure does to what people do beyond writing, and what the cores make of it afterwards.
import { describe, expect, it } from 'vitest';
import { pushServices } from '../../../protocol/push.ts';
import { taskKinds, type TaskKind } from '../../../protocol/task.ts';
import { tasks } from '../task-matrix.ts';
import { serverError, unresolved, type MiniNetwork } from './mini-network.ts';
import {
  backends,
  chat,
  isDelivered,
  isDone,
  open,
  others,
  phone,
  say,
  signalWorld,
  undertake,
} from './signal-world.ts';

/** What is not done within a minute while these names do not answer. */
const rows: readonly {
  readonly failed: string;
  readonly names: readonly string[];
  readonly blocks: readonly TaskKind[];
}[] = [
  { failed: 'nothing', names: [], blocks: [] },
  { failed: 'DynamoDB', names: [backends.tables], blocks: ['first-contact', 'link-device', 'log-in'] },
  {
    failed: 'Redis: message queues',
    names: [backends.queues],
    blocks: ['first-contact', 'create-group', 'join-group', 'attachment'],
  },
  { failed: 'Redis: publish and subscribe', names: [backends['pub-sub']], blocks: ['link-device'] },
  { failed: 'Redis: rate limits', names: [backends['rate-limits']], blocks: ['first-contact'] },
  { failed: 'Redis: account cache', names: [backends['account-cache']], blocks: [] },
  { failed: 'APNs and FCM', names: Object.values(pushServices), blocks: [] },
  { failed: 'CDN: object stores', names: [others.objects], blocks: ['attachment'] },
  { failed: 'storage service', names: [others.storage], blocks: ['log-in', 'create-group', 'join-group'] },
  { failed: 'SGX enclaves', names: [others.contacts, others.pins], blocks: ['first-contact', 'log-in'] },
  { failed: 'registration service', names: [backends.registration], blocks: ['log-in'] },
  {
    failed: 'load balancer or region',
    names: [chat],
    blocks: taskKinds.filter((kind) => kind !== 'history'),
  },
];

function everybodyOpen(): MiniNetwork {
  const network = signalWorld();
  for (const person of [0, 1, 2]) open(network, person);
  network.runUntil(10);
  return network;
}

const breakAll = (network: MiniNetwork, names: readonly string[]): void => {
  for (const name of names) network.fail(name, name === backends.tables ? unresolved : serverError);
};

describe('failure matrix of tasks', () => {
  it.each(rows)('$failed blocks $blocks', ({ names, blocks }) => {
    const network = everybodyOpen();
    breakAll(network, names);
    for (const [id, kind] of taskKinds.entries()) undertake(network, 0, id, tasks[kind]);
    network.runUntil(70);
    expect(taskKinds.filter((_, id) => !isDone(network, id))).toEqual(blocks);
  });

  it('heals: jobs go on by themselves, the rest when the person tries again', () => {
    for (const { names, failed } of rows) {
      const network = everybodyOpen();
      breakAll(network, names);
      for (const [id, kind] of taskKinds.entries()) undertake(network, 0, id, tasks[kind]);
      network.runUntil(70);
      for (const name of names) network.fail(name, undefined);
      for (const [id, kind] of taskKinds.entries()) undertake(network, 0, id, tasks[kind]);
      network.runUntil(400);
      expect([failed, taskKinds.filter((_, id) => !isDone(network, id))]).toEqual([failed, []]);
    }
  });
});

describe('an attachment', () => {
  const send = (network: MiniNetwork): void => undertake(network, 0, 0, tasks.attachment);
  const counted = (network: MiniNetwork, name: string): number =>
    network.facts.filter(({ fact }) => fact.kind === 'counter' && fact.name === name).length;

  it('is fetched by who gets it', () => {
    const network = everybodyOpen();
    send(network);
    network.runUntil(60);
    expect(counted(network, 'signal.attachments-fetched')).toBe(1);
  });

  it('is fetched all the same by a phone that restarts meanwhile', () => {
    const network = everybodyOpen();
    send(network);
    network.runUntil(10.01);
    network.fail(others.objects, serverError);
    network.runUntil(10.5);
    expect(counted(network, 'signal.attachments-fetched')).toBe(0);
    network.restart(phone(1));
    network.fail(others.objects, undefined);
    network.runUntil(60);
    expect(counted(network, 'signal.attachments-fetched')).toBe(1);
  });

  it('cannot be fetched while the object store is gone, and words come all the same', () => {
    const network = everybodyOpen();
    send(network);
    // The picture is there and its announcement on the way when the store goes.
    network.runUntil(10.01);
    network.fail(others.objects, serverError);
    say(network, 0, 1);
    network.runUntil(120);
    expect(isDelivered(network, 1)).toBe(true);
    expect(counted(network, 'signal.attachments-given-up')).toBe(1);
    expect(counted(network, 'signal.attachments-fetched')).toBe(0);
  });
});

describe('one-time keys', () => {
  const keysSent = (network: MiniNetwork): number =>
    network.sent.filter(({ message, from }) => message.kind === 'signal.put-keys' && from === phone(1))
      .length;

  it('are used up one by one and refilled by the phone that others open sessions with', () => {
    const network = everybodyOpen();
    // Six at once and one each ten minutes is all that a pair is allowed: two people need a while for 91 keys.
    let second = 10;
    for (let id = 0; id < 91; id++) {
      undertake(network, id % 2 === 0 ? 0 : 2, id, tasks['first-contact']);
      network.runUntil((second += 320));
      if (id === 80) expect(keysSent(network)).toBe(0);
    }
    expect(keysSent(network)).toBe(1);
    expect(
      network.facts.some(
        ({ fact }) => fact.kind === 'situation' && fact.name === 'signal.last-resort-key-used',
      ),
    ).toBe(false);
  });
});

describe('a task', () => {
  it('whose phone restarts goes on where its job was', () => {
    const network = everybodyOpen();
    network.fail(others.objects, serverError);
    undertake(network, 0, 0, tasks.attachment);
    network.runUntil(30);
    expect(isDone(network, 0)).toBe(false);
    network.restart(phone(0));
    network.fail(others.objects, undefined);
    network.runUntil(60);
    expect(isDone(network, 0)).toBe(true);
  });

  it('is shown as failed at once where the client does not repeat it, and told once more when it is', () => {
    const network = everybodyOpen();
    network.fail(others.storage, serverError);
    undertake(network, 0, 0, tasks['create-group']);
    network.runUntil(12);
    const failures = network.facts.flatMap(({ fact }) => (fact.kind === 'task-failed' ? [fact] : []));
    expect(failures).toMatchObject([{ step: 'group service', shown: true, failure: { status: 503 } }]);
  });
});
