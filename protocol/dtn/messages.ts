// What store-carry-forward phones say to each other over a link. No standard has it: the literature leaves it open.
import { jsonCodec } from '../codec.ts';
import type { Codec, Message } from '../message.ts';

/** What each side of a new link says first: who it is, and what it need not be given (the summary vector of Vahdat and Becker). */
export interface DtnHello extends Message {
  readonly kind: 'dtn.hello';
  readonly node: number;
  /** Bundles that it holds, or that were delivered to it. */
  readonly has: readonly string[];
}

/** What routers tell each other at the begin of a contact, such as PRoPHET's predictabilities. Follows the hello. */
export interface DtnSummary extends Message {
  readonly kind: 'dtn.summary';
  readonly numbers: readonly number[];
}

/** A copy of a message for one recipient. */
export interface DtnBundle extends Message {
  readonly kind: 'dtn.bundle';
  /** 13 hexadecimal digits at random. */
  readonly id: string;
  readonly source: number;
  readonly destination: number;
  /** Microseconds on the clock that does not jump; carriers drop it by this. */
  readonly createdAt: number;
  readonly text: string;
  /** What the sender's router wants the receiver's to know: spray-and-wait's number of copies. */
  readonly note: number;
}

export type DtnMessage = DtnHello | DtnSummary | DtnBundle;

/** Header of a frame: kind, length, ids in binary. Assumed; range 8 to 64. */
const overheadBytes = 16;

/** JSON behind a header of assumed length. */
export const dtnCodec: Codec<DtnMessage> = jsonCodec<DtnMessage>({
  overheadBytes: () => overheadBytes,
  isMessage: (value) =>
    'kind' in value &&
    (value.kind === 'dtn.hello' || value.kind === 'dtn.summary' || value.kind === 'dtn.bundle'),
});

/** Ids in a hello, numbers in a summary, and characters in a text, at most. Assumed; they bound what a hostile neighbour can make a phone do. */
const mostIds = 100_000;
const longestText = 20_000;

/** Whether a message that came from outside has the fields of its kind. Receivers drop what has not. */
export function isWellFormed(message: Message): message is DtnMessage {
  const fields = message as unknown as Readonly<Record<string, unknown>>;
  const isNumber = (name: string): boolean => isCount(fields[name]);
  if (message.kind === 'dtn.hello') {
    const { has } = fields;
    return isNumber('node') && Array.isArray(has) && has.length <= mostIds && has.every(isId);
  }
  if (message.kind === 'dtn.summary') {
    const { numbers } = fields;
    return Array.isArray(numbers) && numbers.length <= mostIds && numbers.every(isCount);
  }
  const { text } = fields;
  return (
    message.kind === 'dtn.bundle' &&
    isId(fields['id']) &&
    ['source', 'destination', 'createdAt', 'note'].every(isNumber) &&
    typeof text === 'string' &&
    text.length <= longestText
  );
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{13}$/.test(value);
}
