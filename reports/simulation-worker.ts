// A worker thread of a run: compiles the scenario for itself, simulates the jobs it is given, hands over their fates.
import type { MessagePort } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { present } from '../protocol/assert.ts';
import { compileScenario } from '../scenarios/compile.ts';
import { systems } from '../sim/systems/registry.ts';
import { transferablesOf } from './fates.ts';
import { reachedLimit, type ResourceBounds } from './resource-limits.ts';
import {
  JobStopped,
  simulateJob,
  type JobOutcome,
  type JobSetting,
  type RemoteJob,
} from './simulation-job.ts';

/** What the pool passes: the job, where to report to, and a flag that tells it to stop. */
export interface WorkerTask {
  readonly job: RemoteJob;
  readonly port: MessagePort;
  readonly stop: Int32Array;
  readonly bounds: ResourceBounds;
}

/** A worker serves one run only, so that what it compiled fits every job it is given. */
let compiledOnce: Omit<JobSetting, 'system'> | undefined;

/** What piscina calls for every job. */
export async function runTask({ job, port, stop, bounds }: WorkerTask): Promise<unknown> {
  if (compiledOnce === undefined) {
    const compiled = compileScenario(job.scenario);
    compiledOnce = { compiled, workload: compiled.workload(String(job.seed)), seed: job.seed };
  }
  const system = present(systems.get(job.system), `system ${job.system}`);
  const { scenario: _scenario, seed: _seed, ...which } = job;
  try {
    const outcome = await simulateJob(
      which,
      { ...compiledOnce, system },
      {
        report: (progress) => port.postMessage(progress),
        stopped: () => Atomics.load(stop, 0) !== 0,
        limit: () => reachedLimit(bounds),
      },
    );
    return withoutCopying(outcome);
  } catch (error) {
    // Errors leave a thread as copies without their class: that the job was stopped is told by an answer without outcome.
    if (error instanceof JobStopped) return undefined;
    throw error;
  } finally {
    port.close();
  }
}

function withoutCopying(outcome: JobOutcome): ReturnType<typeof move> {
  return move({ [transferableSymbol]: transferablesOf(outcome.fates), [valueSymbol]: outcome });
}
