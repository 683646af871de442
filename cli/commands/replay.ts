// `netsplit replay`: a case shown again: what is expected of it, what comes out, why, and its room as a picture.
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import pc from 'picocolors';
import { algorithmName } from '../../protocol/matrix/room-version.ts';
import { resolveState } from '../../protocol/matrix/state-resolution.ts';
import { drawRoom } from '../../reports/room-drawing/draw-room.ts';
import { describedEvent } from '../../reports/room-drawing/described-event.ts';
import type { DrawnEvent } from '../../reports/room-drawing/drawn-room.ts';
import { replayCase, type Replayed } from '../../reports/search/replay-case.ts';
import { invariantOf, readCase, type Case } from '../../scenarios/cases/case-file.ts';
import { isScenarioText, readScenarioCase } from '../../scenarios/cases/scenario-case.ts';
import { resolutionInvariant } from '../../scenarios/search/resolution/invariants.ts';
import { openProblem } from '../../scenarios/search/resolution/problem.ts';
import { readRoomFile } from '../../scenarios/room-file.ts';
import { exitCode, UsageError } from '../exit.ts';
import { writeNamedFile } from '../named-file.ts';
import { printableLine } from '../printable.ts';
import { replayScenario } from './replay-scenario.ts';
import { explainStates, explanationDocument, explanationText } from '../resolve/explanation.ts';

/** Options as the command line gives them. */
export interface ReplayOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** Replays a case; returns the exit code. */
export function replay(file: string, options: ReplayOptions): number {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() !== true) throw new UsageError(`${file}: expected a case file`);
  const bytes = readFileSync(file);
  const text = bytes.toString('utf8');
  if (isScenarioText(text)) return replayScenario(readScenarioCase(text, file), file, options);
  const read = caseIn(bytes, text, file);
  const replayed = replayCase(read);
  const { states, context } = openProblem(read.problem);
  const told = explainStates(
    states.map((state, index) => ({ label: `state ${index + 1}`, state })),
    context,
  );
  const picture = options.out ?? join('.', basename(file).replace(/\.ya?ml$/, '.svg'));
  if (options.json === true) {
    const document = { title: read.document.title, replayed, explanation: explanationDocument(told) };
    process.stdout.write(`${JSON.stringify(document)}\n`);
    if (options.out !== undefined) writeNamedFile(picture, drawn(read));
  } else {
    writeNamedFile(picture, drawn(read));
    process.stdout.write(
      `${inWords(read, replayed)}\n${explanationText(told).trimEnd()}\n\npicture: ${picture}\n`,
    );
  }
  return replayed.every(({ isMet }) => isMet) ? exitCode.good : exitCode.checkFailed;
}

/** The case in a file; a Matrix room, which other commands take, is told as one. */
function caseIn(bytes: Uint8Array, text: string, file: string): Case {
  try {
    return readCase(text, file);
  } catch (error) {
    if (!isRoomFile(bytes, file)) throw error;
    throw new UsageError(
      `${file}: expected a case, found a Matrix room; \`netsplit resolve\` judges it, \`netsplit room\` draws it`,
    );
  }
}

function isRoomFile(bytes: Uint8Array, file: string): boolean {
  try {
    return readRoomFile(bytes, file).events.length > 0;
  } catch {
    return false;
  }
}

function inWords({ document, problem }: Case, replayed: readonly Replayed[]): string {
  const lines = [pc.bold(printableLine(document.title)), ''];
  for (const { event_id: id, type, state_key: key, sender, content } of document.resolution.events) {
    const what = `${type}${key === undefined ? '' : ` ${JSON.stringify(key)}`}`;
    lines.push(`  ${id}  ${sender}  ${what}  ${JSON.stringify(content)}`);
  }
  for (const [index, state] of document.resolution.states.entries())
    lines.push(`  state ${index + 1}: ${state.join(' ')}`);
  if (problem.rejected.size > 0) lines.push(`  rejected on receipt: ${[...problem.rejected].join(' ')}`);
  for (const [index, { expected, isMet, words }] of replayed.entries()) {
    lines.push('', `${isMet ? pc.green('✔') : pc.red('✘')} ${expected}`);
    const expectation = document.expect[index];
    const invariant = expectation === undefined ? undefined : invariantOf(expectation);
    if (index === 0 && invariant !== undefined)
      lines.push(`  ${resolutionInvariant(invariant)?.claim ?? ''}`);
    lines.push(
      ...(words.length === 0 && invariant !== undefined
        ? ['  It holds.']
        : words.map((each) => `  ${printableLine(each)}`)),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** The room, with what the resolved state has marked. */
function drawn({ document, problem }: Case): string {
  const { states, context } = openProblem(problem);
  const resolved = new Set([...resolveState(states, context).entries()].map(([, id]) => id));
  const { rules } = problem;
  const followed = new Set(problem.events.flatMap(({ prevEvents }) => prevEvents));
  return drawRoom({
    title: document.title,
    subtitle: `room version ${rules.id}, state resolution ${algorithmName(rules)}; ${states.length} states to resolve`,
    events: problem.events.map((event): DrawnEvent => {
      const { eventId } = event;
      const inStates = problem.stateSets.flatMap((ids, index) => (ids.includes(eventId) ? [index + 1] : []));
      return {
        ...describedEvent(event),
        verdict: problem.rejected.has(eventId) ? 'rejected' : 'accepted',
        reason: inStates.length === 0 ? undefined : `in state ${inStates.join(' and ')}`,
        isInState: resolved.has(eventId),
        isForwardExtremity: !followed.has(eventId),
      };
    }),
  });
}
