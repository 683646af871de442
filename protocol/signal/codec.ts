// Sizes on the wire. Signal speaks protobuf inside WebSocket frames to its devices, HTTP and JSON to DynamoDB and
// Redis' own protocol to Redis; one binary form stands for them all, with overheads that make up for what they add.
import { ByteSource } from '../byte-source.ts';
import { carriesNothing, type Codec } from '../message.ts';
import type { SignalMessage } from './messages.ts';
import {
  blob,
  choice,
  flag,
  listOf,
  number,
  Reader,
  record,
  text,
  Writer,
  type WireType,
} from './wire-types.ts';

const texts = listOf(text);
const envelope = record({ guid: text, source: text, timestamp: number, content: text, urgent: flag });
const envelopes = listOf(envelope);
const device = record({
  id: number,
  platform: choice('android', 'ios', 'desktop'),
  pushToken: text,
  lastSeenDay: number,
});
const records = listOf(record({ account: text, devices: listOf(device), dayOffsetMs: number }));
const event = choice('available', 'persisted', 'displaced');

/** A message within a message: its own form behind its kind. */
const nested: WireType = {
  length(value) {
    const { overhead, fields } = forms[(value as SignalMessage).kind];
    return overhead + fields.length(value);
  },
  write(value, writer) {
    const { kind } = value as SignalMessage;
    const { overhead, fields } = forms[kind];
    const start = writer.at;
    writer.at += overhead;
    if (writer.at <= writer.bytes.length) writer.bytes.fill(0, start, writer.at);
    writer.bytes[start] = numberOfKind.get(kind) ?? 0;
    fields.write(value, writer);
  },
  read(reader) {
    const kind = kinds[reader.bytes[reader.at] ?? kinds.length];
    if (kind === undefined || kind === 'signal.replicate') return undefined;
    const { overhead, fields } = forms[kind];
    reader.at += overhead;
    const value = fields.read(reader);
    return value === undefined ? undefined : { kind, ...value, carries: carriesNothing };
  },
};

interface Form {
  /** Bytes around the fields; the first of them tells the kind. */
  readonly overhead: number;
  readonly fields: WireType;
}

function form(overhead: number, fields: Readonly<Record<string, WireType>>): Form {
  return { overhead, fields: record(fields) };
}

/** Redis' protocol adds command, key and lengths. Assumed: 60 bytes (40 to 100). */
const redis = 60;
/** A signed HTTP request to DynamoDB. Assumed: 600 bytes of headers and attribute names (400 to 900). */
const table = 600;
/** A request inside the WebSocket: verb, path and headers as protobuf (libsignal rust/net). Assumed: 200 (150 to 300). */
const webSocketRequest = 200;
/** Start line and headers of an HTTP request outside the WebSocket. Assumed: 500 (300 to 800). */
const https = 500;
/** Its answer. Assumed: 20 (10 to 40). */
const webSocketAnswer = 20;

/** Every kind with its overhead and fields; their order is the wire's. */
const forms: Readonly<Record<SignalMessage['kind'], Form>> = {
  // The upgrade of a connection to a WebSocket, with credentials. Assumed: 700 (500 to 1,000).
  'signal.login': form(700, { account: text, device: number }),
  'signal.received': form(webSocketAnswer, { guid: text }),
  'signal.delivery': form(webSocketRequest, { envelope }),
  'signal.queue-empty': form(100, {}),
  // Sealed sender adds a certificate and an ephemeral key: about 400 bytes (libsignal rust/protocol, sealed_sender.rs).
  'signal.send': form(webSocketRequest + 400, {
    source: text,
    recipients: texts,
    timestamp: number,
    content: text,
    urgent: flag,
  }),
  'signal.get-pre-keys': form(webSocketRequest, { source: text, accounts: texts }),
  // A bundle holds a Kyber-1024 public key (1,568 bytes, FIPS 203), elliptic-curve keys and signatures.
  'signal.pre-keys': form(1_800, { accounts: texts }),
  'signal.accounts-get': form(redis, { accounts: texts }),
  'signal.accounts': form(redis, { records }),
  'signal.accounts-put': form(redis, { records }),
  'signal.take': form(redis, { bucket: choice('send', 'pre-keys', 'uploads'), keys: texts }),
  'signal.taken': form(redis, { retryAfterMs: number }),
  'signal.queue-insert': form(redis, { queues: texts, envelope }),
  'signal.stale-queues': form(redis, { ageMs: number }),
  'signal.queues': form(redis, { queues: texts }),
  'signal.subscribe': form(redis, { queue: text }),
  'signal.unsubscribe': form(redis, { queue: text }),
  'signal.notice': form(redis, { queue: text, event }),
  'signal.publish': form(redis, { queues: texts, event }),
  'signal.published': form(redis, { absent: texts }),
  'signal.queue-read': form(redis, { queue: text, after: number }),
  'signal.queue-page': form(redis, { envelopes, next: number }),
  'signal.queue-remove': form(redis, { queue: text, guids: texts }),
  'signal.queue-removed': form(redis, { guids: texts }),
  'signal.table-insert': form(table, { queue: text, envelopes }),
  'signal.table-seen': form(table, { account: text, device: number, day: number }),
  'signal.done': form(webSocketAnswer, {}),
  // Each one-time key comes with a Kyber-1024 key and its signature: 1,700 bytes, of which one request holds a batch.
  'signal.put-keys': form(webSocketRequest + 170_000, { account: text, count: number }),
  'signal.key-count': form(webSocketRequest, { account: text }),
  'signal.keys-left': form(webSocketAnswer, { count: number }),
  // Identity keys and profile key, encrypted for the new device. Assumed: 700 bytes (400 to 1,500).
  'signal.provision': form(webSocketRequest + 700, { account: text }),
  'signal.link-device': form(webSocketRequest + 4_000, { account: text, device }),
  'signal.register': form(webSocketRequest + 4_000, { account: text }),
  'signal.verify': form(webSocketRequest, { account: text }),
  'signal.upload-form': form(webSocketRequest, { account: text }),
  // A group's state: an encrypted profile key credential a member, about 300 bytes, is assumed to be in these overheads.
  'signal.group-put': form(https + 1_500, { group: text, members: texts }),
  'signal.group-join': form(https + 800, { group: text, member: text }),
  'signal.storage-read': form(https, { account: text }),
  'signal.object-put': form(https, { key: text, bytes: blob }),
  'signal.object-get': form(https, { key: text }),
  'signal.object': form(https, { bytes: blob }),
  'signal.replicate': form(redis, { change: nested }),
  // Attestation and handshake. Assumed: 10 kB (5 to 30).
  'signal.ask-enclave': form(10_000, { account: text }),
};

const kinds = Object.keys(forms) as readonly SignalMessage['kind'][];
const numberOfKind: ReadonlyMap<string, number> = new Map(kinds.map((kind, index) => [kind, index]));

const source = new ByteSource();
const nowhere = new Uint8Array(0);
/** So many bytes are written sooner than the engine's own `fill` is called. */
const shortOverhead = 100;
const writer = new Writer(nowhere);

function encodeInto(message: SignalMessage, target: Uint8Array, at: number): number {
  const { overhead, fields } = forms[message.kind];
  writer.bytes = target;
  writer.at = at + overhead;
  if (overhead > shortOverhead) target.fill(0, at, writer.at);
  else for (let index = at; index < writer.at; index++) target[index] = 0;
  target[at] = numberOfKind.get(message.kind) ?? 0;
  fields.write(message, writer);
  writer.bytes = nowhere;
  return writer.at;
}

/** Wire form of every `signal.` message. */
export const signalCodec: Codec<SignalMessage> = {
  encode(message) {
    const { overhead, fields } = forms[message.kind];
    const bytes = source.take(overhead + fields.length(message));
    encodeInto(message, bytes, 0);
    return bytes;
  },
  encodeInto,
  byteLength(message) {
    const { overhead, fields } = forms[message.kind];
    return overhead + fields.length(message);
  },
  decode(bytes, carries) {
    const kind = kinds[bytes[0] ?? kinds.length];
    if (kind === undefined) return undefined;
    const { overhead, fields } = forms[kind];
    const reader = new Reader(bytes);
    reader.at = overhead;
    const value = fields.read(reader);
    if (value === undefined || reader.at !== bytes.length) return undefined;
    return { kind, ...value, carries } as unknown as SignalMessage;
  },
};
