// `netsplit replay` of a case that is a scenario: what is expected, what comes out, and its run as a picture.
import { basename } from 'node:path';
import pc from 'picocolors';
import { roomGraphOf, spacetimeOf } from '../../reports/search/case-pictures.ts';
import { replayScenarioCase, type Replayed } from '../../reports/search/replay-case.ts';
import { findingOf, type ScenarioCase } from '../../scenarios/cases/scenario-case.ts';
import { systemInvariant } from '../../scenarios/search/systems/system-invariants.ts';
import { exitCode } from '../exit.ts';
import { writeNamedFile } from '../named-file.ts';
import { printableLine } from '../printable.ts';
import type { ReplayOptions } from './replay.ts';

/** Replays a scenario case; returns the exit code. */
export function replayScenario(read: ScenarioCase, file: string, options: ReplayOptions): number {
  const replayed = replayScenarioCase(read);
  const { document } = read.compiled;
  const pictures =
    options.json === true && options.out === undefined ? [] : draw(read, replayed, file, options);
  if (options.json === true)
    process.stdout.write(`${JSON.stringify({ title: document.title, seed: read.section.seed, replayed })}\n`);
  else process.stdout.write(`${[...inWords(read, replayed), ...pictures].join('\n')}\n`);
  return replayed.every(({ isMet }) => isMet) ? exitCode.good : exitCode.checkFailed;
}

function inWords({ compiled, section }: ScenarioCase, replayed: readonly Replayed[]): readonly string[] {
  const { document } = compiled;
  const { script } = document;
  const seconds = (microseconds: number): string => `${microseconds / 1_000_000} s`;
  const lines = [pc.bold(printableLine(document.title)), ''];
  if (script !== undefined) {
    for (const [index, { kind, members }] of script.conversations.entries())
      lines.push(`  conversation ${index}: ${kind} of ${members.join(', ')}`);
    for (const { at, by, in: where, times, every } of script.messages)
      lines.push(
        `  ${seconds(at)}: person ${by} writes in conversation ${where}${times === 1 ? '' : `, ${times} times, every ${seconds(every)}`}`,
      );
    for (const { at, by, in: where, change } of script.changes)
      lines.push(`  ${seconds(at)}: person ${by} in conversation ${where}: ${JSON.stringify(change)}`);
    for (const { who, phone, from, until } of script.away)
      lines.push(`  ${seconds(from)} to ${seconds(until)}: phone of person ${who} ${phone}`);
  }
  if (document.movement?.model === 'meetings')
    for (const { between, from, until } of document.movement.meetings)
      lines.push(
        `  ${seconds(from)} to ${seconds(until)}: ${peopleInWords(between)} within reach of each other`,
      );
  for (const { title, start, end } of compiled.faults)
    lines.push(`  ${seconds(start)} to ${seconds(end)}: ${printableLine(title)}`);
  for (const [index, { expected, isMet, words }] of replayed.entries()) {
    lines.push('', `${isMet ? pc.green('✔') : pc.red('✘')} ${printableLine(expected)}`);
    const expectation = section.expect[index];
    const [id = ''] = expectation === undefined ? [] : findingOf(expectation).split(' ');
    const { claim, nature } = systemInvariant(id) ?? {};
    lines.push(`  ${claim ?? ''} (${nature ?? ''})`);
    lines.push(...(words.length === 0 ? ['  It holds.'] : words.map((each) => `  ${printableLine(each)}`)));
  }
  return [...lines, ''];
}

function peopleInWords(people: readonly number[]): string {
  return `${people.slice(0, -1).join(', ')} and ${String(people.at(-1))}`;
}

function draw(
  read: ScenarioCase,
  replayed: readonly Replayed[],
  file: string,
  { out }: ReplayOptions,
): readonly string[] {
  const words = replayed.flatMap((each) => each.words);
  const message = words.map((each) => /\bmessage (\d+)/i.exec(each)?.[1]).find((each) => each !== undefined);
  const picture = out ?? basename(file).replace(/\.ya?ml$/, '.svg');
  const written: string[] = [];
  const write = (name: string, svg: string | undefined, what: string, whyNot: string): void => {
    if (svg === undefined) written.push(`no ${what}: ${whyNot}`);
    else {
      writeNamedFile(name, svg);
      written.push(`${what}: ${name}`);
    }
  };
  // A run that breaks off has no picture of its end.
  if (words.some((each) => each.startsWith('The run broke off'))) return ['no picture: the run breaks off'];
  const [, whole, rest] =
    words.map((each) => /\bafter (\d+) min (\d+) s/i.exec(each)).find((each) => each !== null) ?? [];
  const about = {
    message: message === undefined ? undefined : Number(message),
    at: whole === undefined ? undefined : (Number(whole) * 60 + Number(rest)) * 1_000_000,
  };
  write(picture, spacetimeOf(read, about), 'space-time diagram', 'too much goes on to be read, or nothing');
  const { systems } = read.compiled;
  if (systems.has('matrix') || systems.has('matrix-closed') || systems.has('p2p-matrix'))
    write(
      picture.replace(/(\.svg)?$/, '-room.svg'),
      roomGraphOf(read, words),
      'picture of a room',
      'nobody is in one',
    );
  return written;
}
