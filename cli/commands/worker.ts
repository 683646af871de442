// `netsplit worker`: runs the cells of campaigns that were put on a Redis queue, from any machine.
import { startQueueWorker } from '../../reports/queue/queue-worker.ts';
import { withoutPassword } from '../../reports/queue/redis-connection.ts';
import { exitCode } from '../exit.ts';

/** Options as the command line gives them. */
export interface WorkerOptions {
  readonly queue: string;
  readonly workers?: number;
  readonly lock: number;
}

/** Works until it is interrupted; returns the exit code. A second interrupt ends it at once: its jobs go to others. */
export async function worker({ queue, workers, lock }: WorkerOptions): Promise<number> {
  const interrupted = new Promise<void>((resolve) =>
    process.once('SIGINT', resolve).once('SIGTERM', resolve),
  );
  let finished = 0;
  const started = await startQueueWorker({
    url: queue,
    workers,
    lockMs: lock * 1_000,
    onFinished: ({ seed, seconds, isAsBefore }) => {
      finished++;
      if (!isAsBefore)
        process.stderr.write(
          `seed ${seed}: not what the same run came to before; the campaign reports it as a determinism failure\n`,
        );
      process.stdout.write(`seed ${seed}: ${seconds.toFixed(1)} s (${finished} so far)\n`);
    },
  });
  process.stdout.write(`at ${withoutPassword(queue)} with ${started.threads} threads; Ctrl-C leaves\n`);
  await interrupted;
  process.stdout.write('leaving: what is in hand is finished first; Ctrl-C again leaves it to others\n');
  process.once('SIGINT', () => process.exit(exitCode.interrupted));
  await started.close();
  return exitCode.good;
}
