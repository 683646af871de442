// `netsplit regress`: every case of a folder, replayed and held against what it expects.
import { relative } from 'node:path';
import pc from 'picocolors';
import {
  caseFiles,
  isFolder,
  regressionJunit,
  replayFiles,
  type ReplayedFile,
} from '../../reports/search/replay-folder.ts';
import { exitCode, UsageError } from '../exit.ts';
import { writeNamedFile } from '../named-file.ts';
import { printableLine } from '../printable.ts';

/** Options as the command line gives them. */
export interface RegressOptions {
  readonly junit?: string;
  readonly workers?: number;
  readonly json?: boolean;
}

/** Replays a folder; returns the exit code: 2 when a file is no case, 1 when one is not what it expects. */
export async function regress(folder: string, options: RegressOptions): Promise<number> {
  if (!isFolder(folder)) throw new UsageError(`${folder}: expected a folder with case files`);
  const files = caseFiles(folder);
  if (files.length === 0) throw new UsageError(`${folder}: there is no case file (.yaml) in it`);
  const replayed = await replayFiles(files, options.workers);
  if (options.junit !== undefined) writeNamedFile(options.junit, regressionJunit(folder, replayed));
  if (options.json === true) process.stdout.write(`${JSON.stringify(replayed)}\n`);
  else for (const file of replayed) process.stdout.write(inWords(file, folder));
  const refused = replayed.filter((file) => file.refused !== undefined);
  const failed = replayed.filter((file) => file.replayed.some(({ isMet }) => !isMet));
  if (options.json !== true)
    process.stdout.write(
      `${replayed.length - refused.length - failed.length} of ${replayed.length} cases are as they expect\n`,
    );
  if (refused.length > 0) return exitCode.badInput;
  return failed.length > 0 ? exitCode.checkFailed : exitCode.good;
}

function inWords({ file, title, replayed, refused }: ReplayedFile, folder: string): string {
  const name = relative(folder, file);
  if (refused !== undefined) return `${pc.red('✘')} ${printableLine(refused)}\n`;
  const isMet = replayed.every((each) => each.isMet);
  const lines = [`${isMet ? pc.green('✔') : pc.red('✘')} ${name}: ${printableLine(title)}`];
  for (const { expected, isMet: met, words } of replayed)
    if (!met)
      lines.push(
        `    expected: ${printableLine(expected)}; ${words.length === 0 ? 'it holds' : words.join('; ')}`,
      );
  return `${lines.join('\n')}\n`;
}
