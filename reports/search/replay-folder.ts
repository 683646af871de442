// All cases of a folder, as a regression suite: on worker threads when compiled, one after the other otherwise.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { Piscina } from 'piscina';
import { readCase } from '../../scenarios/cases/case-file.ts';
import { isScenarioText, readScenarioCase, type ScenarioCase } from '../../scenarios/cases/scenario-case.ts';
import { ScenarioError } from '../../scenarios/scenario-error.ts';
import { junitSuite, type TestCase } from '../documents/junit.ts';
import { threadsAvailable } from '../job-pool.ts';
import { replayCase, replayScenarioCase, type Replayed } from './replay-case.ts';

/** A file and what came of it. */
export interface ReplayedFile {
  readonly file: string;
  readonly title: string;
  readonly replayed: readonly Replayed[];
  /** Why it cannot be replayed; undefined where it can. */
  readonly refused: string | undefined;
}

/** Every case file below a folder, by name. */
export function caseFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** What a scenario case shows, in a line. */
export function titleOf({ compiled, section }: ScenarioCase): string {
  return section.why ?? compiled.document.title;
}

/** Replays one file; what is wrong with it is told, not thrown. */
export function replayFile(file: string): ReplayedFile {
  try {
    const text = readFileSync(file, 'utf8');
    if (isScenarioText(text)) {
      const read = readScenarioCase(text, file);
      return { file, title: titleOf(read), replayed: replayScenarioCase(read), refused: undefined };
    }
    const read = readCase(text, file);
    return { file, title: read.document.title, replayed: replayCase(read), refused: undefined };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return { file, title: file, replayed: [], refused: error.message };
  }
}

/** Replays them all, in the order given. */
export async function replayFiles(
  files: readonly string[],
  workers: number | undefined,
): Promise<readonly ReplayedFile[]> {
  if (!threadsAvailable) return files.map(replayFile);
  const pool = new Piscina({
    filename: new URL('./regress-worker.js', import.meta.url).href,
    name: 'replayFileTask',
    minThreads: 0,
    maxThreads: Math.min(files.length, workers ?? availableParallelism()),
  });
  try {
    return await Promise.all(files.map(async (file) => (await pool.run(file)) as ReplayedFile));
  } finally {
    await pool.destroy();
  }
}

/** The suite as JUnit XML. */
export function regressionJunit(folder: string, files: readonly ReplayedFile[]): string {
  const cases = files.flatMap(({ file, replayed, refused }): readonly TestCase[] => {
    const group = relative(folder, file);
    if (refused !== undefined) return [{ name: 'is a case', group, failure: refused }];
    return replayed.map(({ expected, isMet, words }) =>
      isMet
        ? { name: expected, group }
        : { name: expected, group, failure: words.length === 0 ? 'it holds' : words.join('\n') },
    );
  });
  return junitSuite(folder, cases, '');
}

/** Whether a path is a folder. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
