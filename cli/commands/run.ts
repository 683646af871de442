// `netsplit run`: every system and its twin, the comparison, the run folder, the exit code.
import { randomInt } from 'node:crypto';
import pc from 'picocolors';
import { compareTable } from '../../reports/compare-table.ts';
import { verdictOf } from '../../reports/evaluate.ts';
import type { RunRecord } from '../../reports/record.ts';
import {
  RunInterrupted,
  runScenario,
  type FinishedRun,
  type RunOptions as ScenarioRun,
} from '../../reports/runner.ts';
import { withResendBounds } from '../../reports/resend-bounds.ts';
import { openStore, saveRun } from '../../reports/store.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { exitCode } from '../exit.ts';
import { ProgressLine } from '../progress.ts';
import { systemList } from '../system-list.ts';

/** Options as the command line gives them. */
export interface RunOptions {
  readonly seed?: number;
  readonly systems?: string;
  readonly set: readonly string[];
  readonly out: string;
  readonly workers?: number;
  readonly maxSeconds?: number;
  readonly maxMemory?: number;
  readonly json?: boolean;
  readonly resendBounds?: boolean;
}

/** Runs a scenario; returns the exit code. */
export async function run(name: string, options: RunOptions): Promise<number> {
  const scenario = { ...loadScenario(name), overrides: options.set };
  const seed = options.seed ?? randomInt(1, 1_000_000);
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.once('SIGINT', stop);
  const progress = new ProgressLine();
  let finished: FinishedRun;
  try {
    const plan = {
      scenario,
      name,
      seed,
      systems: systemList(options.systems),
      workers: options.workers,
      limits: { seconds: options.maxSeconds, memoryMiB: options.maxMemory },
      signal: interrupt.signal,
      onStart: async () => {
        await openStore(options.out);
        if (options.json !== true && options.seed === undefined)
          process.stderr.write(`seed ${seed} (drawn)\n`);
      },
      onProgress: ({ system, variant, now, horizon }) =>
        progress.update({ label: variant === 'twin' ? `${system} twin` : system, share: now / horizon }),
    } satisfies ScenarioRun;
    finished = await runScenario(plan);
    if (options.resendBounds === true) finished = await withResendBounds(finished, plan);
  } catch (error) {
    if (!(error instanceof RunInterrupted)) throw error;
    progress.end();
    process.stderr.write(`${error.message}\n`);
    return exitCode.interrupted;
  } finally {
    process.off('SIGINT', stop);
    progress.end();
  }
  const { path } = await saveRun(options.out, finished);
  const { record } = finished;
  if (options.json === true) process.stdout.write(`${JSON.stringify(record)}\n`);
  else process.stdout.write(`${compareTable(record)}\n${pc.dim(`kept in ${path}`)}\n`);
  if (interrupt.signal.aborted) return interruptedAfter(record, path);
  return {
    good: exitCode.good,
    'check-failed': exitCode.checkFailed,
    'limit-reached': exitCode.limitReached,
  }[verdictOf(record)];
}

/** Says what was saved of an interrupted run. */
function interruptedAfter({ systems, unfinished = [] }: RunRecord, path: string): number {
  if (unfinished.length === 0) return exitCode.interrupted;
  process.stderr.write(
    `interrupted: ${Object.keys(systems).join(', ')} with their twins had ended and are kept in ${path}, marked as not complete; ${unfinished.join(', ')} had not\n`,
  );
  return exitCode.interrupted;
}
