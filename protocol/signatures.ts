// Signatures of peers who know each other by their keys: real Ed25519, or ideal tokens that are as long and as hard to
// forge within a run.
import { concatBytes, equalBytes, toHex } from './bytes.ts';
import { ed25519Signer, ed25519Verifier, hmacSha256, sha256, type Ed25519Verifier } from './crypto.ts';

/** One peer's signing key. */
export interface Signer {
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

/** How a run signs. */
export interface SignatureScheme {
  /** The signer of 32 secret bytes. */
  signer(secret: Uint8Array): Signer;
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean;
}

/** Keys made ready for use and remembered; a flood of invented keys starts the memory anew. */
const rememberedKeys = 20_000;

/** Ed25519 (RFC 8032). Making a key ready costs as much as a verification, so it is done once. */
export function realSignatures(): SignatureScheme {
  const verifiers = new Map<string, Ed25519Verifier | undefined>();
  const verifierOf = (publicKey: Uint8Array): Ed25519Verifier | undefined => {
    const name = toHex(publicKey);
    if (!verifiers.has(name)) {
      if (verifiers.size >= rememberedKeys) verifiers.clear();
      verifiers.set(name, ed25519Verifier(publicKey));
    }
    return verifiers.get(name);
  };
  return {
    signer: ed25519Signer,
    verify: (publicKey, bytes, signature) => verifierOf(publicKey)?.verify(bytes, signature) ?? false,
  };
}

/** A 64-byte token valid for exactly that key and those bytes; only who knows the run's secret can make one. */
export function idealSignatures(secret: Uint8Array): SignatureScheme {
  const token = (publicKey: Uint8Array, bytes: Uint8Array): Uint8Array => {
    const first = hmacSha256(secret, concatBytes(publicKey, bytes));
    return concatBytes(first, hmacSha256(secret, first));
  };
  return {
    signer(own) {
      const publicKey = sha256(own);
      return { publicKey, sign: (bytes) => token(publicKey, bytes) };
    },
    verify: (publicKey, bytes, signature) => equalBytes(token(publicKey, bytes), signature),
  };
}
