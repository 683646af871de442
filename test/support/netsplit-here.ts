// The command line called as a function, for all that does not depend on its being a process: parsing, words, exit codes.
import { vi } from 'vitest';
import { commandLine } from '../../cli/command-line.ts';
import type { CommandOutcome } from './netsplit-command.ts';

/**
 * What `netsplit` prints and ends with when called with these arguments. Simulations run in this thread, one after the
 * other. Callers await one call before the next: there is one standard output.
 */
export async function netsplitHere(...args: readonly string[]): Promise<CommandOutcome> {
  const before = process.exitCode;
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      written[name] += String(chunk);
      return true;
    }),
  );
  process.exitCode = undefined;
  try {
    await commandLine(args);
    return { exitCode: process.exitCode ?? 0, ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = before;
  }
}
