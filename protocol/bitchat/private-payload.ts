// What two phones say to each other in private. The frames have the sizes of an established Noise session: four bytes
// of nonce, ciphertext, sixteen bytes of tag (NoiseProtocol.swift, NoiseCipherState). The key is the hash of the
// static-static X25519 secret instead of the outcome of an XX handshake: secret and authentic, without forward secrecy
// and without the handshake's three messages.
import { concatBytes, utf8 } from '../bytes.ts';
import { chacha20Poly1305Open, chacha20Poly1305Seal, sha256, x25519 } from '../crypto.ts';
import { decodeFields, encodeFields, textOf } from './announce.ts';
import { mostPrivateTextBytes, noisePayloads } from './constants.ts';
import { peerIdBytes, type PeerId } from './peer-id.ts';

/** What is inside a decrypted `noiseEncrypted`. */
export type PrivatePayload =
  | { readonly kind: 'message'; readonly id: string; readonly text: string }
  /** The recipient's application has the message. */
  | { readonly kind: 'delivered'; readonly id: string };

const fields = { id: 0, text: 1 } as const;
const noBytes = new Uint8Array();

/** Whether the text fits the one-byte length of a private message. The applications refuse longer ones. */
export function fitsPrivateMessage(text: string): boolean {
  return utf8(text).length <= mostPrivateTextBytes;
}

/** One byte of type, then fields for a message, or the id's UTF-8 for an acknowledgement. */
export function encodePrivatePayload(payload: PrivatePayload): Uint8Array {
  if (payload.kind === 'delivered')
    return concatBytes(Uint8Array.of(noisePayloads.delivered), utf8(payload.id));
  const body = encodeFields([
    [fields.id, utf8(payload.id)],
    [fields.text, utf8(payload.text)],
  ]);
  return concatBytes(Uint8Array.of(noisePayloads.privateMessage), body);
}

/** Undefined for other types and for malformed bytes. */
export function decodePrivatePayload(bytes: Uint8Array): PrivatePayload | undefined {
  const body = bytes.subarray(1);
  if (bytes[0] === noisePayloads.delivered) {
    const id = textOf(body);
    return id === undefined ? undefined : { kind: 'delivered', id };
  }
  if (bytes[0] !== noisePayloads.privateMessage) return undefined;
  const parts = decodeFields(body);
  const id = textOf(parts?.get(fields.id));
  const text = textOf(parts?.get(fields.text));
  return id === undefined || text === undefined ? undefined : { kind: 'message', id, text };
}

/** Both directions between this phone and one friend. */
export class PrivateChannel {
  readonly #secret: Uint8Array;
  readonly #own: PeerId;
  readonly #friend: PeerId;

  /** `noiseSecret`: this phone's; `friendKey`: the friend's Noise static public key. */
  constructor(own: PeerId, noiseSecret: Uint8Array, friend: PeerId, friendKey: Uint8Array) {
    this.#own = own;
    this.#friend = friend;
    this.#secret = x25519(noiseSecret, friendKey);
  }

  /** `nonce`: four bytes, not to be used twice in one direction. */
  seal(payload: PrivatePayload, nonce: Uint8Array): Uint8Array {
    const sealed = chacha20Poly1305Seal(
      this.#key(this.#own),
      wideNonce(nonce),
      encodePrivatePayload(payload),
      noBytes,
    );
    return concatBytes(nonce, sealed);
  }

  /** What the friend sealed; undefined when it was not the friend, or the bytes were changed. */
  open(bytes: Uint8Array): PrivatePayload | undefined {
    if (bytes.length < 4) return undefined;
    const plain = chacha20Poly1305Open(
      this.#key(this.#friend),
      wideNonce(bytes.subarray(0, 4)),
      bytes.subarray(4),
      noBytes,
    );
    return plain === undefined ? undefined : decodePrivatePayload(plain);
  }

  /** Each direction has its own key, named after who speaks. */
  #key(speaker: PeerId): Uint8Array {
    return sha256(concatBytes(this.#secret, peerIdBytes(speaker)));
  }
}

/** The twelve bytes that the cipher wants: zeros, then the four on the wire. */
function wideNonce(nonce: Uint8Array): Uint8Array {
  const wide = new Uint8Array(12);
  wide.set(nonce, 8);
  return wide;
}
