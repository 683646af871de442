// The handshake Noise_XX_25519_ChaChaPoly_SHA256: three messages after which both sides know each other's static key and
// share two fresh keys. https://noiseprotocol.org/noise.html, sections 5.2, 5.3 and 7.5.
import { concatBytes } from '../../bytes.ts';
import { x25519PublicKey } from '../../crypto.ts';
import { tagBytes, type CipherState } from './cipher-state.ts';
import { keyBytes, SymmetricState, type KeyPair } from './symmetric-state.ts';

/** What a handshake comes to. */
export interface HandshakeResult {
  readonly sending: CipherState;
  readonly receiving: CipherState;
  readonly remoteStatic: Uint8Array;
  /** The same on both sides, and for no other handshake. */
  readonly hash: Uint8Array;
}

const noBytes = new Uint8Array();
const protocolName = 'Noise_XX_25519_ChaChaPoly_SHA256';

type Token = 'e' | 's' | 'ee' | 'es' | 'se';
const pattern: readonly (readonly Token[])[] = [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']];

/** One side of one handshake. After a failure it is of no more use. */
export class XxHandshake {
  readonly #isInitiator: boolean;
  readonly #static: KeyPair;
  readonly #ephemeral: KeyPair;
  readonly #state: SymmetricState;
  #remoteStatic: Uint8Array | undefined;
  #remoteEphemeral: Uint8Array | undefined;
  #messages = 0;

  /** `ephemeralSecret`: 32 bytes never used before. Both sides must have the same prologue. */
  constructor(
    role: 'initiator' | 'responder',
    own: KeyPair,
    ephemeralSecret: Uint8Array,
    prologue: Uint8Array = noBytes,
  ) {
    this.#isInitiator = role === 'initiator';
    this.#static = own;
    this.#ephemeral = { secret: ephemeralSecret, publicKey: x25519PublicKey(ephemeralSecret) };
    this.#state = new SymmetricState(protocolName, prologue);
  }

  /** Whether this side writes the next message; undefined when there is none. */
  get writesNext(): boolean | undefined {
    if (this.#messages === pattern.length) return undefined;
    return (this.#messages % 2 === 0) === this.#isInitiator;
  }

  /** The next message, with a payload inside. Undefined when a key of the other side makes no secret. */
  write(payload: Uint8Array = noBytes): Uint8Array | undefined {
    const parts: Uint8Array[] = [];
    for (const token of pattern[this.#messages] ?? []) {
      if (token === 'e') {
        parts.push(this.#ephemeral.publicKey);
        this.#state.mixHash(this.#ephemeral.publicKey);
      } else if (token === 's') parts.push(this.#state.seal(this.#static.publicKey));
      else if (!this.#mixSecret(token)) return undefined;
    }
    parts.push(this.#state.seal(payload));
    this.#messages++;
    return concatBytes(...parts);
  }

  /** The payload of the other side's next message; undefined when the message is not what it should be. */
  read(message: Uint8Array): Uint8Array | undefined {
    let at = 0;
    const take = (length: number): Uint8Array | undefined => {
      at += length;
      return at <= message.length ? message.slice(at - length, at) : undefined;
    };
    for (const token of pattern[this.#messages] ?? []) {
      if (token === 'e') {
        this.#remoteEphemeral = take(keyBytes);
        if (this.#remoteEphemeral === undefined) return undefined;
        this.#state.mixHash(this.#remoteEphemeral);
      } else if (token === 's') {
        const sealed = take(keyBytes + (this.#state.hasKey ? tagBytes : 0));
        this.#remoteStatic = sealed && this.#state.open(sealed);
        if (this.#remoteStatic === undefined) return undefined;
      } else if (!this.#mixSecret(token)) return undefined;
    }
    const payload = this.#state.open(message.slice(at));
    this.#messages++;
    return payload;
  }

  /** The keys, once all three messages are through. */
  result(): HandshakeResult | undefined {
    if (this.writesNext !== undefined || this.#remoteStatic === undefined) return undefined;
    const [initiators, responders] = this.#state.split();
    return {
      sending: this.#isInitiator ? initiators : responders,
      receiving: this.#isInitiator ? responders : initiators,
      remoteStatic: this.#remoteStatic,
      hash: this.#state.hash,
    };
  }

  /** `es` and `se` name the initiator's key first. */
  #mixSecret(token: 'ee' | 'es' | 'se'): boolean {
    const [initiators, responders] = token;
    const ownIsStatic = (this.#isInitiator ? initiators : responders) === 's';
    const otherIsStatic = (this.#isInitiator ? responders : initiators) === 's';
    const own = ownIsStatic ? this.#static : this.#ephemeral;
    const other = otherIsStatic ? this.#remoteStatic : this.#remoteEphemeral;
    return other !== undefined && this.#state.mixSecret(own.secret, other);
  }
}
