// Campaigns over a real Redis: the same results as here, whatever is killed or restarted; another engine is refused.
import { createServer, type AddressInfo } from 'node:net';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { planCampaign, type CampaignPlan } from '../../../reports/campaign/campaign-plan.ts';
import { cellsFolder, runCampaign, type CampaignRun } from '../../../reports/campaign/campaign-runner.ts';
import { digestsOf } from '../../../reports/campaign/cell.ts';
import { cellFile } from '../../../reports/campaign/run-cell.ts';
import { noteDigests } from '../../../reports/queue/doubles.ts';
import { announce } from '../../../reports/queue/presence.ts';
import { queuePool } from '../../../reports/queue/queue-pool.ts';
import { startQueueWorker, type QueueWorker } from '../../../reports/queue/queue-worker.ts';
import {
  checkRedis,
  loadQueuePackages,
  openRedis,
  QueueError,
} from '../../../reports/queue/redis-connection.ts';
import { packageFile } from '../../../scenarios/package-file.ts';
import { redisInstalled, startRedis, type RedisServer } from '../../support/redis-server.ts';

const scenario = {
  text: `
netsplit: 1
name: few-people
title: A few people
description: Made for tests.
epoch: 2025-10-20T15:00Z
windows: { warmUp: 5m, sending: 20m, horizon: 40m, shortHorizon: a test }
people: { count: 4, cities: [{ name: berlin, share: 1 }], messagesPerPersonPerDay: 100, roomSize: 4, peoplePerRoom: 4 }
systems: { signal: }
faults: []
`,
  file: 'few-people.yaml',
};
/** Workers that are killed during one campaign; each begins as a process, so `npm run soak` has more of them. */
const kills = process.env['MODE'] === 'soak' ? 10 : 2;

const plan = planCampaign({ scenario, name: 'few-people', seeds: [1, 2, 3, 4, 5, 6], axes: [] });

describe('addresses of queues', () => {
  it('are refused when nobody answers there, or they are none', async () => {
    const packages = await loadQueuePackages();
    await expect(checkRedis(packages, 'redis://127.0.0.1:1')).rejects.toThrow(
      /cannot reach Redis at redis:\/\/127/,
    );
    await expect(checkRedis(packages, 'http://x')).rejects.toThrow(QueueError);
    await expect(checkRedis(packages, 'redis://me:secret@127.0.0.1:1')).rejects.toThrow(
      /redis:\/\/…@127\.0\.0\.1/,
    );
  });
});

describe('a Redis that cannot be used', () => {
  /** Answers every command with the same words, as far as the check of an address asks. */
  async function answering(words: string): Promise<{ readonly url: string; readonly close: () => void }> {
    const server = createServer((socket) => {
      socket.on('data', (data) => {
        const commands = data.toString('latin1').match(/^\*\d+\r$/gm) ?? [];
        socket.write(words.repeat(commands.length));
      });
      socket.on('error', () => undefined);
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    const { port } = server.address() as AddressInfo;
    return { url: `redis://127.0.0.1:${port}`, close: () => server.close() };
  }

  it.each([
    ['too old', '$21\r\nredis_version:5.0.7\r\n\r\n', /is Redis 5\.0\.7; expected 6\.2 or later/],
    ['locked', '-NOAUTH Authentication required.\r\n', /it asks for a password \(redis:\/\/user:password@/],
  ])('because it is %s says so', async (_, words, message) => {
    const { url, close } = await answering(words);
    await expect(checkRedis(await loadQueuePackages(), url)).rejects.toThrow(message);
    close();
  });
});

describe.skipIf(!redisInstalled())('a campaign over Redis', () => {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-queue-'));
  let redis: RedisServer;
  let local: CampaignRun;
  const workers: QueueWorker[] = [];
  const processes: ChildProcess[] = [];
  beforeAll(async () => {
    redis = await startRedis();
    local = await runCampaign(plan, {
      folder: join(folder, 'local'),
      level: 'fates',
      resume: false,
      recheck: 0,
      workers: 0,
    });
  });
  afterEach(async () => {
    for (const child of processes.splice(0)) child.kill('SIGKILL');
    await Promise.all(workers.splice(0).map((worker) => worker.close()));
  });
  afterAll(async () => {
    await redis.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const startWorker = async (onFinished: () => unknown = () => undefined): Promise<void> => {
    workers.push(
      await startQueueWorker({
        url: redis.url,
        workers: 0,
        lockMs: 2_000,
        onFinished: () => void onFinished(),
      }),
    );
  };
  const overQueue = (name: string, recheck = 0, campaign: CampaignPlan = plan): Promise<CampaignRun> =>
    runCampaign(campaign, {
      folder: join(folder, name),
      level: 'fates',
      resume: false,
      recheck,
      openPool: (signal) =>
        queuePool({ url: redis.url, engine: campaign.engine, signal, onNotice: () => undefined }),
    });

  it('that had a cell done twice reports that it came to something else, once for each system', async () => {
    await startWorker();
    const run = async (name: string): Promise<readonly (readonly unknown[])[]> =>
      (await overQueue(name, 1)).determinismFailures.map(({ job, first, second }) => [
        job.key,
        first,
        second,
      ]);
    const packages = await loadQueuePackages();
    const connection = openRedis(packages, redis.url);
    const [cell] = plan.cells;
    const key = cell?.key ?? '';
    const { digests } = digestsOf(local.results.get(key)!);
    expect(await run('twice-alike')).toEqual([]);
    expect(await noteDigests(connection, { key, digests })).toBe(true);
    const other = Object.fromEntries(Object.keys(digests).map((system) => [system, 'other']));
    expect(await noteDigests(connection, { key, digests: other })).toBe(false);
    expect(await run('twice')).toEqual(Object.values(digests).map((digest) => [key, digest, 'other']));
    await connection.flushall();
    connection.disconnect();
  });

  it('has the results and the files that it has here', async () => {
    await startWorker();
    const run = await overQueue('queue', 1);
    expect(run).toMatchObject({ failures: [], rechecked: 1, determinismFailures: [] });
    expect(digests(run)).toEqual(digests(local));
    const [here, there] = ['local', 'queue'].map((name) => cellsFolder(join(folder, name)));
    expect(readdirSync(there!)).toEqual(readdirSync(here!));
    for (const cell of readdirSync(here!)) {
      expect(readdirSync(join(there!, cell)).sort()).toEqual(readdirSync(join(here!, cell)).sort());
      const fates = (root: string): Buffer => readFileSync(join(root, cell, 'fates.parquet'));
      expect(fates(there!).equals(fates(here!))).toBe(true);
      expect(readFileSync(join(there!, cell, cellFile), 'utf8')).toContain(plan.engine);
    }
  });

  it('loses nothing and counts nothing twice when Redis is restarted empty', async () => {
    let restarted: Promise<void> | undefined;
    await startWorker(() => (restarted ??= redis.restart()));
    const run = await overQueue('restarted');
    await restarted;
    expect(digests(run)).toEqual(digests(local));
    expect(run.failures).toEqual([]);
  });

  it('is not changed by workers that are killed in the midst of their work', async () => {
    // Each worker is killed at its next sign of life, a finished cell: there must be more cells than that.
    const seeds = Array.from({ length: kills + 2 }, (_, index) => index + 1);
    const long = planCampaign({ scenario, name: 'few-people', seeds, axes: [] });
    const campaign = overQueue('killed', 0, long);
    for (let kill = 0; kill < kills; kill++) {
      const child = await spawnWorker(redis.url);
      processes.push(child);
      await Promise.race([sayingSomething(child), campaign]);
      child.kill('SIGKILL');
    }
    await startWorker();
    const run = await campaign;
    const undisturbed = await runCampaign(long, {
      folder: join(folder, 'undisturbed'),
      level: 'summary',
      resume: false,
      recheck: 0,
      workers: 0,
    });
    expect(digests(run)).toEqual(digests(undisturbed));
    expect(run.results.size).toBe(seeds.length);
    expect(run.failures).toEqual([]);
  }, 180_000);

  it('is not joined by a worker of another engine, and says so itself', async () => {
    const packages = await loadQueuePackages();
    const client = openRedis(packages, redis.url);
    const leave = announce(client, 'campaign', { engine: 'another', netsplit: '9.9.9' });
    await expect
      .poll(() => startWorker().then(() => 'joined', String), { timeout: 60_000 })
      .toMatch(/of another engine \(netsplit 9\.9\.9/);
    await leave();
    client.disconnect();
  });
});

function digests({ results }: CampaignRun): readonly string[] {
  return [...results].map(([key, { digest }]) => `${key} ${digest}`).sort();
}

/** A worker as a process of its own, from the sources: what SIGKILL ends is then all of it. */
async function spawnWorker(url: string): Promise<ChildProcess> {
  const main = packageFile('cli', 'main.ts');
  const args = ['--import', 'tsx', main, 'worker', '--queue', url, '--lock', '2'];
  const child = spawn(process.execPath, args, { cwd: packageFile(), stdio: ['ignore', 'pipe', 'inherit'] });
  await sayingSomething(child);
  return child;
}

function sayingSomething(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', () => resolve());
  });
}
