// `netsplit bench`: how fast this machine runs netsplit, beside reference loops measured in the same run.
import { cpus } from 'node:os';
import pc from 'picocolors';
import { didYouMean } from '../../scenarios/scenario-error.ts';
import { nearest } from '../../sim/infrastructure/near-misses.ts';
import type { Bench, BenchPart, MeasuredRow, PartReport } from '../bench/bench.ts';
import { benches } from '../bench/benches.ts';
import { peakMiB } from '../bench/measure.ts';
import { missedGoals, runBench } from '../bench/run-bench.ts';
import { exitCode, UsageError } from '../exit.ts';
import { ProgressLine } from '../progress.ts';

/** Options as the command line gives them. */
export interface BenchOptions {
  readonly json?: boolean;
  readonly list?: boolean;
  /** With the parts that take very long. */
  readonly all?: boolean;
  /** One part only, in this process, its rows as JSON: what the command calls itself with. */
  readonly part?: string;
}

/** Runs one bench, or all; returns the exit code. Missed goals are printed and fail nothing: machines are shared. */
export function bench(name: string | undefined, options: BenchOptions): number {
  const chosen = name === undefined ? benches : [named(name)];
  if (options.part !== undefined) return runPart(chosen, options.part);
  if (options.list === true) {
    for (const each of chosen) process.stdout.write(`${each.name.padEnd(12)} ${each.description}\n`);
    return exitCode.good;
  }
  const isJson = options.json === true;
  const say = (text: string): void => {
    if (!isJson) process.stdout.write(text);
  };
  const machine = { node: process.version, processor: cpus()[0]?.model ?? 'unknown' };
  say(`${machine.processor}, Node ${machine.node}; every part in a process of its own\n`);
  if (name === undefined) say(`benches: ${benches.map((each) => each.name).join(', ')}\n`);
  const reports = chosen.map((each) => {
    say(`\n${pc.bold(each.name)}: ${each.description}\n`);
    const isWanted = ({ isLong }: BenchPart): boolean => options.all === true || isLong !== true;
    const report = runBench(each, (part) => say(inWords(part)), isWanted);
    const missed = missedGoals(report);
    say(missed.length === 0 ? 'all goals met\n' : `goals missed: ${missed.join('; ')}\n`);
    return { ...report, missed };
  });
  if (isJson) process.stdout.write(`${JSON.stringify({ machine, benches: reports })}\n`);
  return exitCode.good;
}

function named(name: string): Bench {
  const found = benches.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = benches.map((each) => each.name);
  throw new UsageError(
    `unknown bench "${name}"${didYouMean(nearest(name, names))} (there are ${names.join(', ')})`,
  );
}

function runPart(chosen: readonly Bench[], name: string): number {
  const parts = chosen.flatMap((bench) => bench.parts);
  const part = parts.find((each) => each.name === name);
  if (part === undefined) {
    const names = parts.map((each) => each.name);
    throw new UsageError(
      `unknown part "${name}"${didYouMean(nearest(name, names))} (there are ${names.join('; ')})`,
    );
  }
  const progress = new ProgressLine();
  const rows = part.run((share) => progress.update({ label: name, share }));
  progress.end();
  process.stdout.write(`${JSON.stringify({ rows, peakMiB: peakMiB() })}\n`);
  return exitCode.good;
}

function inWords({ name, rows, peakMiB: peak, memoryGoal }: PartReport): string {
  const width = Math.max(...rows.map((row) => row.name.length));
  const lines = rows.map((row) => `    ${row.name.padEnd(width)}  ${figures(row)}`);
  const memory =
    memoryGoal === undefined
      ? ''
      : `, goal below ${memoryGoal.bound} MiB ${memoryGoal.met ? pc.green('met') : pc.red('missed')}`;
  return [`  ${name}  ${pc.dim(`(peak memory ${peak.toFixed(0)} MiB${memory})`)}`, ...lines, ''].join('\n');
}

function figures(row: MeasuredRow): string {
  const { value, unit, ratio, comparison, goal, met, growth } = row;
  const parts = [`${figure(value).padStart(9)} ${unit}`];
  if (growth !== undefined)
    parts.push(`×${growth.value.toFixed(2)} at ×${Number(growth.size.toPrecision(3))} the size`);
  if (comparison !== undefined && ratio !== undefined)
    parts.push(`${ratio.toFixed(2)} of ${comparison.name} (${figure(comparison.value)})`);
  if (goal !== undefined) {
    const bound = goal.of === 'ratio' ? goal.bound.toFixed(2) : figure(goal.bound);
    const relation = unit === '/s' ? '≥' : '≤';
    parts.push(`goal ${relation} ${bound} ${met === true ? pc.green('met') : pc.red('missed')}`);
  }
  return parts.join(' · ');
}

/** Three significant digits, thousands and millions as k and M. */
function figure(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M`;
  if (value >= 1e4) return `${(value / 1e3).toPrecision(3)} k`;
  return value >= 1_000 ? value.toFixed(0) : value.toPrecision(3);
}
