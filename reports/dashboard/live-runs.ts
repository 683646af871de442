// Runs in progress: the newest partial picture of each, and whoever watches.

/** One system's curve so far: shares by time of sending. */
export interface LiveSeries {
  readonly system: string;
  /** 0 to 1: how much of the simulated time has passed, for the run and for its twin. */
  readonly progress: number;
  readonly twinProgress: number;
  /** Wall time in milliseconds since 1970 at the start of each bucket, with what is known of it. */
  readonly buckets: readonly {
    readonly at: number;
    readonly expected: number;
    readonly withinMinute: number;
    readonly delivered: number;
  }[];
}

/** What a page shows of a run that is under way. */
export interface LiveRun {
  readonly id: string;
  readonly scenario: string;
  readonly title: string;
  readonly seed: number;
  readonly state: 'running' | 'finished' | 'failed';
  /** Folder name of the finished run. */
  readonly run?: string;
  readonly error?: string;
  readonly faults: readonly { readonly title: string; readonly start: number; readonly end: number }[];
  readonly systems: readonly LiveSeries[];
}

type Watcher = (run: LiveRun) => void;

/** The runs that this server process has under way. */
export class LiveRuns {
  readonly #runs = new Map<string, LiveRun>();
  readonly #watchers = new Set<Watcher>();

  /** Replaces what is known of a run and tells every watcher. */
  update(run: LiveRun): void {
    this.#runs.set(run.id, run);
    for (const watcher of this.#watchers) watcher(run);
  }

  /** All runs, oldest first. */
  list(): readonly LiveRun[] {
    return [...this.#runs.values()];
  }

  /** Calls `watcher` at each change until the returned function is called. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }
}
