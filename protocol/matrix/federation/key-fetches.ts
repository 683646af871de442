// Fetching keys of servers: all notaries at once, then the server itself if they could not help.
// Behaviour of Synapse: github.com/element-hq/synapse, synapse/crypto/keyring.py (`PerspectivesKeyFetcher`,
// `ServerKeyFetcher`) and synapse/http/matrixfederationclient.py.
import type { Address, Effects, RequestResult, Tag } from '../../core.ts';
import { noCause, type CauseToken } from '../../failure.ts';
import { carriesNothing } from '../../message.ts';
import { after, type Clock } from '../../time.ts';
import type { JsonObject } from '../canonical-json.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { ServerName } from '../ids.ts';
import { asMatrix } from '../messages.ts';
import { synapse } from './constants.ts';
import type { GetServerKeys, QueryKeys } from './messages.ts';
import { patience } from './patience.ts';
import { mayRetryWithinRequest, waitWithinShortRequest } from './retry-backoff.ts';

/** Where what is fetched is kept. */
export interface KeyShelf {
  isGood(server: ServerName, validAt: number): boolean;
  /** Takes what a server said of itself, if it is in order and better than what is known. */
  learn(clock: Clock, server: ServerName, statement: JsonObject, out: Effects): void;
}

interface Fetch {
  readonly server: ServerName;
  validAt: number;
  /** Notaries that have not answered yet, and how often each was asked again. */
  readonly notaries: Map<ServerName, number>;
}

const directPrefix = 'server-keys/';
const queryPrefix = 'query-keys/';

export class KeyFetches {
  readonly #context: HomeserverContext;
  readonly #shelf: KeyShelf;
  readonly #fetches = new Map<ServerName, Fetch>();
  #lastFailure: CauseToken = noCause;

  constructor(context: HomeserverContext, shelf: KeyShelf) {
    this.#context = context;
    this.#shelf = shelf;
  }

  /** Faults behind the last question in vain. */
  get lastFailure(): CauseToken {
    return this.#lastFailure;
  }

  isUnderWay(server: ServerName): boolean {
    return this.#fetches.has(server);
  }

  /** `isDirect`: a notary asks the server itself and nobody else. */
  begin(clock: Clock, server: ServerName, validAt: number, isDirect: boolean, out: Effects): void {
    const running = this.#fetches.get(server);
    if (running !== undefined) {
      running.validAt = Math.max(running.validAt, validAt);
      return;
    }
    const { serverName, keyKnowledge } = this.#context.config;
    const fetch: Fetch = { server, validAt, notaries: new Map() };
    this.#fetches.set(server, fetch);
    for (const notary of isDirect ? [] : keyKnowledge.notaries)
      if (notary !== serverName && this.#context.sender.mayAsk(clock, notary)) fetch.notaries.set(notary, 0);
    if (fetch.notaries.size === 0) return this.#askItself(fetch, out);
    for (const notary of fetch.notaries.keys()) this.#query(fetch, notary, out);
  }

  /** True when the answer was to one of its requests. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    if (tag.startsWith(directPrefix)) this.#cameFromItself(clock, tag, result, out);
    else if (tag.startsWith(queryPrefix)) this.#cameFromNotary(clock, tag, result, out);
    else return false;
    return true;
  }

  /** True when the timer was one of its own. */
  timer(_clock: Clock, timer: string, out: Effects): boolean {
    const asked = this.#asked(timer);
    if (asked !== undefined) this.#query(asked.fetch, asked.notary, out);
    return timer.startsWith(queryPrefix);
  }

  #query({ server, validAt }: Fetch, notary: ServerName, out: Effects): void {
    out.observe({ kind: 'situation', name: 'matrix.keys.notary-asked' });
    const question: QueryKeys = {
      kind: 'matrix.query-keys',
      origin: this.#context.config.serverName,
      destination: notary,
      server,
      minimumValidUntil: validAt,
      carries: carriesNothing,
    };
    const tag = `${queryPrefix}${notary} ${server}`;
    const options = patience(this.#context.config.profile, synapse.requestTimeout);
    out.request(notary as string as Address, tag, question, options);
  }

  #askItself({ server }: Fetch, out: Effects): void {
    out.observe({ kind: 'situation', name: 'matrix.keys.server-asked' });
    const question: GetServerKeys = {
      kind: 'matrix.get-server-keys',
      origin: this.#context.config.serverName,
      destination: server,
      carries: carriesNothing,
    };
    const options = patience(this.#context.config.profile, synapse.keyTimeout);
    out.request(server as string as Address, directPrefix + server, question, options);
  }

  #cameFromNotary(clock: Clock, tag: Tag, result: RequestResult, out: Effects): void {
    const asked = this.#asked(tag);
    if (asked === undefined) return;
    const { fetch, notary, retries } = asked;
    const answer = result.ok ? asMatrix(result.message) : undefined;
    if (answer?.kind === 'matrix.key-statements')
      for (const statement of answer.statements) this.#shelf.learn(clock, fetch.server, statement, out);
    if (!result.ok && mayRetryWithinRequest(result.failure) && retries < synapse.shortRetries) {
      fetch.notaries.set(notary, retries + 1);
      return out.setTimer(
        tag,
        after(clock.now, waitWithinShortRequest(retries, this.#context.config.random)),
      );
    }
    this.#context.sender.questionEnded(clock, notary, result, out);
    if (!result.ok) this.#lastFailure = result.failure.cause;
    fetch.notaries.delete(notary);
    if (fetch.notaries.size > 0) return;
    if (this.#shelf.isGood(fetch.server, fetch.validAt)) this.#fetches.delete(fetch.server);
    else {
      out.observe({ kind: 'situation', name: 'matrix.keys.notary-in-vain' });
      this.#askItself(fetch, out);
    }
  }

  /** A question for keys is asked whatever is held against the server, and its failure is not held against it. */
  #cameFromItself(clock: Clock, tag: Tag, result: RequestResult, out: Effects): void {
    const server = tag.slice(directPrefix.length) as ServerName;
    const fetch = this.#fetches.get(server);
    this.#fetches.delete(server);
    if (result.ok) this.#context.sender.questionEnded(clock, server, result, out);
    const answer = result.ok ? asMatrix(result.message) : undefined;
    if (answer?.kind === 'matrix.server-keys') this.#shelf.learn(clock, server, answer.keys, out);
    if (fetch === undefined || this.#shelf.isGood(server, fetch.validAt)) return;
    if (!result.ok) this.#lastFailure = result.failure.cause;
    out.observe({ kind: 'situation', name: 'matrix.keys.not-found' });
  }

  #asked(name: string): { fetch: Fetch; notary: ServerName; retries: number } | undefined {
    if (!name.startsWith(queryPrefix)) return undefined;
    const [notary, server] = name.slice(queryPrefix.length).split(' ') as [ServerName, ServerName];
    const fetch = this.#fetches.get(server);
    const retries = fetch?.notaries.get(notary);
    return fetch === undefined || retries === undefined ? undefined : { fetch, notary, retries };
  }
}
