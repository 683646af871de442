// What a server says of its own signing keys, and until when: the answer to `GET /key/v2/server`.
// https://spec.matrix.org/v1.16/server-server-api/#publishing-keys
import { fromBase64, toBase64 } from '../../bytes.ts';
import { days, hours, inMilliseconds, type Clock } from '../../time.ts';
import { isJsonObject, type JsonObject } from '../canonical-json.ts';
import type { ServerKey } from '../homeserver-config.ts';
import type { ServerName } from '../ids.ts';
import { signJson, verifyJson, type SigningKey } from '../signing.ts';

/** How long a statement is valid when it is made. Synapse: config/key.py (`key_refresh_interval`). */
export const statementLife = inMilliseconds(days(1));
/** A statement is made anew for whoever asks when less than this is left of it. rest/key/v2/local_key_resource.py. */
const renewedBelow = inMilliseconds(hours(12));
/** Keys count as valid for no longer than this, whatever a statement says. Room versions from 5 on. */
const longestTrust = inMilliseconds(days(7));

/** A key of another server and the last moment, in milliseconds of wall time, at which it may have signed. */
export interface DatedKey extends ServerKey {
  readonly validUntil: number;
  /** What the server said, as it signed it; a notary hands it on. */
  readonly statement: JsonObject;
}

/** The keys that a signer states as its own. */
export function makeStatement(key: SigningKey, validUntil: number): JsonObject {
  const keys = {
    old_verify_keys: {},
    server_name: key.server,
    valid_until_ts: validUntil,
    verify_keys: { [key.keyId]: { key: toBase64(key.signer.publicKey) } },
  };
  return signJson(keys, key);
}

/** The statement that a server gives out, which it renews when more than half of its life is over. */
export class OwnStatement {
  readonly #key: SigningKey;
  #validUntil: number;
  #statement: JsonObject | undefined;

  /** `validUntil` of the one that is out already. */
  constructor(key: SigningKey, validUntil: number) {
    this.#key = key;
    this.#validUntil = Number.isFinite(validUntil) ? validUntil : 0;
  }

  at(clock: Clock): JsonObject {
    if (clock.wall + renewedBelow > this.#validUntil) {
      this.#validUntil = clock.wall + statementLife;
      this.#statement = undefined;
    }
    return (this.#statement ??= makeStatement(this.#key, this.#validUntil));
  }
}

/** The first verify key of a statement; undefined when it is not about this server or not signed by that very key. */
export function readStatement(server: ServerName, statement: JsonObject, clock: Clock): DatedKey | undefined {
  const verifyKeys = statement['verify_keys'];
  const until = statement['valid_until_ts'];
  if (statement['server_name'] !== server || typeof until !== 'number' || !isJsonObject(verifyKeys))
    return undefined;
  for (const [keyId, value] of Object.entries(verifyKeys)) {
    const text = isJsonObject(value) ? value['key'] : undefined;
    const publicKey = typeof text === 'string' ? fromBase64(text) : undefined;
    if (publicKey === undefined) continue;
    if (verifyJson(statement, server, (_server, id) => (id === keyId ? publicKey : undefined)))
      return { keyId, publicKey, validUntil: Math.min(until, clock.wall + longestTrust), statement };
  }
  return undefined;
}
