// Sizes on the wire. Signal speaks protobuf inside WebSocket frames to its devices, HTTP/2 and JSON to DynamoDB and
// Redis' own protocol to Redis; the bodies here are JSON, which is longer by names of fields and shorter by
// ciphertext overhead. The overheads make up for it in the mean.
import { jsonCodec } from '../codec.ts';
import type { Codec } from '../message.ts';
import type { SignalMessage } from './messages.ts';

/**
 * Bytes around the body, by kind. Assumed unless said: 200 for a request over the WebSocket (verb, path, headers as
 * protobuf: libsignal rust/net, ChatRequest), 20 for an answer, 700 for the WebSocket upgrade with credentials,
 * 300 for DynamoDB (signed HTTP headers), 60 for Redis; 1,800 for a pre-key bundle with its Kyber-1024 key (1,568
 * bytes, FIPS 203).
 */
const overhead: Readonly<Record<SignalMessage['kind'], number>> = {
  'signal.login': 700,
  'signal.received': 20,
  'signal.delivery': 200,
  'signal.queue-empty': 100,
  // Sealed sender adds a certificate and an ephemeral key: about 400 bytes (libsignal rust/protocol, sealed_sender.rs).
  'signal.send': 600,
  'signal.get-pre-keys': 200,
  'signal.pre-keys': 1_800,
  'signal.accounts-get': 60,
  'signal.accounts': 60,
  'signal.accounts-put': 60,
  'signal.take': 60,
  'signal.taken': 60,
  'signal.queue-insert': 60,
  'signal.stale-queues': 60,
  'signal.queues': 60,
  'signal.subscribe': 60,
  'signal.unsubscribe': 60,
  'signal.notice': 60,
  'signal.publish': 60,
  'signal.published': 60,
  'signal.queue-read': 60,
  'signal.queue-page': 60,
  'signal.queue-remove': 60,
  'signal.queue-removed': 60,
  'signal.table-insert': 300,
  'signal.table-seen': 300,
  'signal.done': 20,
};

const isText = (value: unknown): boolean => typeof value === 'string';
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

function fits(value: unknown, shape: Shape): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.keys(shape).every((name) => shape[name]?.(fields[name]) === true);
}

const isListOf =
  (shape: Shape) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every((item) => fits(item, shape));

const envelope: Shape = {
  guid: isText,
  source: isText,
  timestamp: isNumber,
  content: isText,
  urgent: isFlag,
};
const device: Shape = { id: isNumber, platform: isText, pushToken: isText, lastSeenDay: isNumber };
const record: Shape = { account: isText, devices: isListOf(device), dayOffsetMs: isNumber };

/** Fields that each kind must have: bytes from a peer are checked before a core sees them. */
const shapes: Readonly<Record<SignalMessage['kind'], Shape>> = {
  'signal.login': { account: isText, device: isNumber },
  'signal.received': { guid: isText },
  'signal.delivery': { envelope: (value) => fits(value, envelope) },
  'signal.queue-empty': {},
  'signal.send': {
    source: isText,
    recipients: isTexts,
    timestamp: isNumber,
    content: isText,
    urgent: isFlag,
  },
  'signal.get-pre-keys': { source: isText, accounts: isTexts },
  'signal.pre-keys': { accounts: isTexts },
  'signal.accounts-get': { accounts: isTexts },
  'signal.accounts': { records: isListOf(record) },
  'signal.accounts-put': { records: isListOf(record) },
  'signal.take': { bucket: isText, keys: isTexts },
  'signal.taken': { retryAfterMs: isNumber },
  'signal.queue-insert': { queues: isTexts, envelope: (value) => fits(value, envelope) },
  'signal.stale-queues': { ageMs: isNumber },
  'signal.queues': { queues: isTexts },
  'signal.subscribe': { queue: isText },
  'signal.unsubscribe': { queue: isText },
  'signal.notice': { queue: isText, event: isText },
  'signal.publish': { queues: isTexts, event: isText },
  'signal.published': { absent: isTexts },
  'signal.queue-read': { queue: isText, after: isNumber },
  'signal.queue-page': { envelopes: isListOf(envelope), next: isNumber },
  'signal.queue-remove': { queue: isText, guids: isTexts },
  'signal.queue-removed': { guids: isTexts },
  'signal.table-insert': { queue: isText, envelopes: isListOf(envelope) },
  'signal.table-seen': { account: isText, device: isNumber, day: isNumber },
  'signal.done': {},
};

/** Wire form of every `signal.` message. */
export const signalCodec: Codec<SignalMessage> = jsonCodec<SignalMessage>({
  overheadBytes: (kind) => overhead[kind as SignalMessage['kind']],
  isMessage: (value) => {
    const kind = (value as { kind?: unknown }).kind;
    const shape =
      typeof kind === 'string' && Object.hasOwn(shapes, kind)
        ? shapes[kind as keyof typeof shapes]
        : undefined;
    return shape !== undefined && fits(value, shape);
  },
});
