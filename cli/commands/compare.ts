// `netsplit compare`: two runs side by side, or a run against what was observed.
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import pc from 'picocolors';
import {
  phaseErrors,
  phasesOf,
  simulatedPoints,
  simulatedSeries,
  type SimulatedName,
} from '../../reports/comparison/against-record.ts';
import { toPng } from '../../reports/charts/to-png.ts';
import { parseObserved } from '../../reports/comparison/observed-series.ts';
import {
  changeInWords,
  compareRuns,
  figureInWords,
  whatDiffers,
  type ComparedFigure,
} from '../../reports/comparison/two-runs.ts';
import { observedSpan, phaseInWords, spanInWords } from '../../reports/comparison/record-words.ts';
import type { RunRecord } from '../../reports/record.ts';
import { readRecord, StoreError, systemErrorInWords, unlessRefused } from '../../reports/store.ts';
import { caveatOf, fidelityNote, gradeInWords } from '../../reports/summarise.ts';
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
  process.stdout.write(
    [
      ...(differs.length === 0 ? ['the same scenario, seed and values'] : differs),
      ...comparedLines(left, compared),
      '',
      ...[...new Set(compared.map(({ system }) => system))].map((id) => pc.dim(gradeLine(left, id))),
      pc.dim(verdictOn(left, right, differs)),
      '',
    ].join('\n'),
  );
  return exitCode.good;
}

/** A table per system; columns are as wide as what stands in them. */
function comparedLines(left: RunRecord, compared: readonly ComparedFigure[]): readonly string[] {
  const systems = [...new Set(compared.map(({ system }) => system))];
  const table = (system: string): readonly (readonly string[])[] => [
    [left.systems[system]?.title ?? system, 'first', 'second', 'difference'],
    ...compared
      .filter((each) => each.system === system)
      .map((each) => [
        each.figure.title,
        figureInWords(each.left, each.figure),
        figureInWords(each.right, each.figure),
        changeInWords(each),
      ]),
  ];
  const tables = systems.map(table);
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...tables.flatMap((rows) => rows.map((row) => (row[column] ?? '').length))),
  );
  return tables.flatMap((rows) => [
    '',
    ...rows.map((row, index) => {
      const line = row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[column] ?? 0) + 2),
        )
        .join('');
      return index === 0 ? pc.bold(line) : line;
    }),
  ]);
}

/** What a system's figures are quoted with. */
function gradeLine({ systems }: RunRecord, id: string): string {
  const system = systems[id];
  return system === undefined ? id : `${system.title}, ${gradeInWords(system)}.`;
}

function verdictOn(left: RunRecord, right: RunRecord, differs: readonly string[]): string {
  if (left.digest === right.digest) return 'identical, event by event';
  if (differs.length === 0)
    return (
      'Nothing that was asked for differs and the events do: made by other code, or not deterministic; ' +
      '`netsplit verify` tells which of the two this netsplit repeats.'
    );
  return 'One run each: `netsplit campaign --vary` tells whether more seeds bear the difference out.';
}

async function compareWithRecord(record: RunRecord, file: string, options: CompareOptions): Promise<number> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new StoreError(`${file}: ${systemErrorInWords(error)}`);
  }
  const { title, isShare } = simulatedSeries[options.series];
  const { points: observed, withoutValue } = parseObserved(text, {
    file,
    epochMs: Date.parse(record.epoch),
    column: options.column,
    isShare,
  });
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
  if (errors.every(({ phases }) => phases.length === 0))
    throw new StoreError(
      `${file}: expected observations between the first and the last bucket of the run (${spanInWords(record)}), found them from ${observedSpan(observed, record)}`,
    );
  if (options.chart !== undefined) {
    const { overlayChart } = await import('../../reports/charts/overlay-chart.ts');
    const notes = [
      `netsplit ${record.netsplit} · ${record.scenario} · ${caveatOf(record)}`,
      `observed: ${basename(file)}`,
      fidelityNote(record),
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
  process.stdout.write(
    [
      pc.bold(`${title}: simulated against observed`),
      ...errors.flatMap(({ system, phases }) => [
        '',
        pc.bold(record.systems[system]?.title ?? system),
        ...(phases.length === 0
          ? ['  the observations and the run have no instant in common']
          : phases.map((phase) => `  ${phaseInWords(phase, record, isShare)}`)),
      ]),
      '',
      ...(withoutValue === 0 ? [] : [pc.dim(`${withoutValue} instants of ${file} have no value.`)]),
      ...errors.map(({ system }) => pc.dim(gradeLine(record, system))),
      pc.dim(caveatOf(record)),
      ...(options.chart === undefined ? [] : [options.chart]),
      '',
    ].join('\n'),
  );
  return exitCode.good;
}
