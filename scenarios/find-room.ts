// The file of the room that a scenario names: found, read, and all there.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { packageFile } from './package-file.ts';
import type { ParsedScenario } from './parse.ts';
import { readRoomFile, type RoomFile } from './room-file.ts';
import { ScenarioError } from './scenario-error.ts';

/** A room as somebody has stored it. */
export interface RoomSource {
  /** As the scenario calls it. */
  readonly name: string;
  readonly file: RoomFile;
  /** Hash of the file. */
  readonly digest: string;
}

/**
 * The room that the scenario names; undefined where it names none.
 * @throws ScenarioError pointing at the room's file and line
 */
export function findRoom(parsed: ParsedScenario, scenarioFile: string): RoomSource | undefined {
  const { room: name } = parsed.document;
  if (name === undefined) return undefined;
  const path = roomPath(name, scenarioFile);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw parsed.problemAt(
      ['room'],
      `there is no data set "${name}", and no such file beside the scenario; expected a Matrix room as a file`,
    );
  const bytes = readFileSync(path);
  const file = readRoomFile(bytes, name);
  refuseParts(file, name);
  return { name, file, digest: createHash('sha256').update(bytes).digest('hex') };
}

/** A data set's name is taken for that; everything else lies beside the scenario. */
export function roomPath(name: string, scenarioFile: string): string {
  const shipped = packageFile('scenarios', 'datasets', name);
  return /^[\w.-]+$/.test(name) && existsSync(shipped) ? shipped : resolve(dirname(scenarioFile), name);
}

/** A server that holds only part of a room judges by what others told it, which no dump says. */
function refuseParts({ missing }: RoomFile, name: string): void {
  const [first] = missing;
  if (first === undefined) return;
  const { eventId, citedBy, position, isAuthority } = first;
  const others = missing.length === 1 ? '' : `, and ${missing.length - 1} more events are missing`;
  const list = isAuthority ? 'auth_events' : 'prev_events';
  const message = `expected the whole room: ${citedBy} names ${eventId} among its ${list}, which is not in the file${others}; export it from a server that was there from the start`;
  throw new ScenarioError(name, [{ path: '', position, message }]);
}
