// What WhatsApp's parts say to each other about more than messages. Questions are "IQ" stanzas over a device's connection,
// here requests to the same name (whatsmeow request.go); pictures and registration go by HTTPS.
import { carriesNothing, type Message } from '../message.ts';
import type { AccountId } from './messages.ts';

/** What a device asks of the service; the names are those of whatsmeow's files where there is one. */
export type Topic =
  /** Which account a number is (user.go, "usync"). */
  | 'contact'
  /** Keys for a new session (prekeys.go). */
  | 'keys'
  | 'put-keys'
  /** A companion joins the account (pair.go, pair-code.go). */
  | 'pair'
  /** What an account's next phone needs: devices, contacts, settings (appstate.go, user.go). */
  | 'account'
  /** group.go. */
  | 'create-group'
  | 'join-group'
  /** Where to put a picture, and with which right (mediaconn.go). */
  | 'media';

/** Which machines answer about it; undefined: the front end itself. */
export const answeredBy = {
  contact: 'accounts',
  keys: 'accounts',
  'put-keys': 'accounts',
  pair: 'accounts',
  account: 'accounts',
  'create-group': 'groups',
  'join-group': 'groups',
  media: undefined,
} as const satisfies Readonly<Record<Topic, 'accounts' | 'groups' | undefined>>;

interface Plain<Kind extends string> extends Message {
  readonly kind: Kind;
}

/** Device to front end, and on to the machine that answers. */
export interface Query extends Plain<'whatsapp.query'> {
  readonly topic: Topic;
  /** Who asks. */
  readonly from: AccountId;
  /** The account that it is about, which decides the machine. */
  readonly account: AccountId;
  /** Of a group: its name and who is to be in it. */
  readonly group?: string;
  readonly members?: readonly AccountId[];
}

/** A number is proved, and a phone becomes its account's: HTTPS to the registration service. */
export interface Register extends Plain<'whatsapp.register'> {
  readonly account: AccountId;
  /** First a code is asked for, by text message; then it is handed in. */
  readonly step: 'code' | 'register';
}

export interface MediaPut extends Plain<'whatsapp.media-put'> {
  readonly key: string;
  readonly bytes: number;
}
export interface MediaGet extends Plain<'whatsapp.media-get'> {
  readonly key: string;
}
export interface MediaObject extends Plain<'whatsapp.media'> {
  readonly bytes: number;
}

export type TaskMessage = Query | Register | MediaPut | MediaGet | MediaObject;

const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isOptional =
  (check: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || check(value);

export const taskFields: Readonly<
  Record<TaskMessage['kind'], Readonly<Record<string, (value: unknown) => boolean>>>
> = {
  'whatsapp.query': {
    topic: (value) => isText(value) && Object.hasOwn(answeredBy, value as string),
    from: isText,
    account: isText,
    group: isOptional(isText),
    members: isOptional((value) => Array.isArray(value) && value.every(isText)),
  },
  'whatsapp.register': { account: isText, step: (value) => value === 'code' || value === 'register' },
  'whatsapp.media-put': { key: isText, bytes: isCount },
  'whatsapp.media-get': { key: isText },
  'whatsapp.media': { bytes: isCount },
};

/** Bytes beside the frame: HTTPS requests. Assumed, 400 to 2,000. */
export const taskOverheads: Readonly<Record<string, number>> = {
  'whatsapp.register': 800,
  'whatsapp.media-put': 800,
  'whatsapp.media-get': 800,
  'whatsapp.media': 800,
};

/** Bytes of the picture that a message holds; of a batch of keys what they take (whatsmeow prekeys.go: 50, of 40 bytes each). */
export function mediaBytes(message: Message): number {
  switch (message.kind) {
    case 'whatsapp.media-put':
    case 'whatsapp.media':
      return (message as MediaPut | MediaObject).bytes;
    case 'whatsapp.query':
      return (message as Query).topic === 'put-keys' ? 2_000 : 0;
    default:
      return 0;
  }
}

const mediaPrefix = 'media:';

/** A notice's content that says where a picture lies. */
export function mediaNotice(host: string, key: string): string {
  return `${mediaPrefix}${host}/${key}`;
}

/** Undefined for every other content. */
export function readMediaNotice(
  content: string,
): { readonly host: string; readonly key: string } | undefined {
  if (!content.startsWith(mediaPrefix)) return undefined;
  const end = content.lastIndexOf('/');
  return { host: content.slice(mediaPrefix.length, end), key: content.slice(end + 1) };
}

export const mediaObject = (bytes: number): MediaObject => ({
  kind: 'whatsapp.media',
  bytes,
  carries: carriesNothing,
});
