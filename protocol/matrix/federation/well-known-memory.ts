// What a homeserver remembers of the files that say where other servers are: as Synapse does, which asks anew before an answer
// has grown old and notes failures, and as Dendrite does, which keeps an answer until it leads nowhere.
import type { Address } from '../../core.ts';
import { noCause, type CauseToken } from '../../failure.ts';
import type { RandomStream } from '../../random-stream.ts';
import { after, seconds, type Duration, type Instant } from '../../time.ts';
import type { ServerName } from '../ids.ts';
import { synapse } from './constants.ts';

/** What is known of one server's file. */
export interface Whereabouts {
  /** Where its file leads; undefined when none was to be had. */
  readonly delegatedTo: Address | undefined;
  /** Faults because of which none was to be had. */
  readonly cause: CauseToken;
}

/** An answer that a server had got before the run began. */
export interface RememberedWellKnown {
  readonly delegatedTo: Address | undefined;
  readonly maxAgeSeconds: number | undefined;
  /** How much of the time after which it is asked for anew has passed, in [0, 1). */
  readonly age: number;
}

export interface WellKnownMemory {
  /** What may be used without asking. */
  fresh(server: ServerName, now: Instant): Whereabouts | undefined;
  /** How often a file that does not come is asked for within one request. */
  attempts(server: ServerName, now: Instant): number;
  came(
    server: ServerName,
    now: Instant,
    answer: { readonly delegatedTo: Address; readonly maxAgeSeconds: number | undefined },
  ): void;
  /** What is used instead of a file that could not be had. `isTemporary`: it may be there all the same. */
  failed(server: ServerName, now: Instant, isTemporary: boolean, cause: CauseToken): Whereabouts;
  /** The server could not be reached where it was said to be; true when that is to be found out anew, at once. */
  ledNowhere(server: ServerName): boolean;
  /** From before the run. */
  remember(server: ServerName, now: Instant, answer: RememberedWellKnown): void;
}

interface Entry extends Whereabouts {
  readonly renewAt: Instant;
  readonly expiresAt: Instant;
}

/** github.com/element-hq/synapse, synapse/http/federation/well_known_resolver.py */
export class SynapseWellKnownMemory implements WellKnownMemory {
  readonly #random: RandomStream;
  readonly #entries = new Map<ServerName, Entry>();
  /** Until when a server counts as one that has a file. */
  readonly #hadOneUntil = new Map<ServerName, Instant>();

  constructor(random: RandomStream) {
    this.#random = random;
  }

  fresh(server: ServerName, now: Instant): Whereabouts | undefined {
    const entry = this.#entries.get(server);
    return entry !== undefined && now < entry.renewAt ? entry : undefined;
  }

  attempts(server: ServerName, now: Instant): number {
    return this.#hasHadOne(server, now) ? synapse.wellKnown.attempts : 1;
  }

  came(
    server: ServerName,
    now: Instant,
    { delegatedTo, maxAgeSeconds }: { delegatedTo: Address; maxAgeSeconds: number | undefined },
  ): void {
    const period = this.#periodOf(maxAgeSeconds);
    this.#note(server, now, { delegatedTo, cause: noCause }, period);
    this.#hadOneUntil.set(server, after(now, (period + synapse.wellKnown.rememberedAsValid) as Duration));
  }

  failed(server: ServerName, now: Instant, isTemporary: boolean, cause: CauseToken): Whereabouts {
    const previous = this.#entries.get(server);
    const isGood = previous?.delegatedTo !== undefined && now < previous.expiresAt;
    // Nothing is noted: whoever asks next tries again.
    if (isGood && isTemporary) return previous;
    const { missingPeriod, downPeriod } = synapse.wellKnown;
    const period = this.#hasHadOne(server, now) ? downPeriod : missingPeriod;
    const none = { delegatedTo: undefined, cause };
    this.#note(server, now, none, this.#jittered(period));
    return none;
  }

  ledNowhere(): boolean {
    return false;
  }

  remember(server: ServerName, now: Instant, { delegatedTo, maxAgeSeconds, age }: RememberedWellKnown): void {
    const period =
      delegatedTo === undefined
        ? this.#jittered(synapse.wellKnown.missingPeriod)
        : this.#periodOf(maxAgeSeconds);
    const usedUp = Math.floor(age * (1 - synapse.wellKnown.renewedBefore) * period);
    this.#note(server, (now - usedUp) as Instant, { delegatedTo, cause: noCause }, period);
    if (delegatedTo === undefined) return;
    const left = (period - usedUp + synapse.wellKnown.rememberedAsValid) as Duration;
    this.#hadOneUntil.set(server, after(now, left));
  }

  #hasHadOne(server: ServerName, now: Instant): boolean {
    return now < (this.#hadOneUntil.get(server) ?? 0);
  }

  #periodOf(maxAgeSeconds: number | undefined): Duration {
    const { period, shortest, longest } = synapse.wellKnown;
    if (maxAgeSeconds === undefined) return this.#jittered(period);
    return Math.max(shortest, Math.min(longest, seconds(maxAgeSeconds))) as Duration;
  }

  #jittered(period: Duration): Duration {
    const { jitter } = synapse.wellKnown;
    return Math.round(period * (1 - jitter + 2 * jitter * this.#random.uniform())) as Duration;
  }

  #note(server: ServerName, now: Instant, known: Whereabouts, period: Duration): void {
    const renewAfter = Math.ceil((1 - synapse.wellKnown.renewedBefore) * period) as Duration;
    this.#entries.set(server, {
      ...known,
      renewAt: after(now, renewAfter),
      expiresAt: after(now, period),
    });
  }
}

/** github.com/matrix-org/gomatrixserverlib, fclient/client.go (`destinationTripper.RoundTrip`) */
export class DendriteWellKnownMemory implements WellKnownMemory {
  readonly #known = new Map<ServerName, Whereabouts>();

  fresh(server: ServerName): Whereabouts | undefined {
    return this.#known.get(server);
  }

  attempts(): number {
    return 1;
  }

  came(server: ServerName, _now: Instant, { delegatedTo }: { delegatedTo: Address }): void {
    this.#known.set(server, { delegatedTo, cause: noCause });
  }

  failed(server: ServerName, _now: Instant, _isTemporary: boolean, cause: CauseToken): Whereabouts {
    const none = { delegatedTo: undefined, cause };
    this.#known.set(server, none);
    return none;
  }

  ledNowhere(server: ServerName): boolean {
    this.#known.delete(server);
    return true;
  }

  remember(server: ServerName, _now: Instant, { delegatedTo }: RememberedWellKnown): void {
    this.#known.set(server, { delegatedTo, cause: noCause });
  }
}
