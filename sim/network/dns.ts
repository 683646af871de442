// Names: what a resolver says now, given what it remembers. Positive answers outlive their source until their time to
// live ends; negative answers outlive the fault likewise. Only new connections ask.
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import { never, seconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { Fault } from '../faults/fault.ts';
import type { FaultField } from '../faults/fault-field.ts';
import { strongest } from '../faults/path-assessment.ts';
import type { Place } from '../faults/places.ts';
import type { FaultIndex } from '../faults/timeline.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import type { ComponentId } from '../world.ts';
import { recursionTime, resolverAttempts, resolverTimeout } from './assumptions.ts';

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

/** A fault that bears on what a resolver says of a zone, and the place at which it strikes. */
interface Bearing {
  readonly index: FaultIndex;
  readonly at: Place;
}

const known: Resolution = Object.freeze({ answer: 'address', recursion: 0 as Duration, cause: noCause });
const recursed: Resolution = Object.freeze({ answer: 'address', recursion: recursionTime, cause: noCause });

/** How long a resolver remembers that servers did not answer: up to 5 minutes, RFC 2308 §7; 1 s in BIND (servfail-ttl). */
const servfailTtl = seconds(1);
/** How long the answer of a resolver that blocks a name is remembered. Assumed: a common time to live. */
const blockedTtl = seconds(60);
const patience = (resolverTimeout * resolverAttempts) as Duration;

/** The caches of all resolvers. */
export class Resolvers {
  readonly #field: FaultField;
  readonly #draw: AddressedDraw;
  readonly #now: () => Instant;
  readonly #memory = new Map<string, Map<string, Remembered>>();
  /** Per resolver and zone: faults that can ever concern what the one says of the other. */
  readonly #faults = new Map<string, Map<Place, readonly Bearing[]>>();
  /** Since when which zones have no name server left for other reasons than a fault of their own: the changes, in order. */
  readonly #losses = new Map<Place, { readonly at: Instant; readonly cause: CauseToken }[]>();
  /** Components that are resolvers or stand for them. */
  readonly #places = new Map<string, Place | undefined>();

  constructor(field: FaultField, draw: AddressedDraw, now: () => Instant) {
    this.#now = now;
    this.#field = field;
    this.#draw = draw;
    field.onChange((fault, places) => {
      if (fault !== undefined) return;
      for (const place of places) this.#noteLoss(place);
    });
  }

  /** What this resolver says to a question at `now`. Questions of one run come in the order of time. */
  resolve(resolver: string, name: NamedZone, now: Instant): Resolution {
    const faults = this.#faultsOf(resolver, name.zone);
    if (faults.length === 0 && !name.rarelyAsked && !this.#losses.has(name.zone)) return known;
    const dead = this.#deadBy(resolver);
    if (dead !== undefined) {
      this.#field.countContact(dead);
      return { answer: 'silence', recursion: patience, cause: dead };
    }
    const memory = this.#remembered(resolver, name);
    const stale = memory.until <= now;
    if (stale && name.rarelyAsked) this.#ask(memory, name, faults, now);
    while (memory.until <= now) this.#renew(memory, name, faults, now);
    if (memory.answer === 'address') return stale && name.rarelyAsked ? recursed : known;
    this.#field.countContact(memory.cause);
    const recursion = memory.answer === 'silence' ? patience : (0 as Duration);
    return { answer: memory.answer, recursion, cause: memory.cause };
  }

  /** Faults because of which the zone's addresses are those of long ago; undefined while they are current. */
  staleBy(name: NamedZone, now: Instant): CauseToken | undefined {
    for (const index of this.#field.active()) {
      const fault = this.#field.fault(index);
      if (fault.kind === 'dns' && fault.answer === 'stale' && this.#field.strikes(index, name.zone, now))
        return this.#field.blame(noCause, index);
    }
    return undefined;
  }

  /** The resolver itself does not work: what it remembers is of no use either. */
  #deadBy(resolver: string): CauseToken | undefined {
    const place = this.#placeOf(resolver);
    if (place === undefined) return undefined;
    const { isDown, crash, blackHole, refuse } = this.#field.outage(place);
    return isDown ? this.#field.union(this.#field.union(crash, blackHole), refuse) : undefined;
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
  #renew(memory: Remembered, name: NamedZone, faults: readonly Bearing[], now: Instant): void {
    const from = memory.until;
    let quietUntil: Instant = never;
    for (const { index, at } of faults) {
      const change = this.#field.nextChange(index, at, from);
      if (change < quietUntil) quietUntil = change;
    }
    const loss = this.#losses.get(name.zone)?.find(({ at }) => at > from);
    if (loss !== undefined && loss.at < quietUntil) quietUntil = loss.at;
    this.#ask(memory, name, faults, from);
    // Nothing changes meanwhile: skip the renewals that say the same.
    const lifetime = Math.max(1, memory.until - from);
    const same = Math.floor((Math.min(now, quietUntil - 1) - from) / lifetime);
    if (same > 0) memory.until = (from + (same + 1) * lifetime) as Instant;
  }

  #ask(memory: Remembered, name: NamedZone, faults: readonly Bearing[], at: Instant): void {
    memory.answer = 'address';
    memory.cause = noCause;
    memory.until = (at + Math.max(1, name.ttl)) as Instant;
    for (const { index, at: place } of faults) {
      if (!this.#field.strikes(index, place, at)) continue;
      const fault = this.#field.fault(index);
      const said = answerUnder(fault);
      if (said === undefined) continue;
      if (memory.answer === 'address') {
        memory.answer = said.answer;
        memory.until = (at + Math.max(1, said.ttl)) as Instant;
      }
      memory.cause = this.#field.blame(memory.cause, index);
    }
    const loss = this.#losses.get(name.zone)?.findLast((change) => change.at <= at);
    if (loss === undefined || loss.cause === noCause) return;
    if (memory.answer === 'address') {
      memory.answer = 'servfail';
      memory.until = (at + servfailTtl) as Instant;
    }
    memory.cause = this.#field.union(memory.cause, loss.cause);
  }

  /** Name servers that withdraw themselves, or too few of which are left, leave a zone without anybody who answers for it. */
  #noteLoss(place: Place): void {
    const cause = this.#field.lostBy(place);
    const before = this.#losses.get(place);
    if (cause === (before?.at(-1)?.cause ?? noCause)) return;
    const change = { at: this.#now(), cause };
    if (before === undefined) this.#losses.set(place, [change]);
    else before.push(change);
  }

  #faultsOf(resolver: string, zone: Place): readonly Bearing[] {
    let byZone = this.#faults.get(resolver);
    if (byZone === undefined) this.#faults.set(resolver, (byZone = new Map<Place, readonly Bearing[]>()));
    let faults = byZone.get(zone);
    if (faults === undefined) byZone.set(zone, (faults = this.#findFaults(this.#placeOf(resolver), zone)));
    return faults;
  }

  #findFaults(resolver: Place | undefined, zone: Place): readonly Bearing[] {
    const { timeline, map } = this.#field;
    return [...timeline.faults.entries()].flatMap(([index, { kind }]): Bearing[] => {
      if (kind === 'blocking') {
        const names = map.other(index);
        const blocks = resolver !== undefined && names !== undefined && strongest(names, zone) > 0;
        return blocks && this.#field.reach(index, resolver) > 0 ? [{ index, at: resolver }] : [];
      }
      if (kind !== 'dns' && kind !== 'down') return [];
      if (this.#field.reach(index, zone) > 0) return [{ index, at: zone }];
      return resolver !== undefined && this.#field.reach(index, resolver) > 0
        ? [{ index, at: resolver }]
        : [];
    });
  }

  /** Resolvers are known by what they serve: `resolver/<that>` where the world has one, and else that itself. */
  #placeOf(resolver: string): Place | undefined {
    if (this.#places.has(resolver)) return this.#places.get(resolver);
    const { graph, places } = this.#field;
    const own = `resolver/${resolver}` as ComponentId;
    const place = graph.has(own) ? places.of(own) : undefined;
    this.#places.set(resolver, place);
    return place;
  }
}

/** What a resolver gets to hear under a fault, and how long it keeps that; undefined when the fault leaves names alone. */
function answerUnder(fault: Fault): { readonly answer: NameAnswer; readonly ttl: number } | undefined {
  switch (fault.kind) {
    case 'dns':
      return fault.answer === 'stale'
        ? undefined
        : { answer: fault.answer, ttl: seconds(fault.negativeTtlSeconds) };
    case 'blocking':
      return fault.manner === 'nxdomain' ? { answer: 'nxdomain', ttl: blockedTtl } : undefined;
    default:
      return { answer: 'servfail', ttl: servfailTtl };
  }
}
