// Token buckets in Redis (Signal-Server limits/RateLimiters.java). The chat service asks them before it works, and
// goes on when they do not answer.
import type { Core, CoreFactory, Effects, Input } from '../core.ts';
import { carriesNothing } from '../message.ts';
import { elapsed, inMilliseconds, type Clock, type Instant } from '../time.ts';
import { service } from './constants.ts';
import { asSignal, withinLimit, type Take, type Taken } from './messages.ts';

/** A bucket that was used: how much of it, in time to refill, was missing at that instant. */
interface Bucket {
  readonly at: Instant;
  readonly missing: number;
}

const buckets = {
  send: service.sendBucket,
  'pre-keys': service.preKeyBucket,
  uploads: service.uploadBucket,
} as const;

class RateLimits implements Core {
  readonly #buckets = new Map<string, Bucket>();

  step(clock: Clock, input: Input, out: Effects): void {
    if (input.kind !== 'request') return;
    const message = asSignal(input.message);
    if (message?.kind === 'signal.take') out.respond(input.id, this.#take(clock, message));
    else out.refuse(input.id, 400);
  }

  inspect(): unknown {
    return { buckets: this.#buckets.size };
  }

  /** One token from each bucket, or none from any and the wait for the slowest. */
  #take(clock: Clock, { bucket: kind, keys }: Take): Taken {
    const { size, refillEvery } = buckets[kind];
    const most = size * refillEvery;
    let wait = 0;
    const missing = keys.map((key) => {
      const bucket = this.#buckets.get(`${kind}/${key}`);
      const left = bucket === undefined ? 0 : Math.max(0, bucket.missing - elapsed(bucket.at, clock.now));
      wait = Math.max(wait, left + refillEvery - most);
      return left + refillEvery;
    });
    if (wait > 0) {
      return { kind: 'signal.taken', retryAfterMs: Math.ceil(inMilliseconds(wait)), carries: carriesNothing };
    }
    for (const [index, key] of keys.entries()) {
      this.#buckets.set(`${kind}/${key}`, { at: clock.now, missing: missing[index] ?? refillEvery });
    }
    return withinLimit;
  }
}

/** The rate limits' Redis cluster. What it counted is lost with it, which only makes it more generous. */
export const createRateLimits: CoreFactory = () => new RateLimits();
