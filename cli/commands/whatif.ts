// `netsplit whatif`: the same people, words and chances twice, once with something changed; and what that makes.
import pc from 'picocolors';
import { figures, type Figure, type FigureValue } from '../../reports/campaign/figures.ts';
import { parseSeeds } from '../../reports/campaign/seeds.ts';
import { percent, durationInWords, bytesInWords, countInWords } from '../../reports/figures-in-words.ts';
import type { RunRecord } from '../../reports/record.ts';
import { runScenario } from '../../reports/runner.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { ScenarioError } from '../../scenarios/scenario-error.ts';
import { exitCode, UsageError } from '../exit.ts';
import { ProgressLine } from '../progress.ts';
import { systemList } from '../system-list.ts';

/** Options as the command line gives them. */
export interface WhatifOptions {
  readonly change: readonly string[];
  readonly set: readonly string[];
  readonly seeds: string;
  readonly systems?: string;
  readonly workers?: number;
  readonly json?: boolean;
}

/** One figure of one system at one seed, before and after the change. */
interface Difference {
  readonly seed: number;
  readonly system: string;
  readonly figure: string;
  readonly before: FigureValue;
  readonly after: FigureValue;
  /** After minus before, where both are numbers. */
  readonly difference: number | null;
}

/** What a change did at one seed. */
interface Comparison {
  readonly seed: number;
  readonly before: RunRecord;
  readonly after: RunRecord;
}

/** Runs both variants for each seed; returns the exit code. */
export async function whatif(name: string, options: WhatifOptions): Promise<number> {
  if (options.change.length === 0)
    throw new UsageError('expected at least one --change path=value; `netsplit params` lists the paths');
  checkChanges(name, options);
  const comparisons: Comparison[] = [];
  for (const seed of parseSeeds(options.seeds)) {
    const before = await runOnce(name, seed, options.set, 'as it was', options);
    const after = await runOnce(name, seed, [...options.set, ...options.change], 'changed', options);
    comparisons.push({ seed, before, after });
  }
  const differences = comparisons.flatMap(differencesOf);
  // What radios spend while nothing happens is in no event, but in the figures.
  const unchanged =
    comparisons.every(({ before, after }) => before.digest === after.digest) &&
    differences.every(({ before, after }) => before === after);
  if (options.json === true)
    process.stdout.write(`${JSON.stringify(document(name, options, comparisons, differences, unchanged))}\n`);
  else process.stdout.write(`${table(options, comparisons, differences, unchanged)}\n`);
  return exitCode.good;
}

/** Before the first run, which may take long, and under the name of the option that was typed. */
function checkChanges(name: string, { change, set }: WhatifOptions): void {
  const scenario = loadScenario(name);
  compileScenario({ ...scenario, overrides: set });
  try {
    compileScenario({ ...scenario, overrides: [...set, ...change] });
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new UsageError(
      change.reduce((text, each) => text.replaceAll(`--set ${each}`, `--change ${each}`), error.message),
    );
  }
}

async function runOnce(
  name: string,
  seed: number,
  overrides: readonly string[],
  label: string,
  { systems, workers }: WhatifOptions,
): Promise<RunRecord> {
  const progress = new ProgressLine();
  try {
    const { record } = await runScenario({
      scenario: { ...loadScenario(name), overrides },
      name,
      seed,
      systems: systemList(systems),
      workers,
      onProgress: ({ system, variant, now, horizon }) =>
        progress.update({ label: `${label}: ${system} ${variant}`, share: now / horizon }),
    });
    return record;
  } finally {
    progress.end();
  }
}

function differencesOf({ seed, before, after }: Comparison): readonly Difference[] {
  return Object.entries(before.systems).flatMap(([system, was]) => {
    const is = after.systems[system];
    if (is === undefined) return [];
    return figures.map((figure): Difference => {
      const left = figure.of(was);
      const right = figure.of(is);
      const both = typeof left === 'number' && typeof right === 'number';
      const difference = both ? right - left : null;
      return { seed, system, figure: figure.id, before: left, after: right, difference };
    });
  });
}

function document(
  name: string,
  { change, set }: WhatifOptions,
  comparisons: readonly Comparison[],
  differences: readonly Difference[],
  unchanged: boolean,
): unknown {
  return {
    scenario: name,
    changes: change,
    inBoth: set,
    unchanged,
    runs: comparisons.map(({ seed, before, after }) => ({
      seed,
      before: { digest: before.digest, outcome: before.outcome, faults: spans(before) },
      after: { digest: after.digest, outcome: after.outcome, faults: spans(after) },
    })),
    differences,
  };
}

const spans = ({ faults }: RunRecord): readonly unknown[] =>
  faults.map(({ id, start, end }) => ({ id, start, end }));

function table(
  { change, set }: WhatifOptions,
  comparisons: readonly Comparison[],
  differences: readonly Difference[],
  unchanged: boolean,
): string {
  const title = `What if ${change.join(', ')}${set.length === 0 ? '' : ` (in both: ${set.join(', ')})`}`;
  if (unchanged)
    return `${pc.bold(title)}\n\nNothing: every event is the same. The value is not used in this scenario.`;
  const lines = comparisons.flatMap(({ seed, before, after }) => {
    const here = differences.filter((each) => each.seed === seed);
    return [
      ...(comparisons.length > 1 ? [`\n${pc.bold(`seed ${seed}`)}`] : ['']),
      ...movedFaults(before, after),
      ...Object.keys(before.systems).flatMap((system) => systemLines(system, before, here)),
    ];
  });
  const seeds =
    comparisons.length === 1
      ? 'One seed: no range. The same people say the same things in both; only the change differs.'
      : `${comparisons.length} seeds, paired: the same people say the same things in both. For intervals: netsplit campaign.`;
  return [pc.bold(title), ...lines, '', pc.dim(seeds)].join('\n');
}

function movedFaults(before: RunRecord, after: RunRecord): readonly string[] {
  const was = new Map(before.faults.map((fault) => [fault.id, fault]));
  const is = new Map(after.faults.map((fault) => [fault.id, fault]));
  const hours = (seconds: number): string => `${(seconds / 3_600).toFixed(2)} h`;
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((id) => {
    const left = was.get(id);
    const right = is.get(id);
    if (left === undefined) return [`  fault added: ${id}`];
    if (right === undefined) return [`  fault taken out: ${left.title}`];
    if (left.start === right.start && left.end === right.end) return [];
    return [
      `  fault moved: ${left.title}, from ${hours(left.start)}–${hours(left.end)} to ${hours(right.start)}–${hours(right.end)}`,
    ];
  });
}

function systemLines(
  system: string,
  { systems }: RunRecord,
  differences: readonly Difference[],
): readonly string[] {
  const changed = differences.filter(
    (each) => each.system === system && (each.before !== each.after || each.figure === 'within-1m'),
  );
  const lines = changed.map(({ figure, before, after, difference }) => {
    const known = figures.find(({ id }) => id === figure);
    if (known === undefined) return '';
    const value = (each: FigureValue): string => inWords(known, each);
    const sign =
      difference === null ? '' : pc.dim(`  (${difference >= 0 ? '+' : '−'}${amount(known, difference)})`);
    return `  ${known.title.padEnd(44)} ${value(before).padStart(12)} → ${value(after).padStart(12)}${sign}`;
  });
  return [`  ${pc.bold(systems[system]?.title ?? system)}`, ...lines];
}

function inWords({ unit }: Figure, value: FigureValue): string {
  if (value === 'nothing') return '–';
  if (value === 'beyond-horizon') return '> horizon';
  switch (unit) {
    case 'share':
      return value < 0 ? `−${percent(-value)}` : percent(value);
    case 'seconds':
      return durationInWords(value);
    case 'milliseconds':
      return durationInWords(value / 1_000);
    case 'person-hours':
      return `${value.toFixed(1)} h`;
    case 'bytes':
      return bytesInWords(value);
    case 'joules':
      return `${value.toPrecision(3)} J`;
    case 'count':
      return countInWords(value);
  }
}

/** How much a difference is, without its sign; shares in percentage points. */
function amount(figure: Figure, difference: number): string {
  const size = Math.abs(difference);
  return figure.unit === 'share' ? `${(size * 100).toFixed(2)} points` : inWords(figure, size);
}
