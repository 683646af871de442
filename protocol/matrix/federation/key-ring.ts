// Public keys of other servers. Those met before are at hand; an unknown server is asked for its own.
// https://spec.matrix.org/v1.16/server-server-api/#retrieving-server-keys
import type { Address, Effects, RequestResult, StoredState, Tag } from '../../core.ts';
import { fromBase64 } from '../../bytes.ts';
import type { Ed25519Signer } from '../../crypto.ts';
import { carriesNothing } from '../../message.ts';
import type { Clock } from '../../time.ts';
import type { JsonObject } from '../canonical-json.ts';
import type { ServerKey } from '../homeserver-config.ts';
import { serverNameOf, type ServerName } from '../ids.ts';
import { asMatrix } from '../messages.ts';
import { verifyJson } from '../signing.ts';
import { synapse } from './constants.ts';
import type { GetServerKeys, Pdu } from './messages.ts';

const tagPrefix = 'server-keys/';
const storedPrefix = 'server-key/';

export class KeyRing {
  readonly #serverName: ServerName;
  /** Those of servers met before; shared by all servers, since a copy each would grow with their square. */
  readonly #known: ReadonlyMap<ServerName, ServerKey>;
  /** Its own, and those that it asked for. */
  readonly #learned = new Map<ServerName, ServerKey>();
  readonly #fetching = new Set<ServerName>();

  constructor(
    serverName: ServerName,
    own: ServerKey,
    known: ReadonlyMap<ServerName, ServerKey>,
    stored: StoredState | undefined,
  ) {
    this.#serverName = serverName;
    this.#known = known;
    for (const [key, value] of stored ?? [])
      if (key.startsWith(storedPrefix))
        this.#learned.set(key.slice(storedPrefix.length) as ServerName, value as ServerKey);
    this.#learned.set(serverName, own);
  }

  /** The key under this id; undefined when it is not known. */
  keyOf(server: ServerName, keyId: string): Uint8Array | undefined {
    const key = this.#learned.get(server) ?? this.#known.get(server);
    return key?.keyId === keyId ? key.publicKey : undefined;
  }

  /** Senders' servers whose keys are not known. */
  unknownAmong(pdus: readonly Pdu[]): readonly ServerName[] {
    const unknown = new Set<ServerName>();
    for (const { pdu } of pdus) {
      const server = typeof pdu['sender'] === 'string' ? serverNameOf(pdu['sender']) : undefined;
      if (server !== undefined && !this.#known.has(server) && !this.#learned.has(server)) unknown.add(server);
    }
    return [...unknown];
  }

  /** Asks for the keys of these servers; true when none had to be asked for. */
  ensure(_clock: Clock, servers: readonly ServerName[], out: Effects): boolean {
    for (const server of servers) {
      if (this.#fetching.has(server)) continue;
      this.#fetching.add(server);
      const request: GetServerKeys = {
        kind: 'matrix.get-server-keys',
        origin: this.#serverName,
        destination: server,
        carries: carriesNothing,
      };
      out.request(server as string as Address, tagPrefix + server, request, { timeout: synapse.keyTimeout });
    }
    return servers.length === 0;
  }

  isFetching(servers: readonly ServerName[]): boolean {
    return servers.some((server) => this.#fetching.has(server));
  }

  /** True when the answer was about keys. */
  answered(tag: Tag, result: RequestResult, out: Effects): boolean {
    if (!tag.startsWith(tagPrefix)) return false;
    const server = tag.slice(tagPrefix.length) as ServerName;
    this.#fetching.delete(server);
    const answer = result.ok ? asMatrix(result.message) : undefined;
    const key = answer?.kind === 'matrix.server-keys' ? readServerKey(server, answer.keys) : undefined;
    if (key === undefined) return true;
    this.#learned.set(server, key);
    out.persist(storedPrefix + server, key);
    return true;
  }
}

/** What others know of a signer; its public key is computed when somebody asks. */
export function serverKeyOf(keyId: string, signer: Ed25519Signer): ServerKey {
  return {
    keyId,
    get publicKey() {
      return signer.publicKey;
    },
  };
}

/** The first verify key in a server's own answer; undefined when the answer is not about this server. */
function readServerKey(server: ServerName, keys: JsonObject): ServerKey | undefined {
  const verifyKeys = keys['verify_keys'];
  if (keys['server_name'] !== server || typeof verifyKeys !== 'object' || verifyKeys === null)
    return undefined;
  for (const [keyId, value] of Object.entries(verifyKeys as JsonObject)) {
    const text = (value as JsonObject | null)?.['key'];
    const publicKey = typeof text === 'string' ? fromBase64(text) : undefined;
    if (publicKey === undefined) continue;
    // Signed by the very key that it announces.
    if (verifyJson(keys, server, (_server, id) => (id === keyId ? publicKey : undefined)))
      return { keyId, publicKey };
  }
  return undefined;
}
