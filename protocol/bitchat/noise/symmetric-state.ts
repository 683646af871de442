// What the handshakes share: a chained key and a hash of everything said. https://noiseprotocol.org/noise.html, 5.2.
import { concatBytes, utf8 } from '../../bytes.ts';
import { hmacSha256, sha256, x25519 } from '../../crypto.ts';
import { CipherState } from './cipher-state.ts';

/** A key pair of 32 bytes each. */
export interface KeyPair {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Bytes of a key and of a hash. */
export const keyBytes = 32;

/** HKDF with two outputs (section 4.3). */
function deriveTwo(chainingKey: Uint8Array, material: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const temporary = hmacSha256(chainingKey, material);
  const first = hmacSha256(temporary, Uint8Array.of(1));
  return [first, hmacSha256(temporary, concatBytes(first, Uint8Array.of(2)))];
}

/** Keys of low order make no secret: node:crypto and its portable twin refuse them. */
function sharedSecret(secret: Uint8Array, publicKey: Uint8Array): Uint8Array | undefined {
  try {
    return x25519(secret, publicKey);
  } catch {
    return undefined;
  }
}

/** One handshake's symmetric half. After a failure it is of no more use. */
export class SymmetricState {
  readonly #cipher = new CipherState();
  #chainingKey: Uint8Array;
  #hash: Uint8Array;

  /** `protocolName`: at most 32 bytes, which stand for themselves with zeros behind them. */
  constructor(protocolName: string, prologue: Uint8Array) {
    const name = new Uint8Array(keyBytes);
    name.set(utf8(protocolName));
    this.#hash = name;
    this.#chainingKey = name;
    this.mixHash(prologue);
  }

  get hasKey(): boolean {
    return this.#cipher.hasKey;
  }

  get hash(): Uint8Array {
    return this.#hash;
  }

  mixHash(data: Uint8Array): void {
    this.#hash = sha256(concatBytes(this.#hash, data));
  }

  /** Mixes the secret that the two keys share. False when they make none. */
  mixSecret(own: Uint8Array, other: Uint8Array): boolean {
    const secret = sharedSecret(own, other);
    if (secret === undefined) return false;
    const [chainingKey, key] = deriveTwo(this.#chainingKey, secret);
    this.#chainingKey = chainingKey;
    this.#cipher.setKey(key);
    return true;
  }

  seal(plaintext: Uint8Array): Uint8Array {
    const sealed = this.#cipher.seal(plaintext, this.#hash);
    this.mixHash(sealed);
    return sealed;
  }

  open(sealed: Uint8Array): Uint8Array | undefined {
    const plaintext = this.#cipher.open(sealed, this.#hash);
    this.mixHash(sealed);
    return plaintext;
  }

  /** The keys of the two directions, the initiator's first. */
  split(): readonly [CipherState, CipherState] {
    const [initiators, responders] = deriveTwo(this.#chainingKey, new Uint8Array());
    return [new CipherState(initiators), new CipherState(responders)];
  }
}
