// Requests of the chat service to what it depends on, with the attempts and time limits of its client libraries.
import type { Address, Effects, RequestResult, Tag, TimerName } from '../core.ts';
import type { Message } from '../message.ts';
import { SmallMap } from '../small-map.ts';
import { after, elapsed, epoch, microseconds, type Clock, type Duration, type Instant } from '../time.ts';
import { service } from './constants.ts';

/** One step of a core: what it may read and do. */
export interface Step {
  readonly clock: Clock;
  readonly out: Effects;
}

/** What the chat service depends on. */
export type Backend =
  'queues' | 'pub-sub' | 'rate-limits' | 'account-cache' | 'tables' | 'registration' | 'push';

/** Something under way that asked a backend and takes the answer up again. */
export interface Operation {
  /** The answer to the question it asked under this name, after all attempts. */
  answered(step: Step, question: string, result: RequestResult): void;
}

interface CallPolicy {
  readonly attempts: number;
  readonly attemptTimeout: Duration;
  readonly callTimeout: Duration;
  /** Wait before a further attempt. */
  readonly pause: Duration;
  /** Only silence is tried again. */
  readonly afterSilenceOnly?: boolean;
}

interface Call {
  readonly operation: Operation;
  readonly question: string;
  to: Address;
  /** The same dependency at another site, not yet asked. */
  alternative: Address | undefined;
  readonly message: Message;
  readonly policy: CallPolicy;
  begunAt: Instant;
  attempts: number;
}

/** Signal-Server util/ResilienceUtil.java: what Redis refuses is not tried again. */
const cache: CallPolicy = {
  attempts: service.cacheAttempts,
  attemptTimeout: service.cacheTimeout,
  callTimeout: microseconds(service.cacheAttempts * (service.cacheTimeout + service.cacheAttemptPause)),
  pause: service.cacheAttemptPause,
  afterSilenceOnly: true,
};

const once = (timeout: Duration): CallPolicy => ({
  attempts: 1,
  attemptTimeout: timeout,
  callTimeout: timeout,
  pause: microseconds(0),
});

const policies: Readonly<Record<Backend, CallPolicy>> = {
  queues: cache,
  'pub-sub': cache,
  // Neither the cached accounts (storage/AccountsManager.java) nor the limits (limits/LeakyBucketRateLimiter.java) are asked again.
  'account-cache': once(service.cacheTimeout),
  'rate-limits': once(service.cacheTimeout),
  tables: {
    attempts: service.tableAttempts,
    attemptTimeout: service.tableAttemptTimeout,
    callTimeout: service.tableCallTimeout,
    pause: service.tableAttemptPause,
  },
  registration: once(service.pushTimeout),
  push: once(service.pushTimeout),
};

/** The calls under way. A crash forgets them all, and whoever waited for this server's answer notices. */
export class BackendCalls {
  readonly #calls = new SmallMap<Tag, Call>();
  /** Dependencies of this site that failed a moment ago, where another site has them too. */
  readonly #avoidedUntil = new Map<Address, Instant>();
  #made = 0;

  get underWay(): number {
    return this.#calls.size;
  }

  /** Asks on behalf of an operation; its `answered` will be called once, unless it is forgotten. */
  ask(
    { clock, out }: Step,
    call: Pick<Call, 'operation' | 'question' | 'to' | 'message'> & {
      readonly backend: Backend;
      readonly alternative?: Address;
    },
  ): void {
    this.#made += 1;
    const tag = `call/${this.#made}`;
    const { operation, question, message, backend } = call;
    const policy = policies[backend];
    const avoided = call.alternative !== undefined && clock.now < (this.#avoidedUntil.get(call.to) ?? epoch);
    const to = avoided ? (call.alternative ?? call.to) : call.to;
    const alternative = avoided ? undefined : call.alternative;
    this.#calls.set(tag, {
      operation,
      question,
      to,
      alternative,
      message,
      policy,
      begunAt: clock.now,
      attempts: 1,
    });
    out.request(to, tag, message, { timeout: policy.attemptTimeout });
  }

  /** The end of an attempt: tries again, or gives the result to the operation. */
  answered(step: Step, tag: Tag, result: RequestResult): void {
    const call = this.#calls.get(tag);
    if (call === undefined) return;
    // What certainly was not done here is not tried again here when there is an elsewhere.
    const goesElsewhere = !result.ok && result.failure.definite && call.alternative !== undefined;
    if (!result.ok && !goesElsewhere && mayTryAgain(step.clock, call, result)) {
      step.out.setTimer(`again/${tag}`, after(step.clock.now, call.policy.pause));
      return;
    }
    if (!result.ok && mayAskElsewhere(result) && this.#askElsewhere(step, tag, call)) return;
    this.#calls.delete(tag);
    call.operation.answered(step, call.question, result);
  }

  /** The other site is asked instead, and for a while first. */
  #askElsewhere({ clock, out }: Step, tag: Tag, call: Call): boolean {
    const { alternative } = call;
    if (alternative === undefined) return false;
    this.#avoidedUntil.set(call.to, after(clock.now, service.avoidSiteFor));
    call.to = alternative;
    call.alternative = undefined;
    call.attempts = 1;
    call.begunAt = clock.now;
    out.observe({ kind: 'situation', name: 'took-another-way' });
    out.request(alternative, tag, call.message, { timeout: call.policy.attemptTimeout });
    return true;
  }

  /** True when the timer was one of these calls'. */
  timer({ clock, out }: Step, timer: TimerName): boolean {
    if (!timer.startsWith('again/')) return false;
    const tag = timer.slice('again/'.length);
    const call = this.#calls.get(tag);
    if (call === undefined) return true;
    call.attempts += 1;
    const left = call.policy.callTimeout - elapsed(call.begunAt, clock.now);
    out.request(call.to, tag, call.message, {
      timeout: microseconds(Math.min(call.policy.attemptTimeout, left)),
    });
    return true;
  }
}

/** What another site may do better. */
function mayAskElsewhere({ failure }: RequestResult & { readonly ok: false }): boolean {
  return failure.kind !== 'status' || failure.status >= 500;
}

/** An error status below 500 is an answer; everything else may be chance. */
function mayTryAgain(clock: Clock, call: Call, result: RequestResult & { readonly ok: false }): boolean {
  const { failure } = result;
  if (failure.kind === 'status' && failure.status < 500) return false;
  const { attempts, callTimeout, pause, afterSilenceOnly } = call.policy;
  if (afterSilenceOnly === true && failure.kind !== 'timed-out') return false;
  return call.attempts < attempts && elapsed(call.begunAt, clock.now) + pause < callTimeout;
}
