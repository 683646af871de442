// Public keys of other servers, each with a last moment at which it may have signed. What is not at hand, or not valid for
// long enough, is fetched: from notaries, which hand on what servers said of themselves, then from the server itself.
// https://spec.matrix.org/v1.16/server-server-api/#retrieving-server-keys; the order is that of Synapse
// (github.com/element-hq/synapse, synapse/crypto/keyring.py) and of Dendrite unless it is told to prefer the direct way
// (github.com/element-hq/dendrite, federationapi/federationapi.go, `PreferDirectFetch`).
import type { Effects, RequestId, RequestResult, StoredState, Tag } from '../../core.ts';
import type { CauseToken } from '../../failure.ts';
import type { Ed25519Signer } from '../../crypto.ts';
import { carriesNothing } from '../../message.ts';
import type { Clock } from '../../time.ts';
import type { JsonObject } from '../canonical-json.ts';
import type { HomeserverContext } from '../homeserver-context.ts';
import type { ServerKey } from '../homeserver-config.ts';
import { serverNameOf, type RoomId, type ServerName } from '../ids.ts';
import { signJson, type KeyLookup } from '../signing.ts';
import { KeyFetches } from './key-fetches.ts';
import { OwnStatement, readStatement, type DatedKey } from './key-statement.ts';
import type { KeyStatements, Pdu, QueryKeys, ServerKeys } from './messages.ts';

const storedPrefix = 'server-key/';

/** Servers of which a key is wanted that is valid at a moment, in milliseconds of wall time. */
export type KeyNeeds = ReadonlyMap<ServerName, number>;

/** A notary's question that waits for what a server says of itself. */
interface Queried {
  readonly request: RequestId;
  readonly query: QueryKeys;
}

export class KeyRing {
  readonly #context: HomeserverContext;
  /** Those that it asked for. */
  readonly #learned = new Map<ServerName, DatedKey>();
  readonly #fetches: KeyFetches;
  readonly #own: OwnStatement;
  #queried: Queried[] = [];

  constructor(context: HomeserverContext, stored: StoredState | undefined) {
    this.#context = context;
    for (const [key, value] of stored ?? [])
      if (key.startsWith(storedPrefix))
        this.#learned.set(key.slice(storedPrefix.length) as ServerName, value as DatedKey);
    const { serverName, keyKnowledge } = context.config;
    this.#own = new OwnStatement(context.signingKey, keyKnowledge.validUntil(serverName));
    this.#fetches = new KeyFetches(context, {
      isGood: (server, validAt) => this.isGood(server, validAt),
      learn: (clock, server, statement, out) => this.#learn(clock, server, statement, out),
    });
  }

  /** The key under this id, if it may have signed at this moment; undefined when none is known. */
  keyOf(server: ServerName, keyId: string, validAt: number): Uint8Array | undefined {
    const key = this.#keyOf(server);
    return key?.keyId === keyId && validAt <= this.#validUntil(server) ? key.publicKey : undefined;
  }

  /** Behind the last time that a key could not be had. */
  get lastFailure(): CauseToken {
    return this.#fetches.lastFailure;
  }

  /** Keys as they are good for an event of this time. */
  lookupAt(validAt: number): KeyLookup {
    return (server, keyId) => this.keyOf(server as ServerName, keyId, validAt);
  }

  /** Whether a key of the server is known that is valid at this moment. */
  isGood(server: ServerName, validAt: number): boolean {
    return this.#keyOf(server) !== undefined && validAt <= this.#validUntil(server);
  }

  /** What is wanted for checking these, and not at hand. */
  neededFor(pdus: readonly Pdu[]): KeyNeeds {
    let needs: Map<ServerName, number> | undefined;
    for (const { pdu } of pdus) {
      const server = typeof pdu['sender'] === 'string' ? serverNameOf(pdu['sender']) : undefined;
      if (server === undefined) continue;
      const validAt = this.#signedAt(pdu);
      if (this.isGood(server, validAt)) continue;
      needs ??= new Map();
      needs.set(server, Math.max(validAt, needs.get(server) ?? 0));
    }
    return needs ?? noNeeds;
  }

  /** What is wanted for taking a request of this server, and not at hand: a key that is valid now. */
  neededFrom(clock: Clock, origin: ServerName): KeyNeeds {
    return this.isGood(origin, clock.wall) ? noNeeds : new Map([[origin, clock.wall]]);
  }

  /** Fetches what is wanted; true when nothing is. */
  ensure(clock: Clock, needs: KeyNeeds, out: Effects): boolean {
    for (const [server, validAt] of needs) this.#fetches.begin(clock, server, validAt, false, out);
    return !this.isFetching(needs);
  }

  isFetching(needs: KeyNeeds): boolean {
    for (const server of needs.keys()) if (this.#fetches.isUnderWay(server)) return true;
    return false;
  }

  /** True when the answer was about keys. */
  answered(clock: Clock, tag: Tag, result: RequestResult, out: Effects): boolean {
    if (!this.#fetches.answered(clock, tag, result, out)) return false;
    this.#answerQueries(clock, out);
    return true;
  }

  /** True when the timer was one of its own. */
  timer(clock: Clock, timer: string, out: Effects): boolean {
    return this.#fetches.timer(clock, timer, out);
  }

  // --- What it tells others ---

  tellOwn(clock: Clock, request: RequestId, out: Effects): void {
    const answer: ServerKeys = {
      kind: 'matrix.server-keys',
      keys: this.#own.at(clock),
      carries: carriesNothing,
    };
    out.respond(request, answer);
  }

  /** Another server wants to know a third one's keys: this one is its notary. */
  query(clock: Clock, request: RequestId, query: QueryKeys, out: Effects): void {
    const { server, minimumValidUntil } = query;
    if (server !== this.#context.config.serverName && !this.isGood(server, minimumValidUntil))
      this.#fetches.begin(clock, server, minimumValidUntil, true, out);
    this.#queried.push({ request, query });
    this.#answerQueries(clock, out);
  }

  #answerQueries(clock: Clock, out: Effects): void {
    this.#queried = this.#queried.filter(({ request, query }) => {
      if (this.#fetches.isUnderWay(query.server)) return true;
      const statement = this.#statementOf(clock, query.server);
      const statements = statement === undefined ? [] : [signJson(statement, this.#context.signingKey)];
      const answer: KeyStatements = { kind: 'matrix.key-statements', statements, carries: carriesNothing };
      out.respond(request, answer);
      return false;
    });
  }

  #statementOf(clock: Clock, server: ServerName): JsonObject | undefined {
    const { serverName, keyKnowledge } = this.#context.config;
    if (server === serverName) return this.#own.at(clock);
    return this.#learned.get(server)?.statement ?? keyKnowledge.statementOf(server);
  }

  // --- What it knows ---

  #keyOf(server: ServerName): ServerKey | undefined {
    const { serverName, keyKnowledge } = this.#context.config;
    const { keyId, signer } = this.#context.signingKey;
    if (server === serverName) return serverKeyOf(keyId, signer);
    return this.#learned.get(server) ?? keyKnowledge.keys.get(server);
  }

  #validUntil(server: ServerName): number {
    const { serverName, keyKnowledge } = this.#context.config;
    if (server === serverName) return Infinity;
    return this.#learned.get(server)?.validUntil ?? keyKnowledge.validUntil(server);
  }

  /** The time for which an event's key must be valid; rooms of old versions do not ask. */
  #signedAt(pdu: JsonObject): number {
    const roomId = pdu['room_id'];
    const room = typeof roomId === 'string' ? this.#context.room(roomId as RoomId) : undefined;
    const at = pdu['origin_server_ts'];
    return room?.rules.enforceKeyValidity === false || typeof at !== 'number' ? 0 : at;
  }

  #learn(clock: Clock, server: ServerName, statement: JsonObject, out: Effects): void {
    const key = readStatement(server, statement, clock);
    if (key === undefined || key.validUntil <= (this.#learned.get(server)?.validUntil ?? 0)) return;
    this.#learned.set(server, key);
    out.persist(storedPrefix + server, key);
  }
}

const noNeeds: KeyNeeds = new Map();

/** What others know of a signer; its public key is computed when somebody asks. */
export function serverKeyOf(keyId: string, signer: Ed25519Signer): ServerKey {
  return {
    keyId,
    get publicKey() {
      return signer.publicKey;
    },
  };
}
