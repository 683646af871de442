// What each provider's failure does to what people do beyond writing by mail.
import { describe, expect, it } from 'vitest';
import type { TaskKind } from '../../../protocol/task.ts';
import { mailTasks } from '../../../protocol/smtp/tasks.ts';
import { unresolved, type MiniNetwork } from '../signal/mini-network.ts';
import { blockedBy, isDone, tasks, undertake, type MatrixRow } from '../task-matrix.ts';
import { host, mailWorld, open, phone } from './mail-world.ts';

const rows: readonly MatrixRow[] = [
  { failed: 'nothing', names: [], blocks: [] },
  { failed: 'the own provider', names: [host(0)], blocks: mailTasks },
  // The own provider has taken it: the rest is its queue's.
  { failed: 'the provider of who gets it', names: [host(1)], blocks: [] },
];

function everybodyOpen(): MiniNetwork {
  const network = mailWorld();
  for (const person of [0, 1, 2]) open(network, person);
  network.runUntil(10);
  return network;
}

const shown = (network: MiniNetwork): readonly TaskKind[] =>
  network.facts.flatMap(({ fact }) =>
    fact.kind === 'task-failed' && fact.shown ? (mailTasks[Number(fact.task)] ?? []) : [],
  );

describe('failure matrix of tasks', () => {
  it.each(rows)('$failed blocks $blocks, until it works again', (row) => {
    const { inTime, afterwards } = blockedBy(everybodyOpen(), phone(0), row, mailTasks);
    expect(inTime).toEqual(row.blocks);
    expect(afterwards).toEqual([]);
  });

  it('what is mail goes on by itself, what is not is shown as failed', () => {
    const network = everybodyOpen();
    network.fail(host(0), unresolved);
    for (const [id, kind] of mailTasks.entries()) undertake(network, phone(0), id, tasks[kind]);
    network.runUntil(70);
    expect(shown(network)).toEqual(['link-device', 'log-in', 'history']);
  });
});

describe('a picture', () => {
  const submitted = (network: MiniNetwork): number =>
    network.sent.filter(({ message }) => message.kind === 'smtp.fetched').length;

  it('travels within the mail, to every mailbox', () => {
    const network = everybodyOpen();
    undertake(network, phone(0), 0, { ...tasks.attachment, conversation: 1 } as typeof tasks.attachment);
    network.runUntil(60);
    expect(isDone(network, 0)).toBe(true);
    expect(submitted(network)).toBe(2);
  });

  it('that is too large for the provider is refused at once', () => {
    const network = everybodyOpen();
    undertake(network, phone(0), 0, { ...tasks.attachment, bytes: 8_000_000 } as typeof tasks.attachment);
    network.runUntil(60);
    expect(network.facts.flatMap(({ fact }) => (fact.kind === 'task-failed' ? [fact] : []))).toMatchObject([
      { step: 'submission', shown: true, failure: { kind: 'status', status: 552 } },
    ]);
  });
});
