// What both ends of a matrix of tasks need: one task of each kind, undertaken by person 0 while names do not answer.
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import { taskKinds, type Task, type TaskId, type TaskKind } from '../../protocol/task.ts';
import { serverError, type MiniNetwork } from './signal/mini-network.ts';

export const tasks: Readonly<Record<TaskKind, Task>> = {
  'first-contact': { kind: 'first-contact', to: 1 as PersonId },
  'link-device': { kind: 'link-device' },
  'log-in': { kind: 'log-in' },
  'create-group': { kind: 'create-group', invites: [1 as PersonId, 2 as PersonId] },
  'join-group': { kind: 'join-group', host: 1 as PersonId },
  attachment: { kind: 'attachment', conversation: 0 as ConversationId, bytes: 50_000 },
  history: { kind: 'history', conversation: 0 as ConversationId },
};

export function undertake(network: MiniNetwork, node: string, id: number, task: Task): void {
  network.input(node, { kind: 'user', action: { kind: 'undertake', id: id as TaskId, task } });
}

export const isDone = (network: MiniNetwork, id: number): boolean =>
  network.facts.some(({ fact }) => fact.kind === 'task-done' && Number(fact.task) === id);

/** What a row of a matrix is about: these names do not answer, and these tasks are not done within a minute. */
export interface MatrixRow {
  readonly failed: string;
  readonly names: readonly string[];
  readonly blocks: readonly TaskKind[];
}

function undertakeAll(network: MiniNetwork, node: string, kinds: readonly TaskKind[]): void {
  for (const kind of kinds) undertake(network, node, taskKinds.indexOf(kind), tasks[kind]);
}

const notDone = (network: MiniNetwork, kinds: readonly TaskKind[]): readonly TaskKind[] =>
  kinds.filter((kind) => !isDone(network, taskKinds.indexOf(kind)));

/** Which of these tasks are not done within a minute in a world that has run for ten seconds, and which not after it heals. */
export function blockedBy(
  network: MiniNetwork,
  node: string,
  { names }: MatrixRow,
  kinds: readonly TaskKind[] = taskKinds,
): { readonly inTime: readonly TaskKind[]; readonly afterwards: readonly TaskKind[] } {
  for (const name of names) network.fail(name, serverError);
  undertakeAll(network, node, kinds);
  network.runUntil(70);
  const inTime = notDone(network, kinds);
  for (const name of names) network.fail(name, undefined);
  undertakeAll(network, node, inTime);
  network.runUntil(400);
  return { inTime, afterwards: notDone(network, kinds) };
}
