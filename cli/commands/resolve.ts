// `netsplit resolve`: the verdict on every event of a Matrix room, and the state where it ends.
import { readFileSync, statSync } from 'node:fs';
import type { RoomVersions, SpecifiedResolution } from '../../protocol/matrix/room-version.ts';
import { statesOfSlice, versionInStates, type StatesOfSlice } from '../../scenarios/given-states.ts';
import { readRoomFile, type RoomFile } from '../../scenarios/room-file.ts';
import { readRoomStateFile } from '../../scenarios/room-state-file.ts';
import { readStoredStates } from '../../scenarios/stored-state-file.ts';
import { exitCode, UsageError } from '../exit.ts';
import { againstInWords, exitCodeOf, heldAgainst } from '../resolve/against.ts';
import { algorithmsToCompare, differenceInWords, differenceOf } from '../resolve/difference.ts';
import { explanationDocument, explanationText } from '../resolve/explanation.ts';
import { roomAsLines } from '../../scenarios/export-room.ts';
import { resolveRoomFile, type ResolvedFile } from '../resolve/room-document.ts';
import { roomVersionsFor, type RoomVersionOptions } from '../resolve/room-module.ts';
import { roomInWords } from '../resolve/room-words.ts';

/** Options as the command line gives them. */
export interface ResolveOptions extends RoomVersionOptions {
  readonly roomVersion?: string;
  /** Resolves by this algorithm instead of the room version's own. */
  readonly algorithm?: SpecifiedResolution;
  /** The event after which the state is asked for. */
  readonly at?: string;
  /** Two algorithms, separated by a comma. */
  readonly diff?: string;
  /** A file of states: where the room's file begins in the middle. */
  readonly state?: string;
  /** A file of what a server has stored of the room's state. */
  readonly against?: string;
  readonly export?: 'ndjson';
  readonly json?: boolean;
  readonly explain?: boolean;
}

/** Judges a room, or resolves the state sets that its file names; returns the exit code. */
export async function resolve(file: string, options: ResolveOptions): Promise<number> {
  refuseContradictions(options);
  const versions = await roomVersionsFor(options);
  const contents = bytesOf(file);
  if (options.export !== undefined) {
    const room = readRoomFile(contents, file, { roomVersion: options.roomVersion, versions });
    process.stdout.write(roomAsLines(room));
  } else if (options.against !== undefined) {
    return printComparison(contents, file, options, options.against, versions);
  } else if (options.diff !== undefined) {
    printDifference(contents, file, options, versions, algorithmsToCompare(options.diff));
  } else print(resolved(contents, file, options, versions, options.algorithm), options);
  return exitCode.good;
}

function refuseContradictions({
  algorithm,
  diff,
  export: form,
  json,
  explain,
  at,
  state,
  against,
}: ResolveOptions): void {
  const refuse = (left: string, right: string): UsageError =>
    new UsageError(`${left} and ${right} exclude each other`);
  if (diff !== undefined && algorithm !== undefined) throw refuse('--diff', '--algorithm');
  for (const [name, value] of Object.entries({ '--diff': diff, '--at': at, '--explain': explain }))
    if (against !== undefined && value !== undefined) throw refuse('--against', name);
  if (form === undefined) return;
  const others = {
    '--diff': diff,
    '--algorithm': algorithm,
    '--json': json,
    '--explain': explain,
    '--at': at,
    '--state': state,
    '--against': against,
  };
  for (const [name, value] of Object.entries(others)) if (value !== undefined) throw refuse('--export', name);
}

function bytesOf(file: string): Uint8Array {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`${file}: there is no such file`);
  if (!found.isFile()) throw new UsageError(`${file}: expected a file, found a folder`);
  return readFileSync(file);
}

/** A room's file, and the states that another tells for where it begins. */
interface ReadRoom {
  readonly room: RoomFile;
  readonly states: StatesOfSlice | undefined;
}

function readRoom(
  contents: Uint8Array,
  file: string,
  { roomVersion, state }: ResolveOptions,
  versions: RoomVersions,
  algorithm: SpecifiedResolution | undefined,
): ReadRoom {
  const given = state === undefined ? undefined : readRoomStateFile(bytesOf(state), state);
  const versionElsewhere = given === undefined ? undefined : versionInStates(given);
  const room = readRoomFile(contents, file, { roomVersion, versionElsewhere, algorithm, versions });
  const states =
    given === undefined || state === undefined ? undefined : statesOfSlice(given, room, state, versions);
  return { room, states };
}

function resolved(
  contents: Uint8Array,
  file: string,
  options: ResolveOptions,
  versions: RoomVersions,
  algorithm: SpecifiedResolution | undefined,
): ResolvedFile {
  const { room, states } = readRoom(contents, file, options, versions, algorithm);
  return resolveRoomFile(room, file, options.at, states);
}

function printComparison(
  contents: Uint8Array,
  file: string,
  options: ResolveOptions,
  against: string,
  versions: RoomVersions,
): number {
  const { room, states } = readRoom(contents, file, options, versions, options.algorithm);
  const document = heldAgainst(room, file, states, readStoredStates(bytesOf(against), room, against));
  process.stdout.write(options.json === true ? `${JSON.stringify(document)}\n` : againstInWords(document));
  return exitCodeOf(document);
}

function print({ document, told }: ResolvedFile, { json, explain }: ResolveOptions): void {
  const explanation = explain === true ? told() : undefined;
  if (json === true) {
    const more = explanation === undefined ? {} : { explanation: explanationDocument(explanation) };
    process.stdout.write(`${JSON.stringify({ ...document, ...more })}\n`);
    return;
  }
  process.stdout.write(roomInWords(document));
  if (explanation !== undefined) process.stdout.write(`\n${explanationText(explanation)}`);
}

function printDifference(
  contents: Uint8Array,
  file: string,
  options: ResolveOptions,
  versions: RoomVersions,
  algorithms: readonly [SpecifiedResolution, SpecifiedResolution],
): void {
  const [left, right] = algorithms;
  const both = [
    resolved(contents, file, options, versions, left),
    resolved(contents, file, options, versions, right),
  ] as const;
  const difference = differenceOf(both[0].document, both[1].document);
  const told = options.explain === true ? both.map((each) => each.told()) : [];
  if (options.json === true) {
    const explanation = Object.fromEntries(
      told.map((each) => [each.explained.algorithm, explanationDocument(each)]),
    );
    const more = told.length === 0 ? {} : { explanation };
    process.stdout.write(`${JSON.stringify({ ...difference, ...more })}\n`);
    return;
  }
  process.stdout.write(differenceInWords(difference));
  for (const each of told) process.stdout.write(`\n${explanationText(each)}`);
}
