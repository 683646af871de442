// What is done away from the thread that answers requests, and how it ends. Plain data: it passes between threads.
import type { MessagePort } from 'node:worker_threads';
import type { SimulationProgress } from '../../simulation-job.ts';
import type { LiveCampaign, LiveState, WorkRequest } from '../wire.ts';

/** A run or a campaign to be made and kept. */
export interface WorkTask {
  readonly request: WorkRequest;
  /** Folder of run folders, and of campaign folders. */
  readonly store: string;
  readonly campaigns: string;
  /** Threads for the simulations. */
  readonly workers: number;
  /** News go out here; a message coming in stops the work. */
  readonly port: MessagePort;
}

/** What work tells on its way. */
export type WorkNews =
  | { readonly kind: 'started'; readonly state: LiveState }
  | { readonly kind: 'progressed'; readonly progress: SimulationProgress }
  | { readonly kind: 'campaign'; readonly campaign: LiveCampaign };

/** How a task ended. Errors leave a thread as copies without their class, so what went wrong is data. */
export type TaskOutcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly kind: 'bad-input' | 'not-there' | 'stopped'; readonly problem: string };
