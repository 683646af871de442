// One serves, others stand by: who serves now, as health checks see it, and what happens between two of them.
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Duration, Instant } from '../../protocol/time.ts';

/** What a failover asks of its surroundings. Members are numbered from 0 in order of preference. */
export interface FailoverView {
  readonly count: number;
  readonly detection: Duration;
  readonly switchOver: Duration;
  /** Faults that take a member down; `noCause` while it works. */
  causeOf(member: number): CauseToken;
  /** Health checks are off: failures are not noticed. */
  checksOff(): boolean;
  /** A health check says of the member that serves that it is dead although it works: because of these faults. */
  misjudged(member: number): { readonly cause: CauseToken; readonly period: number } | undefined;
  /** Something may happen then. */
  wake(at: Instant): void;
}

/** The state of one failover. Ask it in the order of time. */
export class Failover {
  readonly #view: FailoverView;
  #serving = 0;
  #failing: { readonly since: Instant; cause: CauseToken } | undefined;
  #switching: { readonly to: number; readonly until: Instant; readonly cause: CauseToken } | undefined;
  /** The last period of a flap in which it was already moved. */
  #movedIn = -1;

  constructor(view: FailoverView) {
    this.#view = view;
  }

  /** The member that serves, or is about to. */
  get serving(): number {
    return this.#switching?.to ?? this.#serving;
  }

  /** Faults because of which nobody serves now; undefined while somebody does. */
  lostBy(now: Instant): CauseToken | undefined {
    this.#arrive(now);
    if (this.#switching === undefined) this.#check(now);
    if (this.#switching !== undefined) return this.#switching.cause;
    return this.#failing?.cause;
  }

  /** An operator moves it, to the next one that works when nobody is named. */
  move(to: number | undefined, now: Instant, cause: CauseToken): void {
    this.#arrive(now);
    const next = to ?? this.#nextWorking();
    if (next !== undefined && next !== this.#serving) this.#switchTo(next, now, cause);
  }

  #arrive(now: Instant): void {
    if (this.#switching === undefined || now < this.#switching.until) return;
    this.#serving = this.#switching.to;
    this.#switching = undefined;
    this.#failing = undefined;
  }

  #check(now: Instant): void {
    const { detection } = this.#view;
    const cause = this.#view.causeOf(this.#serving);
    if (cause === noCause) {
      this.#failing = undefined;
      const misjudged = this.#view.misjudged(this.#serving);
      if (misjudged === undefined || misjudged.period === this.#movedIn || this.#view.checksOff()) return;
      this.#movedIn = misjudged.period;
      const next = this.#nextWorking();
      if (next !== undefined) this.#switchTo(next, now, misjudged.cause);
      return;
    }
    if (this.#failing === undefined) {
      this.#failing = { since: now, cause };
      this.#view.wake((now + detection) as Instant);
    }
    this.#failing.cause = cause;
    if (now < this.#failing.since + detection || this.#view.checksOff()) return;
    const next = this.#nextWorking();
    if (next !== undefined) this.#switchTo(next, now, cause);
  }

  #switchTo(to: number, now: Instant, cause: CauseToken): void {
    const until = (now + this.#view.switchOver) as Instant;
    this.#switching = { to, until, cause };
    this.#view.wake(until);
  }

  /** The most preferred member that works, other than the one that serves. */
  #nextWorking(): number | undefined {
    for (let member = 0; member < this.#view.count; member++)
      if (member !== this.#serving && this.#view.causeOf(member) === noCause) return member;
    return undefined;
  }
}
