// What phones and relays say to each other (NIP-01): JSON arrays in WebSocket frames.
import { fromUtf8, utf8 } from '../../bytes.ts';
import type { Codec, Message } from '../../message.ts';
import { isEvent, type NostrEvent } from './event.ts';

/** A phone has an event for its recipient: `["EVENT", event]`. */
export interface Publish extends Message {
  readonly kind: 'nostr.publish';
  readonly event: NostrEvent;
}

/** A phone asks for gift wraps of its key, past and future: `["REQ", id, filter]`. */
export interface Subscribe extends Message {
  readonly kind: 'nostr.subscribe';
  readonly recipient: string;
  /** Seconds since 1970. */
  readonly since: number;
  readonly limit: number;
}

/** A relay passes an event on: `["EVENT", id, event]`. */
export interface Passed extends Message {
  readonly kind: 'nostr.event';
  readonly event: NostrEvent;
}

/** A relay's answer to a publication: `["OK", event id, accepted, reason]`. */
export interface Answer extends Message {
  readonly kind: 'nostr.ok';
  readonly event: string;
  readonly accepted: boolean;
}

/** A relay has no more stored events: `["EOSE", id]`. */
export interface Exhausted extends Message {
  readonly kind: 'nostr.eose';
}

export type NostrMessage = Publish | Subscribe | Passed | Answer | Exhausted;

/** Name of the one subscription that a phone has; a random string of this length in the application. */
const subscription = 'dm-0123456789abcdef';
/** WebSocket header with mask (RFC 6455 §5.2) and a TLS 1.3 record (RFC 8446 §5.2). */
const overheadBytes = 8 + 22;

function bodyOf(message: NostrMessage): unknown {
  switch (message.kind) {
    case 'nostr.publish':
      return ['EVENT', message.event];
    case 'nostr.subscribe': {
      const { recipient, since, limit } = message;
      return ['REQ', subscription, { kinds: [1059], '#p': [recipient], since, limit }];
    }
    case 'nostr.event':
      return ['EVENT', subscription, message.event];
    case 'nostr.ok':
      return ['OK', message.event, message.accepted, ''];
    case 'nostr.eose':
      return ['EOSE', subscription];
  }
}

/** JSON arrays behind zeros for what WebSocket and TLS add. Whatever is no message of this list is refused. */
export const nostrCodec: Codec<NostrMessage> = {
  encode(message) {
    const text = utf8(JSON.stringify(bodyOf(message)));
    const bytes = new Uint8Array(overheadBytes + text.length);
    bytes.set(text, overheadBytes);
    return bytes;
  },
  byteLength: (message) => overheadBytes + utf8(JSON.stringify(bodyOf(message))).length,
  decode(bytes, carries) {
    const read = readBody(bytes);
    return read === undefined ? undefined : ({ ...read, carries } as NostrMessage);
  },
};

function readBody(bytes: Uint8Array): object | undefined {
  let body: unknown;
  try {
    body = JSON.parse(fromUtf8(bytes.subarray(overheadBytes)));
  } catch {
    return undefined;
  }
  if (!Array.isArray(body)) return undefined;
  const [verb, second, third] = body as readonly unknown[];
  if (verb === 'EVENT' && body.length === 2)
    return isEvent(second) ? { kind: 'nostr.publish', event: second } : undefined;
  if (verb === 'EVENT') return isEvent(third) ? { kind: 'nostr.event', event: third } : undefined;
  if (verb === 'OK' && typeof second === 'string' && typeof third === 'boolean')
    return { kind: 'nostr.ok', event: second, accepted: third };
  if (verb === 'EOSE') return { kind: 'nostr.eose' };
  return verb === 'REQ' ? readFilter(third) : undefined;
}

function readFilter(value: unknown): object | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { since, limit, '#p': recipients } = value as Readonly<Record<string, unknown>>;
  const recipient: unknown = Array.isArray(recipients) ? recipients[0] : undefined;
  if (typeof recipient !== 'string' || !Number.isSafeInteger(since) || !Number.isSafeInteger(limit))
    return undefined;
  return { kind: 'nostr.subscribe', recipient, since, limit };
}
