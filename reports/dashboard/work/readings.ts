// What is read from a run's files as it stands there, by kind of question. Apart from all that simulates: a replay must
// neither wait for somebody else's simulation nor for code that it does not need.
import { runDivergence, type RunDivergence } from '../../views/divergence.ts';
import { dayOfPerson, type PersonDay } from '../../views/person-day.ts';
import { replayMoves, replayStart, replayWaits, type ReplayStart } from '../../views/replay.ts';

/** A question. */
export type ReadTask =
  | { readonly kind: 'day'; readonly folder: string; readonly person: number | undefined }
  | { readonly kind: 'replay'; readonly folder: string; readonly system: string | undefined }
  | {
      readonly kind: 'moves';
      readonly folder: string;
      readonly system: string | undefined;
      readonly range: { readonly from: number; readonly count: number };
    }
  | { readonly kind: 'waits'; readonly folder: string; readonly system: string }
  | { readonly kind: 'divergence'; readonly folder: string };

/** What each kind of question is answered with. */
export interface ReadAnswers {
  day: PersonDay;
  replay: ReplayStart;
  moves: ArrayBuffer;
  waits: ArrayBuffer;
  divergence: RunDivergence;
}

/** @throws StoreError, NoAnswer when the question has no answer */
export async function read(task: ReadTask): Promise<ReadAnswers[ReadTask['kind']]> {
  switch (task.kind) {
    case 'day':
      return dayOfPerson(task.folder, task.person);
    case 'replay':
      return replayStart(task.folder, task.system);
    case 'moves':
      return replayMoves(task.folder, task.system, task.range);
    case 'waits':
      return replayWaits(task.folder, task.system);
    case 'divergence':
      return runDivergence(task.folder);
  }
}
