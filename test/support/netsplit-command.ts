// The command line as a user calls it: a process of its own, judged by its exit code and what it printed.
import { spawn } from 'node:child_process';
import { packageFile } from '../../scenarios/package-file.ts';

/** What a call came to. */
export interface CommandOutcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `netsplit` with these arguments, without a terminal, colours or input. */
export function netsplit(...args: readonly string[]): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [packageFile('cli', 'netsplit.js'), ...args], {
      cwd: packageFile(),
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}
