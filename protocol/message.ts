// What cores send each other: an immutable object with a codec beside it.
import type { Brand } from './brand.ts';
import type { CauseToken } from './failure.ts';

/** One thing one person says once in one conversation: the row number in the run's workload. */
export type UserMessageId = Brand<number, 'UserMessageId'>;

/** A person of the world: the row number in its population. */
export type PersonId = Brand<number, 'PersonId'>;

/** A direct chat, a group or a room of the world: the row number in its social graph. */
export type ConversationId = Brand<number, 'ConversationId'>;

/**
 * A protocol message. Each protocol declares a closed union of these, by `kind`.
 * The simulator passes the reference and charges the codec's length; a host with sockets sends the codec's bytes.
 */
export interface Message {
  readonly kind: string;
  /** The user messages it carries or asks for. Metadata for the host's account of blame: never on the wire. */
  readonly carries: readonly UserMessageId[];
  /** Faults behind what it says, where it tells of somebody else's failure. Metadata like `carries`. */
  readonly cause?: CauseToken;
  /**
   * Whether whoever sends it has it from another node and merely passes it on; left out where nobody ever does that. Metadata
   * like `carries`.
   */
  readonly passedOn?: boolean;
  /**
   * Room for what a host finds out about its wire form, so that it does so once. Only messages that many get at different
   * times have this room: the host remembers the others for a while elsewhere. Metadata like `carries`.
   */
  wireForm?: WireForm | undefined;
}

/** What a host must know of a message's bytes once they have been made. */
export interface WireForm {
  /** Bytes. */
  readonly length: number;
  /** 64 bits of their hash. */
  readonly low: number;
  readonly high: number;
}

/** For messages that carry nobody's words. */
export const carriesNothing: readonly UserMessageId[] = Object.freeze([]);

/** The wire form of one protocol's messages. */
export interface Codec<M extends Message = Message> {
  /** The exact bytes on the wire above the transport (for HTTP: start line, headers and body as modelled). */
  encode(message: M): Uint8Array;
  /**
   * Writes `encode(message)` into `target` from `at` on and returns where it ends; a place beyond the target's end
   * means that it does not fit, and what was written is void. For codecs that can spare the array.
   */
  encodeInto?(message: M, target: Uint8Array, at: number): number;
  /** Length of `encode(message)`, without building it where that is cheaper. */
  byteLength(message: M): number;
  /**
   * The message of these bytes, `carries` as the sender's host recorded it.
   * Undefined when no such message exists: hostile bytes are an ordinary case.
   */
  decode(bytes: Uint8Array, carries: readonly UserMessageId[]): M | undefined;
}
