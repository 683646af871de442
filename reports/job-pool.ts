// Where the jobs of a run are done: on worker threads when compiled, one after the other in this thread otherwise.
import { availableParallelism } from 'node:os';
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import type { ScenarioText } from '../scenarios/compile.ts';
import { closeHeard } from './close-heard.ts';
import type { Jobs } from './job-order.ts';
import { reachedLimit, type ResourceBounds } from './resource-limits.ts';
import {
  JobStopped,
  simulateJob,
  type JobControl,
  type JobOutcome,
  type JobSetting,
  type SimulationProgress,
} from './simulation-job.ts';
import { youngGenerationMiB } from './young-generation.ts';

/** Does jobs, and can be closed. */
export interface JobPool extends Jobs {
  close(): void;
}

interface PoolOptions {
  readonly scenario: ScenarioText;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  readonly bounds: ResourceBounds;
  readonly onProgress: (progress: SimulationProgress) => void;
}

/** Threads that load the simulator while this one still prepares the run. */
export class WorkerThreads {
  readonly width: number;
  readonly piscina: Piscina;

  /** `workers`: threads; as many as processors when undefined. No more than there are jobs. */
  constructor(workers: number | undefined, jobs: number) {
    this.width = workers ?? availableParallelism();
    const threads = Math.min(this.width, jobs);
    this.piscina = new Piscina({
      filename: new URL('./simulation-worker.js', import.meta.url).href,
      name: 'runTask',
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: 1,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMiB },
    });
  }

  async stop(): Promise<void> {
    await this.piscina.destroy();
  }
}

/** Threads can be used only by compiled code: a worker loads JavaScript. */
export const threadsAvailable = import.meta.url.endsWith('.js');

/** A pool of these threads. Each compiles the scenario for itself, from the same text. */
export function threadPool(
  { width, piscina }: WorkerThreads,
  { scenario, seed, signal, bounds, onProgress }: PoolOptions,
): JobPool {
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const tellToStop = (): void => void Atomics.store(stop, 0, 1);
  if (signal?.aborted === true) tellToStop();
  signal?.addEventListener('abort', tellToStop, { once: true });
  return {
    width,
    async run(job) {
      const { port1, port2 } = new MessageChannel();
      port1.on('message', onProgress);
      try {
        const task = { job: { ...job, scenario, seed }, port: port2, stop, bounds };
        const outcome = (await piscina.run(task, { transferList: [port2] })) as JobOutcome | undefined;
        if (outcome === undefined) throw new JobStopped(`${job.system} (${job.variant}) was stopped`);
        return outcome;
      } finally {
        closeHeard(port1, onProgress);
      }
    },
    close() {
      signal?.removeEventListener('abort', tellToStop);
    },
  };
}

/** One job after the other, in this thread: for tests and for running from source. */
export function inlinePool(
  setting: (system: string) => JobSetting,
  { signal, bounds, onProgress }: Pick<PoolOptions, 'signal' | 'bounds' | 'onProgress'>,
): JobPool {
  const control: JobControl = {
    report: onProgress,
    stopped: () => signal?.aborted === true,
    limit: () => reachedLimit(bounds),
  };
  return {
    width: 1,
    run: (job) => simulateJob(job, setting(job.system), control),
    close: () => undefined,
  };
}
