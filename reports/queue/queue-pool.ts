// Cells run by whoever is at the queue. Nothing depends on a message arriving: what is outstanding is asked for again.
import type { Queue } from 'bullmq';
import type { CellResult } from '../campaign/cell.ts';
import type { CellPool } from '../campaign/cell-pool.ts';
import type { CellStorage } from '../campaign/run-cell.ts';
import { packageVersion } from '../package-version.ts';
import { JobStopped } from '../simulation-job.ts';
import { cellDeliverySchema, keepDelivery, queueName, queuePrefix, type CellOrder } from './cell-message.ts';
import { differingDigests } from './doubles.ts';
import { announce, whoIsThere } from './presence.ts';
import { checkRedis, loadQueuePackages, openRedis, withoutPassword } from './redis-connection.ts';

/** Cells offered at a time: enough for many workers, few enough to be looked through often. */
const width = 256;
const pollMs = 250;
/** A job that is neither done nor anywhere in the queue after a look of this many is put there again. */
const pollsBetweenSearches = 20;
/** Without a worker of this engine for so long, the user hears why nothing happens. */
const patienceMs = 5_000;

interface Outstanding {
  readonly order: CellOrder;
  readonly storage: CellStorage;
  readonly resolve: (result: CellResult) => void;
  readonly reject: (error: unknown) => void;
}

interface QueueOptions {
  readonly url: string;
  readonly engine: string;
  readonly signal: AbortSignal | undefined;
  /** Told what a user should know: no worker there, or workers of another engine. */
  readonly onNotice: (notice: string) => void;
}

/**
 * A pool of the workers at a Redis queue.
 * @throws QueueError when Redis cannot be used
 */
export async function queuePool({ url, engine, signal, onNotice }: QueueOptions): Promise<CellPool> {
  const packages = await loadQueuePackages();
  await checkRedis(packages, url);
  const redis = openRedis(packages, url);
  const queue = new packages.bullmq.Queue(queueName(engine), { connection: redis, prefix: queuePrefix });
  queue.on('error', () => undefined); // the connection comes back
  const leave = announce(redis, 'campaign', { engine, netsplit: packageVersion() });
  const outstanding = new Map<string, Outstanding>();
  const cells = new Set<string>();
  const collector = new Collector(queue, outstanding);
  let closed = false;
  const watch = async (): Promise<void> => {
    const startedAt = performance.now();
    let told = false;
    for (let poll = 1; !closed; poll++) {
      await new Promise((wake) => setTimeout(wake, pollMs));
      if (signal?.aborted === true) giveUp(outstanding);
      if (outstanding.size === 0 || redis.status !== 'ready') continue;
      await collector.collect(poll % pollsBetweenSearches === 0).catch(() => undefined); // asked again at the next poll
      if (told || performance.now() - startedAt < patienceMs) continue;
      told = true;
      const workers = await whoIsThere(redis, 'worker').catch(() => []);
      const notice = whyNothingHappens(workers, engine, url);
      if (notice !== undefined) onNotice(notice);
    }
  };
  const watching = watch();
  return {
    width,
    run: (job, storage) =>
      new Promise((resolve, reject) => {
        const order = { job, level: storage.level, files: storage.folder !== undefined };
        const id = jobId(order);
        cells.add(job.key);
        outstanding.set(id, { order, storage, resolve, reject });
        // What fails here is found missing and put there again.
        collector.offer(id, order).catch(() => undefined);
      }),
    doubles: () => (redis.status === 'ready' ? differingDigests(redis, [...cells]) : Promise.resolve([])),
    async close() {
      closed = true;
      await watching;
      await leave();
      await queue.close();
      redis.disconnect();
    },
  };
}

/** One key, one job: what is put there twice is there once. The second run of a recheck is a job of its own. */
function jobId({ job, files, level }: CellOrder): string {
  return files ? `${job.key}-${level}` : `${job.key}-again`;
}

function giveUp(outstanding: Map<string, Outstanding>): void {
  for (const { order, reject } of outstanding.values())
    reject(new JobStopped(`seed ${order.job.seed} was stopped`));
  outstanding.clear();
}

function whyNothingHappens(
  workers: readonly { readonly engine: string; readonly netsplit: string; readonly host: string }[],
  engine: string,
  url: string,
): string | undefined {
  if (workers.some((worker) => worker.engine === engine)) return undefined;
  const start = `start some with: npx netsplit worker --queue ${withoutPassword(url)}`;
  if (workers.length === 0) return `no worker is at the queue yet; ${start}`;
  const others = workers.map((worker) => `netsplit ${worker.netsplit} on ${worker.host}`);
  return (
    `the workers at the queue are of another engine (${[...new Set(others)].join(', ')}) and get none of these jobs; ` +
    `install the same netsplit there, or ${start}`
  );
}

class Collector {
  readonly #queue: Queue;
  readonly #outstanding: Map<string, Outstanding>;

  constructor(queue: Queue, outstanding: Map<string, Outstanding>) {
    this.#queue = queue;
    this.#outstanding = outstanding;
  }

  async offer(id: string, order: CellOrder): Promise<void> {
    await this.#queue.add('cell', order, { jobId: id, attempts: 1 });
  }

  /** Takes what is done. `search`: also looks for each outstanding job by itself, and offers what is nowhere. */
  async collect(search: boolean): Promise<void> {
    for (const job of await this.#queue.getJobs(['completed', 'failed'], 0, width))
      if (job.id !== undefined && this.#outstanding.has(job.id)) await this.#take(job.id);
    if (!search) return;
    for (const [id, { order }] of [...this.#outstanding]) {
      const job = await this.#queue.getJob(id);
      if (job === undefined) await this.offer(id, order);
    }
  }

  async #take(id: string): Promise<void> {
    const job = await this.#queue.getJob(id);
    const entry = this.#outstanding.get(id);
    if (job === undefined || entry === undefined) return;
    const { order, storage, resolve, reject } = entry;
    this.#outstanding.delete(id);
    try {
      if (await job.isFailed()) throw new Error(job.failedReason);
      const delivery = cellDeliverySchema.parse(job.returnvalue);
      if (delivery.result.key !== order.job.key)
        throw new Error('the worker ran another job than it was given');
      if (storage.folder !== undefined) await keepDelivery(storage.folder, order.job, delivery);
      resolve(delivery.result);
    } catch (error) {
      reject(error);
    } finally {
      await job.remove().catch(() => undefined); // it is done all the same
    }
  }
}
