// A live run as a run like any other: its record is made of what the nodes told, beside a twin from the simulator.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { present } from '../../protocol/assert.ts';
import { inSeconds } from '../../protocol/time.ts';
import { compileScenario, type CompiledScenario } from '../../scenarios/compile.ts';
import { hindrancesTo } from '../../sim/live/can-run-live.ts';
import type { NodeSetup } from '../../sim/live/ipc.ts';
import { runLive, type LiveOutcome, type LiveProgress } from '../../sim/live/live-run.ts';
import { systems as registry } from '../../sim/systems/registry.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import type { SimulationPlan } from '../../sim/simulation.ts';
import type { SharedObject, System } from '../../sim/systems/system.ts';
import { buildRecord, measureSystem } from '../build-record.ts';
import { ExpectedDeliveries } from '../expected-deliveries.ts';
import { FatesFold } from '../fates-fold.ts';
import type { Fates } from '../fates.ts';
import { faultsAsTheyWere } from '../metrics/metric.ts';
import { packageVersion } from '../package-version.ts';
import { liveCommand } from '../reproduce.ts';
import { chosenSystems, type FinishedRun, type RunOptions } from '../runner.ts';
import { simulateJob, type JobOutcome, type JobSetting } from '../simulation-job.ts';
import { simulationPlan } from '../simulation-plan.ts';
import type { LiveTask } from './live-node-worker.ts';
import type { Comparison, LiveRecord } from './live-record.ts';
import { compareSides, quantileOf, type Side } from './sim-versus-live.ts';

/** What to run live. */
export interface LiveRunOptions extends Pick<RunOptions, 'scenario' | 'name' | 'seed' | 'signal'> {
  /** One of the scenario's systems; the first that can be run live when left out. */
  readonly system?: string | undefined;
  /** UDP port of the local DHT; a free one when left out. */
  readonly port?: number | undefined;
  /** People race in the scenario: who wins is chance, and distributions alone are compared with the simulator's. */
  readonly races?: boolean | undefined;
  readonly onProgress?: ((progress: LiveProgress) => void) | undefined;
}

/** A live run that is over: its record says how it compares, or when it was stopped. */
export interface FinishedLiveRun extends FinishedRun {
  readonly live: LiveRecord;
}

/** The scenario cannot be run live; the message says why. */
export class NotLive extends Error {
  override readonly name = 'NotLive';
}

/**
 * Runs one system of a scenario live, then the same and its twin in the simulator. A run that is stopped is kept as far as it
 * came, and held against nothing.
 * @throws ScenarioError when the scenario cannot be used
 * @throws NotLive when it cannot be run live
 * @throws LiveInterrupted when it was stopped before its epoch
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
  const outcome = await runLive({
    plan,
    sink: fold,
    spawn: (setup) => startNode({ scenario, seed, system: system.id, setup }),
    port: options.port,
    signal: options.signal,
    onProgress: options.onProgress,
  });
  const run: JobOutcome = { system: system.id, variant: 'run', fates: fold.finish(), result: outcome.result };
  const twin = await simulatedTwin({ compiled, workload, seed, system });
  const lateMs = latenessOf(outcome);
  const compare = (): Comparison =>
    compareSides(
      simulatedSide({ plan, expected }),
      { delaysMs: delaysOf(run.fates, expected), objects: outcome.objects },
      { stepMs: lateMs.p95, oneByOne: options.races !== true },
    );
  const { processes, preparedIn, stoppedAt } = outcome;
  const live: LiveRecord = {
    processes,
    preparedSeconds: preparedIn,
    lateMs,
    ...(stoppedAt === undefined ? { comparison: compare() } : { stoppedAt: inSeconds(stoppedAt) }),
  };
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
    record: { ...record, live },
    evidence: new Map([[system.id, evidence]]),
    scenario,
    live,
  };
}

function latenessOf({ lateness }: LiveOutcome): LiveRecord['lateMs'] {
  const late = (share: number): number => quantileOf(lateness, share) / 1_000;
  return { p50: late(0.5), p95: late(0.95), p99: late(0.99), most: late(1) };
}

async function simulatedTwin(setting: JobSetting): Promise<JobOutcome> {
  const control = { report: () => undefined, stopped: () => false };
  return simulateJob({ system: setting.system.id, variant: 'twin' }, setting, control);
}

/** The simulator's side of the comparison. */
function simulatedSide({
  plan,
  expected,
}: {
  readonly plan: SimulationPlan;
  readonly expected: ExpectedDeliveries;
}): Side {
  const fold = new FatesFold(plan.workload, expected);
  const simulation = createSimulation(plan, fold);
  simulation.finish();
  const objects = new Map<string, readonly SharedObject[]>();
  for (const [node, cores] of simulation.cores())
    objects.set(node, plan.system.live?.sharedObjects(cores) ?? []);
  return { delaysMs: delaysOf(fold.finish(), expected), objects };
}

function delaysOf({ deliveredAt, sentAt }: Fates, expected: ExpectedDeliveries): Float64Array {
  return deliveredAt.map((at, row) => (at - (sentAt[expected.messages[row] ?? -1] ?? NaN)) / 1_000);
}

function liveSystem({ system, scenario }: LiveRunOptions, compiled: CompiledScenario): System {
  const asked = system === undefined ? undefined : [system];
  const ids = chosenSystems({ scenario, systems: asked }, compiled, '--system');
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
