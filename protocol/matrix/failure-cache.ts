// What failed lately and is not worth trying yet: 15 s at first, twice as long each time, at most 15 min. In memory, so that
// a restart forgets it. RS crates/matrix-sdk-common/src/failures_cache.rs (`MULTIPLIER`, `MAX_DELAY`).
import type { CauseToken } from '../failure.ts';
import { after, minutes, seconds, type Duration, type Instant } from '../time.ts';

const waitFirst = seconds(15);
const waitMost = minutes(15);

interface Failed {
  readonly until: Instant;
  readonly wait: Duration;
  readonly cause: CauseToken;
}

export class FailureCache {
  readonly #failed = new Map<string, Failed>();

  failed(now: Instant, name: string, cause: CauseToken): void {
    const before = this.#failed.get(name);
    const wait = before === undefined ? waitFirst : (Math.min(before.wait * 2, waitMost) as Duration);
    this.#failed.set(name, { until: after(now, wait), wait, cause });
  }

  succeeded(name: string): void {
    this.#failed.delete(name);
  }

  mayTry(now: Instant, name: string): boolean {
    const failed = this.#failed.get(name);
    return failed === undefined || now >= failed.until;
  }

  /** Faults behind the last failure; undefined when it has not failed since it last succeeded. */
  causeOf(name: string): CauseToken | undefined {
    return this.#failed.get(name)?.cause;
  }
}
