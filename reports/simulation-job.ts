// One job of a run: one system, with the faults or without, from the epoch to the horizon.
import { setImmediate } from 'node:timers/promises';
import type { CompiledScenario, ScenarioText } from '../scenarios/compile.ts';
import { minutes, type Instant } from '../protocol/time.ts';
import { createSimulation } from '../sim/create-simulation.ts';
import type { EarlyEnd, SimulationResult } from '../sim/simulation.ts';
import type { System } from '../sim/systems/system.ts';
import { simulationPlan } from './simulation-plan.ts';
import type { Workload } from '../sim/workload/workload.ts';
import { ExpectedDeliveries } from './expected-deliveries.ts';
import { FatesFold } from './fates-fold.ts';
import type { Fates } from './fates.ts';

/** With the declared faults, or the same without them. */
export type Variant = 'run' | 'twin';

/** Which of a run's simulations a job is. Everything else follows from scenario and seed. */
export interface Job {
  readonly system: string;
  readonly variant: Variant;
}

/** A job with what a worker needs to compile everything for itself. */
export interface RemoteJob extends Job {
  readonly scenario: ScenarioText;
  readonly seed: number;
}

/** How far a job has come. */
export interface SimulationProgress extends Job {
  /** Virtual time reached and where it ends, microseconds. */
  readonly now: number;
  readonly horizon: number;
  /** As in the result: whether a fault may have made a difference so far. */
  readonly touched: boolean;
  /** Deliveries so far by bucket of sending (`Buckets.of(windows)`). */
  readonly withinOneMinute: readonly number[];
  readonly ever: readonly number[];
}

/** What a finished job hands over. */
export interface JobOutcome extends Job {
  readonly fates: Fates;
  readonly result: SimulationResult;
}

/** What a job works on. */
export interface JobSetting {
  readonly compiled: CompiledScenario;
  readonly workload: Workload;
  readonly seed: number;
  readonly system: System;
}

/** How a job talks with whoever started it. */
export interface JobControl {
  report(progress: SimulationProgress): void;
  /** Asked between slices of virtual time. */
  stopped(): boolean;
  /** The limit that ends the job with what it has, if one is reached; asked likewise. */
  limit?(): EarlyEnd | undefined;
}

/** The job was told to stop before it reached the horizon. */
export class JobStopped extends Error {
  override readonly name = 'JobStopped';
}

/** Virtual time between two looks at the outside. */
const slice = minutes(5);
/** Wall time between two reports, milliseconds. */
const reportInterval = 250;

/**
 * Simulates, slice by slice of virtual time; the slices change nothing in the outcome.
 * @throws JobStopped when told to stop
 */
export async function simulateJob(job: Job, setting: JobSetting, control: JobControl): Promise<JobOutcome> {
  const { compiled, workload } = setting;
  const fold = new FatesFold(workload, new ExpectedDeliveries(workload));
  const simulation = createSimulation(simulationPlan({ ...setting, variant: job.variant }), fold);
  const { horizon } = compiled.windows;
  let limit: EarlyEnd | undefined;
  let reportedAt = -Infinity;
  const report = (now: number): void => {
    reportedAt = performance.now();
    const { withinOneMinute, ever } = fold.series;
    const { touched } = simulation;
    control.report({ ...job, now, horizon, touched, withinOneMinute: [...withinOneMinute], ever: [...ever] });
  };
  for (let until = slice as number; until < horizon && limit === undefined; until += slice) {
    simulation.runUntil(until as Instant);
    if (performance.now() - reportedAt >= reportInterval) {
      report(until);
      await setImmediate();
    }
    if (control.stopped()) throw new JobStopped(`${job.system} (${job.variant}) was stopped`);
    limit = control.limit?.();
  }
  const result = simulation.finish(limit);
  report(horizon);
  return { ...job, fates: fold.finish(), result };
}
