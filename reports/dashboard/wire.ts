// What the server tells the page: types alone, so that the page needs nothing of the server's code.
import type { Verdict } from '../evaluate.ts';

/** How far one system, with or without faults, has come. */
export interface LiveJob {
  readonly system: string;
  readonly title: string;
  readonly variant: 'run' | 'twin';
  /** Seconds since the epoch. */
  readonly now: number;
  /** Deliveries so far by bucket of sending. */
  readonly withinOneMinute: readonly number[];
  readonly ever: readonly number[];
}

/** All that a page needs to draw a run under way. */
export interface LiveState {
  readonly status: 'running' | 'finished' | 'failed';
  readonly title: string;
  readonly description: string;
  readonly seed: number;
  readonly reproduce: string;
  /** ISO 8601 of instant 0; everything below in seconds since. */
  readonly epoch: string;
  readonly horizon: number;
  readonly bucketStart: number;
  readonly bucketSeconds: number;
  readonly expected: readonly number[];
  readonly faults: readonly { readonly title: string; readonly start: number; readonly end: number }[];
  readonly jobs: readonly LiveJob[];
  /** The stored run, once finished. */
  readonly run?: string;
  /** Why it failed. */
  readonly problem?: string;
}

/** What the list shows of a run, or why it cannot. */
export type RunSummary =
  | {
      readonly id: string;
      readonly title: string;
      readonly scenario: string;
      readonly seed: number;
      readonly recordedAt: string;
      readonly verdict: Verdict;
      readonly changed: boolean;
      readonly systems: readonly {
        readonly id: string;
        readonly title: string;
        readonly withinOneMinute: number | null;
        readonly twin: number | null;
      }[];
    }
  | { readonly id: string; readonly problem: string };
