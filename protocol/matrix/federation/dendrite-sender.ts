// The sending side of a Dendrite: every event is queued on disk for each destination until it is through. A destination
// that failed seventeen times in a row is given up: what is queued stays, and nothing more is queued until it speaks.
// Behaviour of Dendrite: github.com/element-hq/dendrite, federationapi/queue/queue.go.
import type { Effects, RequestResult, StoredState, Tag } from '../../core.ts';
import { noCause, type CauseToken } from '../../failure.ts';
import { after, elapsed, type Clock, type Duration, type Instant } from '../../time.ts';
import type { JsonObject } from '../canonical-json.ts';
import type { ServerName, UserId } from '../ids.ts';
import type { StoredEvent } from '../stored-event.ts';
import { dendrite } from './constants.ts';
import { DendriteDestination, dendriteRequestPrefix, type DendriteRecord } from './dendrite-destination.ts';
import type { EventSender, Purpose, Receipt, SenderOptions, Standing } from './event-sender.ts';
import type { Edu } from './messages.ts';

const destinationPrefix = 'destination/';
const queuePrefix = 'queue/';
/** What may never arrive, and why: for those who ask why somebody does not have it. */
const unsurePrefix = 'unsure/';
const lateUnderId = 'late-under-id';
type Unsure = 'unqueued' | typeof lateUnderId;
const eduPrefix = 'queue-edu/';
const hydrateTimer = 'federation/hydrate';

/** How long an EDU is worth sending. */
function lifetimeOf({ eduType }: Edu): Duration {
  const { typing, presence, other } = dendrite.eduLifetimes;
  return eduType === 'm.typing' ? typing : eduType === 'm.presence' ? presence : other;
}

export class DendriteSender implements EventSender {
  readonly #options: SenderOptions;
  readonly #destinations = new Map<ServerName, DendriteDestination>();
  readonly #records = new Map<ServerName, DendriteRecord>();
  /** What was queued before a restart: places of the server's stream by destination. */
  readonly #left = new Map<ServerName, number[]>();
  /** When each server last spoke and was believed to be there. */
  readonly #heardAt = new Map<ServerName, Instant>();
  /** By `server/place`. */
  readonly #unsure = new Map<string, Unsure>();
  #lastEdu = 0;
  /** EDUs that were queued before a restart, by destination. */
  readonly #leftEdus = new Map<ServerName, [string, Edu][]>();
  #toHydrate: ServerName[] = [];
  #betweenHydrations: Duration = dendrite.hydrationStep;

  constructor(options: SenderOptions, stored: StoredState | undefined) {
    this.#options = options;
    for (const [key, value] of stored ?? []) {
      if (key.startsWith(destinationPrefix))
        this.#records.set(key.slice(destinationPrefix.length) as ServerName, value as DendriteRecord);
      else if (key.startsWith(unsurePrefix))
        this.#unsure.set(key.slice(unsurePrefix.length), value as Unsure);
      else if (key.startsWith(eduPrefix)) {
        const [destination, number] = key.slice(eduPrefix.length).split('/');
        this.#lastEdu = Math.max(this.#lastEdu, Number(number));
        const left = this.#leftEdus.get(destination as ServerName);
        if (left === undefined) this.#leftEdus.set(destination as ServerName, [[key, value as Edu]]);
        else left.push([key, value as Edu]);
      } else if (key.startsWith(queuePrefix)) {
        const destination = key.slice(queuePrefix.length, key.lastIndexOf('/')) as ServerName;
        const left = this.#left.get(destination);
        if (left === undefined) this.#left.set(destination, [value as number]);
        else left.push(value as number);
      }
    }
  }

  inspect(): unknown {
    return [...this.#destinations.values()].map((destination) => destination.inspect());
  }

  start(clock: Clock, out: Effects): void {
    for (const [server, orderings] of this.#left) {
      const destination = this.#destinationOf(server);
      for (const ordering of orderings) {
        const stored = this.#options.eventAt(ordering);
        if (stored !== undefined) destination.enqueue(stored, out);
      }
      if (!destination.isBlacklisted) this.#toHydrate.push(server);
    }
    for (const [server, edus] of this.#leftEdus) {
      const destination = this.#destinationOf(server);
      for (const [key, edu] of edus) destination.enqueueEdu(edu, undefined, key);
      if (!destination.isBlacklisted && !this.#toHydrate.includes(server)) this.#toHydrate.push(server);
    }
    this.#left.clear();
    this.#leftEdus.clear();
    const count = this.#toHydrate.length;
    if (count === 0) return;
    const { hydrationStep, hydrationMost, hydrationStart } = dendrite;
    this.#betweenHydrations = Math.min(hydrationStep, Math.floor(hydrationMost / count)) as Duration;
    out.setTimer(hydrateTimer, after(clock.now, hydrationStart));
  }

  send(clock: Clock, stored: StoredEvent, destinations: readonly ServerName[], out: Effects): void {
    for (const server of destinations) {
      const destination = this.#destinationOf(server);
      if (destination.isBlacklisted) {
        // It waits nowhere: nothing but a later event's predecessors will lead to it.
        this.#note('unqueued', `${server}/${stored.streamOrdering}`, 'matrix.federation.not-queued', out);
        continue;
      }
      out.persist(`${queuePrefix}${server}/${stored.streamOrdering}`, stored.streamOrdering);
      destination.enqueue(stored, out);
    }
    for (const server of destinations) this.#destinationOf(server).attempt(clock, out);
    const givenUp = destinations.find((server) => this.#destinationOf(server).isBlacklisted);
    if (givenUp === undefined || stored.message === undefined) return;
    const { cause } = this.#destinationOf(givenUp);
    out.observe({ kind: 'hold', messages: [stored.message], reason: 'dropped', cause });
  }

  sendEdu(
    clock: Clock,
    edu: Edu,
    _key: string | undefined,
    destinations: readonly ServerName[],
    out: Effects,
  ): void {
    for (const server of destinations) {
      const destination = this.#destinationOf(server);
      if (destination.isBlacklisted) continue;
      destination.enqueueEdu(edu, after(clock.now, lifetimeOf(edu)));
      destination.attempt(clock, out);
    }
  }

  sendPresence(
    clock: Clock,
    state: JsonObject & { readonly user_id: UserId },
    destinations: readonly ServerName[],
    out: Effects,
  ): void {
    this.sendEdu(clock, { eduType: 'm.presence', content: { push: [state] } }, undefined, destinations, out);
  }

  sendReceipt(clock: Clock, { edu, key }: Receipt, destinations: readonly ServerName[], out: Effects): void {
    this.sendEdu(clock, edu, key, destinations, out);
  }

  /** What waits here never grows old, and nothing supersedes it. */
  sendDurableEdu(clock: Clock, edu: Edu, server: ServerName, out: Effects): void {
    const destination = this.#destinationOf(server);
    if (destination.isBlacklisted) return;
    const key = `${eduPrefix}${server}/${++this.#lastEdu}`;
    out.persist(key, edu);
    destination.enqueueEdu(edu, undefined, key);
    destination.attempt(clock, out);
  }

  /**
   * A back-off is for transactions: it keeps no question back, and being given up none but those for what is in rooms, for
   * keys and devices (federationapi/internal/federationclient.go, `doRequestIfNotBlacklisted`; perform.go for the others).
   */
  mayAsk(_clock: Clock, destination: ServerName, purpose: Purpose = 'question'): boolean {
    return purpose !== 'question' || !this.#isBlacklisted(destination);
  }

  askableFrom(destination: ServerName): Instant | undefined {
    return this.#isBlacklisted(destination) ? undefined : (0 as Instant);
  }

  causeOfBackoff(destination: ServerName): CauseToken {
    return this.#destinations.get(destination)?.cause ?? noCause;
  }

  /** What it says again within a minute wakes nothing (federationapi/routing/routing.go, `FederationWakeups`). */
  peerSpoke(clock: Clock, origin: ServerName, out: Effects): void {
    const heardAt = this.#heardAt.get(origin);
    if (heardAt !== undefined && elapsed(heardAt, clock.now) < dendrite.wakeUpPause) return;
    this.#heardAt.set(origin, clock.now);
    this.peerIsThere(clock, origin, out);
  }

  peerIsThere(clock: Clock, origin: ServerName, out: Effects): void {
    const destination = this.#destinations.get(origin);
    if (destination?.peerSpoke(clock, out) !== true) return;
    out.observe({ kind: 'situation', name: 'matrix.federation.woken-by-peer' });
    out.persist(destinationPrefix + origin, destination.record);
  }

  /** Only these count, refusals among them (federationapi/internal/perform.go). */
  questionEnded(
    clock: Clock,
    server: ServerName,
    result: RequestResult,
    out: Effects,
    purpose: Purpose = 'question',
  ): void {
    if (purpose === 'question' || purpose === 'invite') return;
    if (result.ok) return this.peerIsThere(clock, server, out);
    const destination = this.#destinationOf(server);
    destination.questionFailed(clock, result.failure, out);
    if (destination.isBlacklisted) out.persist(destinationPrefix + server, destination.record);
  }

  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    if (!tag.startsWith(dendriteRequestPrefix)) return false;
    const server = tag.slice(dendriteRequestPrefix.length) as ServerName;
    const destination = this.#destinations.get(server);
    if (destination === undefined) return true;
    const { pdus, late, edus } = destination.answered(clock, result, out);
    for (const key of edus) out.persist(key, undefined);
    for (const { streamOrdering } of pdus)
      out.persist(`${queuePrefix}${server}/${streamOrdering}`, undefined);
    for (const { streamOrdering } of late)
      this.#note(lateUnderId, `${server}/${streamOrdering}`, 'matrix.federation.late-under-id', out);
    if (destination.isBlacklisted) out.persist(destinationPrefix + server, destination.record);
    if (result.ok) destination.attempt(clock, out);
    return true;
  }

  timer(clock: Clock, timer: string, out: Effects): boolean {
    if (timer === hydrateTimer) {
      const server = this.#toHydrate.shift();
      if (server !== undefined) this.#destinationOf(server).attempt(clock, out);
      if (this.#toHydrate.length > 0) out.setTimer(hydrateTimer, after(clock.now, this.#betweenHydrations));
      return true;
    }
    if (!timer.startsWith(dendriteRequestPrefix)) return false;
    this.#destinations.get(timer.slice(dendriteRequestPrefix.length) as ServerName)?.waited(clock, out);
    return true;
  }

  standingOf(_clock: Clock, server: ServerName, { streamOrdering }: StoredEvent): Standing {
    const destination = this.#destinationOf(server);
    if (!destination.hasQueued(streamOrdering))
      return this.#unsure.get(`${server}/${streamOrdering}`) ?? 'sent';
    if (destination.isBlacklisted) return 'given-up';
    return destination.isWaiting ? 'waiting' : 'queued';
  }

  clearBackoffs(clock: Clock, out: Effects): void {
    for (const server of this.#destinations.keys()) this.peerIsThere(clock, server, out);
  }

  #isBlacklisted(server: ServerName): boolean {
    return (this.#destinations.get(server)?.record ?? this.#records.get(server))?.isBlacklisted === true;
  }

  #note(why: Unsure, name: string, situation: string, out: Effects): void {
    out.observe({ kind: 'situation', name: situation });
    this.#unsure.set(name, why);
    out.persist(unsurePrefix + name, why);
  }

  #destinationOf(server: ServerName): DendriteDestination {
    let destination = this.#destinations.get(server);
    if (destination === undefined) {
      destination = new DendriteDestination(server, this.#options, this.#records.get(server));
      this.#destinations.set(server, destination);
    }
    return destination;
  }
}
