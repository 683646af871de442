// A file where the user asked for it. What the file system has against it is told in one line, as bad input.
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemErrorInWords } from '../reports/store.ts';
import { UsageError } from './exit.ts';

/**
 * @param flag `wx`: a file that is there stays as it is
 * @throws UsageError when the file system refuses
 */
export function writeNamedFile(path: string, text: string, flag: 'w' | 'wx' = 'w'): void {
  try {
    writeFileSync(path, text, { flag });
  } catch (error) {
    const noFolder = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new UsageError(
      `cannot write ${path}: ${noFolder ? `there is no folder ${dirname(path)}` : systemErrorInWords(error)}`,
    );
  }
}
