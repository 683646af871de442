// Mail on its way: between servers (SMTP), from an application to its provider (submission) and back (IMAP). Dialogues of
// several lines are one message and its answer; their bytes are charged.
import { jsonCodec } from '../codec.ts';
import type { Brand } from '../brand.ts';
import { carriesNothing, type Codec, type Message, type UserMessageId } from '../message.ts';

/** `name@domain`; empty as the sender of a return (RFC 5321 §4.5.5). */
export type MailAddress = Brand<string, 'MailAddress'>;
export type Domain = Brand<string, 'MailDomain'>;

/** A mail without its envelope. */
export interface Mail {
  /** Message-ID (RFC 5322 §3.6.4): the same in every copy. */
  readonly id: string;
  readonly from: MailAddress;
  readonly text: string;
  /** Bytes of a picture that goes with it. */
  readonly attached?: number;
  /** Of a return: the Message-ID of what could not be delivered (RFC 3464). */
  readonly returns?: string;
}

interface Plain<Kind extends string> extends Message {
  readonly kind: Kind;
}

/** Connection, greeting, EHLO. */
export type Hello = Plain<'smtp.hello'>;
/** MAIL, RCPT, DATA, the mail, the final dot. */
export interface Transfer extends Plain<'smtp.transfer'> {
  readonly sender: MailAddress | '';
  readonly recipients: readonly MailAddress[];
  readonly mail: Mail;
}
/** An application hands in a mail for its user. */
export interface Submit extends Plain<'smtp.submit'> {
  readonly recipients: readonly MailAddress[];
  readonly mail: Mail;
}
/** 250. */
export type Okay = Plain<'smtp.ok'>;
/** An application listens for new mail, having what came up to this number. */
export interface Idle extends Plain<'smtp.idle'> {
  readonly user: MailAddress;
  readonly after: number;
}
export interface Fetched extends Plain<'smtp.fetched'> {
  readonly uid: number;
  readonly mail: Mail;
}
/** Nothing else is new. */
export type UpToDate = Plain<'smtp.up-to-date'>;

/** An application that knows nothing of an account logs in to it. */
export interface Login extends Plain<'smtp.login'> {
  readonly user: MailAddress;
}
/** An application asks for older mail than it keeps. */
export interface Read extends Plain<'smtp.read'> {
  readonly user: MailAddress;
}
/** The newest mails of the mailbox: how many, and their bytes. */
export interface Listing extends Plain<'smtp.listing'> {
  readonly mails: number;
  readonly bytes: number;
}

/** Every message of this protocol. */
export type SmtpMessage =
  Hello | Transfer | Submit | Okay | Idle | Fetched | UpToDate | Login | Read | Listing;

export const hello: Hello = Object.freeze({ kind: 'smtp.hello', carries: carriesNothing });
export const okay: Okay = Object.freeze({ kind: 'smtp.ok', carries: carriesNothing });
export const upToDate: UpToDate = Object.freeze({ kind: 'smtp.up-to-date', carries: carriesNothing });

export function domainOf(address: MailAddress): Domain {
  return address.slice(address.lastIndexOf('@') + 1) as Domain;
}

/** A message of this protocol by the contract's type, or undefined when it belongs to another protocol. */
export function asSmtp(message: Message): SmtpMessage | undefined {
  return message.kind.startsWith('smtp.') ? (message as SmtpMessage) : undefined;
}

/** A mail with the user message that it carries. */
export interface Carried {
  readonly mail: Mail;
  readonly words: UserMessageId | undefined;
}

/** What a message that carries this mail lists. */
export function wordsOf({ words }: Carried): readonly UserMessageId[] {
  return words === undefined ? carriesNothing : [words];
}

/** Bytes of a picture within a mail: base64 in lines of 76 characters (RFC 2045 §6.8). */
const attachedBytes = ({ attached = 0 }: Mail): number => Math.ceil((attached * 4 * 78) / (3 * 76));

/** A mail's size as servers limit it, without its header fields. */
export function sizeOf(mail: Mail): number {
  return mail.text.length + attachedBytes(mail);
}

const isText = (value: unknown): boolean => typeof value === 'string';
const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isNumber = (value: unknown): boolean => Number.isSafeInteger(value);

function isMail(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { id, from, text, attached, returns } = value as Partial<Mail>;
  if (!isText(id) || !isText(from) || !isText(text)) return false;
  return (attached === undefined || isNumber(attached)) && (returns === undefined || isText(returns));
}

const fields: Readonly<Record<SmtpMessage['kind'], Readonly<Record<string, (value: unknown) => boolean>>>> = {
  'smtp.hello': {},
  'smtp.transfer': { sender: isText, recipients: areTexts, mail: isMail },
  'smtp.submit': { recipients: areTexts, mail: isMail },
  'smtp.ok': {},
  'smtp.idle': { user: isText, after: isNumber },
  'smtp.fetched': { uid: isNumber, mail: isMail },
  'smtp.up-to-date': {},
  'smtp.login': { user: isText },
  'smtp.read': { user: isText },
  'smtp.listing': { mails: isNumber, bytes: isNumber },
};

function isSmtp(value: object): boolean {
  const { kind } = value as { kind?: unknown };
  if (typeof kind !== 'string' || !Object.hasOwn(fields, kind)) return false;
  const checks = Object.entries(fields[kind as SmtpMessage['kind']]);
  return checks.every(([name, check]) => check((value as Record<string, unknown>)[name]));
}

/**
 * Bytes around what is said. A mail's header fields (Received, DKIM signature, Date, MIME) take about 2,500 bytes (assumed
 * from common mails), a dialogue's lines about 200.
 */
const overheadBytes: Readonly<Record<SmtpMessage['kind'], number>> = {
  'smtp.hello': 200,
  'smtp.transfer': 2_700,
  'smtp.submit': 1_000,
  'smtp.ok': 40,
  'smtp.idle': 120,
  'smtp.fetched': 2_700,
  'smtp.up-to-date': 40,
  'smtp.login': 200,
  'smtp.read': 120,
  'smtp.listing': 40,
};

function blobBytes(message: Message): number {
  if (message.kind === 'smtp.listing') return (message as Listing).bytes;
  const { mail } = message as Partial<Submit>;
  return mail === undefined ? 0 : attachedBytes(mail);
}

export const smtpCodec: Codec<SmtpMessage> = jsonCodec<SmtpMessage>({
  overheadBytes: (kind) => overheadBytes[kind as SmtpMessage['kind']],
  blobBytes,
  isMessage: isSmtp,
});
