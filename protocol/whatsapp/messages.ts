// What WhatsApp's parts say to each other. The real wire form is a binary XMPP dialect inside Noise; its lengths are not
// public in full, so that a JSON body behind a short frame stands for it.
import type { Brand } from '../brand.ts';
import { jsonCodec } from '../codec.ts';
import { carriesNothing, type Codec, type Message, type UserMessageId } from '../message.ts';
import { mediaBytes, taskFields, taskOverheads, type TaskMessage } from './task-messages.ts';

/** An account: a phone number's user part. */
export type AccountId = Brand<string, 'WhatsappAccountId'>;

/** A device's queue: `<account>:<device number>`; 0 is the phone. */
export type DeviceName = Brand<string, 'WhatsappDeviceName'>;

/** What people and devices send each other by way of the service. */
export interface Stanza {
  /** Chosen by the sender and kept by every repetition: what has been seen is dropped. */
  readonly id: string;
  readonly from: AccountId;
  /**
   * A receipt says that the message `content` names has come to a device. A notice is what clients send for themselves: a
   * new session, a group's keys, where a picture lies.
   */
  readonly type: 'message' | 'receipt' | 'notice';
  /** Ciphertext, opaque to the service; of a receipt the id it is for. */
  readonly content: string;
}

interface Plain<Kind extends string> extends Message {
  readonly kind: Kind;
}

// Device to front end, over its connection.
export interface Login extends Plain<'whatsapp.login'> {
  readonly device: DeviceName;
}
export interface Submit extends Plain<'whatsapp.submit'> {
  readonly stanza: Stanza;
  readonly to: readonly AccountId[];
}
export interface Received extends Plain<'whatsapp.received'> {
  readonly key: string;
}
// Front end to device.
export type Success = Plain<'whatsapp.success'>;
export interface Acknowledged extends Plain<'whatsapp.ack'> {
  readonly id: string;
}
export interface Delivery extends Plain<'whatsapp.delivery'> {
  readonly stanza: Stanza;
}
export type Drained = Plain<'whatsapp.drained'>;

// Front end to the machine with the queues, over its connection; `enqueue` is a request.
export interface Attach extends Plain<'whatsapp.attach'> {
  readonly device: DeviceName;
}
export interface Detach extends Plain<'whatsapp.detach'> {
  readonly device: DeviceName;
}
export interface Remove extends Plain<'whatsapp.remove'> {
  readonly device: DeviceName;
  readonly key: string;
}
export interface Enqueue extends Plain<'whatsapp.enqueue'> {
  readonly stanza: Stanza;
  readonly to: readonly AccountId[];
  /** The sending device, which needs no copy. */
  readonly except: DeviceName;
}
export type Done = Plain<'whatsapp.done'>;
/** `carries` belongs, in order, to the stanzas of type `message`. */
export interface Forward extends Plain<'whatsapp.forward'> {
  readonly device: DeviceName;
  readonly stanzas: readonly Stanza[];
  /** Nothing else waits. */
  readonly drained: boolean;
}
/** Somebody else has logged in as this device. */
export interface Displaced extends Plain<'whatsapp.displaced'> {
  readonly device: DeviceName;
}

/** Every message of this protocol. */
export type WhatsappMessage =
  | Login
  | Submit
  | Received
  | Success
  | Acknowledged
  | Delivery
  | Drained
  | Attach
  | Detach
  | Remove
  | Enqueue
  | Done
  | Forward
  | Displaced
  | TaskMessage;

export const success: Success = Object.freeze({ kind: 'whatsapp.success', carries: carriesNothing });
export const drained: Drained = Object.freeze({ kind: 'whatsapp.drained', carries: carriesNothing });
export const done: Done = Object.freeze({ kind: 'whatsapp.done', carries: carriesNothing });

/** A stanza in a queue with the user message it carries. */
export interface QueuedStanza {
  readonly stanza: Stanza;
  readonly words: UserMessageId | undefined;
}

/** The queue of one device of an account. */
export function deviceNameOf(account: AccountId, device: number): DeviceName {
  return `${account}:${device}` as DeviceName;
}

/** The account a queue belongs to. */
export function accountOf(device: DeviceName): AccountId {
  return device.slice(0, device.lastIndexOf(':')) as AccountId;
}

/** Names a stanza in every queue. */
export function keyOf({ from, id }: Stanza): string {
  return `${from} ${id}`;
}

/** A message of this protocol by the contract's type, or undefined when it belongs to another protocol. */
export function asWhatsapp(message: Message): WhatsappMessage | undefined {
  return message.kind.startsWith('whatsapp.') ? (message as WhatsappMessage) : undefined;
}

const isText = (value: unknown): boolean => typeof value === 'string';

function isStanza(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { id, from, type, content } = value as Partial<Stanza>;
  return (
    isText(id) && isText(from) && isText(content) && ['message', 'receipt', 'notice'].includes(type ?? '')
  );
}

const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const areStanzas = (value: unknown): boolean => Array.isArray(value) && value.every(isStanza);
const isFlag = (value: unknown): boolean => typeof value === 'boolean';

/** The fields of each kind and what they must be. */
const fields: Readonly<
  Record<WhatsappMessage['kind'], Readonly<Record<string, (value: unknown) => boolean>>>
> = {
  'whatsapp.login': { device: isText },
  'whatsapp.submit': { stanza: isStanza, to: areTexts },
  'whatsapp.received': { key: isText },
  'whatsapp.success': {},
  'whatsapp.ack': { id: isText },
  'whatsapp.delivery': { stanza: isStanza },
  'whatsapp.drained': {},
  'whatsapp.attach': { device: isText },
  'whatsapp.detach': { device: isText },
  'whatsapp.remove': { device: isText, key: isText },
  'whatsapp.enqueue': { stanza: isStanza, to: areTexts, except: isText },
  'whatsapp.done': {},
  'whatsapp.forward': { device: isText, stanzas: areStanzas, drained: isFlag },
  'whatsapp.displaced': { device: isText },
  ...taskFields,
};

function isWhatsapp(value: object): boolean {
  const { kind } = value as { kind?: unknown };
  if (typeof kind !== 'string' || !Object.hasOwn(fields, kind)) return false;
  const checks = Object.entries(fields[kind as WhatsappMessage['kind']]);
  return checks.every(([name, check]) => check((value as Record<string, unknown>)[name]));
}

/** Noise adds 16 bytes of tag and 3 of length to each frame (whatsmeow socket/framesocket.go). */
const frameBytes = 19;

export const whatsappCodec: Codec<WhatsappMessage> = jsonCodec<WhatsappMessage>({
  overheadBytes: (kind) => frameBytes + (taskOverheads[kind] ?? 0),
  blobBytes: mediaBytes,
  isMessage: isWhatsapp,
});
