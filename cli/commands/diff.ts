// `netsplit diff`: two variants of one system side by side, up to their first different event.
import pc from 'picocolors';
import { microseconds } from '../../protocol/time.ts';
import { compileScenario, type CompiledScenario } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { didYouMean } from '../../scenarios/scenario-error.ts';
import { nearest } from '../../sim/infrastructure/near-misses.ts';
import { firstDifference } from '../../sim/kernel/trace-diff.ts';
import type { SimulationPlan } from '../../sim/simulation.ts';
import { exitCode, UsageError } from '../exit.ts';
import { nodeNames, simulationMaker } from '../simulations.ts';

/** Options as the command line gives them. */
export interface DiffOptions {
  readonly system: string;
  readonly seed?: number;
  readonly otherSeed?: number;
  readonly set: readonly string[];
  readonly perturb?: string;
}

/** Compares two variants; returns the exit code: 0 when every event is the same. */
export function diff(name: string, options: DiffOptions): number {
  const scenario = loadScenario(name);
  const seed = options.seed ?? 1;
  const compiled = compileScenario(scenario);
  const changed = compileScenario({ ...scenario, overrides: options.set });
  const rightSeed = options.otherSeed ?? seed;
  hasSystem(options.system, compiled, 'the scenario');
  hasSystem(options.system, changed, 'the second variant');
  const left = simulationMaker(compiled, options.system, seed);
  const right = simulationMaker(
    changed,
    options.system,
    rightSeed,
    perturbation(options.perturb, () => nodeNames(changed, options.system, rightSeed)),
  );
  const difference = firstDifference(left, right);
  if (difference === undefined) {
    process.stdout.write(`${pc.green('identical')} ${left().finish().digest}\n`);
    return exitCode.good;
  }
  process.stdout.write(`${difference.words}\n`);
  return exitCode.checkFailed;
}

function hasSystem(id: string, { systems }: CompiledScenario, variant: string): void {
  if (systems.has(id)) return;
  const known = [...systems.keys()];
  throw new UsageError(
    `--system ${id}: ${variant} has no such system: expected one of ${known.join(', ')}${didYouMean(nearest(id, known))}`,
  );
}

/** @param known names of the nodes there are: a mistyped one would change nothing and look like proof of sameness */
function perturbation(option: string | undefined, known: () => readonly string[]): Partial<SimulationPlan> {
  if (option === undefined) return {};
  const [from, to, by] = option.split(',');
  if (from === undefined || to === undefined || by === undefined || !/^\d+$/.test(by)) {
    throw new UsageError(
      `--perturb: expected from,to,microseconds with two node names, e.g. phone/0,signal/chat-1,1; found "${option}"`,
    );
  }
  const names = known();
  for (const name of [from, to]) {
    if (!names.includes(name))
      throw new UsageError(`--perturb: there is no node "${name}"${didYouMean(nearest(name, names))}`);
  }
  return { perturb: { from, to, by: microseconds(Number(by)) } };
}
