// A run: every system of a scenario with its fault-free twin, each simulated alone, then compared and recorded.
import { present } from '../protocol/assert.ts';
import { compileScenario, type CompiledScenario, type ScenarioText } from '../scenarios/compile.ts';
import { didYouMean, ScenarioError } from '../scenarios/scenario-error.ts';
import { nearest } from '../sim/infrastructure/near-misses.ts';
import type { Workload } from '../sim/workload/workload.ts';
import { systems as registry } from '../sim/systems/registry.ts';
import { buildRecord, measureSystem, type MeasuredSystem } from './build-record.ts';
import { Buckets } from './buckets.ts';
import { ExpectedDeliveries } from './expected-deliveries.ts';
import { foreignCodeOf } from './foreign-code.ts';
import { JobOrder, type RunAndTwin } from './job-order.ts';
import { inlinePool, threadPool, threadsAvailable, WorkerThreads } from './job-pool.ts';
import { expectedByBucket } from './metrics/over-time.ts';
import { faultsAsTheyWere, type Evidence } from './metrics/metric.ts';
import { packageVersion } from './package-version.ts';
import type { RunRecord } from './record.ts';
import { reproduceCommand } from './reproduce.ts';
import { boundsOf, type ResourceLimits } from './resource-limits.ts';
import type { Job, SimulationProgress } from './simulation-job.ts';

/** What to run. */
export interface RunOptions {
  /** Text of the scenario, the file it came from, and values changed on the command line. */
  readonly scenario: ScenarioText;
  /** How the user called it, for the command that repeats the run: a name of the library or a path. */
  readonly name: string;
  readonly seed: number;
  /** Only these systems; all that the scenario names when left out. */
  readonly systems?: readonly string[] | undefined;
  /** Worker threads; as many as processors when left out. Changes nothing in the result. */
  readonly workers?: number | undefined;
  /** What the run may take of this machine; a simulation that reaches a limit ends with what it has. */
  readonly limits?: ResourceLimits | undefined;
  /** Stops the run; systems that are through with their twins are kept. */
  readonly signal?: AbortSignal | undefined;
  /** Told once, before anything runs, and waited for. */
  readonly onStart?: ((start: RunStart) => void | Promise<void>) | undefined;
  readonly onProgress?: ((progress: SimulationProgress) => void) | undefined;
}

/** What is known of a run before it runs. */
export interface RunStart {
  readonly compiled: CompiledScenario;
  readonly seed: number;
  readonly systems: readonly { readonly id: string; readonly title: string }[];
  readonly jobs: readonly Job[];
  readonly reproduce: string;
  /** Expected deliveries by bucket of sending, and where the buckets are, in seconds since the epoch. */
  readonly expected: readonly number[];
  readonly bucketStart: number;
  readonly bucketSeconds: number;
}

/** A finished run: its record, and what it is a function of. */
export interface FinishedRun {
  readonly record: RunRecord;
  /** By system, in the order of the scenario. */
  readonly evidence: ReadonlyMap<string, Evidence>;
  readonly scenario: ScenarioText;
  /** The same with nobody and with everybody sending again what failed visibly, where that was asked for. */
  readonly resend?: Readonly<Record<'never' | 'always', ReadonlyMap<string, Evidence>>>;
}

/** The run was stopped before a single system and its twin were through. */
export class RunInterrupted extends Error {
  override readonly name = 'RunInterrupted';
}

/**
 * Runs a scenario. The result depends on scenario, seed and systems alone: not on workers, nor on who finishes first.
 * @throws ScenarioError when the scenario cannot be used
 * @throws RunInterrupted when stopped before anything was complete
 * @throws ForeignPackagesMissing when a system needs optional packages that are not there
 */
export async function runScenario(options: RunOptions): Promise<FinishedRun> {
  const startedAt = performance.now();
  const compiled = compileScenario(options.scenario);
  const systems = chosenSystems(options, compiled);
  const jobs = jobsOf(systems, compiled);
  const threads =
    threadsAvailable && options.workers !== 0 ? new WorkerThreads(options.workers, jobs.length) : undefined;
  try {
    return await runCompiled(options, { compiled, systems, jobs, threads, startedAt });
  } finally {
    await threads?.stop();
  }
}

interface Prepared {
  readonly compiled: CompiledScenario;
  readonly systems: readonly string[];
  readonly jobs: readonly Job[];
  /** Undefined: everything is simulated in this thread. */
  readonly threads: WorkerThreads | undefined;
  /** Wall time, milliseconds. */
  readonly startedAt: number;
}

async function runCompiled(options: RunOptions, prepared: Prepared): Promise<FinishedRun> {
  const { compiled, systems, jobs, startedAt } = prepared;
  const { scenario, seed } = options;
  const workload = compiled.workload(String(seed));
  const expected = new ExpectedDeliveries(workload);
  const buckets = Buckets.of(compiled.windows);
  const reproduce = reproduceCommand({
    name: options.name,
    seed,
    systems: options.systems,
    overrides: scenario.overrides ?? [],
  });
  await options.onStart?.({
    compiled,
    seed,
    systems: systems.map((id) => ({ id, title: present(registry.get(id), `system ${id}`).title })),
    jobs,
    reproduce,
    expected: expectedByBucket({ workload, expected }, buckets),
    bucketStart: buckets.start / 1_000_000,
    bucketSeconds: buckets.seconds,
  });

  const done = new Map<string, MeasuredSystem>();
  await simulateAll(options, prepared, workload, ({ system, run, twin }) => {
    const faults = faultsAsTheyWere(compiled.faults, run.result);
    const { actions } = compiled;
    const evidence = { workload, expected, faults, actions, run, twin };
    done.set(system, measureSystem(system, evidence, compiled, registry.get(system)));
  });

  // In the order of the scenario, whoever was through first.
  const measured = new Map<string, MeasuredSystem>();
  for (const id of systems) {
    const each = done.get(id);
    if (each !== undefined) measured.set(id, each);
  }
  if (measured.size === 0)
    throw new RunInterrupted('stopped before any system and its twin were through: nothing is kept');
  const record = buildRecord({
    compiled,
    seed,
    overrides: scenario.overrides ?? [],
    measured,
    unfinished: systems.filter((id) => !measured.has(id)),
    reproduce,
    version: packageVersion(),
    wallSeconds: (performance.now() - startedAt) / 1_000,
  });
  const evidence = new Map([...measured].map(([id, each]) => [id, each.evidence]));
  return { record, evidence, scenario };
}

/**
 * The systems that are run, in the order of the scenario. `option` is what names them on the command line.
 * @throws ScenarioError naming a system that the scenario does not have
 * @throws ForeignPackagesMissing when one of them needs optional packages that are not there
 */
export function chosenSystems(
  { scenario, systems }: Pick<RunOptions, 'scenario' | 'systems'>,
  compiled: CompiledScenario,
  option = '--systems',
): readonly string[] {
  const declared = [...compiled.systems.keys()];
  for (const id of systems ?? []) {
    if (declared.includes(id)) continue;
    const message = `the scenario has no such system: expected one of ${declared.join(', ')}${didYouMean(nearest(id, declared))}`;
    throw new ScenarioError(scenario.file, [
      { path: '', position: undefined, option: `${option} ${id}`, message },
    ]);
  }
  const chosen = systems === undefined ? declared : declared.filter((id) => systems.includes(id));
  // Before anything runs, and in this thread: errors leave others without their class.
  for (const id of chosen) foreignCodeOf(present(registry.get(id), `system ${id}`));
  return chosen;
}

/** Each system with its faults, then its twin. Without faults a run is its own twin. */
function jobsOf(systems: readonly string[], { faults }: CompiledScenario): readonly Job[] {
  const variants = faults.length === 0 ? (['run'] as const) : (['run', 'twin'] as const);
  return systems.flatMap((system) => variants.map((variant) => ({ system, variant })));
}

/** Every system's run and its twin, as far as nobody stopped them; `whenBoth` is told of each. */
async function simulateAll(
  { scenario, seed, limits, signal, onProgress = () => undefined }: RunOptions,
  { compiled, systems, threads }: Prepared,
  workload: Workload,
  whenBoth: (pair: RunAndTwin) => void,
): Promise<void> {
  const bounds = boundsOf(limits ?? {});
  const told = (progress: SimulationProgress): void => {
    const { variant, touched, now, horizon } = progress;
    onProgress(progress);
    if (variant === 'run' && now === horizon && !touched) onProgress({ ...progress, variant: 'twin' });
    order.progressed(progress);
  };
  const pool =
    threads === undefined
      ? inlinePool(
          (id) => ({ compiled, workload, seed, system: present(registry.get(id), `system ${id}`) }),
          { signal, bounds, onProgress: told },
        )
      : threadPool(threads, { scenario, seed, signal, bounds, onProgress: told });
  const order = new JobOrder(pool, systems, compiled.faults.length > 0, whenBoth);
  try {
    await order.finish();
  } finally {
    pool.close();
  }
}
