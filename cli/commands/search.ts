// `netsplit search`: looks for failures that nobody has thought of, and keeps each as a case that is complete in itself.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { specifiedRoomVersions } from '../../protocol/matrix/room-version.ts';
import { searchInWords, reachCounts, searchReport } from '../../reports/search/search-words.ts';
import { runSearch } from '../../reports/search/search-runner.ts';
import { freshSearch, keptSearch, type SearchState } from '../../reports/search/search-state.ts';
import { resolutionTarget, searchTargets } from '../../reports/search/search-target.ts';
import { didYouMean } from '../../scenarios/scenario-error.ts';
import { nearest } from '../../sim/infrastructure/near-misses.ts';
import { exitCode, UsageError } from '../exit.ts';

/** Options as the command line gives them. */
export interface SearchCommandOptions {
  readonly runs?: number;
  readonly minutes?: number;
  readonly seed: number;
  readonly workers?: number;
  readonly roomVersion?: string;
  readonly merges?: number;
  readonly out?: string;
  readonly resume?: boolean;
  readonly json?: boolean;
}

/** A run of a system takes a hundred times as long as a room. */
const defaultRuns = { rooms: 2_000, runs: 200 };

/** Searches; returns the exit code: 1 when something was found or a situation that should be met never was. */
export async function search(target: string, options: SearchCommandOptions): Promise<number> {
  if (!searchTargets().includes(target))
    throw new UsageError(
      `expected a target to search, one of ${searchTargets().join(', ')}; found "${target}"${didYouMean(nearest(target, searchTargets()))}`,
    );
  const { seed, json } = options;
  const ofSystem = target !== resolutionTarget;
  if (ofSystem && options.roomVersion !== undefined)
    throw new UsageError(
      `--room-version is for ${resolutionTarget}; rooms of ${target} are of versions that it chooses`,
    );
  if (ofSystem && options.merges !== undefined) throw new UsageError(`--merges is for ${resolutionTarget}`);
  const roomVersion = options.roomVersion ?? (ofSystem ? '' : '11');
  if (!ofSystem && specifiedRoomVersions.get(roomVersion) === undefined)
    throw new UsageError(`expected a room version from 1 to 12, found "${roomVersion}"`);
  const folder =
    options.out ??
    join('searches', `${[target, roomVersion].filter((part) => part !== '').join('-')}-seed-${seed}`);
  const start = await startOf(folder, target, roomVersion, options);
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.once('SIGINT', stop);
  const rooms =
    options.runs ??
    (options.minutes === undefined ? (ofSystem ? defaultRuns.runs : defaultRuns.rooms) : undefined);
  let state: SearchState;
  try {
    state = await runSearch(start, {
      folder,
      budget: { rooms, seconds: options.minutes === undefined ? undefined : options.minutes * 60 },
      workers: options.workers,
      signal: interrupt.signal,
      command: `npx netsplit search ${target}${ofSystem ? '' : ` --room-version ${roomVersion}`} --seed ${seed}${start.merges === 0 ? '' : ` --merges ${start.merges}`}`,
      onProgress: (now) => tellProgress(now, rooms),
    });
  } finally {
    process.removeListener('SIGINT', stop);
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  }
  const report = searchReport(state);
  process.stdout.write(json === true ? `${JSON.stringify(report)}\n` : searchInWords(report, folder));
  if (interrupt.signal.aborted) {
    process.stderr.write(
      `stopped after ${state.rooms} ${ofSystem ? 'runs' : 'rooms'}, which are kept; continue with --resume\n`,
    );
    return exitCode.interrupted;
  }
  const isIncomplete = reachCounts(report) && report.unreached.length > 0;
  return Object.keys(report.found).length > 0 || isIncomplete ? exitCode.checkFailed : exitCode.good;
}

async function startOf(
  folder: string,
  target: string,
  roomVersion: string,
  { seed, resume, merges = 0 }: SearchCommandOptions,
): Promise<SearchState> {
  const kept = await keptSearch(folder);
  if (resume === true) {
    if (kept === undefined) throw new UsageError(`${folder}: there is no search to resume`);
    if (
      kept.target !== target ||
      kept.roomVersion !== roomVersion ||
      kept.seed !== seed ||
      kept.merges !== merges
    )
      throw new UsageError(
        `${folder}: the search kept there is of ${kept.target}${kept.roomVersion === '' ? '' : `, room version ${kept.roomVersion}`}, with seed ${kept.seed}${kept.merges === 0 ? '' : ` and --merges ${kept.merges}`}`,
      );
    return kept;
  }
  if (existsSync(folder))
    throw new UsageError(`${folder} exists; continue what is there with --resume, or choose another --out`);
  return freshSearch(target, roomVersion, seed, merges);
}

function tellProgress(state: SearchState, budget: number | undefined): void {
  if (!process.stderr.isTTY) return;
  const { target, rooms, resolutions, events, situations, found, seconds } = state;
  const of = budget === undefined ? '' : ` of ${budget}`;
  const done =
    target === resolutionTarget
      ? `${rooms}${of} rooms   ${resolutions} resolutions`
      : `${rooms}${of} runs   ${events} events`;
  process.stderr.write(
    `\r\x1b[2K${done}   ${Object.keys(situations).length} situations   ` +
      `${Object.keys(found).length} findings   ${Math.round(seconds)} s`,
  );
}
