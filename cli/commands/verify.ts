// `netsplit verify`: run again; identical, or the first different event in words.
import { statSync } from 'node:fs';
import pc from 'picocolors';
import { runScenario } from '../../reports/runner.ts';
import { isRunFolder, readReproduction } from '../../reports/store.ts';
import type { RunRecord } from '../../reports/record.ts';
import type { ScenarioText } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { firstDifference } from '../../sim/kernel/trace-diff.ts';
import { exitCode, UsageError } from '../exit.ts';
import { ProgressLine } from '../progress.ts';
import { simulationMaker } from '../simulations.ts';
import { systemList } from '../system-list.ts';

/** Options as the command line gives them. */
export interface VerifyOptions {
  readonly seed?: number;
  readonly systems?: string;
  readonly set: readonly string[];
}

interface Subject {
  readonly scenario: ScenarioText;
  readonly name: string;
  readonly seed: number;
  readonly systems: readonly string[] | undefined;
  /** What the run is compared with; undefined: with a second run of this process. */
  readonly recorded: RunRecord | undefined;
}

async function subjectOf(subject: string, options: VerifyOptions): Promise<Subject> {
  if (isRunFolder(subject)) {
    const { record, scenario, systems } = await readReproduction(subject);
    return { scenario, name: scenario.file, seed: record.seed, systems, recorded: record };
  }
  if (statSync(subject, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new UsageError(`${subject}: expected a scenario or a run folder, found a folder without run.json`);
  const scenario = { ...loadScenario(subject), overrides: options.set };
  return {
    scenario,
    name: subject,
    seed: options.seed ?? 1,
    systems: systemList(options.systems),
    recorded: undefined,
  };
}

/** Verifies a scenario or a run folder; returns the exit code. */
export async function verify(name: string, options: VerifyOptions): Promise<number> {
  const subject = await subjectOf(name, options);
  const before = subject.recorded ?? (await runOnce(subject, 'first'));
  const again = await runOnce(subject, subject.recorded === undefined ? 'second' : 'again');
  if (before.digest === again.digest) {
    process.stdout.write(`${pc.green('identical')} ${again.digest}\n`);
    return exitCode.good;
  }
  process.stdout.write(`${pc.red('different')}\n  ${before.digest}\n  ${again.digest}\n`);
  for (const [id, { digest }] of Object.entries(again.systems)) {
    if (before.systems[id]?.digest === digest) continue;
    const make = simulationMaker(subject.scenario, id, subject.seed);
    const difference = firstDifference(make, make);
    process.stdout.write(
      difference === undefined
        ? `${id}: this build repeats itself, but not the recorded run; it was made by netsplit ${before.netsplit}, this is ${again.netsplit}\n`
        : `${id}: ${difference.words}\n`,
    );
  }
  return exitCode.checkFailed;
}

async function runOnce({ scenario, name, seed, systems }: Subject, label: string): Promise<RunRecord> {
  const progress = new ProgressLine();
  try {
    const { record } = await runScenario({
      scenario,
      name,
      seed,
      systems,
      onProgress: ({ system, variant, now, horizon }) =>
        progress.update({ label: `${label}: ${system} ${variant}`, share: now / horizon }),
    });
    return record;
  } finally {
    progress.end();
  }
}
