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
}

/** How far a campaign has come. */
export interface LiveCampaign {
  readonly done: number;
  readonly total: number;
  readonly remainingSeconds?: number | undefined;
}

/** What becomes of work that was asked for. */
export type WorkStatus = 'waiting' | 'running' | 'stopping' | 'finished' | 'failed' | 'cancelled';

/** Nothing more becomes of it. */
export const hasEnded = ({ status }: { readonly status: WorkStatus }): boolean =>
  status === 'finished' || status === 'failed' || status === 'cancelled';

/** A run or a campaign that was asked for here. */
export interface WorkState {
  readonly id: number;
  readonly kind: 'run' | 'campaign';
  readonly title: string;
  readonly status: WorkStatus;
  /** The command line that does the same. */
  readonly command: string;
  /** ISO 8601. */
  readonly askedAt: string;
  readonly live?: LiveState;
  readonly campaign?: LiveCampaign;
  /** The stored run or campaign, once finished. */
  readonly result?: string;
  /** Why it failed. */
  readonly problem?: string;
}

/** What the page asks for when it starts something. */
export interface WorkRequest {
  readonly kind: 'run' | 'campaign';
  /** Name in the library. */
  readonly scenario: string;
  /** A file instead of it: only the command line may say so. */
  readonly file?: string | undefined;
  /** Of a run. */
  readonly seed?: number | undefined;
  /** Of a campaign, as `--seeds` takes them. */
  readonly seeds?: string | undefined;
  readonly systems?: readonly string[] | undefined;
  /** As `--set` takes them. */
  readonly set?: readonly string[] | undefined;
  /** As `--vary` takes them. */
  readonly vary?: readonly string[] | undefined;
}

/** One fault of a scenario's timeline, in seconds since the epoch. */
export interface TimelineFault {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

/** One scenario of the library. */
export interface ScenarioSummary {
  readonly name: string;
  readonly title: string;
  readonly depicts: 'outage' | 'what-if' | 'study';
  readonly description: string;
  readonly sources: readonly { readonly title: string; readonly url?: string | undefined }[];
  readonly people: number;
  readonly cities: readonly string[];
  readonly systems: readonly { readonly id: string; readonly title: string }[];
  /** ISO 8601. */
  readonly epoch: string;
  readonly windows: {
    readonly sendingStart: number;
    readonly sendingEnd: number;
    readonly horizon: number;
  };
  readonly faults: readonly TimelineFault[];
}

/** A value of a scenario that can be set. */
export interface SettableValue {
  readonly path: string;
  readonly value: string;
  readonly unit: string;
  readonly meaning: string;
  readonly range?: readonly [number, number];
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

/** The list of runs as far as it is known: a large store that nobody looked at before is read bit by bit. */
export interface RunList {
  readonly runs: readonly RunSummary[];
  /** Folders not read yet. */
  readonly unread: number;
}

/** A room file of the server. */
export interface StoredRoom {
  readonly name: string;
  /** What it shows; null for files of the user's. */
  readonly about: string | null;
}

/** Its contents, with the states and the room version that belong to it. */
export interface StoredRoomText {
  readonly text: string;
  readonly states?: { readonly text: string; readonly name: string };
  readonly roomVersion?: string;
}
