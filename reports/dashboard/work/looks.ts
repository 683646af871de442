// What can be looked at, by kind of question: everything that needs a file read whole, a simulation or a compilation.
import { renderRun, type ReportFormat } from '../../documents/render-report.ts';
import { librarySummaries, settableValues } from './library.ts';
import type { ScenarioSummary, SettableValue, WorkRequest } from '../wire.ts';
import { checkedWork } from './work-request.ts';

/** A question. */
export type LookTask =
  | { readonly kind: 'library' }
  | { readonly kind: 'values'; readonly scenario: string }
  | { readonly kind: 'check'; readonly request: WorkRequest }
  | { readonly kind: 'report'; readonly folder: string; readonly format: ReportFormat };

/** What each kind of question is answered with. */
export interface LookAnswers {
  library: readonly ScenarioSummary[];
  values: readonly SettableValue[];
  check: { readonly title: string; readonly command: string };
  report: string;
}

type Answer = LookAnswers[LookTask['kind']];

/**
 * @throws ScenarioError, StoreError, RangeError when the question has no answer
 */
export async function look(task: LookTask): Promise<Answer> {
  switch (task.kind) {
    case 'library':
      return librarySummaries();
    case 'values':
      return settableValues(task.scenario);
    case 'check': {
      const { title, command } = checkedWork(task.request);
      return { title, command };
    }
    case 'report':
      return renderRun(task.folder, task.format);
  }
}
