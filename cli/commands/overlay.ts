// `netsplit overlay`: a study of Pinecone's routing on a fixed graph.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pc from 'picocolors';
import { edgeList, EdgeListError, grid, line, randomGraph, type Graph } from '../../sim/overlay/graph.ts';
import { createRandomStream } from '../../sim/random/streams.ts';
import type { Convergence, Routing } from '../overlay/measures.ts';
import { study, type Disturbance, type Study } from '../overlay/study.ts';
import { exitCode, UsageError } from '../exit.ts';
import { ProgressLine } from '../progress.ts';

/** Options as the command line gives them. */
export interface OverlayOptions {
  readonly seed: number;
  readonly hopLimit: boolean;
  readonly pairs: number;
  readonly disturb: Disturbance;
  readonly json?: boolean;
}

/** Graphs of real networks that come with netsplit (scenarios/datasets/PROVENANCE.md). */
export const shippedGraphs = ['freifunk-bielefield', 'dn42'] as const;

/** One way of a link: between phones or machines nearby. Assumed. */
const delayMs = [5, 25] as const;
const mostNodes = 10_000;
const forms = `line:<nodes>, grid:<width>x<height>, random:<nodes>:<neighbours>, ${shippedGraphs.join(', ')}, or a file of edges`;

/** Runs one study and prints it; returns the exit code. */
export function overlay(given: string, options: OverlayOptions): number {
  const graph = graphOf(given, options.seed);
  if (graph.size > mostNodes)
    throw new UsageError(`${given}: ${graph.size} nodes; expected at most ${mostNodes}`);
  const progress = new ProgressLine();
  const phases = ['converging', 'resting', 'routing', options.disturb];
  const start = process.cpuUsage();
  let result: Study;
  try {
    const { seed, hopLimit, pairs, disturb } = options;
    result = study({ graph, seed, limitsHops: hopLimit, delayMs, pairs, disturbance: disturb }, (phase) =>
      progress.update({ label: phase, share: phases.indexOf(phase) / phases.length }),
    );
  } finally {
    progress.end();
  }
  const { user, system } = process.cpuUsage(start);
  const cpuSeconds = (user + system) / 1e6;
  process.stdout.write(
    options.json === true ? `${JSON.stringify({ ...result, cpuSeconds })}\n` : inWords(result, cpuSeconds),
  );
  return isWhole(result.convergence) && (result.recovery === undefined || isWhole(result.recovery))
    ? exitCode.good
    : exitCode.checkFailed;
}

function isWhole({ treeSeconds, ringSeconds, routingSeconds }: Convergence): boolean {
  return treeSeconds !== undefined && ringSeconds !== undefined && routingSeconds !== undefined;
}

function graphOf(given: string, seed: number): Graph {
  const made = /^(line|grid|random):(\d{1,6})(?:[x:](\d{1,4}))?$/.exec(given);
  if (made !== null) {
    const [, form, first, second] = made;
    const [size, other] = [Number(first), Number(second ?? NaN)];
    if (form === 'line' && second === undefined && size >= 2) return line(size);
    if (form === 'grid' && size * other >= 2) return grid(size, other);
    if (form === 'random' && size >= 2 && size <= mostNodes && other >= 1 && other <= 100)
      return randomGraph(size, other, createRandomStream(`${seed}/graph`));
    throw new UsageError(`${given}: expected ${forms}`);
  }
  const shipped = shippedGraphs.find((name) => name === given);
  const path =
    shipped === undefined
      ? given
      : fileURLToPath(new URL(`../../scenarios/datasets/${shipped}.txt`, import.meta.url));
  if (!existsSync(path)) throw new UsageError(`${given}: no such file; expected ${forms}`);
  try {
    return edgeList(given, readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof EdgeListError) throw new UsageError(`${given}:${error.line}: ${error.message}`);
    throw error;
  }
}

const figure = (value: number, digits = 1): string => value.toFixed(digits);
const after = (value: number | undefined): string =>
  value === undefined ? pc.red('never') : `${figure(value)} s`;

function share({ pairs, delivered, deliveredAtOnce }: Routing): string {
  const again = delivered - deliveredAtOnce;
  return `${delivered} of ${pairs}${again === 0 ? '' : `, ${again} of them not by the first datagram`}`;
}

function convergenceLines(title: string, convergence: Convergence): readonly string[] {
  const { treeSeconds, ringSeconds, routingSeconds, controlBytesPerNode, problems, firstRound } = convergence;
  return [
    pc.bold(title),
    `  one root, loop-free tree     ${after(treeSeconds)}`,
    `  every next lower key known   ${after(ringSeconds)}`,
    `  all tried pairs are routed   ${after(routingSeconds)}   (in the first round ${share(firstRound)})`,
    `  sent until the line stood    ${figure(controlBytesPerNode / 1_000)} kB per node`,
    ...problems.map((problem) => `  ${pc.red('wrong')} ${problem}`),
  ];
}

function routingLine(name: string, found: Routing): string {
  const { stretchMedian, stretchMean, stretchP95, mostHops } = found;
  const stretch = `stretch median ${figure(stretchMedian, 2)}, mean ${figure(stretchMean, 2)}, p95 ${figure(stretchP95, 2)}`;
  return `  ${name.padEnd(28)} ${share(found)}; ${stretch}; at most ${mostHops} links`;
}

function inWords(result: Study, cpuSeconds: number): string {
  const { graph, nodes, links, depth, convergence, datagrams, answers, disturbance, recovery } = result;
  const resting = Object.entries(result.restingBytesPerSecond);
  const sum = resting.reduce((total, [, bytes]) => total + bytes, 0);
  const limit = result.limitsHops ? 'at most nine links far' : 'without a hop limit';
  const lines = [
    `${pc.bold(graph)}: ${nodes} nodes, ${links} links, seed ${result.seed}, traffic ${limit}`,
    ...convergenceLines('from the start', convergence),
    pc.bold('afterwards'),
    `  depth of the tree            ${depth}`,
    routingLine('datagrams, by key', datagrams),
    routingLine('answers, by tree', answers),
    `  control traffic at rest      ${figure(sum, 0)} B/s per node (${resting.map(([kind, bytes]) => `${kind} ${figure(bytes, 0)}`).join(', ')})`,
    ...(recovery === undefined ? [] : convergenceLines(`after: ${disturbance}`, recovery)),
    pc.bold('events'),
    ...Object.entries(result.situations).map(([name, count]) => `  ${name.padEnd(36)} ${count}`),
    `  ${result.events} events in ${figure(cpuSeconds)} s of processor time, ${figure((1_000 * cpuSeconds) / nodes, 1)} ms per node`,
  ];
  return `${lines.join('\n')}\n`;
}
