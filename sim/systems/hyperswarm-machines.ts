// What a run tells foreign code of each machine of the `hyperswarm` system: plain data, and the machine's own chance.
import type { Address } from '../../protocol/core.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import type { Duration } from '../../protocol/time.ts';
import type { RandomStream } from '../../protocol/random-stream.ts';

/** An IPv4 address and a UDP port, as hyperdht writes them. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Which node has which IPv4 address. Addresses stay with their nodes. */
export interface AddressBook {
  nodeAt(host: string): Address | undefined;
  hostOf(node: Address): string | undefined;
}

interface Machine {
  readonly host: string;
  readonly book: AddressBook;
  readonly random: RandomStream;
  /** Nodes of the DHT that it knows from the start. */
  readonly bootstrap: readonly HostAndPort[];
}

/** A machine with a public address that is a node of the DHT and nothing else. */
export interface DhtMachine extends Machine {
  readonly role: 'dht';
  readonly port: number;
  /** Nodes that it knows already, as after long use. */
  readonly nodes: readonly HostAndPort[];
}

/** Somebody's phone. */
export interface PeerMachine extends Machine {
  readonly role: 'peer';
  readonly person: PersonId;
  /** 32 bytes: its key pair in the DHT. */
  readonly seed: Uint8Array;
  /** Whether a router with a stateful filter stands in front of it, and for how long that remembers what was sent. */
  readonly filterSeconds: number | undefined;
  /** From the start of the run until it joins its topics; not after a restart. */
  readonly joinsAfter: Duration;
  /** Whether the application works while it is not open; otherwise it is suspended, as the library advises on phones. */
  readonly runsInBackground: boolean;
  /** Whose public key is whose. */
  personWith(publicKey: Uint8Array): PersonId | undefined;
  /** Conversations that the person is in, each with its topic of 32 bytes and its other members. */
  readonly conversations: ReadonlyMap<
    ConversationId,
    { readonly topic: Uint8Array; readonly others: readonly PersonId[] }
  >;
}

export type HyperswarmMachine = DhtMachine | PeerMachine;
