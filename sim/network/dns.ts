// Names: what a resolver says now, given what it remembers. Positive answers outlive their source until their time to
// live ends; negative answers outlive the fault likewise. Only new connections ask.
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import { never, seconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { FaultField } from '../faults/fault-field.ts';
import type { Place } from '../faults/places.ts';
import type { FaultIndex } from '../faults/timeline.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import { recursionTime } from './assumptions.ts';

/** What a resolver can say. */
export type NameAnswer = 'address' | 'nxdomain' | 'servfail' | 'empty' | 'silence';

/** An answer, how much longer it took than asking the resolver, and which faults shaped it. */
export interface Resolution {
  readonly answer: NameAnswer;
  readonly recursion: Duration;
  readonly cause: CauseToken;
}

/** A name that resolvers are asked for. */
export interface NamedZone {
  readonly name: string;
  readonly zone: Place;
  readonly ttl: Duration;
  /** Nobody but this run's nodes asks for it, so a resolver remembers only what they asked. */
  readonly rarelyAsked: boolean;
}

interface Remembered {
  answer: NameAnswer;
  cause: CauseToken;
  until: Instant;
}

const known: Resolution = Object.freeze({ answer: 'address', recursion: 0 as Duration, cause: noCause });
const recursed: Resolution = Object.freeze({ answer: 'address', recursion: recursionTime, cause: noCause });

/** How long a resolver remembers that servers did not answer: up to 5 minutes, RFC 2308 §7; 1 s in BIND (servfail-ttl). */
const servfailTtl = seconds(1);

/** The caches of all resolvers. */
export class Resolvers {
  readonly #field: FaultField;
  readonly #draw: AddressedDraw;
  readonly #memory = new Map<string, Map<string, Remembered>>();
  /** Per zone: faults that can ever concern it. */
  readonly #faults = new Map<Place, readonly FaultIndex[]>();

  constructor(field: FaultField, draw: AddressedDraw) {
    this.#field = field;
    this.#draw = draw;
  }

  /** What this resolver says to a question at `now`. Questions of one run come in the order of time. */
  resolve(resolver: string, name: NamedZone, now: Instant): Resolution {
    const faults = this.#faultsOf(name.zone);
    if (faults.length === 0 && !name.rarelyAsked) return known;
    const memory = this.#remembered(resolver, name);
    const stale = memory.until <= now;
    if (stale && name.rarelyAsked) this.#ask(memory, name, faults, now);
    while (memory.until <= now) this.#renew(memory, name, faults, now);
    if (memory.answer === 'address') return stale && name.rarelyAsked ? recursed : known;
    this.#field.countContact(memory.cause);
    return { answer: memory.answer, recursion: 0 as Duration, cause: memory.cause };
  }

  #remembered(resolver: string, name: NamedZone): Remembered {
    let names = this.#memory.get(resolver);
    if (names === undefined) this.#memory.set(resolver, (names = new Map<string, Remembered>()));
    let memory = names.get(name.name);
    if (memory === undefined) {
      // After long use the age of a record is uniform over its time to live.
      const age = this.#draw('dns-age', resolver, name.name);
      const until = (name.rarelyAsked ? 0 : Math.round(age * name.ttl)) as Instant;
      names.set(name.name, (memory = { answer: 'address', cause: noCause, until }));
    }
    return memory;
  }

  /** The record ran out: others asked for it at that instant, and again whenever it ran out, up to now. */
  #renew(memory: Remembered, name: NamedZone, faults: readonly FaultIndex[], now: Instant): void {
    const from = memory.until;
    let quietUntil: Instant = never;
    for (const index of faults) {
      const change = this.#field.nextChange(index, name.zone, from);
      if (change < quietUntil) quietUntil = change;
    }
    this.#ask(memory, name, faults, from);
    // Nothing changes meanwhile: skip the renewals that say the same.
    const lifetime = Math.max(1, memory.until - from);
    const same = Math.floor((Math.min(now, quietUntil - 1) - from) / lifetime);
    if (same > 0) memory.until = (from + (same + 1) * lifetime) as Instant;
  }

  #ask(memory: Remembered, name: NamedZone, faults: readonly FaultIndex[], at: Instant): void {
    memory.answer = 'address';
    memory.cause = noCause;
    memory.until = (at + Math.max(1, name.ttl)) as Instant;
    for (const index of faults) {
      if (!this.#field.strikes(index, name.zone, at)) continue;
      const fault = this.#field.fault(index);
      if (memory.answer === 'address') {
        const [answer, ttl] =
          fault.kind === 'dns'
            ? ([fault.answer, seconds(fault.negativeTtlSeconds)] as const)
            : (['servfail', servfailTtl] as const);
        memory.answer = answer;
        memory.until = (at + Math.max(1, ttl)) as Instant;
      }
      memory.cause = this.#field.blame(memory.cause, index);
    }
  }

  #faultsOf(zone: Place): readonly FaultIndex[] {
    let faults = this.#faults.get(zone);
    if (faults === undefined) {
      faults = [...this.#field.timeline.faults.entries()]
        .filter(
          ([index, { kind }]) => (kind === 'dns' || kind === 'down') && this.#field.reach(index, zone) > 0,
        )
        .map(([index]) => index);
      this.#faults.set(zone, faults);
    }
    return faults;
  }
}
