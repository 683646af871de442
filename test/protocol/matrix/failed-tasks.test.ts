// At which step what people do beyond writing fails, and what fails none of it: each task with its own server away, and with
// another's.
import { describe, expect, it } from 'vitest';
import type { ConversationId, PersonId } from '../../../protocol/message.ts';
import type { Task } from '../../../protocol/task.ts';
import { minutes } from '../../../protocol/time.ts';
import { MatrixWorld } from '../../support/matrix-world.ts';

/** `@b:hs2`, who is not in a room with `@a:hs1`. */
const other = 1 as PersonId;
const conversation = 1 as ConversationId;

/** The steps that failed within ten minutes of `@a:hs1`'s setting out, while a server is down. */
function failedSteps(task: Task, down: 'hs1' | 'hs2' | undefined): readonly string[] {
  const world = new MatrixWorld();
  for (const name of ['hs1', 'hs2']) world.addServer(name);
  world.addRoom('12', ['@b:hs2', '@c:hs2'], 'public');
  world.addRoom('12', ['@a:hs1', '@c:hs2']);
  world.start();
  if (down !== undefined) world.crash(down);
  const id = world.undertake('@a:hs1', task);
  world.run(minutes(10));
  return world.taskFates(id);
}

describe.each([
  ['an invitation and a first word', { kind: 'first-contact', to: other }, 'room', ['invitation']],
  ['a group', { kind: 'create-group', invites: [other] }, 'room', ['invitation']],
  ['entering a group', { kind: 'join-group', host: other }, 'join', ['join']],
  ['a picture', { kind: 'attachment', conversation, bytes: 1_000 }, 'upload', ['done']],
  ['a log-in', { kind: 'log-in' }, 'log-in', ['done']],
  ['a further device', { kind: 'link-device' }, 'log-in', ['done']],
] as const)('%s', (_words, task, atOwn, withoutOther) => {
  it('is done while everybody is there', () => {
    expect(failedSteps(task, undefined)).toEqual(['done']);
  });

  it('fails at its first step without its own server, and at the step that needs the other without that', () => {
    expect(failedSteps(task, 'hs1')[0]).toBe(atOwn);
    expect(failedSteps(task, 'hs2').slice(0, 1)).toEqual(withoutOther);
  });
});
