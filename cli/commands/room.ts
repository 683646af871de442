// `netsplit room`: a Matrix room's graph as a picture.
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { EventId } from '../../protocol/matrix/ids.ts';
import { resolveStateSets } from '../../protocol/matrix/resolve-state-sets.ts';
import { algorithmName } from '../../protocol/matrix/room-version.ts';
import { drawRoom } from '../../reports/room-drawing/draw-room.ts';
import { describedEvent } from '../../reports/room-drawing/described-event.ts';
import type { DrawnEvent } from '../../reports/room-drawing/drawn-room.ts';
import { readRoomFile, type RoomFile } from '../../scenarios/room-file.ts';
import { exitCode, UsageError } from '../exit.ts';
import { writeNamedFile } from '../named-file.ts';
import { resolveRoomFile, type EventDocument } from '../resolve/room-document.ts';
import { roomVersionsFor, type RoomVersionOptions } from '../resolve/room-module.ts';

/** Options as the command line gives them. */
export interface RoomOptions extends RoomVersionOptions {
  readonly roomVersion?: string;
  /** Where the picture goes; standard output when left out. */
  readonly out?: string;
  /** Draws only this many events, the newest. */
  readonly last?: number;
}

/** Draws a room; returns the exit code. */
export async function room(file: string, options: RoomOptions): Promise<number> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`${file}: there is no such file`);
  if (!found.isFile()) throw new UsageError(`${file}: expected a room file, found a folder`);
  const versions = await roomVersionsFor(options);
  const read = readRoomFile(readFileSync(file), file, { roomVersion: options.roomVersion, versions });
  const { rules, roomId } = read;
  const events =
    read.stateSets === undefined ? judgedEvents(read, file) : resolvedEvents(read, read.stateSets, file);
  const counts = countsOf(events, options.last);
  const svg = drawRoom({
    title: `${basename(file)}: ${roomId}`,
    subtitle: `room version ${rules.id}, state resolution ${algorithmName(rules)}; ${counts}`,
    events,
    last: options.last,
  });
  if (options.out === undefined) process.stdout.write(svg);
  else {
    writeNamedFile(options.out, svg);
    process.stdout.write(`${options.out}: ${counts}\n`);
  }
  return exitCode.good;
}

/** Every event with its verdict, and the state at the forward extremities. */
function judgedEvents(read: RoomFile, file: string): readonly DrawnEvent[] {
  const { document } = resolveRoomFile(read, file);
  // In part of a room the forward extremities may be unknown: then none is marked.
  const ends = new Set(document.forward_extremities ?? []);
  const state = new Set(document.resolved_state.map(([, , id]) => id));
  const verdicts = new Map(document.events?.map((event) => [event.event_id, event]));
  return read.events.map((event): DrawnEvent => {
    const verdict = verdicts.get(event.eventId);
    return {
      ...describedEvent(event),
      verdict: verdict?.soft_failed === true ? 'soft-failed' : (verdict?.verdict ?? 'unknown'),
      reason: reasonOf(verdict),
      isForwardExtremity: ends.has(event.eventId),
      isInState: state.has(event.eventId),
    };
  });
}

/** Where a file gives states to resolve, all of its events count as accepted. */
function resolvedEvents(
  { rules, events }: RoomFile,
  stateSets: readonly (readonly EventId[])[],
  file: string,
): readonly DrawnEvent[] {
  const resolved = resolveStateSets({ rules, events, stateSets });
  if (!resolved.ok) throw new UsageError(`${file}: ${resolved.detail}`);
  const state = new Set([...resolved.value.entries()].map(([, id]) => id));
  const followed = new Set(events.flatMap(({ prevEvents }) => prevEvents));
  return events.map((event) => ({
    ...describedEvent(event),
    verdict: 'accepted',
    reason: undefined,
    isInState: state.has(event.eventId),
    isForwardExtremity: !followed.has(event.eventId),
  }));
}

function reasonOf(event: EventDocument | undefined): string | undefined {
  if (event?.rule === undefined) return undefined;
  const { rule, rule_number: number, reason } = event;
  return `${number === undefined ? '' : `rule ${number}, `}${rule} (${reason ?? ''})`;
}

function countsOf(events: readonly DrawnEvent[], last = events.length): string {
  const count = (verdict: DrawnEvent['verdict']): number =>
    events.filter((each) => each.verdict === verdict).length;
  const some = last < events.length ? `the last ${last} of ` : '';
  const unknown = count('unknown');
  const undecided = unknown === 0 ? '' : `, ${unknown} unknown`;
  return `${some}${events.length} events, ${count('rejected')} rejected, ${count('soft-failed')} soft-failed${undecided}`;
}
