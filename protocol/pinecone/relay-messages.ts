// What phones and relays say to each other, around messages of the application above.
import { concatBytes } from '../bytes.ts';
import type { Codec, Message } from '../message.ts';
import type { NodeKey } from './node-key.ts';
import { nodeKey } from './node-key.ts';
import { Reader, Writer } from './wire.ts';

/** "Keep this for them" (PUT /_matrix/federation/v1/send_relay/{txnId}/{userId}). */
export interface Deposit extends Message {
  readonly kind: 'relay.deposit';
  readonly recipient: NodeKey;
  readonly message: Message;
}

/** It is kept. */
export interface Kept extends Message {
  readonly kind: 'relay.kept';
}

/** "What is there for me?" The entry named is had and may go (GET /_matrix/federation/v1/relay_txn/{userId}). */
export interface Collect extends Message {
  readonly kind: 'relay.collect';
  /** 0: none yet. */
  readonly previous: number;
}

/** The oldest entry, if there is one, and whether to ask on: yes, where there is one. */
export interface Collected extends Message {
  readonly kind: 'relay.collected';
  readonly entry: number;
  readonly message: Message | undefined;
  readonly hasMore: boolean;
}

export type RelayMessage = Deposit | Kept | Collect | Collected;

const kinds = ['relay.deposit', 'relay.kept', 'relay.collect', 'relay.collected'] as const;
/** Method, path and headers of the request or answer: HTTP/1.1 as the demo speaks it. Assumed. */
const overhead = 200;

/** The codec of an application with relays: its own messages behind a zero, those of relays behind their number. */
export function withRelays(inner: Codec): Codec {
  const encode = (message: Message): Uint8Array => {
    const kind = kinds.findIndex((each) => each === message.kind);
    if (kind < 0) return concatBytes(Uint8Array.of(0), inner.encode(message));
    const relayed = message as RelayMessage;
    const head = new Writer(1 + overhead).byte(kind + 1).bytes;
    switch (relayed.kind) {
      case 'relay.deposit':
        return concatBytes(head, new Writer(32).key(relayed.recipient).bytes, inner.encode(relayed.message));
      case 'relay.kept':
        return head;
      case 'relay.collect':
        return concatBytes(head, new Writer(4).long(relayed.previous).bytes);
      case 'relay.collected': {
        const flags = (relayed.hasMore ? 1 : 0) + (relayed.message === undefined ? 0 : 2);
        const body = relayed.message === undefined ? new Uint8Array(0) : inner.encode(relayed.message);
        return concatBytes(head, new Writer(5).byte(flags).long(relayed.entry).bytes, body);
      }
    }
  };
  return {
    encode,
    byteLength: (message) => encode(message).length,
    decode(bytes, carries): Message | undefined {
      const kind = kinds[(bytes[0] ?? 0) - 1];
      if (bytes[0] === 0) return inner.decode(bytes.subarray(1), carries);
      const reader = new Reader(bytes, 1 + overhead);
      if (kind === undefined || reader.left < 0) return undefined;
      const rest = (): Uint8Array => reader.raw(reader.left);
      switch (kind) {
        case 'relay.deposit': {
          const recipient = nodeKey(reader.raw(32));
          const message = inner.decode(rest(), carries);
          return message === undefined || reader.failed
            ? undefined
            : ({ kind, recipient, message, carries } as Deposit);
        }
        case 'relay.kept':
          return { kind, carries };
        case 'relay.collect':
          return { kind, previous: reader.long(), carries } as Collect;
        case 'relay.collected': {
          const flags = reader.byte();
          const entry = reader.long();
          const message = flags >= 2 ? inner.decode(rest(), carries) : undefined;
          return reader.failed
            ? undefined
            : ({ kind, entry, message, hasMore: flags % 2 === 1, carries } as Collected);
        }
      }
    },
  };
}
