// The process of `netsplit bench campaign`: wall times of the same work on one thread and on two. Prints them as JSON.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { cellPool, type CellPool } from '../../reports/campaign/cell-pool.ts';
import { planCampaign } from '../../reports/campaign/campaign-plan.ts';
import { runCampaign } from '../../reports/campaign/campaign-runner.ts';
import { youngGenerationMiB } from '../../reports/young-generation.ts';

/** Seconds on one thread and on two. */
interface Times {
  readonly one: number;
  readonly two: number;
}

/** One round. */
export interface SpeedUpRound {
  readonly runs: number;
  readonly campaign: Times;
  readonly loop: Times;
}

const text = `
netsplit: 1
name: small
title: Ten people on one service
description: Made for the bench.
epoch: 2025-10-20T15:00Z
windows: { warmUp: 5m, sending: 60m, horizon: 3h, shortHorizon: a bench }
people: { count: 10, cities: [{ name: berlin, share: 1 }], messagesPerPersonPerDay: 100, roomSize: 5, peoplePerRoom: 10 }
systems: { signal: }
faults:
  - { id: dns, title: The table store has no address, kind: dns, target: kind=dns-zone provider=aws region=us-east-1 service=dynamodb, answer: empty, negativeTtlSeconds: 60, start: 15m, end: 25m, source: invented }
`;

interface Made {
  readonly at: number;
  readonly next: { readonly step: number; readonly text: string };
}

/**
 * Objects of which most die young and some live on, and reads among those that do. A run of the scenario above allocates
 * some 40 MB, one part in twelve of which outlives a collection, and takes as long for it as {@link looks} make this take.
 */
function allocate(steps: number): number {
  let kept: Made[] = [];
  let sum = 0;
  let random = 1;
  for (let step = 0; step < steps; step++) {
    const made = { at: step, next: { step, text: `${step & 255}` } };
    if (step % 12 === 0) kept.push(made);
    if (kept.length > 20_000) kept = kept.slice(10_000);
    for (let look = 0; look < looks; look++) {
      random = (Math.imul(random, 1_103_515_245) + 12_345) | 0;
      sum = (sum + (kept[(random >>> 8) % kept.length] as Made).next.step) | 0;
    }
    sum = (sum + made.next.text.length) | 0;
  }
  return sum;
}

/** Of a piece of work, which allocates as much as a run and takes about as long. */
const stepsPerPiece = 450_000;
const looks = 12;

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

/** Threads live as long as the bench: a thousand runs are one campaign, measured in slices. */
async function campaign(seeds: readonly number[], pool: CellPool): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-bench-'));
  try {
    const plan = planCampaign({ scenario: { text, file: 'small.yaml' }, name: 'small', seeds, axes: [] });
    const { results } = await runCampaign(plan, {
      folder,
      level: 'summary',
      resume: false,
      recheck: 0,
      openPool: () => Promise.resolve({ ...pool, close: () => Promise.resolve() }),
    });
    if (results.size !== seeds.length) throw new Error(`${results.size} of ${seeds.length} runs ended`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function loop(pieces: number, threads: number): Promise<void> {
  const ends = Array.from(
    { length: threads },
    () =>
      new Promise((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url), {
          workerData: Math.ceil(pieces / threads),
          resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMiB },
        });
        worker.once('message', resolve).once('error', reject);
      }),
  );
  await Promise.all(ends);
}

if (isMainThread) {
  const [runs, rounds] = [Number(argv[2]), Number(argv[3])];
  const measured: SpeedUpRound[] = [];
  const pools = { one: cellPool(1, undefined), two: cellPool(2, undefined) };
  for (let round = 0; round < rounds; round++) {
    const seeds = Array.from({ length: runs }, (_, index) => round * runs + index + 1);
    const one = await secondsOf(() => campaign(seeds, pools.one));
    const loopOne = await secondsOf(() => loop(runs, 1));
    const two = await secondsOf(() => campaign(seeds, pools.two));
    const loopTwo = await secondsOf(() => loop(runs, 2));
    measured.push({ runs, campaign: { one, two }, loop: { one: loopOne, two: loopTwo } });
  }
  await Promise.all([pools.one.close(), pools.two.close()]);
  process.stdout.write(JSON.stringify(measured));
} else {
  let sum = 0;
  for (let piece = 0; piece < (workerData as number); piece++) sum += allocate(stepsPerPiece);
  parentPort?.postMessage(sum);
}
