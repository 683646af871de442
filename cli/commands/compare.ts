// `netsplit compare`: two runs side by side, or a run against what was observed.
import { readFile, writeFile } from 'node:fs/promises';
import pc from 'picocolors';
import {
  phaseErrors,
  phasesOf,
  simulatedPoints,
  simulatedSeries,
  type PhaseError,
  type SimulatedName,
} from '../../reports/comparison/against-record.ts';
import { toPng } from '../../reports/charts/to-png.ts';
import { parseObserved } from '../../reports/comparison/observed-series.ts';
import { changeInWords, compareRuns, figureInWords, whatDiffers } from '../../reports/comparison/two-runs.ts';
import { durationInWords } from '../../reports/figures-in-words.ts';
import type { RunRecord } from '../../reports/record.ts';
import { readRecord, StoreError, systemErrorInWords, unlessRefused } from '../../reports/store.ts';
import { caveatOf } from '../../reports/summarise.ts';
import { exitCode, UsageError } from '../exit.ts';
import { systemList } from '../system-list.ts';

/** Options as the command line gives them. */
export interface CompareOptions {
  readonly record?: string;
  readonly series: SimulatedName;
  readonly column?: string;
  readonly systems?: string;
  readonly chart?: string;
  readonly json?: boolean;
}

/** Compares; returns the exit code. */
export async function compare(
  first: string,
  second: string | undefined,
  options: CompareOptions,
): Promise<number> {
  if ((second === undefined) === (options.record === undefined))
    throw new UsageError('expected a second run folder, or --record with a file of observations');
  const record = await readRecord(first);
  if (options.chart !== undefined && !/\.(svg|png)$/.test(options.chart))
    throw new UsageError(`--chart: expected a file name that ends in .svg or .png, found "${options.chart}"`);
  if (options.record !== undefined) return compareWithRecord(record, options.record, options);
  return compareTwo(record, await readRecord(second ?? ''), options);
}

function compareTwo(left: RunRecord, right: RunRecord, { json }: CompareOptions): number {
  const compared = compareRuns(left, right);
  if (compared.length === 0) throw new UsageError('the two runs have no system in common');
  const differs = whatDiffers(left, right);
  if (json === true) {
    const rows = compared.map(({ figure, ...rest }) => ({ figure: figure.id, ...rest }));
    process.stdout.write(`${JSON.stringify({ version: 1, differs, figures: rows })}\n`);
    return exitCode.good;
  }
  const systems = [...new Set(compared.map(({ system }) => system))];
  const lines = systems.flatMap((system) => [
    '',
    pc.bold(system.padEnd(42) + 'first'.padStart(19) + 'second'.padStart(19) + 'difference'.padStart(22)),
    ...compared
      .filter((each) => each.system === system)
      .map((each) =>
        [
          each.figure.title.padEnd(42),
          figureInWords(each.left, each.figure).padStart(19),
          figureInWords(each.right, each.figure).padStart(19),
          changeInWords(each).padStart(22),
        ].join(''),
      ),
  ]);
  const same = left.digest === right.digest;
  process.stdout.write(
    [
      ...(differs.length === 0 ? ['the same scenario, seed and values'] : differs),
      ...lines,
      '',
      pc.dim(
        same
          ? 'identical, event by event'
          : 'One run each: `netsplit campaign --vary` tells whether more seeds bear the difference out.',
      ),
      '',
    ].join('\n'),
  );
  return exitCode.good;
}

async function compareWithRecord(record: RunRecord, file: string, options: CompareOptions): Promise<number> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new StoreError(`${file}: ${systemErrorInWords(error)}`);
  }
  const observed = parseObserved(text, file, Date.parse(record.epoch), options.column);
  const systems = systemList(options.systems) ?? Object.keys(record.systems);
  const errors = systems.map((system) => {
    const found = record.systems[system];
    if (found === undefined)
      throw new UsageError(
        `--systems: expected one of ${Object.keys(record.systems).join(', ')}, found "${system}"`,
      );
    const points = simulatedPoints(found.series, options.series);
    return { system, phases: phaseErrors(phasesOf(record), points, observed, found.series.bucketSeconds) };
  });
  if (options.chart !== undefined) {
    const { overlayChart } = await import('../../reports/charts/overlay-chart.ts');
    const notes = [
      `netsplit ${record.netsplit} · ${record.scenario} · ${caveatOf(record)}`,
      `observed: ${file}`,
    ];
    const svg = overlayChart(record, systems, options.series, observed, notes);
    const path = options.chart;
    const picture = path.endsWith('.png') ? await toPng(svg) : svg;
    await unlessRefused(path, () => writeFile(path, picture));
  }
  if (options.json === true) {
    process.stdout.write(`${JSON.stringify({ version: 1, series: options.series, errors })}\n`);
    return exitCode.good;
  }
  const { title, isShare } = simulatedSeries[options.series];
  process.stdout.write(
    [
      pc.bold(`${title}: simulated against observed`),
      ...errors.flatMap(({ system, phases }) => [
        '',
        pc.bold(system),
        ...(phases.length === 0
          ? ['  the observations and the run have no instant in common']
          : phases.map((phase) => phaseInWords(phase, record, isShare))),
      ]),
      '',
      pc.dim(caveatOf(record)),
      '',
    ].join('\n'),
  );
  return exitCode.good;
}

function phaseInWords(phase: PhaseError, { epoch }: RunRecord, isShare: boolean): string {
  const clock = (seconds: number): string =>
    new Date(Date.parse(epoch) + seconds * 1_000).toISOString().slice(0, 16).replace('T', ' ');
  const value = (number: number): string => (isShare ? `${(number * 100).toFixed(1)} %` : number.toFixed(1));
  const size = (number: number): string =>
    isShare ? `${(Math.abs(number) * 100).toFixed(1)} points` : Math.abs(number).toFixed(1);
  const { lateSeconds, level } = phase;
  const timing =
    lateSeconds === null
      ? 'timing: nothing changes'
      : lateSeconds === 0
        ? 'timing: fits'
        : `timing: ${durationInWords(Math.abs(lateSeconds))} ${lateSeconds > 0 ? 'late' : 'early'}`;
  const during = phase.faults.length === 0 ? 'no fault' : phase.faults.join(', ');
  return (
    `  ${clock(phase.start)} to ${clock(phase.end)} (${during}): simulated ${value(phase.simulated)}, observed ${value(phase.observed)}; ` +
    `level: ${size(level)} too ${level < 0 ? 'low' : 'high'} (rms ${size(phase.rootMeanSquare)}); ${timing}`
  );
}
