// What FireChat phones and the service say to each other. Nothing of the real format is known: the fields are what the
// published behaviour needs, and their encoding is assumed.
import { jsonCodec } from '../codec.ts';
import type { Codec, Message } from '../message.ts';
import { overheadBytes } from './constants.ts';

/** A name that a person chose; anybody can take any name in public rooms. */
export type Account = string;

/** Said in a room, in clear and signed by nobody (Citizen Lab, 2014: all three modes in clear, impersonation possible). */
export interface Post extends Message {
  readonly kind: 'firechat.post';
  /** 32 hexadecimal digits at random. */
  readonly id: string;
  readonly room: string;
  readonly author: Account;
  readonly text: string;
  /** Hops that it has made. */
  readonly hops: number;
}

/** Private, sealed for its recipient (the vendor, July 2015: end-to-end encrypted, carried from phone to phone). */
export interface Letter extends Message {
  readonly kind: 'firechat.letter';
  readonly id: string;
  readonly from: Account;
  readonly to: Account;
  /** Hexadecimal digits of nonce, ciphertext and tag. */
  readonly sealed: string;
  /** When it was written, on its author's clock: carriers drop it by this. */
  readonly writtenAt: number;
  readonly hops: number;
}

/** The recipient has a letter: carriers may drop it. */
export interface Receipt extends Message {
  readonly kind: 'firechat.receipt';
  readonly id: string;
  readonly letter: string;
  readonly hops: number;
}

/** What floods. */
export type Spread = Post | Letter | Receipt;

/** Ids of what a phone has, told to a new neighbour. */
export interface Offer extends Message {
  readonly kind: 'firechat.offer';
  readonly ids: readonly string[];
}

/** Those of them that the neighbour lacks. */
export interface Want extends Message {
  readonly kind: 'firechat.want';
  readonly ids: readonly string[];
}

/** A phone to the service: who it is and which rooms it is in. */
export interface Hello extends Message {
  readonly kind: 'firechat.hello';
  readonly account: Account;
  readonly rooms: readonly string[];
}

/** The service to a phone: it has this and will keep it for others. */
export interface Stored extends Message {
  readonly kind: 'firechat.stored';
  readonly id: string;
}

export type FirechatMessage = Spread | Offer | Want | Hello | Stored;

const kinds: ReadonlySet<string> = new Set([
  'firechat.post',
  'firechat.letter',
  'firechat.receipt',
  'firechat.offer',
  'firechat.want',
  'firechat.hello',
  'firechat.stored',
]);

/** JSON behind a header of assumed length. */
export const firechatCodec: Codec<FirechatMessage> = jsonCodec<FirechatMessage>({
  overheadBytes: () => overheadBytes,
  isMessage: (value) => 'kind' in value && typeof value.kind === 'string' && kinds.has(value.kind),
});

const nextHops = new WeakMap<Spread, Spread>();

/** The same with one hop more; one object, however many phones pass it on. */
export function oneHopMore<S extends Spread>(message: S): S {
  let next = nextHops.get(message);
  if (next === undefined) nextHops.set(message, (next = { ...message, hops: message.hops + 1 }));
  return next as S;
}

/** Whether a message that came from outside has the fields of its kind. Receivers drop what has not. */
export function isWellFormed(message: Message): message is FirechatMessage {
  const fields = message as unknown as Readonly<Record<string, unknown>>;
  const isText = (name: string): boolean =>
    typeof fields[name] === 'string' && fields[name].length <= longestText;
  const areTexts = (name: string): boolean => {
    const list = fields[name];
    return Array.isArray(list) && list.length <= mostIds && list.every((each) => typeof each === 'string');
  };
  const hasHops = Number.isSafeInteger(fields['hops']) && (fields['hops'] as number) >= 0;
  switch (message.kind) {
    case 'firechat.post':
      return isId(fields['id']) && isText('room') && isText('author') && isText('text') && hasHops;
    case 'firechat.letter':
      return (
        isId(fields['id']) &&
        isText('from') &&
        isText('to') &&
        typeof fields['sealed'] === 'string' &&
        /^([0-9a-f]{2})*$/.test(fields['sealed']) &&
        fields['sealed'].length <= 2 * longestText &&
        Number.isSafeInteger(fields['writtenAt']) &&
        hasHops
      );
    case 'firechat.receipt':
      return isId(fields['id']) && isId(fields['letter']) && hasHops;
    case 'firechat.offer':
    case 'firechat.want':
      return areTexts('ids');
    case 'firechat.hello':
      return isText('account') && areTexts('rooms');
    case 'firechat.stored':
      return isId(fields['id']);
    default:
      return false;
  }
}

/** Characters of a text, and ids in a list, at most. Assumed; they bound what a hostile neighbour can make a phone do. */
const longestText = 20_000;
const mostIds = 2_000;

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
}

/** 52 bits of an id, for seen filters: ids are random, so that no hash is needed. */
export function keyOf(id: string): number {
  return Number.parseInt(id.slice(0, 13), 16);
}

/** What a conversation of the world is in FireChat. */
export type Conversation =
  { readonly kind: 'room'; readonly room: string } | { readonly kind: 'private'; readonly account: Account };
