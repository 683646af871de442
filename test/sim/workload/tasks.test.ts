// What people set out to do beyond writing: off unless asked for, the same for everybody's sake, and sensible.
import { describe, expect, it } from 'vitest';
import { taskKinds } from '../../../protocol/task.ts';
import { compileScenario } from '../../../scenarios/compile.ts';
import { intervalAt } from '../../../sim/workload/intervals.ts';
import type { Workload } from '../../../sim/workload/workload.ts';
import { scenarioText } from '../../support/scenario-text.ts';

const everyKind = [
  'firstContactsPerDay',
  'deviceLinksPerDay',
  'loginsPerDay',
  'groupsCreatedPerDay',
  'groupsJoinedPerDay',
  'attachmentsPerDay',
  'historyReadsPerDay',
].map((rate) => `people.${rate}=3`);

const workloadOf = (...overrides: readonly string[]): Workload =>
  compileScenario({ text: scenarioText(), file: 'sample.yaml', overrides }).workload('7');

describe('tasks', () => {
  const plain = workloadOf();
  const busy = workloadOf(...everyKind);
  const scheduled = busy.tasks?.scheduled ?? [];

  it('are off unless a scenario asks for them, and move no message', () => {
    expect(plain.tasks).toBeUndefined();
    expect(busy.messages).toEqual(plain.messages);
    expect(busy.people.map(({ device }) => device.offline)).toEqual(
      plain.people.map(({ device }) => device.offline),
    );
  });

  it('come in every kind asked for, in order of time, whatever systems run', () => {
    expect([...new Set(scheduled.map(({ task }) => task.kind))].sort()).toEqual([...taskKinds].sort());
    expect(scheduled.map(({ id }) => Number(id))).toEqual(scheduled.map((_, row) => row));
    expect(scheduled.map(({ at }) => at)).toEqual(scheduled.map(({ at }) => at).toSorted((a, b) => a - b));
    expect(workloadOf(...everyKind, 'systems={bitchat: {}}').tasks).toEqual(busy.tasks);
  });

  it('do not change because of another kind', () => {
    const contacts = ({ tasks }: Workload) =>
      tasks?.scheduled
        .filter(({ task }) => task.kind === 'first-contact')
        .map(({ person, at, task, retryAfter }) => ({ person, at, task, retryAfter }));
    expect(contacts(workloadOf('people.firstContactsPerDay=3'))).toEqual(contacts(busy));
  });

  it('are done on a phone that is on, with the application open', () => {
    for (const { person, at } of scheduled) {
      const { device } = busy.people[person]!;
      expect(intervalAt(device.offline, at)).toBeUndefined();
      expect(intervalAt(device.foreground, at)).toBeDefined();
    }
  });

  it('are about people whom it makes sense to do them with', () => {
    const together = (left: number, right: number): boolean =>
      busy.conversations.some(
        ({ members }) => members.some((m) => m === left) && members.some((m) => m === right),
      );
    for (const { person, task } of scheduled) {
      if (task.kind === 'first-contact') expect(together(person, task.to)).toBe(false);
      if (task.kind === 'join-group') expect(together(person, task.host)).toBe(true);
      if (task.kind === 'create-group')
        for (const guest of task.invites) expect(together(person, guest)).toBe(true);
    }
  });
});
