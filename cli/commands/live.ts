// `netsplit live`: one system of a scenario in real time, on processes and sockets of this machine.
import { randomInt } from 'node:crypto';
import pc from 'picocolors';
import { compareTable } from '../../reports/compare-table.ts';
import { verdictOf } from '../../reports/evaluate.ts';
import { comparisonInWords } from '../../reports/live/comparison-words.ts';
import { NotLive, runScenarioLive, type FinishedLiveRun } from '../../reports/live/run-live.ts';
import { openStore, saveRun } from '../../reports/store.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { endingSignals } from '../../sim/live/ipc.ts';
import { LiveFailed, LiveInterrupted, type LiveProgress } from '../../sim/live/live-run.ts';
import { LiveUnavailable } from '../../sim/live/packages.ts';
import { exitCode, UsageError } from '../exit.ts';
import { ProgressLine } from '../progress.ts';

/** Options as the command line gives them. */
export interface LiveOptions {
  readonly seed?: number;
  readonly system?: string;
  readonly nodes?: number;
  readonly port?: number;
  readonly races?: boolean;
  readonly set: readonly string[];
  readonly out: string;
  readonly json?: boolean;
}

/** Runs a system of a scenario live; returns the exit code. */
export async function live(name: string, options: LiveOptions): Promise<number> {
  const people = options.nodes === undefined ? [] : [`people.count=${options.nodes}`];
  const scenario = { ...loadScenario(name), overrides: [...people, ...options.set] };
  const seed = options.seed ?? randomInt(1, 1_000_000);
  await openStore(options.out);
  if (options.json !== true && options.seed === undefined) process.stderr.write(`seed ${seed} (drawn)\n`);
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  for (const signal of endingSignals) process.once(signal, stop);
  const progress = new ProgressLine();
  let finished: FinishedLiveRun;
  try {
    finished = await runScenarioLive({
      scenario,
      name,
      seed,
      system: options.system,
      port: options.port,
      races: options.races,
      signal: interrupt.signal,
      onProgress: (where) => progress.update(inWords(where)),
    });
  } catch (error) {
    progress.end();
    if (error instanceof LiveInterrupted || interrupt.signal.aborted) {
      process.stderr.write('the live run was stopped before its beginning: nothing is kept\n');
      return exitCode.interrupted;
    }
    if (error instanceof LiveUnavailable || error instanceof NotLive) throw new UsageError(error.message);
    if (!(error instanceof LiveFailed)) throw error;
    process.stderr.write(`${pc.red('error')}: ${error.message}; nothing is kept\n`);
    return exitCode.checkFailed;
  } finally {
    for (const signal of endingSignals) process.off(signal, stop);
    progress.end();
  }
  const { path } = await saveRun(options.out, finished);
  const { record, live: told } = finished;
  const { comparison, stoppedAt = 0 } = told;
  if (options.json === true) process.stdout.write(`${JSON.stringify(record)}\n`);
  else {
    const compared = comparison === undefined ? '' : `${comparisonInWords(told, comparison)}\n\n`;
    process.stdout.write(`${compareTable(record)}\n${compared}${pc.dim(`kept in ${path}`)}\n`);
  }
  if (comparison === undefined) {
    process.stderr.write(
      `stopped after ${stoppedAt.toFixed(1)} of ${record.windows.horizon} seconds: what happened until then is kept in ${path}, marked as not complete and not held against the simulator\n`,
    );
    return exitCode.interrupted;
  }
  const { agree } = comparison.verdict;
  return agree && verdictOf(record) === 'good' ? exitCode.good : exitCode.checkFailed;
}

function inWords(where: LiveProgress): Parameters<ProgressLine['update']>[0] {
  if (where.kind === 'preparing') return { label: `${where.processes} processes`, share: 0 };
  return { label: 'live', share: where.now / where.horizon };
}
