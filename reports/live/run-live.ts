// A live run as a run like any other: its record is made of what the nodes told, beside a twin from the simulator.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { present } from '../../protocol/assert.ts';
import { compileScenario, type CompiledScenario } from '../../scenarios/compile.ts';
import { hindrancesTo } from '../../sim/live/can-run-live.ts';
import type { NodeSetup } from '../../sim/live/ipc.ts';
import { runLive, type LiveOutcome, type LiveProgress } from '../../sim/live/live-run.ts';
import { systems as registry } from '../../sim/systems/registry.ts';
import type { System } from '../../sim/systems/system.ts';
import type { Workload } from '../../sim/workload/workload.ts';
import { buildRecord, measureSystem } from '../build-record.ts';
import { ExpectedDeliveries } from '../expected-deliveries.ts';
import { FatesFold } from '../fates-fold.ts';
import { faultsAsTheyWere } from '../metrics/metric.ts';
import { packageVersion } from '../package-version.ts';
import { liveCommand } from '../reproduce.ts';
import { chosenSystems, type FinishedRun, type RunOptions } from '../runner.ts';
import { simulateJob, type JobOutcome } from '../simulation-job.ts';
import { simulationPlan } from '../simulation-plan.ts';
import type { LiveTask } from './live-node-worker.ts';

/** What to run live. */
export interface LiveRunOptions extends Pick<RunOptions, 'scenario' | 'name' | 'seed' | 'signal'> {
  /** One of the scenario's systems; the first that can be run live when left out. */
  readonly system?: string | undefined;
  /** UDP port of the local DHT; a free one when left out. */
  readonly port?: number | undefined;
  readonly onProgress?: ((progress: LiveProgress) => void) | undefined;
}

/** A finished live run. */
export interface FinishedLiveRun extends FinishedRun {
  readonly system: string;
  readonly compiled: CompiledScenario;
  readonly workload: Workload;
  readonly live: LiveOutcome;
}

/** The scenario cannot be run live; the message says why. */
export class NotLive extends Error {
  override readonly name = 'NotLive';
}

/**
 * Runs one system of a scenario live, and its twin in the simulator.
 * @throws ScenarioError when the scenario cannot be used
 * @throws NotLive when it cannot be run live
 */
export async function runScenarioLive(options: LiveRunOptions): Promise<FinishedLiveRun> {
  const startedAt = performance.now();
  const { scenario, seed, name } = options;
  const compiled = compileScenario(scenario);
  const system = liveSystem(options, compiled);
  const workload = compiled.workload(String(seed));
  const plan = simulationPlan({ compiled, workload, seed, system, variant: 'run' });
  const hindrances = hindrancesTo(plan);
  if (hindrances.length > 0) throw new NotLive(hindrances.join('\n'));
  const expected = new ExpectedDeliveries(workload);
  const fold = new FatesFold(workload, expected);
  const live = await runLive({
    plan,
    sink: fold,
    spawn: (setup) => startNode({ scenario, seed, system: system.id, setup }),
    port: options.port,
    signal: options.signal,
    onProgress: options.onProgress,
  });
  const run: JobOutcome = { system: system.id, variant: 'run', fates: fold.finish(), result: live.result };
  const twin = await simulated('twin', { compiled, workload, seed, system });
  const faults = faultsAsTheyWere(compiled.faults, run.result);
  const evidence = { workload, expected, faults, actions: [], run, twin };
  const record = buildRecord({
    compiled,
    seed,
    overrides: scenario.overrides ?? [],
    measured: new Map([[system.id, measureSystem(system.id, evidence, compiled, system)]]),
    unfinished: [],
    reproduce: liveCommand({ name, seed, system: options.system, overrides: scenario.overrides ?? [] }),
    version: packageVersion(),
    wallSeconds: (performance.now() - startedAt) / 1_000,
  });
  return {
    record,
    evidence: new Map([[system.id, evidence]]),
    scenario,
    system: system.id,
    compiled,
    workload,
    live,
  };
}

/** The same in the simulator. */
export async function simulated(
  variant: 'run' | 'twin',
  setting: Parameters<typeof simulateJob>[1],
): Promise<JobOutcome> {
  const control = { report: () => undefined, stopped: () => false };
  return simulateJob({ system: setting.system.id, variant }, setting, control);
}

function liveSystem({ system, scenario }: LiveRunOptions, compiled: CompiledScenario): System {
  const asked = system === undefined ? undefined : [system];
  const ids = chosenSystems({ scenario, systems: asked }, compiled);
  const systems = ids.map((id) => present(registry.get(id), `system ${id}`));
  const chosen = systems.find(({ live }) => live !== undefined);
  if (chosen !== undefined) return chosen;
  const able = [...registry.values()].filter(({ live }) => live !== undefined).map(({ id }) => id);
  throw new NotLive(
    `${ids.join(', ')} cannot be run live: only ${able.join(', ')} can, whose cores know how to keep what they store on a disk`,
  );
}

const program = fileURLToPath(
  new URL(`./live-node-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
);
/** From source, a process loads TypeScript as this one does. */
const loader = program.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : [];

function startNode(task: LiveTask & { readonly setup: NodeSetup }): ReturnType<typeof fork> {
  const child = fork(program, [task.setup.folder], {
    serialization: 'advanced',
    execArgv: loader,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.send(task);
  return child;
}
