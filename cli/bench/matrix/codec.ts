// The part of `netsplit bench matrix` that measures single events: canonical JSON, hashes, signatures, receipt.
import { generateKeyPairSync, hash, sign, verify } from 'node:crypto';
import { present } from '../../../protocol/assert.ts';
import {
  encodeCanonicalJson,
  type JsonObject,
  type JsonValue,
} from '../../../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../../../protocol/matrix/event.ts';
import { parseEvent } from '../../../protocol/matrix/event-format.ts';
import { contentHash, eventIdOf } from '../../../protocol/matrix/hashes.ts';
import {
  checkEventSignatures,
  checkManySignatures,
  hasValidContentHash,
  hashAndSignEvent,
} from '../../../protocol/matrix/signing.ts';
import type { BenchPart, Row } from '../bench.ts';
import { ratePerSecond, Rounds } from '../measure.ts';
import { busyKeyring, busyRoom, type BusyRoom } from './busy-room.ts';

/** The same as canonical JSON for these events, as one would write it first. */
function naiveCanonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${(value as readonly JsonValue[]).map(naiveCanonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value as JsonObject).sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${naiveCanonicalJson(each ?? null)}`).join(',')}}`;
}

/** Rates over all events of a room, each beside what it is measured by. */
export const codecPart: BenchPart = {
  name: 'events one by one',
  run() {
    const room = busyRoom('11', 150, 'bench');
    const { events, rules, keys } = room;
    const pdus = events.map(({ pdu }) => pdu);
    const texts = pdus.map((pdu) => JSON.stringify(pdu));
    const key = present(busyKeyring[0], 'a key');
    const raw = rawCrypto(texts);
    const over = <Item>(items: readonly Item[], work: (item: Item) => unknown) => {
      const all = (): void => {
        for (const item of items) work(item);
      };
      return () => ratePerSecond(items.length, all);
    };
    const measured = new Rounds(9, {
      'naive canonical JSON': over(pdus, naiveCanonicalJson),
      'canonical JSON': over(pdus, encodeCanonicalJson),
      'SHA-256 of the text': over(texts, sha256),
      'content hash': over(pdus, contentHash),
      'event id': over(pdus, (pdu) => eventIdOf(pdu, rules)),
      'ed25519 sign': over(raw.messages, raw.sign),
      'hash and sign': over(pdus, (pdu) => hashAndSignEvent(pdu, rules, key)),
      'ed25519 verify': over(raw.messages, raw.verify),
      'check signatures': over(events, (event) => checkEventSignatures(event, keys)),
      'check signatures in bulk': () => ratePerSecond(events.length, () => checkManySignatures(events, keys)),
      'parse, hash, id and one verification': over(raw.messages, (index) => {
        const pdu = JSON.parse(texts[index] ?? '') as JsonObject;
        return [contentHash(pdu), eventIdOf(pdu, rules), raw.verify(index)];
      }),
      'first receipt, signature and all': over(texts, (text) => receive(text, room)),
    });
    type Name = Parameters<typeof measured.of>[0];
    const row = (name: Name, reference: Name, least?: number): Row => {
      const { value, other } = measured.beside(name, reference);
      return {
        name,
        value,
        unit: '/s',
        comparison: { name: reference, value: other },
        ...(least === undefined ? {} : { goal: { of: 'ratio', bound: least } }),
      };
    };
    return [
      row('canonical JSON', 'naive canonical JSON', 1),
      row('content hash', 'SHA-256 of the text'),
      row('event id', 'SHA-256 of the text'),
      row('hash and sign', 'ed25519 sign'),
      row('check signatures', 'ed25519 verify'),
      row('check signatures in bulk', 'ed25519 verify'),
      row('first receipt, signature and all', 'parse, hash, id and one verification', 0.8),
    ];
  },
};

const sha256 = (text: string): Uint8Array => hash('sha256', text, 'buffer');

/** Checks 1 to 3 on receipt. https://spec.matrix.org/v1.16/server-server-api/#checks-performed-on-receipt-of-a-pdu */
function receive(text: string, { rules, keys }: BusyRoom): MatrixEvent {
  const parsed = parseEvent(JSON.parse(text) as JsonObject, rules);
  if (!parsed.ok) throw new Error(parsed.detail);
  const signed = checkEventSignatures(parsed.value, keys);
  if (!signed.ok || !hasValidContentHash(parsed.value.pdu)) throw new Error('an event of the bench is bad');
  return parsed.value;
}

/** The bare operations of node:crypto on these messages, key and signatures at hand. */
function rawCrypto(texts: readonly string[]): {
  readonly messages: readonly number[];
  readonly sign: (message: number) => unknown;
  readonly verify: (message: number) => boolean;
} {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const messages = texts.map((text) => Buffer.from(text));
  const signatures = messages.map((message) => sign(null, message, privateKey));
  const bytesOf = (buffers: readonly Buffer[], index: number) => present(buffers[index], 'a message');
  return {
    messages: messages.map((_, index) => index),
    sign: (index) => sign(null, bytesOf(messages, index), privateKey),
    verify: (index) => verify(null, bytesOf(messages, index), publicKey, bytesOf(signatures, index)),
  };
}
