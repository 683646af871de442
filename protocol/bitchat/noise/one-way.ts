// The pattern Noise_X_25519_ChaChaPoly_SHA256: one message to somebody whose static key is known, who learns from it
// whose it is. https://noiseprotocol.org/noise.html, section 7.4 (`<- s ... -> e, es, s, ss`).
import { concatBytes } from '../../bytes.ts';
import { x25519PublicKey } from '../../crypto.ts';
import { tagBytes } from './cipher-state.ts';
import { keyBytes, SymmetricState, type KeyPair } from './symmetric-state.ts';

const protocolName = 'Noise_X_25519_ChaChaPoly_SHA256';

function begin(recipient: Uint8Array, prologue: Uint8Array): SymmetricState {
  const state = new SymmetricState(protocolName, prologue);
  state.mixHash(recipient);
  return state;
}

/** `ephemeralSecret`: 32 bytes never used before. Undefined when the recipient's key makes no secret. */
export function sealOneWay(
  own: KeyPair,
  recipient: Uint8Array,
  ephemeralSecret: Uint8Array,
  prologue: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array | undefined {
  const state = begin(recipient, prologue);
  const ephemeral = x25519PublicKey(ephemeralSecret);
  state.mixHash(ephemeral);
  if (!state.mixSecret(ephemeralSecret, recipient)) return undefined;
  const sealedStatic = state.seal(own.publicKey);
  if (!state.mixSecret(own.secret, recipient)) return undefined;
  return concatBytes(ephemeral, sealedStatic, state.seal(plaintext));
}

/** The plaintext and its author's static key; undefined when it was changed or is for somebody else. */
export function openOneWay(
  own: KeyPair,
  prologue: Uint8Array,
  message: Uint8Array,
): { readonly plaintext: Uint8Array; readonly author: Uint8Array } | undefined {
  const staticEnd = keyBytes + keyBytes + tagBytes;
  if (message.length < staticEnd + tagBytes) return undefined;
  const state = begin(own.publicKey, prologue);
  const ephemeral = message.slice(0, keyBytes);
  state.mixHash(ephemeral);
  if (!state.mixSecret(own.secret, ephemeral)) return undefined;
  const author = state.open(message.slice(keyBytes, staticEnd));
  if (author === undefined || !state.mixSecret(own.secret, author)) return undefined;
  const plaintext = state.open(message.slice(staticEnd));
  return plaintext === undefined ? undefined : { plaintext, author };
}
