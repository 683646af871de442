// What one other server may ask in a second: beyond ten questions each waits half a second, and when more than fifty wait
// it is told to come back later. Transactions are not counted: of those only one at a time is taken anyway.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/util/ratelimitutils.py (`_PerHostRatelimiter`). Its limit of
// three questions worked on at once is the server's own queue here.
import type { Effects, RequestId } from '../../core.ts';
import { after, elapsed, inMilliseconds, type Clock, type Instant } from '../../time.ts';
import type { ServerName } from '../ids.ts';
import { synapse } from './constants.ts';

/** A question that waits for its turn. */
interface Sleeping<Q> {
  readonly until: Instant;
  readonly request: RequestId;
  readonly question: Q;
}

const timerName = 'federation/origin-limits';

export class OriginLimits<Q extends { readonly origin: ServerName }> {
  /** When each origin asked within the last second. */
  readonly #recent = new Map<ServerName, Instant[]>();
  readonly #sleepingOf = new Map<ServerName, number>();
  /** In the order in which they wake. */
  readonly #sleeping: Sleeping<Q>[] = [];

  /** Whether the question may be answered now; otherwise it waits here, or was refused. */
  admit(clock: Clock, request: RequestId, question: Q, out: Effects): boolean {
    const { origin } = question;
    const { window, sleepLimit, sleep, rejectLimit } = synapse.originLimits;
    const recent = this.#recent.get(origin) ?? [];
    while (recent[0] !== undefined && elapsed(recent[0], clock.now) >= window) recent.shift();
    this.#recent.set(origin, recent);
    const sleeping = this.#sleepingOf.get(origin) ?? 0;
    if (sleeping > rejectLimit) {
      out.observe({ kind: 'situation', name: 'matrix.federation.rate-refused' });
      out.observe({ kind: 'refused', from: origin, fate: 'rate-limited', rule: 'questions-per-second' });
      out.refuse(request, 429, undefined, inMilliseconds(window / sleepLimit));
      return false;
    }
    recent.push(clock.now);
    if (recent.length <= sleepLimit) return true;
    out.observe({ kind: 'situation', name: 'matrix.federation.rate-limited' });
    this.#sleepingOf.set(origin, sleeping + 1);
    if (this.#sleeping.length === 0) out.setTimer(timerName, after(clock.now, sleep));
    this.#sleeping.push({ until: after(clock.now, sleep), request, question });
    return false;
  }

  /** Answers those whose wait is over. False when the timer is not its own. */
  timer(
    clock: Clock,
    timer: string,
    serve: (request: RequestId, question: Q) => void,
    out: Effects,
  ): boolean {
    if (timer !== timerName) return false;
    for (;;) {
      const [next] = this.#sleeping;
      if (next === undefined) return true;
      if (next.until > clock.now) {
        out.setTimer(timerName, next.until);
        return true;
      }
      this.#sleeping.shift();
      const { origin } = next.question;
      this.#sleepingOf.set(origin, (this.#sleepingOf.get(origin) ?? 1) - 1);
      serve(next.request, next.question);
    }
  }
}
