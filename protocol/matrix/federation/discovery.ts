// Where another server is: what the file behind its name says, else what its DNS says of the service, else the name itself at
// port 8448. Whoever asks another server asks for its name; the request leaves once it is known where to.
// https://spec.matrix.org/v1.16/server-server-api/#resolving-server-names; in the order and with the patience of Synapse
// (synapse/http/federation/matrix_federation_agent.py) and Dendrite (gomatrixserverlib, fclient/resolve.go).
import type { Address, Effects, RequestOptions, RequestResult, Tag } from '../../core.ts';
import { noCause, type CauseToken, type Failure } from '../../failure.ts';
import { carriesNothing, type Message } from '../../message.ts';
import { PrefixedEffects } from '../../prefixed-effects.ts';
import type { RandomStream } from '../../random-stream.ts';
import { after, elapsed, type Clock, type Duration, type Instant } from '../../time.ts';
import type { ServerName } from '../ids.ts';
import { asMatrix } from '../messages.ts';
import { synapse } from './constants.ts';
import type { GetWellKnown } from './discovery-messages.ts';
import type { FederationRequest } from './messages.ts';
import type { FederationProfile } from './profiles.ts';
import type { RememberedWellKnown, Whereabouts, WellKnownMemory } from './well-known-memory.ts';

/** What a server knows, when the run begins, of servers that are not where their names are. */
export interface DelegationKnowledge {
  /**
   * False for a server whose name is its address: look-ups tell nothing else of it, whoever makes them, and none is made.
   */
  isElsewhere(server: ServerName): boolean;
  /** What was found out in quiet times. Gone with a restart. */
  remembered(server: ServerName): RememberedWellKnown;
}

/** A request on its way to a server that is not where its name is, or that is dialled twice. */
interface Search {
  readonly server: ServerName;
  readonly tag: Tag;
  readonly message: Message;
  readonly options: RequestOptions;
  readonly startedAt: Instant;
  /** Faults because of which it is not found, or not where it should be. */
  cause: CauseToken;
  fetches: number;
  /** Addresses that have not been tried. */
  addresses: readonly Address[];
  isSecondRound: boolean;
}

/** The end of a request, as whoever made it is to hear of it. */
export interface Ended {
  readonly tag: Tag;
  readonly result: RequestResult;
}

const prefix = 'well-known/';

export class Discovery {
  readonly #knowledge: DelegationKnowledge;
  readonly #memory: WellKnownMemory;
  /** Nothing is remembered from before a restart. */
  readonly #isWarm: boolean;
  readonly #dialsTwice: boolean;
  readonly #met = new Set<ServerName>();
  readonly #searches = new Map<Tag, Search>();

  /** `dialsTwice`: of the profile; otherwise servers that are where their names are need no help. */
  constructor(knowledge: DelegationKnowledge, memory: WellKnownMemory, isWarm: boolean, dialsTwice: boolean) {
    this.#knowledge = knowledge;
    this.#memory = memory;
    this.#isWarm = isWarm;
    this.#dialsTwice = dialsTwice;
  }

  /** The host's effects, but that requests to servers find their way. */
  effects(clock: Clock, out: Effects): Effects {
    return new FindingEffects(this, clock, out);
  }

  request(
    clock: Clock,
    to: Address,
    tag: Tag,
    message: Message,
    options: RequestOptions,
    out: Effects,
  ): void {
    const server = to as string as ServerName;
    const isFederation = (message as Partial<FederationRequest>).destination === server;
    const isElsewhere = this.#knowledge.isElsewhere(server);
    const needsNoHelp = !isElsewhere && !this.#dialsTwice;
    if (!isFederation || needsNoHelp) return out.request(to, tag, message, options);
    if (isElsewhere && this.#isWarm && !this.#met.has(server)) {
      this.#met.add(server);
      this.#memory.remember(server, 0 as Instant, this.#knowledge.remembered(server));
    }
    const startedAt = clock.now;
    const request = { server, tag, message, options, startedAt };
    const search: Search = { ...request, cause: noCause, fetches: 0, addresses: [], isSecondRound: false };
    this.#searches.set(tag, search);
    this.#locate(clock, search, out);
  }

  abandon(tag: Tag, out: Effects): void {
    if (this.#searches.delete(tag)) out.cancelTimer(prefix + tag);
    out.abandon(prefix + tag);
    out.abandon(tag);
  }

  /** An answer as it concerns whoever asked; undefined while the search goes on. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): Ended | undefined {
    if (tag.startsWith(prefix)) {
      const search = this.#searches.get(tag.slice(prefix.length));
      return search && this.#fetched(clock, search, result, out);
    }
    const search = this.#searches.get(tag);
    return search === undefined ? { tag, result } : this.#asked(clock, search, result, out);
  }

  /** True when the timer was one of its own. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    const search = timer.startsWith(prefix) ? this.#searches.get(timer.slice(prefix.length)) : undefined;
    if (search !== undefined) this.#fetch(clock, search, out);
    return timer.startsWith(prefix);
  }

  #locate(clock: Clock, search: Search, out: Effects): void {
    if (!this.#knowledge.isElsewhere(search.server)) {
      search.addresses = [search.server as string as Address];
      return this.#ask(clock, search, out);
    }
    const fresh = this.#memory.fresh(search.server, clock.now);
    if (fresh === undefined) this.#fetch(clock, search, out);
    else this.#goTo(clock, search, fresh, out);
  }

  #fetch(clock: Clock, search: Search, out: Effects): void {
    const { server, tag } = search;
    search.fetches += 1;
    out.observe({ kind: 'situation', name: 'matrix.discovery.well-known-asked' });
    const question: GetWellKnown = { kind: 'matrix.get-well-known', server, carries: carriesNothing };
    const timeout = Math.min(synapse.wellKnown.connectTimeout, timeLeft(clock, search)) as Duration;
    out.request(`${server}:443` as Address, prefix + tag, question, { timeout });
  }

  #fetched(clock: Clock, search: Search, result: RequestResult, out: Effects): Ended | undefined {
    const { server, tag } = search;
    const answer = result.ok ? asMatrix(result.message) : undefined;
    if (answer?.kind === 'matrix.well-known') {
      this.#memory.came(server, clock.now, answer);
      this.#goTo(clock, search, { delegatedTo: answer.delegatedTo, cause: noCause }, out);
      return undefined;
    }
    if (!result.ok) search.cause = result.failure.cause;
    // Whoever asked has given up meanwhile, and what was begun for that request is not noted.
    if (timeLeft(clock, search) <= 0) return this.#timedOut(search);
    const isTemporary = !result.ok && (result.failure.kind !== 'status' || result.failure.status >= 500);
    if (isTemporary && search.fetches < this.#memory.attempts(server, clock.now)) {
      const pause = Math.min(synapse.wellKnown.pause, timeLeft(clock, search)) as Duration;
      out.setTimer(prefix + tag, after(clock.now, pause));
      return undefined;
    }
    out.observe({ kind: 'situation', name: 'matrix.discovery.well-known-in-vain' });
    const known = this.#memory.failed(server, clock.now, isTemporary, search.cause);
    this.#goTo(clock, search, { ...known, cause: search.cause }, out);
    return undefined;
  }

  #goTo(clock: Clock, search: Search, { delegatedTo, cause }: Whereabouts, out: Effects): void {
    search.cause = cause;
    search.addresses = addressesOf(delegatedTo ?? (search.server as string as Address));
    const { message, startedAt } = search;
    const hasWaited = cause !== noCause && clock.now > startedAt && message.carries.length > 0;
    if (hasWaited)
      out.observe({
        kind: 'hold',
        messages: message.carries,
        reason: 'awaiting-answer',
        cause,
        since: startedAt,
      });
    this.#ask(clock, search, out);
  }

  #ask(clock: Clock, search: Search, out: Effects): void {
    const [address, ...others] = search.addresses;
    search.addresses = others;
    if (address === undefined) return;
    const timeout = Math.max(1, timeLeft(clock, search)) as Duration;
    out.request(address, search.tag, search.message, { ...search.options, timeout });
  }

  #asked(clock: Clock, search: Search, result: RequestResult, out: Effects): Ended | undefined {
    const { tag, server } = search;
    if (result.ok) return this.#end(search, result);
    const { failure } = result;
    if (search.addresses.length > 0 && hasNoSuchName(failure)) {
      this.#ask(clock, search, out);
      return undefined;
    }
    if (
      this.#isWorthAnotherRound(search, failure) &&
      this.#memory.ledNowhere(server) &&
      !search.isSecondRound
    ) {
      search.isSecondRound = true;
      search.fetches = 0;
      if (timeLeft(clock, search) > 0) {
        this.#locate(clock, search, out);
        return undefined;
      }
    }
    const cause = failure.cause === noCause ? search.cause : failure.cause;
    if (search.cause !== noCause && failure.kind !== 'status')
      out.observe({ kind: 'situation', name: 'matrix.discovery.not-found' });
    this.#searches.delete(tag);
    return { tag, result: { ...result, failure: { ...failure, cause } } };
  }

  /** Where the name is the address, only silence is: what refused would refuse again, at the same instant. */
  #isWorthAnotherRound({ server }: Search, failure: Failure): boolean {
    if (this.#knowledge.isElsewhere(server)) return failure.kind !== 'status';
    return failure.kind === 'timed-out' && failure.phase === 'connect';
  }

  #timedOut(search: Search): Ended {
    const { cause } = search;
    return this.#end(search, {
      ok: false,
      failure: { kind: 'timed-out', phase: 'connect', definite: true, cause },
    });
  }

  #end({ tag }: Search, result: RequestResult): Ended {
    this.#searches.delete(tag);
    return { tag, result };
  }
}

/** What a server needs of it; undefined where every server is where its name is, and dialled once. */
export function discoveryFor(
  profile: FederationProfile,
  delegations: DelegationKnowledge | undefined,
  random: RandomStream,
  isWarm: boolean,
): Discovery | undefined {
  const { dialsTwice } = profile;
  if (delegations === undefined && !dialsTwice) return undefined;
  return new Discovery(delegations ?? allAtHome, profile.makeWellKnownMemory(random), isWarm, dialsTwice);
}

const allAtHome: DelegationKnowledge = {
  isElsewhere: () => false,
  remembered: () => ({ delegatedTo: undefined, maxAgeSeconds: undefined, age: 0 }),
};

function timeLeft(clock: Clock, { startedAt, options }: Search): Duration {
  return (options.timeout - elapsed(startedAt, clock.now)) as Duration;
}

/** A name with a port is where it says; else its service record tells, the old one, or port 8448 of the name itself. */
function addressesOf(name: Address): readonly Address[] {
  if (name.includes(':')) return [name];
  return [`_matrix-fed._tcp.${name}` as Address, `_matrix._tcp.${name}` as Address, name];
}

/** A resolver has said that there is no such record. What it could not say is no reason to look elsewhere. */
function hasNoSuchName(failure: Failure): boolean {
  return failure.kind === 'unresolved' && (failure.answer === 'nxdomain' || failure.answer === 'empty');
}

class FindingEffects extends PrefixedEffects {
  readonly #discovery: Discovery;
  readonly #clock: Clock;

  constructor(discovery: Discovery, clock: Clock, out: Effects) {
    super('', out);
    this.#discovery = discovery;
    this.#clock = clock;
  }

  override request(to: Address, tag: Tag, message: Message, options: RequestOptions): void {
    this.#discovery.request(this.#clock, to, tag, message, options, this.out);
  }

  override abandon(tag: Tag): void {
    this.#discovery.abandon(tag, this.out);
  }
}
