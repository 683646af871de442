// `netsplit serve` and `netsplit start`: the dashboard, alone or with a run under way.
import { statSync } from 'node:fs';
import pc from 'picocolors';
import { jsonLog } from '../../reports/dashboard/http/request-log.ts';
import { serveDashboard, shortestToken, type ServedDashboard } from '../../reports/dashboard/server.ts';
import { openStore } from '../../reports/store.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { exitCode, UsageError } from '../exit.ts';

/** Options as the command line gives them. */
export interface ServeOptions {
  readonly port: number;
  readonly host?: string;
  readonly token?: string;
  readonly runs: string;
  readonly campaigns: string;
  readonly rooms: string;
  readonly verbose?: boolean;
}

async function open(options: ServeOptions): Promise<ServedDashboard> {
  const { port, host, token, runs, campaigns, rooms, verbose } = options;
  const log = jsonLog((line) => void process.stderr.write(line), verbose === true);
  try {
    return await serveDashboard({ store: runs, campaigns, rooms, host, token, log }, port);
  } catch (error) {
    if (error instanceof RangeError)
      throw new UsageError(
        `${error.message}: give one with --token or NETSPLIT_TOKEN, ${shortestToken} characters or more`,
      );
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE')
      throw new UsageError(`port ${port} is taken; choose another with --port, or --port 0 for any free one`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new UsageError(`--host ${host ?? ''}: this machine has no such address`);
    throw error;
  }
}

function announce({ url }: ServedDashboard, { token }: ServeOptions, view: string): void {
  const address = token === undefined ? `${url}${view}` : `${url}?token=<the token>`;
  process.stdout.write(`netsplit dashboard: ${pc.bold(address)}  (Ctrl-C ends it)\n`);
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}

/** Serves finished runs, and starts what the page asks for, until it is interrupted. */
export async function serve(options: ServeOptions): Promise<number> {
  // A folder that is not there yet is an empty one: runs may come.
  const found = statSync(options.runs, { throwIfNoEntry: false });
  if (found?.isDirectory() === false)
    throw new UsageError(`--runs ${options.runs}: expected a folder with run folders, found a file`);
  if (found === undefined)
    process.stderr.write(
      `there is no folder ${options.runs} yet: the page shows runs once some are kept there\n`,
    );
  const dashboard = await open(options);
  announce(dashboard, options, '');
  await interrupted();
  await dashboard.close();
  return exitCode.good;
}

/** Serves, and runs a scenario whose curves grow on the page. */
export async function start(
  name: string,
  options: ServeOptions & { readonly seed: number },
): Promise<number> {
  loadScenario(name);
  await openStore(options.runs);
  const dashboard = await open(options);
  const ending = interrupted();
  try {
    const { id } = await dashboard.ask({ kind: 'run', scenario: name, file: name, seed: options.seed });
    announce(dashboard, options, `#/live/${id}`);
    const { status, result, problem } = (await Promise.race([dashboard.ended(id), ending])) ?? {};
    if (status === 'failed') throw new Error(problem);
    if (result !== undefined)
      process.stdout.write(`${name}, seed ${options.seed}: kept in ${options.runs}/${result}\n`);
    await ending;
    return exitCode.good;
  } finally {
    await dashboard.close();
  }
}
