// `netsplit resolve --subject -- <command> <args…>`: another implementation of state resolution held against this one.
import { existsSync } from 'node:fs';
import { algorithmName } from '../../protocol/matrix/room-version.ts';
import { caseOfDisagreement, compareSubject } from '../../reports/search/subject/compare-subject.ts';
import { caseText } from '../../scenarios/cases/case-file.ts';
import { exitCode, UsageError } from '../exit.ts';
import { writeNamedFile } from '../named-file.ts';
import { printableLine } from '../printable.ts';
import { roomVersionsFor, type RoomVersionOptions } from '../resolve/room-module.ts';

/** Options as the command line gives them. */
export interface ResolveSubjectOptions extends RoomVersionOptions {
  readonly roomVersion?: string;
  readonly problems: number;
  readonly seed: number;
  readonly timeout: number;
  readonly out?: string;
  readonly json?: boolean;
}

/** Compares; returns the exit code: 1 at the first disagreement. */
export async function resolveSubject(
  [command, ...args]: readonly string[],
  options: ResolveSubjectOptions,
): Promise<number> {
  if (command === undefined)
    throw new UsageError('expected a command after --subject --, e.g. --subject -- python3 resolver.py');
  const { roomVersion = '11', seed, problems, timeout, out = 'disagreement.yaml' } = options;
  const rules = (await roomVersionsFor(options)).get(roomVersion);
  if (rules === undefined)
    throw new UsageError(`expected a room version from 1 to 12, found "${roomVersion}"`);
  if (existsSync(out)) throw new UsageError(`${out} exists; choose another --out`);
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.once('SIGINT', stop);
  const report = await compareSubject({
    command,
    args,
    rules,
    seed,
    problems,
    timeoutMs: timeout * 1_000,
    signal: interrupt.signal,
    onProgress: (asked) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${asked} of ${problems} problems`);
    },
  });
  process.removeListener('SIGINT', stop);
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  const { found, stopped } = report;
  const about = `room version ${rules.id}, state resolution ${algorithmName(rules)}`;
  const typed = `npx netsplit resolve --subject --room-version ${rules.id} --seed ${seed}${rules.reading === 'text' ? ' --follow text' : ''} -- ${[command, ...args].join(' ')}`;
  if (found !== undefined) writeNamedFile(out, caseText(caseOfDisagreement(found, typed)));
  if (options.json === true)
    process.stdout.write(
      `${JSON.stringify({
        roomVersion: rules.id,
        problems: report.problems,
        disagreement:
          found === undefined
            ? null
            : { ...found.disagreement, case: out, events: found.problem.events.length },
      })}\n`,
    );
  else if (found === undefined)
    process.stdout.write(`${about}: ${report.problems} problems, no disagreement\n`);
  else
    process.stdout.write(
      `${about}: problem ${report.problems}: ${found.disagreement.kind}\n` +
        `  ${printableLine(found.disagreement.words)}\n` +
        `  shrunk from ${found.eventsBefore} to ${found.problem.events.length} events: ${out} (see it with npx netsplit replay ${out})\n`,
    );
  if (stopped) return exitCode.interrupted;
  return found === undefined ? exitCode.good : exitCode.checkFailed;
}
