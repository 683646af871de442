// What each dependency's failure does to what people do beyond writing in WhatsApp.
import { describe, expect, it } from 'vitest';
import { pushServices } from '../../../protocol/push.ts';
import { taskKinds, type TaskKind } from '../../../protocol/task.ts';
import { serverError, type MiniNetwork } from '../signal/mini-network.ts';
import { blockedBy, isDone, tasks, undertake, type MatrixRow } from '../task-matrix.ts';
import { directories, frontEnd, machines, open, others, phone, whatsappWorld } from './whatsapp-world.ts';

const online = taskKinds.filter((kind) => kind !== 'history');
const messages: readonly TaskKind[] = [
  'first-contact',
  'link-device',
  'create-group',
  'join-group',
  'attachment',
];
const rows: readonly MatrixRow[] = [
  { failed: 'nothing', names: [], blocks: [] },
  {
    failed: 'machines for accounts',
    names: directories.accounts,
    blocks: ['first-contact', 'link-device', 'log-in'],
  },
  { failed: 'one machine for accounts, of the other', names: ['accounts-1'], blocks: ['first-contact'] },
  { failed: 'machines for groups', names: directories.groups, blocks: ['create-group', 'join-group'] },
  { failed: 'queue machines', names: machines, blocks: messages },
  { failed: 'media hosts', names: [others.media], blocks: ['link-device', 'attachment'] },
  { failed: 'registration', names: [others.registration], blocks: ['log-in'] },
  { failed: 'APNs and FCM', names: Object.values(pushServices), blocks: [] },
  { failed: 'front ends, or names', names: [frontEnd], blocks: online },
];

function everybodyOpen(): MiniNetwork {
  const network = whatsappWorld();
  for (const node of [phone(0), phone(1), phone(2), 'computer/2']) open(network, node);
  network.runUntil(10);
  return network;
}

const counted = (network: MiniNetwork, name: string, node: string): number =>
  network.facts.filter(
    ({ fact, node: at }) => at === node && fact.kind === 'counter' && fact.name === `whatsapp.${name}`,
  ).length;

describe('failure matrix of tasks', () => {
  it.each(rows)('$failed blocks $blocks, until it works again', (row) => {
    const { inTime, afterwards } = blockedBy(everybodyOpen(), phone(0), row);
    expect(inTime).toEqual(row.blocks);
    expect(afterwards).toEqual([]);
  });
});

describe('a picture', () => {
  it('is fetched by every device of who gets it, also by a phone that restarts meanwhile', () => {
    const network = everybodyOpen();
    undertake(network, phone(0), 0, { ...tasks.attachment, conversation: 1 } as typeof tasks.attachment);
    network.runUntil(10.006);
    network.fail(others.media, serverError);
    network.runUntil(10.5);
    expect(counted(network, 'attachments-fetched', phone(1))).toBe(0);
    network.restart(phone(1));
    network.fail(others.media, undefined);
    network.runUntil(100);
    expect(isDone(network, 0)).toBe(true);
    for (const node of [phone(1), phone(2), 'computer/2'])
      expect(counted(network, 'attachments-fetched', node)).toBe(1);
  });
});

describe('linking a companion', () => {
  it('ends at four', () => {
    const network = everybodyOpen();
    for (const id of [0, 1, 2, 3, 4]) {
      undertake(network, phone(0), id, tasks['link-device']);
      network.runUntil(20 + 10 * id);
    }
    expect([0, 1, 2, 3, 4].map((id) => isDone(network, id))).toEqual([true, true, true, true, false]);
    expect(network.facts.flatMap(({ fact }) => (fact.kind === 'task-failed' ? [fact] : []))).toMatchObject([
      { step: 'pairing', shown: true, failure: { kind: 'status', status: 409 } },
    ]);
  });
});
