// What two phones say to each other in private, before it is sealed (BitchatProtocol.swift, Packets.swift).
import { concatBytes, utf8 } from '../bytes.ts';
import { decodeFields, encodeFields, textOf } from './announce.ts';
import { mostPrivateTextBytes, noisePayloads } from './constants.ts';

/** What is inside a decrypted `noiseEncrypted`. */
export type PrivatePayload =
  | { readonly kind: 'message'; readonly id: string; readonly text: string }
  /** The recipient's application has the message. */
  | { readonly kind: 'delivered'; readonly id: string };

const fields = { id: 0, text: 1 } as const;

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

/** Undefined for other types, for malformed bytes, and for a message with fields that are not known here. */
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
  if (id === undefined || text === undefined || parts?.size !== 2) return undefined;
  return { kind: 'message', id, text };
}
