// What is found out about a payload once, for all packets that say the same: an announce is repeated four times a minute.
import type { Announce } from './announce.ts';
import type { PeerId } from './peer-id.ts';

/** An announce as its payload has it, whoever signed it. */
export interface ReadAnnounce {
  readonly announce: Announce;
  /** Whose Noise key it is. */
  readonly peerId: PeerId;
}

/** Functions of a payload, which is never written to. They lie beside it: a weak map would cost the garbage collector more. */
export class PayloadFacts {
  deflated: Uint8Array | 'as it is' | undefined = undefined;
  read: ReadAnnounce | 'malformed' | undefined = undefined;
}
