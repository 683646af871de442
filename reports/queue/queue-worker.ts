// A worker at a Redis queue: takes cells of its own engine, runs them on threads, hands their folders back.
import { packageVersion } from '../package-version.ts';
import { digestsOf } from '../campaign/cell.ts';
import { cellPool } from '../campaign/cell-pool.ts';
import { engineDigest } from '../campaign/engine-digest.ts';
import { doOrder, queueName, queuePrefix, type CellDelivery, type CellOrder } from './cell-message.ts';
import { noteDigests } from './doubles.ts';
import { announce, whoIsThere } from './presence.ts';
import { checkRedis, loadQueuePackages, openRedis, QueueError } from './redis-connection.ts';

/** How a worker works. */
export interface QueueWorkerOptions {
  readonly url: string;
  /** Threads; as many as processors when left out. */
  readonly workers: number | undefined;
  /** After so long without a sign of life a job is given to somebody else. */
  readonly lockMs: number;
  readonly onFinished: (job: {
    readonly seed: number;
    readonly seconds: number;
    /** False when the same cell came to something else at another worker, or here before. */
    readonly isAsBefore: boolean;
  }) => void;
}

/** A worker that is at work. */
export interface QueueWorker {
  readonly threads: number;
  /** Takes nothing more, ends what it has in hand, leaves. */
  close(): Promise<void>;
}

/** A job may lose its worker this often before it counts as failed: killed workers are nobody's fault. */
const mostLosses = 1_000;

/**
 * Joins a queue.
 * @throws QueueError when Redis cannot be used, or the campaigns there are all of another engine
 */
export async function startQueueWorker({
  url,
  workers,
  lockMs,
  onFinished,
}: QueueWorkerOptions): Promise<QueueWorker> {
  const packages = await loadQueuePackages();
  await checkRedis(packages, url);
  const engine = engineDigest();
  const redis = openRedis(packages, url);
  const campaigns = await whoIsThere(redis, 'campaign');
  if (campaigns.length > 0 && campaigns.every((campaign) => campaign.engine !== engine)) {
    redis.disconnect();
    throw new QueueError(
      `the campaigns at this queue are of another engine (${campaigns.map(({ netsplit, host }) => `netsplit ${netsplit} on ${host}`).join(', ')}); ` +
        `this worker is netsplit ${packageVersion()}, engine ${engine.slice(0, 8)}: install the same version, results are never mixed`,
    );
  }
  const leave = announce(redis, 'worker', { engine, netsplit: packageVersion() });
  const pool = cellPool(workers, undefined);
  const worker = new packages.bullmq.Worker<CellOrder, CellDelivery>(
    queueName(engine),
    async ({ data }) => {
      const startedAt = performance.now();
      const delivery = await doOrder(data, pool);
      const seconds = (performance.now() - startedAt) / 1_000;
      onFinished({
        seed: data.job.seed,
        seconds,
        isAsBefore: await noteDigests(redis, digestsOf(delivery.result)),
      });
      return delivery;
    },
    {
      connection: redis,
      prefix: queuePrefix,
      concurrency: pool.width,
      lockDuration: lockMs,
      stalledInterval: Math.ceil(lockMs / 2),
      maxStalledCount: mostLosses,
    },
  );
  worker.on('error', () => undefined); // the connection comes back
  return {
    threads: pool.width,
    async close() {
      await worker.close();
      await leave();
      await pool.close();
      redis.disconnect();
    },
  };
}
