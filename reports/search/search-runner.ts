// A search, round by round: batches in parallel, then what they met and found put together in their order. What is found in
// which room depends on seed and number of rooms alone, never on how many workers there are or how fast they are.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RoomBatchResult, RoomFinding } from '../../scenarios/search/resolution/search-rooms.ts';
import { caseText } from '../../scenarios/cases/case-file.ts';
import { unlessRefused, writeAtomically } from '../store.ts';
import { batchPool } from './batch-pool.ts';
import { caseOfFinding } from './found-case.ts';
import { keepSearch, type SearchState } from './search-state.ts';

/** How long to search: until one of these is reached. */
export interface SearchBudget {
  /** Rooms in all, those of earlier sittings included. */
  readonly rooms?: number | undefined;
  /** Seconds of this sitting. */
  readonly seconds?: number | undefined;
}

/** How a search is run. */
export interface SearchOptions {
  readonly folder: string;
  readonly budget: SearchBudget;
  readonly workers: number | undefined;
  readonly signal: AbortSignal;
  /** What was typed, so that a case says how it was found. */
  readonly command: string;
  readonly onProgress?: (state: SearchState) => void;
}

const batchesPerRound = 8;
const roomsPerBatch = 20;
const mostRoomsInCorpus = 200;
/** A finding is shrunk anew from other rooms until it is this small, or that often. */
const smallEnough = 8;
const mostTries = 4;

/** Goes on with a search until its budget is spent or the signal comes. */
export async function runSearch(start: SearchState, options: SearchOptions): Promise<SearchState> {
  const { folder, budget, signal } = options;
  await unlessRefused(folder, async () => {
    await mkdir(join(folder, 'cases'), { recursive: true });
  });
  const pool = batchPool(options.workers);
  const began = performance.now();
  let state = start;
  const seconds = (): number => (performance.now() - began) / 1_000;
  const isSpent = (): boolean =>
    (budget.rooms !== undefined && state.rooms >= budget.rooms) ||
    (budget.seconds !== undefined && seconds() >= budget.seconds);
  try {
    while (!isSpent() && !signal.aborted) {
      const results = await Promise.all(
        batchesOf(state, budget.rooms).map(async ({ first, rooms }) => {
          const result = await pool.run({
            roomVersion: state.roomVersion,
            seed: state.seed,
            first,
            rooms,
            corpus: state.corpus,
            met: Object.keys(state.situations),
            known: Object.entries(state.found).flatMap(([name, { events, tries }]) =>
              events <= smallEnough || tries >= mostTries ? [name] : [],
            ),
          });
          return { result, spent: start.seconds + seconds() };
        }),
      );
      for (const { result, spent } of results) state = await withResult(state, result, { ...options, spent });
      state = { ...state, seconds: start.seconds + seconds() };
      await keepSearch(folder, state);
      options.onProgress?.(state);
    }
  } finally {
    await pool.close();
  }
  return state;
}

/** The batches of the next round: no further than the budget goes. */
function batchesOf(
  { rooms: done }: SearchState,
  budget: number | undefined,
): readonly { readonly first: number; readonly rooms: number }[] {
  const left = Math.min((budget ?? Infinity) - done, batchesPerRound * roomsPerBatch);
  return Array.from({ length: Math.ceil(left / roomsPerBatch) }, (_batch, index) => ({
    first: done + index * roomsPerBatch,
    rooms: Math.min(roomsPerBatch, left - index * roomsPerBatch),
  }));
}

async function withResult(
  state: SearchState,
  result: RoomBatchResult,
  { folder, command, spent }: SearchOptions & { readonly spent: number },
): Promise<SearchState> {
  const situations = { ...state.situations };
  for (const [name, times] of result.situations) situations[name] = (situations[name] ?? 0) + times;
  const found = { ...state.found };
  for (const finding of result.findings) {
    const known = found[finding.name];
    const tries = (known?.tries ?? 0) + 1;
    if (known === undefined || finding.problem.events.length < known.events)
      found[finding.name] = {
        times: known?.times ?? 0,
        tries,
        events: finding.problem.events.length,
        file: await keepCase(folder, finding, { command, seconds: spent }),
        room: known?.room ?? finding.room,
        seconds: known?.seconds ?? spent,
        words: finding.violation.words,
      };
    else found[finding.name] = { ...known, tries };
  }
  for (const [name, times] of result.met) {
    const known = found[name];
    if (known !== undefined) found[name] = { ...known, times: known.times + times };
  }
  return {
    ...state,
    rooms: state.rooms + result.rooms,
    resolutions: state.resolutions + result.resolutions,
    large: state.large + result.large,
    situations,
    // Those that led somewhere new last are the likeliest to lead on.
    corpus: [...state.corpus, ...result.fresh.map((room) => structuredClone(room))].slice(
      -mostRoomsInCorpus,
    ) as SearchState['corpus'],
    found,
  };
}

async function keepCase(
  folder: string,
  finding: RoomFinding,
  by: { readonly command: string; readonly seconds: number },
): Promise<string> {
  const file = join('cases', `${finding.name.replaceAll(' ', '-')}.yaml`);
  const text = caseText(caseOfFinding(finding, by));
  await unlessRefused(folder, () => writeAtomically(join(folder, file), text));
  return file;
}
