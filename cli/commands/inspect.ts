// `netsplit inspect`: a node's state at an instant of a run, by simulating again up to there.
import pc from 'picocolors';
import { present } from '../../protocol/assert.ts';
import { durationInWords } from '../../reports/figures-in-words.ts';
import {
  inspectNode,
  nodeNamesOf,
  UnknownNode,
  type Inspection,
  type InspectionOptions,
} from '../../reports/inspection/inspect-node.ts';
import { stateInWords } from '../../reports/inspection/state-in-words.ts';
import { sortOfNode } from '../../reports/reason-words.ts';
import { compileScenario, type CompiledScenario } from '../../scenarios/compile.ts';
import { didYouMean } from '../../scenarios/scenario-error.ts';
import { parseInstant } from '../../scenarios/time-notation.ts';
import { systems as registry } from '../../sim/systems/registry.ts';
import { exitCode, UsageError } from '../exit.ts';
import { printableLine } from '../printable.ts';
import { oneSystem, subjectOf } from '../subject.ts';

/** Options as the command line gives them. */
export interface InspectOptions {
  readonly seed?: number;
  readonly set: readonly string[];
  readonly system?: string;
  readonly node?: string;
  readonly at?: string;
  readonly twin?: boolean;
  readonly json?: boolean;
}

/** Names of a sort that are listed before the rest is counted. */
const mostNames = 4;

/** Prints a node's state, or which nodes there are; returns the exit code. */
export async function inspect(name: string, options: InspectOptions): Promise<number> {
  const { system: systems, ...rest } = options;
  const subject = await subjectOf(name, { ...rest, ...(systems === undefined ? {} : { systems }) });
  const compiled = compileScenario(subject.scenario);
  const id = oneSystem(subject, compiled);
  const system = present(registry.get(id), `system ${id}`);
  const { node } = options;
  if (node === undefined) return listNodes(nodeNamesOf({ compiled, seed: subject.seed, system }), options);
  const found = look({
    compiled,
    seed: subject.seed,
    system,
    variant: options.twin === true ? 'twin' : 'run',
    node,
    at: instantOf(options.at, compiled),
  });
  if (options.json === true) process.stdout.write(`${JSON.stringify({ version: 1, ...found })}\n`);
  else process.stdout.write(`${inWords(found, compiled).map(printableLine).join('\n')}\n`);
  return exitCode.good;
}

function instantOf(at: string | undefined, { world }: CompiledScenario): number {
  const form = 'expected an instant: 45m or 2h30m after the epoch, or 2025-10-20T15:30Z';
  if (at === undefined) throw new UsageError(`--at: ${form}`);
  const instant = parseInstant(at, world.epochWallMs);
  if (instant === undefined) throw new UsageError(`--at ${at}: ${form}`);
  return instant;
}

function look(options: InspectionOptions): Inspection {
  try {
    return inspectNode(options);
  } catch (error) {
    if (error instanceof UnknownNode)
      throw new UsageError(
        `--node: ${error.message} in ${options.system.id}${didYouMean(error.nearest)} (without --node all are listed)`,
      );
    if (error instanceof RangeError) throw new UsageError(`--at: ${error.message}`);
    throw error;
  }
}

function inWords(found: Inspection, { world, faults }: CompiledScenario): readonly string[] {
  const { node, system, variant, at, seed, events } = found;
  const wall = new Date(world.epochWallMs + at / 1_000).toISOString().slice(0, 23).replace('T', ' ');
  const titles = found.faults.map((id) => faults.find((fault) => fault.id === id)?.title ?? id);
  return [
    pc.bold(`${node} of ${registry.get(system)?.title ?? system}`) +
      (variant === 'twin' ? ' in the twin' : ''),
    `at ${wall} UTC, ${durationInWords(at / 1_000_000)} after the epoch; seed ${seed}, ${events} events handled`,
    titles.length === 0 ? 'no fault at work' : `at work: ${titles.join('; ')}`,
    '',
    ...stateInWords(found.state),
  ];
}

function listNodes(nodes: readonly string[], { json }: InspectOptions): number {
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ version: 1, nodes })}\n`);
    return exitCode.good;
  }
  const bySort = new Map<string, string[]>();
  for (const node of nodes) bySort.set(sortOfNode(node), [...(bySort.get(sortOfNode(node)) ?? []), node]);
  const lines = [...bySort].map(([sort, names]) => {
    const rest = names.length > mostNames ? `, … ${names.at(-1) ?? ''}` : '';
    return `  ${String(names.length).padStart(5)} ${sort.padEnd(20)} ${names.slice(0, mostNames).join(', ')}${rest}`;
  });
  process.stdout.write(
    `${[pc.bold('Nodes'), ...lines, '', '--node <name> --at <instant> shows one; --json lists all.'].join('\n')}\n`,
  );
  return exitCode.good;
}
