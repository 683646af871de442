// `netsplit room shrink`: from a broken room to the smallest that still shows it, which may be shown to everybody.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { unlessRefused, writeAtomically } from '../../reports/store.ts';
import { caseText } from '../../scenarios/cases/case-file.ts';
import { caseOfRoom } from '../../scenarios/room-shrink/case-of-room.ts';
import { readQuestion, type RoomQuestion } from '../../scenarios/room-shrink/room-question.ts';
import { shownBy } from '../../scenarios/room-shrink/room-shows.ts';
import { roomToShrink, shrinkRoom, type ShrunkRoom } from '../../scenarios/room-shrink/shrink-room.ts';
import { readRoomFile, type RoomFile } from '../../scenarios/room-file.ts';
import { ScenarioError } from '../../scenarios/scenario-error.ts';
import type { Outcome } from '../../protocol/outcome.ts';
import { exitCode, UsageError } from '../exit.ts';
import { printableLine } from '../printable.ts';
import { roomVersionsFor, type RoomVersionOptions } from '../resolve/room-module.ts';

/** Options as the command line gives them. */
export interface RoomShrinkOptions extends RoomVersionOptions {
  readonly keep: string;
  readonly roomVersion?: string;
  /** Where the room goes; the dump's name with `-shrunk.json`, here, when left out. */
  readonly out?: string;
  /** Where the resolution goes as a case; nowhere when left out. */
  readonly case?: string;
  readonly json?: boolean;
}

/** Shrinks a room; returns the exit code. */
export async function roomShrink(file: string, options: RoomShrinkOptions): Promise<number> {
  const asked = readQuestion(options.keep);
  if (!asked.ok) throw new UsageError(`--keep: ${asked.detail}`);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`${file}: there is no such file`);
  if (!found.isFile()) throw new UsageError(`${file}: expected a room file, found a folder`);
  const out = options.out ?? `${basename(file).replace(/(\.(json|ndjson|jsonl|gz))+$/, '')}-shrunk.json`;
  for (const [name, path] of Object.entries({ '--out': out, '--case': options.case }))
    if (path !== undefined && existsSync(path))
      throw new UsageError(`${path} exists; choose another ${name}`);
  const versions = await roomVersionsFor(options);
  const read = readRoomFile(readFileSync(file), file, { roomVersion: options.roomVersion, versions });
  refuseParts(read, file, asked.value);
  const room = roomToShrink(read);
  if (!room.ok) throw new UsageError(`${file}: ${room.detail}`);
  const shown = shownBy(room.value, asked.value);
  if (shown === undefined) {
    const certain = room.value.missing === undefined ? '' : ', for certain: events are missing';
    throw new UsageError(`${file} does not show what is to be kept${certain}: ${options.keep}`);
  }
  const { result, wasStopped } = await driven(shrinkRoom(room.value, shown, versions));
  if (!result.ok) throw new UsageError(`${file}: ${result.detail}`);
  const shrunk = result.value;
  await unlessRefused(out, () => writeAtomically(out, `${JSON.stringify(shrunk.document, undefined, 1)}\n`));
  const hasCase = options.case !== undefined && (await keepCase(shrunk, options.case));
  tell(shrunk, out, hasCase ? options.case : undefined, options);
  if (options.case !== undefined && !hasCase)
    process.stderr.write('--case: only a state reset is a case by itself; none was written\n');
  if (wasStopped) process.stderr.write('stopped: this is the smallest so far\n');
  return wasStopped ? exitCode.interrupted : exitCode.good;
}

/**
 * Where events are missing a rejection may be certain all the same. Of all else nobody can tell: a smaller room might show what this
 * one never did.
 */
function refuseParts({ missing, stateSets }: RoomFile, file: string, { kind }: RoomQuestion): void {
  if (stateSets === undefined && kind === 'rejected') return;
  // Predecessors play no part in a resolution; authorities do.
  const needed = missing.filter(({ isAuthority }) => stateSets === undefined || isAuthority);
  const [first] = needed;
  if (first === undefined) return;
  const authorities = needed.filter(({ isAuthority }) => isAuthority).length;
  const message =
    `expected a whole room, found one that lacks ${needed.length} events which others cite, ${authorities} of them in ` +
    `auth_events; the first is ${first.eventId}, cited by ${first.citedBy}. \`netsplit resolve\` lists them with --json ` +
    '(slice.missing). Ask a homeserver of the room for each (GET /_matrix/federation/v1/event/{eventId}) and add them' +
    (stateSets === undefined
      ? '; or give the states of one merge as state_sets, which need auth_events only; or keep what may be certain all the same, ' +
        'that an event is rejected'
      : '');
  throw new ScenarioError(file, [{ path: '', position: first.position, message }]);
}

/** So many milliseconds of work lie between two looks at whether somebody has pressed Ctrl-C. */
const patience = 50;

async function driven(
  shrinking: ReturnType<typeof shrinkRoom>,
): Promise<{ readonly result: Outcome<ShrunkRoom>; readonly wasStopped: boolean }> {
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.once('SIGINT', stop);
  try {
    let looked = performance.now();
    let step = shrinking.next(false);
    while (step.done !== true) {
      if (performance.now() - looked > patience) {
        if (process.stderr.isTTY)
          process.stderr.write(`\r\x1b[2K${step.value.events} events left, ${step.value.tried} rooms tried`);
        await setImmediate();
        looked = performance.now();
      }
      step = shrinking.next(interrupt.signal.aborted);
    }
    return { result: step.value, wasStopped: interrupt.signal.aborted };
  } finally {
    process.removeListener('SIGINT', stop);
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  }
}

/** Writes the case; false when what is kept is none. The file's name stays untold. */
async function keepCase({ room, shown }: ShrunkRoom, path: string): Promise<boolean> {
  const document = caseOfRoom(room, shown.question, 'npx netsplit room shrink <dump> --keep reset');
  if (document === undefined) return false;
  await unlessRefused(path, () => writeAtomically(path, caseText(document)));
  return true;
}

function tell(
  { room, shown, eventsBefore }: ShrunkRoom,
  out: string,
  casePath: string | undefined,
  { json, keep }: RoomShrinkOptions,
): void {
  const events = room.events.length;
  if (json === true) {
    const document = {
      keep,
      shows: shown.words,
      events_before: eventsBefore,
      events,
      out,
      case: casePath ?? null,
    };
    process.stdout.write(`${JSON.stringify(document)}\n`);
    return;
  }
  process.stdout.write(
    `${printableLine(shown.words)}\nshrunk from ${eventsBefore} to ${events} events: ${out} (see it with npx netsplit room ${out})\n` +
      (casePath === undefined ? '' : `as a case: ${casePath} (npx netsplit replay ${casePath})\n`),
  );
}
