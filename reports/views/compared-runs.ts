// Two stored runs side by side, in words and as the series that both have.
import { changeInWords, compareRuns, figureInWords, whatDiffers } from '../comparison/two-runs.ts';
import type { Series } from '../record-system.ts';
import { readRecord } from '../store.ts';
import type { RunRecord } from '../record.ts';

/** One figure of one system in both. */
export interface ComparedRow {
  readonly system: string;
  readonly title: string;
  readonly definition: string;
  readonly left: string;
  readonly right: string;
  readonly change: string;
  readonly changed: boolean;
}

interface Side {
  readonly title: string;
  readonly seed: number;
  readonly overrides: readonly string[];
  readonly epoch: string;
  readonly series: Readonly<Record<string, Series>>;
}

/** What is shown of two runs. */
export interface ComparedRuns {
  readonly left: Side;
  readonly right: Side;
  readonly titles: Readonly<Record<string, string>>;
  /** Why they may differ at all. */
  readonly differs: readonly string[];
  readonly rows: readonly ComparedRow[];
}

/** @throws StoreError when one of them cannot be read */
export async function comparedRuns(left: string, right: string): Promise<ComparedRuns> {
  const [ours, theirs] = await Promise.all([readRecord(left), readRecord(right)]);
  return {
    left: sideOf(ours),
    right: sideOf(theirs),
    titles: Object.fromEntries(Object.entries(ours.systems).map(([id, { title }]) => [id, title])),
    differs: whatDiffers(ours, theirs),
    rows: compareRuns(ours, theirs).map((each) => ({
      system: each.system,
      title: each.figure.title,
      definition: each.figure.definition,
      left: figureInWords(each.left, each.figure),
      right: figureInWords(each.right, each.figure),
      change: changeInWords(each),
      changed: each.left !== each.right,
    })),
  };
}

function sideOf({ title, seed, overrides, epoch, systems }: RunRecord): Side {
  const series = Object.fromEntries(Object.entries(systems).map(([id, system]) => [id, system.series]));
  return { title, seed, overrides, epoch, series };
}
