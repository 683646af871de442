// What runs on a worker thread of a regression: one case file.
import { replayFile, type ReplayedFile } from './replay-folder.ts';

/** Replays one file. */
export function replayFileTask(file: string): ReplayedFile {
  return replayFile(file);
}
