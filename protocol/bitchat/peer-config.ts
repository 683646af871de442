// What a phone is made with.
import type { ConversationId, PersonId } from '../message.ts';
import type { RandomStream } from '../random-stream.ts';
import type { PlatformPolicy } from './constants.ts';
import type { Group } from './group-message.ts';
import type { NostrConfig } from './nostr/transport.ts';
import { peerIdOf, type PeerId } from './peer-id.ts';
import type { SignatureScheme, Signer } from '../signatures.ts';
import { x25519PublicKey } from '../crypto.ts';
import { ByteSource } from '../byte-source.ts';

/** A phone's own keys. */
export interface Identity {
  readonly peerId: PeerId;
  /** 32 bytes, and the X25519 public key that belongs to them. */
  readonly noiseSecret: Uint8Array;
  readonly noisePublicKey: Uint8Array;
  readonly signer: Signer;
}

/** A mutual favourite: keys were exchanged when the two met first. */
export interface Contact {
  readonly peerId: PeerId;
  readonly noisePublicKey: Uint8Array;
}

/** What a conversation of the world is on the mesh. */
export type Conversation =
  | { readonly kind: 'private'; readonly contact: Contact }
  | { readonly kind: 'group'; readonly group: Group }
  /** The public channel of the mesh: whoever hears it reads it. */
  | { readonly kind: 'public' };

/** Everything a phone knows when its application is installed and its friends are known. */
export interface PeerConfig {
  readonly person: PersonId;
  readonly nickname: string;
  readonly identity: Identity;
  readonly policy: PlatformPolicy;
  readonly signatures: SignatureScheme;
  readonly random: RandomStream;
  /** Forget an author's messages with its stale announce (see gossip-store.ts). */
  readonly purgeOnStale: boolean;
  /** Hops that a packet of this phone's may make; as in the application when left out. */
  readonly originTtl?: number;
  /** A copy from somebody else cancels a relay that waits: WHITEPAPER.md says so, the published code never gets there. */
  readonly cancelsRelays: boolean;
  /** Whether couriers are used where the platform knows them. */
  readonly usesCouriers: boolean;
  /** The way over the Internet; a phone without has the radio alone. */
  readonly nostr?: NostrConfig | undefined;
  conversation(id: ConversationId): Conversation | undefined;
  contact(peer: PeerId): Contact | undefined;
  group(id: string): Group | undefined;
}

/** They are kept as long as the run. */
const keys = new ByteSource();

/** The identity of two secrets of 32 bytes each. */
export function createIdentity(
  noiseSecret: Uint8Array,
  signingSecret: Uint8Array,
  signatures: SignatureScheme,
): Identity {
  const noisePublicKey = keys.copyOf(x25519PublicKey(noiseSecret));
  const signer = signatures.signer(signingSecret);
  return { peerId: peerIdOf(noisePublicKey), noiseSecret: keys.copyOf(noiseSecret), noisePublicKey, signer };
}
