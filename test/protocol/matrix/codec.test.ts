// Canonical JSON, hashes, ids, redaction and signatures, case by case against an independent implementation.
import { describe, expect, it } from 'vitest';
import { present } from '../../../protocol/assert.ts';
import { fromBase64, toBase64 } from '../../../protocol/bytes.ts';
import { ed25519Signer, sha256Hex } from '../../../protocol/crypto.ts';
import {
  encodeCanonicalJson,
  parseJsonText,
  withoutKeys,
  type JsonObject,
} from '../../../protocol/matrix/canonical-json.ts';
import { contentHash, eventIdOf, referenceHash } from '../../../protocol/matrix/hashes.ts';
import type { ServerName } from '../../../protocol/matrix/ids.ts';
import { redact } from '../../../protocol/matrix/redaction.ts';
import { specifiedRoomVersions, type RoomVersionRules } from '../../../protocol/matrix/room-version.ts';
import {
  hasValidContentHash,
  hashAndSignEvent,
  signJson,
  verifyJson,
  type SigningKey,
} from '../../../protocol/matrix/signing.ts';
import { readVector } from '../../support/matrix-vectors.ts';

interface EventCase {
  readonly name: string;
  readonly room_version: string;
  readonly event: JsonObject;
}
interface CodecVectors {
  readonly keys: Readonly<
    Record<string, { readonly key_id: string; readonly seed: string; readonly public_key: string }>
  >;
  readonly canonical_json: readonly {
    readonly name: string;
    readonly input: string;
    readonly canonical?: string;
    readonly canonical_sha256?: string;
    readonly error?: string;
  }[];
  readonly content_hash: readonly (EventCase & { readonly sha256: string })[];
  readonly reference_hash: readonly (EventCase & {
    readonly reference_hash: string;
    readonly event_id: string;
  })[];
  readonly redaction: readonly (EventCase & { readonly redacted: JsonObject })[];
  readonly sign_json: readonly {
    readonly name: string;
    readonly key: string;
    readonly entity: string;
    readonly input: JsonObject;
    readonly signed: JsonObject;
  }[];
  readonly sign_event: readonly {
    readonly name: string;
    readonly room_version: string;
    readonly key: string;
    readonly entity: string;
    readonly input: JsonObject;
    readonly hashes: JsonObject;
    readonly signatures: JsonObject;
  }[];
  readonly verify_json: readonly {
    readonly name: string;
    readonly entity: string;
    readonly key: string;
    readonly key_id: string;
    readonly input: JsonObject;
    readonly valid: boolean;
  }[];
  readonly verify_event: readonly (EventCase & {
    readonly entity: string;
    readonly key: string;
    readonly signature_valid: boolean;
    readonly content_hash_valid: boolean;
  })[];
}

const vectors = readVector('codec.json.gz') as CodecVectors;
const rulesOf = (version: string): RoomVersionRules =>
  present(specifiedRoomVersions.get(version), `room version ${version}`);
const named = <T extends { readonly name: string }>(cases: readonly T[]): [string, T][] =>
  cases.map((each, index) => [`${index} ${each.name}`, each]);
const keyOf = (name: string, server: string): SigningKey => {
  const { seed, key_id } = present(vectors.keys[name], `key ${name}`);
  return {
    server: server as ServerName,
    keyId: key_id,
    signer: ed25519Signer(present(fromBase64(seed), 'seed')),
  };
};

describe('canonical JSON', () => {
  it.each(named(vectors.canonical_json))('%s', (_name, { input, canonical, canonical_sha256, error }) => {
    const parsed = parseJsonText(input, true);
    expect(parsed.ok).toBe(error === undefined);
    if (!parsed.ok) return;
    expect(encodeCanonicalJson(parsed.value)).toBe(canonical);
    expect(sha256Hex(encodeCanonicalJson(parsed.value))).toBe(canonical_sha256);
  });
});

describe('hashes', () => {
  it.each(named(vectors.content_hash))('content hash: %s', (_name, { event, sha256 }) => {
    expect(contentHash(event)).toBe(sha256);
  });
  it.each(named(vectors.reference_hash))(
    'reference hash: %s',
    (_name, { event, room_version, reference_hash, event_id }) => {
      const rules = rulesOf(room_version);
      expect(toBase64(referenceHash(event, rules))).toBe(reference_hash);
      expect(eventIdOf(event, rules)).toBe(event_id);
    },
  );
});

describe('redaction', () => {
  it.each(named(vectors.redaction))('%s', (_name, { event, room_version, redacted }) => {
    expect(redact(event, rulesOf(room_version))).toEqual(redacted);
  });
});

describe('signatures', () => {
  it.each(named(vectors.sign_json))('sign JSON: %s', (_name, { input, key, entity, signed }) => {
    expect(signJson(input, keyOf(key, entity))).toEqual(signed);
  });
  it.each(named(vectors.sign_event))(
    'sign event: %s',
    (_name, { input, room_version, key, entity, hashes, signatures }) => {
      const event = hashAndSignEvent(
        withoutKeys(input, ['hashes']),
        rulesOf(room_version),
        keyOf(key, entity),
      );
      expect(event['hashes']).toEqual(hashes);
      expect(event['signatures']).toEqual(signatures);
    },
  );
  it.each(named(vectors.verify_json))('verify JSON: %s', (_name, { input, entity, key, key_id, valid }) => {
    const publicKey = fromBase64(present(vectors.keys[key], 'key').public_key);
    expect(verifyJson(input, entity, (_server, keyId) => (keyId === key_id ? publicKey : undefined))).toBe(
      valid,
    );
  });
  it.each(named(vectors.verify_event))(
    'verify event: %s',
    (_name, { event, room_version, entity, key, signature_valid, content_hash_valid }) => {
      const { public_key, key_id } = present(vectors.keys[key], 'key');
      const redacted = redact(event, rulesOf(room_version));
      expect(
        verifyJson(redacted, entity, (_server, keyId) =>
          keyId === key_id ? fromBase64(public_key) : undefined,
        ),
      ).toBe(signature_valid);
      expect(hasValidContentHash(event)).toBe(content_hash_valid);
    },
  );
});
