// The process of `netsplit bench campaign`: wall times of the same work on one thread and on two. Prints them as JSON.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv } from 'node:process';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { planCampaign } from '../../reports/campaign/campaign-plan.ts';
import { runCampaign } from '../../reports/campaign/campaign-runner.ts';

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

/** Objects that die young and some that live on, as simulations make them: what threads contend for is memory. */
function allocate(steps: number): number {
  let kept: { readonly at: number; readonly next: unknown }[] = [];
  let sum = 0;
  for (let step = 0; step < steps; step++) {
    const made = { at: step, next: { step, text: `${step & 255}` } };
    if (step % 16 === 0) kept.push(made);
    if (kept.length > 20_000) kept = kept.slice(10_000);
    sum = (sum + made.next.text.length) | 0;
  }
  return sum;
}

/** Steps of a piece of work: about what a run takes. */
const stepsPerPiece = 4_000_000;

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

async function campaign(seeds: readonly number[], workers: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-bench-'));
  try {
    const plan = planCampaign({ scenario: { text, file: 'small.yaml' }, name: 'small', seeds, axes: [] });
    const { results } = await runCampaign(plan, {
      folder,
      workers,
      level: 'summary',
      resume: false,
      recheck: 0,
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
          resourceLimits: { maxYoungGenerationSizeMb: 96 },
        });
        worker.once('message', resolve).once('error', reject);
      }),
  );
  await Promise.all(ends);
}

if (isMainThread) {
  const [runs, rounds] = [Number(argv[2]), Number(argv[3])];
  const measured: SpeedUpRound[] = [];
  for (let round = 0; round < rounds; round++) {
    const seeds = Array.from({ length: runs }, (_, index) => round * runs + index + 1);
    const one = await secondsOf(() => campaign(seeds, 1));
    const loopOne = await secondsOf(() => loop(runs, 1));
    const two = await secondsOf(() => campaign(seeds, 2));
    const loopTwo = await secondsOf(() => loop(runs, 2));
    measured.push({ runs, campaign: { one, two }, loop: { one: loopOne, two: loopTwo } });
  }
  process.stdout.write(JSON.stringify(measured));
} else {
  let sum = 0;
  for (let piece = 0; piece < (workerData as number); piece++) sum += allocate(stepsPerPiece);
  parentPort?.postMessage(sum);
}
