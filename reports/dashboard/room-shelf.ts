// Room files that have an address of their own: the examples that come with netsplit, and those of a folder of the user's.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packageFile } from '../../scenarios/package-file.ts';
import { roomFileText } from '../../scenarios/room-file-text.ts';
import { StoreError } from '../store.ts';
import type { StoredRoom, StoredRoomText } from './wire.ts';

interface Example extends StoredRoom {
  readonly file: string;
  readonly states?: string;
  readonly roomVersion?: string;
}

const examples: readonly Example[] = [
  {
    name: 'state-reset',
    file: 'state-reset.ndjson',
    about: 'a room whose lock is gone: versions 2 and 2.1 of state resolution disagree',
  },
  {
    name: 'room-slice',
    file: 'room-slice.ndjson',
    states: 'room-slice-state.json',
    roomVersion: '11',
    about: 'part of a room, with the state where it begins',
  },
];

const roomFile = /\.(json|ndjson|jsonl)(\.gz)?$/;
/** Files that are listed, and the largest that is opened, bytes. */
const mostFiles = 1_000;
const largestFile = 16 << 20;

/** Which rooms there are. A folder that is not there is an empty one. */
export function storedRooms(folder: string): readonly StoredRoom[] {
  return [...examples.map(({ name, about }) => ({ name, about })), ...filesOf(folder)];
}

function filesOf(folder: string): readonly StoredRoom[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && roomFile.test(entry.name))
      .map(({ name }) => name);
  } catch {
    return [];
  }
  return [...names]
    .sort()
    .slice(0, mostFiles)
    .map((name) => ({ name, about: null }));
}

/**
 * One of them. Only names that are listed lead to a file.
 * @throws StoreError when there is no such room, or it is too large
 */
export function storedRoom(folder: string, name: string): StoredRoomText {
  const example = examples.find((each) => each.name === name);
  if (example !== undefined) {
    const { file, states, roomVersion } = example;
    return {
      text: readFileSync(packageFile('examples', file), 'utf8'),
      ...(states === undefined
        ? {}
        : { states: { name: states, text: readFileSync(packageFile('examples', states), 'utf8') } }),
      ...(roomVersion === undefined ? {} : { roomVersion }),
    };
  }
  if (!filesOf(folder).some((each) => each.name === name)) throw new StoreError(`there is no room "${name}"`);
  const path = join(folder, name);
  const { size } = statSync(path);
  if (size > largestFile)
    throw new StoreError(`${name}: expected at most ${largestFile} bytes, found ${size}`);
  return { text: roomFileText(readFileSync(path), name) };
}
