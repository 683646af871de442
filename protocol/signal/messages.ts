// What Signal's parts say to each other: device and chat service, chat service and its stores.
import type { Brand } from '../brand.ts';
import { carriesNothing, type Message, type UserMessageId } from '../message.ts';
import type { TaskMessage } from './task-messages.ts';

/** An account: a UUID in its textual form ("ACI"). */
export type AccountId = Brand<string, 'SignalAccountId'>;

/** A device's message queue: `<account>.<device number>`. */
export type QueueId = Brand<string, 'SignalQueueId'>;

/** A message as the service keeps it: sealed content with what is needed to route it. */
export interface Envelope {
  /** Given by the service; the key under which a queue holds it. */
  readonly guid: string;
  readonly source: AccountId;
  /** The sender's shown time in ms; names the message together with `source`. */
  readonly timestamp: number;
  /** Ciphertext, opaque to everything but devices. */
  readonly content: string;
  readonly urgent: boolean;
}

/** One device of an account as the service knows it. */
export interface DeviceRecord {
  readonly id: number;
  readonly platform: 'android' | 'ios' | 'desktop';
  /** Registration token with the platform's push service; empty for a desktop, which has none. */
  readonly pushToken: string;
  /** The last of the account's own days on which this device was seen. */
  readonly lastSeenDay: number;
}

/** An account as the service knows it. */
export interface AccountRecord {
  readonly account: AccountId;
  readonly devices: readonly DeviceRecord[];
  /** The account's days begin so many milliseconds before midnight UTC, so that last-seen writes spread over the day. */
  readonly dayOffsetMs: number;
}

/** What happened to a queue, for whoever listens. */
export type QueueEvent = 'available' | 'persisted' | 'displaced';

interface Plain<Kind extends string> extends Message {
  readonly kind: Kind;
}

// Device to chat service, over its WebSocket.
export interface Login extends Plain<'signal.login'> {
  readonly account: AccountId;
  readonly device: number;
}
export interface Received extends Plain<'signal.received'> {
  readonly guid: string;
}
// Chat service to device, over its WebSocket.
export interface Delivery extends Plain<'signal.delivery'> {
  readonly envelope: Envelope;
}
export type QueueEmpty = Plain<'signal.queue-empty'>;

// Device to chat service, requests. A group message is one upload for all its recipients.
export interface Send extends Plain<'signal.send'> {
  readonly source: AccountId;
  readonly recipients: readonly AccountId[];
  readonly timestamp: number;
  readonly content: string;
  readonly urgent: boolean;
}
export interface GetPreKeys extends Plain<'signal.get-pre-keys'> {
  readonly source: AccountId;
  readonly accounts: readonly AccountId[];
}
export interface PreKeys extends Plain<'signal.pre-keys'> {
  readonly accounts: readonly AccountId[];
}

// Redis: account cache.
export interface AccountsGet extends Plain<'signal.accounts-get'> {
  readonly accounts: readonly AccountId[];
}
export interface Accounts extends Plain<'signal.accounts'> {
  readonly records: readonly AccountRecord[];
}
export interface AccountsPut extends Plain<'signal.accounts-put'> {
  readonly records: readonly AccountRecord[];
}
// Redis: rate limits.
export interface Take extends Plain<'signal.take'> {
  readonly bucket: 'send' | 'pre-keys' | 'uploads';
  readonly keys: readonly string[];
}
export interface Taken extends Plain<'signal.taken'> {
  /** Milliseconds until the bucket holds a token again; 0 when there was one. */
  readonly retryAfterMs: number;
}
// Redis: message queues.
export interface QueueInsert extends Plain<'signal.queue-insert'> {
  readonly queues: readonly QueueId[];
  readonly envelope: Envelope;
}
export interface StaleQueues extends Plain<'signal.stale-queues'> {
  /** Queues whose oldest message is at least this old, milliseconds. */
  readonly ageMs: number;
}
export interface Queues extends Plain<'signal.queues'> {
  readonly queues: readonly QueueId[];
}
// Redis: publish and subscribe.
export interface Subscribe extends Plain<'signal.subscribe'> {
  readonly queue: QueueId;
}
export interface Unsubscribe extends Plain<'signal.unsubscribe'> {
  readonly queue: QueueId;
}
export interface Notice extends Plain<'signal.notice'> {
  readonly queue: QueueId;
  readonly event: QueueEvent;
}
export interface Publish extends Plain<'signal.publish'> {
  readonly queues: readonly QueueId[];
  readonly event: QueueEvent;
}
export interface Published extends Plain<'signal.published'> {
  /** Nobody listens to these. */
  readonly absent: readonly QueueId[];
}
// Redis queues and DynamoDB's message table alike.
export interface QueueRead extends Plain<'signal.queue-read'> {
  readonly queue: QueueId;
  /** Cursor of the page before, 0 at the beginning. */
  readonly after: number;
}
export interface QueuePage extends Plain<'signal.queue-page'> {
  readonly envelopes: readonly Envelope[];
  /** Where the next page begins; 0 when there is none. */
  readonly next: number;
}
export interface QueueRemove extends Plain<'signal.queue-remove'> {
  readonly queue: QueueId;
  readonly guids: readonly string[];
}
export interface QueueRemoved extends Plain<'signal.queue-removed'> {
  /** Those that were there. */
  readonly guids: readonly string[];
}
// DynamoDB.
export interface TableInsert extends Plain<'signal.table-insert'> {
  readonly queue: QueueId;
  readonly envelopes: readonly Envelope[];
}
export interface TableSeen extends Plain<'signal.table-seen'> {
  readonly account: AccountId;
  readonly device: number;
  readonly day: number;
}
/** Success that says nothing else. */
export type Done = Plain<'signal.done'>;

/** Every message of this protocol. */
export type SignalMessage =
  | Login
  | Received
  | Delivery
  | QueueEmpty
  | Send
  | GetPreKeys
  | PreKeys
  | AccountsGet
  | Accounts
  | AccountsPut
  | Take
  | Taken
  | QueueInsert
  | StaleQueues
  | Queues
  | Subscribe
  | Unsubscribe
  | Notice
  | Publish
  | Published
  | QueueRead
  | QueuePage
  | QueueRemove
  | QueueRemoved
  | TableInsert
  | TableSeen
  | Done
  | TaskMessage;

export const done: Done = Object.freeze({ kind: 'signal.done', carries: carriesNothing });
export const queueEmpty: QueueEmpty = Object.freeze({ kind: 'signal.queue-empty', carries: carriesNothing });
/** Frequent answers are one object each, which is encoded once. */
export const emptyPage: QueuePage = Object.freeze({
  kind: 'signal.queue-page',
  envelopes: [],
  next: 0,
  carries: carriesNothing,
});
export const nobodyAbsent: Published = Object.freeze({
  kind: 'signal.published',
  absent: [],
  carries: carriesNothing,
});
export const withinLimit: Taken = Object.freeze({
  kind: 'signal.taken',
  retryAfterMs: 0,
  carries: carriesNothing,
});

/** The queue of one device of an account. */
export function queueOf(account: AccountId, device: number): QueueId {
  return `${account}.${device}` as QueueId;
}

/** The account a queue belongs to. */
export function accountOf(queue: QueueId): AccountId {
  return queue.slice(0, queue.lastIndexOf('.')) as AccountId;
}

/** The account's own day, counted from 1970, to which the instant `wallMs` belongs. */
export function accountDay(record: Pick<AccountRecord, 'dayOffsetMs'>, wallMs: number): number {
  return Math.floor((wallMs + record.dayOffsetMs) / 86_400_000);
}

/** A message of this protocol by the contract's type, or undefined when it belongs to another protocol. */
export function asSignal(message: Message): SignalMessage | undefined {
  return message.kind.startsWith('signal.') ? (message as SignalMessage) : undefined;
}

/** What clients tell each other beside people's words, by the control character that begins it. */
const clientContents = { opening: '\u0001', attachment: '\u0002', note: '\u0003' } as const;

/** Content that is nobody's words: the first message of a session, where an attachment lies, a change to a group. */
export function clientContent(kind: keyof typeof clientContents, body: string): string {
  return clientContents[kind] + body;
}

/** Undefined for people's words. */
export function readClientContent(
  content: string,
): { readonly kind: keyof typeof clientContents; readonly body: string } | undefined {
  for (const kind of ['opening', 'attachment', 'note'] as const)
    if (content.startsWith(clientContents[kind])) return { kind, body: content.slice(1) };
  return undefined;
}

/** An envelope in a queue with the user message it carries. */
export interface QueuedEnvelope {
  readonly envelope: Envelope;
  readonly words: UserMessageId | undefined;
}

/** The page or batch that these entries make: `carries` in the order of those `envelopes` that hold people's words. */
export function unzip(entries: readonly QueuedEnvelope[]): {
  readonly envelopes: readonly Envelope[];
  readonly carries: readonly UserMessageId[];
} {
  const carries: UserMessageId[] = [];
  for (const { words } of entries) if (words !== undefined) carries.push(words);
  return { envelopes: entries.map((entry) => entry.envelope), carries };
}

/** The entries that a page or batch holds. */
export function zip(message: {
  envelopes: readonly Envelope[];
  carries: readonly UserMessageId[];
}): QueuedEnvelope[] {
  let carried = 0;
  return message.envelopes.map((envelope) => {
    const words = readClientContent(envelope.content) === undefined ? message.carries[carried++] : undefined;
    return { envelope, words };
  });
}
