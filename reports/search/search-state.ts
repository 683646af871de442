// What a search has come to so far, kept in its folder after every round: interrupted, it loses at most one round.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { stepKinds } from '../../scenarios/search/rooms/recipe.ts';
import { StoreError, unlessRefused, writeAtomically } from '../store.ts';

/** 2: runs have bursts and a pace, and their meetings are of any number of people. */
const searchVersion = 2;
const file = 'search.json';
const whole = z.number().int();

const recipe = z.object({
  servers: whole,
  users: whole,
  powers: z.array(whole),
  opening: whole.min(0).optional(),
  steps: z.array(
    z.object({
      kind: whole.min(0).max(stepKinds.length - 1),
      who: whole,
      whom: whole,
      value: whole,
      skew: whole,
      back: whole,
      cite: whole,
      forced: whole,
    }),
  ),
});

/** A run of a system: numbers, and lists of entries that are numbers and lists of numbers. */
const run = z.record(
  z.string(),
  z.union([whole, z.array(z.record(z.string(), z.union([whole, z.array(whole)])))]),
);

const schema = z.object({
  version: z.literal(searchVersion),
  /** `state-resolution`, or a system. */
  target: z.string(),
  roomVersion: z.string(),
  seed: whole,
  /** Further merges to look at in every room with gaps. */
  merges: whole.default(0),
  /** Rooms, or runs of a system, played. */
  rooms: whole,
  /** Seconds spent, over all sittings. */
  seconds: z.number(),
  resolutions: whole,
  large: whole,
  /** Of runs of a system. */
  messages: whole.default(0),
  events: whole.default(0),
  situations: z.record(z.string(), whole),
  /** Those that led somewhere new. */
  corpus: z.array(z.union([recipe, run])),
  found: z.record(
    z.string(),
    z.object({
      times: whole,
      /** How often it was shrunk, to see whether it gets smaller. */
      tries: whole,
      file: z.string(),
      events: whole,
      room: whole,
      seconds: z.number(),
      words: z.string(),
    }),
  ),
});

/** A search in progress, or at its end. */
export type SearchState = z.infer<typeof schema>;

/** A search that has not begun. */
export function freshSearch(target: string, roomVersion: string, seed: number, merges = 0): SearchState {
  return {
    version: searchVersion,
    target,
    roomVersion,
    seed,
    merges,
    rooms: 0,
    seconds: 0,
    resolutions: 0,
    large: 0,
    messages: 0,
    events: 0,
    situations: {},
    corpus: [],
    found: {},
  };
}

/** Keeps the state in the search's folder. */
export async function keepSearch(folder: string, state: SearchState): Promise<void> {
  await unlessRefused(folder, () => writeAtomically(join(folder, file), `${JSON.stringify(state)}\n`));
}

/**
 * The state of a folder; undefined when no search was kept there.
 * @throws StoreError when what is there is no search of this version
 */
export async function keptSearch(folder: string): Promise<SearchState | undefined> {
  const path = join(folder, file);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StoreError(`${path}: expected a kept search, found no JSON`);
  }
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new StoreError(
    `${path}: expected a search kept by this netsplit: ${issue?.path.map(String).join('.') ?? ''} ${issue?.message ?? ''}`,
  );
}
