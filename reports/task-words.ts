// Tasks in words, for tables and documents.
import type { TaskKind } from '../protocol/task.ts';
import { countInWords } from './figures-in-words.ts';
import type { TaskFigures } from './record-system.ts';

export const taskWords: Readonly<Record<TaskKind, string>> = {
  'first-contact': 'first contact',
  'link-device': 'linking a device',
  'log-in': 'logging in anew',
  'create-group': 'creating a group',
  'join-group': 'joining a group',
  attachment: 'sending a picture',
  history: 'reading back',
};

/** Reasons and faults named for one kind of task. */
const namedMost = 2;

/** What kept the tasks of a kind from being done in time, and whose fault that was; empty when all were. */
export function obstaclesInWords({ attempted, inTime, reasons, blame }: TaskFigures): string {
  const missed = attempted - inTime;
  if (missed === 0) return '';
  const why = reasons
    .slice(0, namedMost)
    .map(({ reason, tasks }) => `${countInWords(tasks)} × ${reason}`)
    .join(', ');
  const faults = blame
    .slice(0, namedMost)
    .map(({ title, tasks }) => `${title} (${countInWords(tasks)})`)
    .join(', ');
  const charged = faults === '' ? '' : `; by ${faults}`;
  return `${countInWords(missed)} of ${countInWords(attempted)} not in time: ${why}${charged}`;
}

/** Why there are no figures for a kind of task. */
export function absenceInWords({ without }: TaskFigures): string {
  return without ?? 'not simulated yet';
}
