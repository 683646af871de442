// A search, round by round: batches in parallel, then what they met and found put together in their order. What is found in
// which room depends on seed and number of rooms alone, never on how many workers there are or how fast they are.
import { join } from 'node:path';
import { makeFolder, unlessRefused, writeAtomically } from '../store.ts';
import { batchPool } from './batch-pool.ts';
import { textOfFinding } from './found-case.ts';
import { keepSearch, type SearchState } from './search-state.ts';
import type { RunSighting } from '../../scenarios/search/systems/search-runs.ts';
import { asDrawn, resolutionTarget, type BatchResult, type Finding } from './search-target.ts';

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
/** Rooms are quick to play; a run of a system takes a hundred times as long. */
const perBatch = (target: string): number => (target === resolutionTarget ? 20 : 2);
const mostRoomsInCorpus = 200;
/** A finding is shrunk anew from other rooms until it is this small, or that often; one of a run, which takes longer, twice. */
const smallEnough = 8;
const mostTries = (target: string): number => (target === resolutionTarget ? 4 : 2);

/** Goes on with a search until its budget is spent or the signal comes. */
export async function runSearch(start: SearchState, options: SearchOptions): Promise<SearchState> {
  const { folder, budget, signal } = options;
  await unlessRefused(folder, () => makeFolder(join(folder, 'cases')));
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
            target: state.target,
            roomVersion: state.roomVersion,
            seed: state.seed,
            merges: state.merges,
            first,
            rooms,
            corpus: state.corpus,
            met: Object.keys(state.situations),
            known: Object.entries(state.found).flatMap(([name, { events, tries }]) =>
              events <= smallEnough || tries >= mostTries(state.target) ? [name] : [],
            ),
          });
          return { result, spent: start.seconds + seconds() };
        }),
      );
      for (const { result } of results) state = withResult(state, result);
      const small = await Promise.all(
        firstOfEach(results.flatMap(({ result }) => result.sightings)).map(async (sighting) => {
          const job = { target: state.target, sighting };
          const finding = await pool.shrink(job, signal);
          return {
            finding: finding ?? asDrawn(job),
            isTried: finding !== undefined,
            spent: start.seconds + seconds(),
          };
        }),
      );
      const findings = results.flatMap(({ result, spent }) =>
        result.findings.map((finding) => ({ finding, isTried: true, spent })),
      );
      for (const { finding, isTried, spent } of [...findings, ...small])
        state = await withFinding(state, finding, { ...options, isTried, spent });
      for (const { result } of results) state = withTimes(state, result);
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
  { rooms: done, target }: SearchState,
  budget: number | undefined,
): readonly { readonly first: number; readonly rooms: number }[] {
  const roomsPerBatch = perBatch(target);
  const left = Math.min((budget ?? Infinity) - done, batchesPerRound * roomsPerBatch);
  return Array.from({ length: Math.ceil(left / roomsPerBatch) }, (_batch, index) => ({
    first: done + index * roomsPerBatch,
    rooms: Math.min(roomsPerBatch, left - index * roomsPerBatch),
  }));
}

/** What several batches of a round saw is made small once. */
function firstOfEach(sightings: readonly RunSighting[]): readonly RunSighting[] {
  return sightings.filter(({ name }, index) => sightings.findIndex((each) => each.name === name) === index);
}

function withResult(state: SearchState, result: BatchResult): SearchState {
  const situations = { ...state.situations };
  for (const [name, times] of result.situations) situations[name] = (situations[name] ?? 0) + times;
  const { resolutions, large, messages, events } = result.counts;
  return {
    ...state,
    rooms: state.rooms + result.rooms,
    resolutions: state.resolutions + resolutions,
    large: state.large + large,
    messages: state.messages + messages,
    events: state.events + events,
    situations,
    // Those that led somewhere new last are the likeliest to lead on.
    corpus: [...state.corpus, ...(structuredClone(result.fresh) as SearchState['corpus'])].slice(
      -mostRoomsInCorpus,
    ),
  };
}

async function withFinding(
  state: SearchState,
  finding: Finding,
  { folder, command, isTried, spent }: SearchOptions & { readonly isTried: boolean; readonly spent: number },
): Promise<SearchState> {
  const known = state.found[finding.name];
  const tries = (known?.tries ?? 0) + (isTried ? 1 : 0);
  const isSmaller = known === undefined || finding.size < known.events;
  const entry = isSmaller
    ? {
        times: known?.times ?? 0,
        tries,
        events: finding.size,
        file: await keepCase(folder, finding, { command, seconds: spent }),
        room: known?.room ?? finding.room,
        seconds: known?.seconds ?? spent,
        words: finding.words,
      }
    : { ...known, tries };
  return { ...state, found: { ...state.found, [finding.name]: entry } };
}

/** How often each finding was met, once it is known. */
function withTimes(state: SearchState, { met }: BatchResult): SearchState {
  const found = { ...state.found };
  for (const [name, times] of met) {
    const known = found[name];
    if (known !== undefined) found[name] = { ...known, times: known.times + times };
  }
  return { ...state, found };
}

async function keepCase(
  folder: string,
  finding: Finding,
  by: { readonly command: string; readonly seconds: number },
): Promise<string> {
  const file = join('cases', `${finding.name.replace(/[^\w.]+/g, '-')}.yaml`);
  const text = textOfFinding(finding, by);
  await unlessRefused(folder, () => writeAtomically(join(folder, file), text));
  return file;
}
