// The command line as a user calls it: a process of its own, judged by its exit code and what it printed.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { packageFile } from '../../scenarios/package-file.ts';

/** What a call came to. */
export interface CommandOutcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `netsplit` with these arguments, without a terminal, colours or input. */
export function netsplit(...args: readonly string[]): Promise<CommandOutcome> {
  return outcomeOf(start(args));
}

/** Wall time that a clone's first call may take, because it compiles: for `beforeAll`. */
export const compilingTakes = 180_000;

/**
 * Lets `netsplit` compile what is older than its source, so that no test is charged with it.
 * @throws Error with what the compiler said
 */
export async function compiledNetsplit(): Promise<void> {
  const { exitCode, stderr } = await netsplit('--version');
  if (exitCode !== 0) throw new Error(stderr);
}

/** Runs `netsplit` and interrupts it, as Ctrl-C does, once it has written `sign` to standard error. */
export function netsplitInterrupted(sign: RegExp, ...args: readonly string[]): Promise<CommandOutcome> {
  const child = start(args);
  const ended = outcomeOf(child);
  let seen = '';
  child.stderr.on('data', (text: string) => {
    const waited = !sign.test(seen);
    seen += text;
    if (waited && sign.test(seen)) child.kill('SIGINT');
  });
  return ended;
}

/** Runs `netsplit` and looks every now and then, with its process id, until `look` has done what it waits to do. */
export async function netsplitWatched(
  look: (pid: number) => boolean,
  ...args: readonly string[]
): Promise<CommandOutcome> {
  const child = start(args);
  const ended = outcomeOf(child);
  const looking = setInterval(() => {
    if (child.exitCode === null && child.pid !== undefined && look(child.pid)) clearInterval(looking);
  }, 20);
  try {
    return await ended;
  } finally {
    clearInterval(looking);
  }
}

/** Runs `netsplit serve` until its page has been asked for once, then interrupts it as Ctrl-C does. */
export async function serveOnce(
  ...args: readonly string[]
): Promise<CommandOutcome & { readonly answer: number }> {
  const child = start(['serve', ...args]);
  const ended = outcomeOf(child);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (text: string) => {
      const [found] = /http:\/\/\S+/.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.on('close', () => reject(new Error('netsplit serve ended before it was ready')));
  });
  const { status } = await fetch(url);
  child.kill('SIGINT');
  return { ...(await ended), answer: status };
}

function start(args: readonly string[]): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(process.execPath, [packageFile('cli', 'netsplit.js'), ...args], {
    cwd: packageFile(),
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.setEncoding('utf8');
  child.stderr.setEncoding('utf8');
  return child;
}

function outcomeOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: string) => (stdout += text));
    child.stderr.on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}
