// Runs benches: every part in a process of its own, so that no part inherits another's heap, and its memory is its own.
import { spawnSync } from 'node:child_process';
import { semiSpaceMiB, youngGenerationMiB } from '../../reports/young-generation.ts';
import {
  withConclusions,
  type Bench,
  type BenchPart,
  type MeasuredRow,
  type PartReport,
  type Row,
} from './bench.ts';

/** What a part's process prints. */
export interface PartOutput {
  readonly rows: readonly Row[];
  readonly peakMiB: number;
}

/** A bench as measured. */
export interface BenchReport {
  readonly name: string;
  readonly description: string;
  readonly parts: readonly PartReport[];
}

/** A part's process failed; it has said on standard error why. */
export class BenchFailure extends Error {
  override readonly name = 'BenchFailure';
}

/**
 * Runs one bench after the other, telling of each part as it ends.
 * @throws BenchFailure when a part's process does not end well
 */
export function runBench(
  bench: Bench,
  onPart: (part: PartReport) => void,
  wanted = (_part: BenchPart): boolean => true,
): BenchReport {
  const earlier: Row[] = [];
  const parts = bench.parts.filter(wanted).map(({ name, memoryGoal, outsideHeap = 0 }): PartReport => {
    const heap = memoryGoal === undefined ? undefined : memoryGoal - outsideHeap;
    const { rows, peakMiB } = inItsOwnProcess(bench.name, name, heap);
    const report: PartReport = {
      name,
      rows: withConclusions(rows, earlier),
      peakMiB,
      ...(memoryGoal === undefined ? {} : { memoryGoal: { bound: memoryGoal, met: peakMiB < memoryGoal } }),
    };
    earlier.push(...rows);
    onPart(report);
    return report;
  });
  return { name: bench.name, description: bench.description, parts };
}

/** Rows of a report whose goals were missed, memory included. */
export function missedGoals({ parts }: BenchReport): readonly string[] {
  return parts.flatMap(({ name, rows, memoryGoal }) => [
    ...rows.filter(({ met }: MeasuredRow) => met === false).map((row) => `${name}: ${row.name}`),
    ...(memoryGoal?.met === false ? [`${name}: peak memory`] : []),
  ]);
}

/** What a process holds beside its heap: code, and Node itself. */
const besideHeapMiB = 144;

/**
 * `memory`: MiB that the part may take, typed arrays not counted. Without a limit the heap would grow over garbage: the
 * collector is made to work for a memory goal, inside the clock.
 */
function inItsOwnProcess(bench: string, part: string, memory: number | undefined): PartOutput {
  const [, program = ''] = process.argv;
  const limits =
    memory === undefined ? [] : [`--max-old-space-size=${memory - youngGenerationMiB - besideHeapMiB}`];
  const child = spawnSync(
    process.execPath,
    [
      '--single-threaded',
      '--expose-gc',
      // As in the threads in which a run simulates.
      `--max-semi-space-size=${semiSpaceMiB}`,
      ...limits,
      ...process.execArgv,
      program,
      'bench',
      bench,
      '--part',
      part,
      '--json',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  if (child.error !== undefined) throw child.error;
  if (child.status !== 0) throw new BenchFailure(`bench ${bench}, part "${part}", failed`);
  return JSON.parse(child.stdout) as PartOutput;
}
