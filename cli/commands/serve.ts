// `netsplit serve` and `netsplit start`: the dashboard, alone or with a run under way.
import { statSync } from 'node:fs';
import pc from 'picocolors';
import { LiveRun } from '../../reports/dashboard/live-run.ts';
import { serveDashboard, type ServedDashboard } from '../../reports/dashboard/server.ts';
import { RunInterrupted, runScenario } from '../../reports/runner.ts';
import { openStore, saveRun } from '../../reports/store.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { exitCode, UsageError } from '../exit.ts';

/** Options as the command line gives them. */
export interface ServeOptions {
  readonly port: number;
  readonly runs: string;
}

async function open({ port, runs }: ServeOptions, live: LiveRun | undefined): Promise<ServedDashboard> {
  try {
    const dashboard = await serveDashboard({ store: runs, live }, port);
    const view = live === undefined ? '' : '#/live';
    process.stdout.write(`netsplit dashboard: ${pc.bold(`${dashboard.url}${view}`)}  (Ctrl-C ends it)\n`);
    return dashboard;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new UsageError(`port ${port} is taken; choose another with --port, or --port 0 for any free one`);
    }
    throw error;
  }
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}

/** Serves finished runs until it is interrupted. */
export async function serve(options: ServeOptions): Promise<number> {
  // A folder that is not there yet is an empty one: runs may come.
  if (statSync(options.runs, { throwIfNoEntry: false })?.isDirectory() === false)
    throw new UsageError(`--runs ${options.runs}: expected a folder with run folders, found a file`);
  const dashboard = await open(options, undefined);
  await interrupted();
  await dashboard.close();
  return exitCode.good;
}

/** Serves, and runs a scenario whose curves grow on the page. */
export async function start(
  name: string,
  options: ServeOptions & { readonly seed: number },
): Promise<number> {
  const scenario = loadScenario(name);
  await openStore(options.runs);
  const live = new LiveRun();
  const dashboard = await open(options, live);
  const interrupt = new AbortController();
  const ended = interrupted().then(() => interrupt.abort());
  try {
    const finished = await runScenario({
      scenario,
      name,
      seed: options.seed,
      signal: interrupt.signal,
      onStart: (start) => live.started(start),
      onProgress: (progress) => live.progressed(progress),
    });
    const { id, path } = await saveRun(options.runs, finished);
    live.finished(id);
    process.stdout.write(`${name}, seed ${options.seed}: kept in ${path}\n`);
  } catch (error) {
    if (!(error instanceof RunInterrupted)) {
      live.failed(error instanceof Error ? error.message : String(error));
      await dashboard.close();
      throw error;
    }
  }
  await ended;
  await dashboard.close();
  return exitCode.good;
}
