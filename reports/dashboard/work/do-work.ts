// Makes a run or a campaign in this thread, tells how far it is, and keeps what comes of it.
import { join } from 'node:path';
import { writeCampaignFiles } from '../../campaign/campaign-files.ts';
import type { CampaignPlan } from '../../campaign/campaign-plan.ts';
import { reportCampaign } from '../../campaign/campaign-report.ts';
import { runCampaign } from '../../campaign/campaign-runner.ts';
import { writeManifest } from '../../campaign/campaign-store.ts';
import { packageVersion } from '../../package-version.ts';
import { RunInterrupted, runScenario } from '../../runner.ts';
import { openStore, saveRun } from '../../store.ts';
import { liveStateOf } from './live-state.ts';
import type { TaskOutcome, WorkNews, WorkTask } from './task.ts';
import { checkedWork, type CheckedWork } from './work-request.ts';

/** Wall time between two reports of a campaign, milliseconds. */
const reportInterval = 250;

/**
 * Does what was asked for. Returns the id of the stored run, or the name of the campaign's folder.
 * @throws ScenarioError, StoreError
 */
export async function doWork(task: WorkTask): Promise<TaskOutcome<string>> {
  const stop = new AbortController();
  task.port.on('message', () => stop.abort());
  const tell = (news: WorkNews): void => task.port.postMessage(news);
  const work = checkedWork(task.request);
  const result =
    work.kind === 'run'
      ? await makeRun(work, task, stop.signal, tell)
      : await makeCampaign(work.plan, task, stop.signal, tell);
  return result === undefined
    ? { ok: false, kind: 'stopped', problem: 'stopped: nothing is kept' }
    : { ok: true, value: result };
}

type CheckedRun = Extract<CheckedWork, { kind: 'run' }>;

/** As on the command line, systems that are through with their twins when it is stopped are kept. */
async function makeRun(
  { scenario, seed, systems }: CheckedRun,
  { request, store, workers }: WorkTask,
  signal: AbortSignal,
  tell: (news: WorkNews) => void,
): Promise<string | undefined> {
  try {
    const finished = await runScenario({
      scenario,
      name: request.scenario,
      seed,
      systems,
      workers,
      signal,
      onStart: async (start) => {
        await openStore(store);
        tell({ kind: 'started', state: liveStateOf(start) });
      },
      onProgress: (progress) => tell({ kind: 'progressed', progress }),
    });
    return (await saveRun(store, finished)).id;
  } catch (error) {
    if (error instanceof RunInterrupted) return undefined;
    throw error;
  }
}

/** Continues a campaign of the same question that is there already; what a stop leaves is kept. */
async function makeCampaign(
  plan: CampaignPlan,
  { campaigns, workers }: WorkTask,
  signal: AbortSignal,
  tell: (news: WorkNews) => void,
): Promise<string | undefined> {
  const name = `${plan.id}-${plan.digest.slice(0, 8)}`;
  const folder = join(campaigns, name);
  let toldAt = -Infinity;
  const run = await runCampaign(plan, {
    folder,
    workers,
    level: 'fates',
    resume: true,
    recheck: 0,
    signal,
    onStart: () => writeManifest(folder, plan, packageVersion()),
    onProgress: ({ kept, finished, total, remainingSeconds }) => {
      const done = kept + finished;
      if (done < total && performance.now() - toldAt < reportInterval) return;
      toldAt = performance.now();
      tell({ kind: 'campaign', campaign: { done, total, remainingSeconds } });
    },
  });
  if (run.results.size === 0) return undefined;
  await writeCampaignFiles(folder, run, reportCampaign(plan, run.results));
  return name;
}
