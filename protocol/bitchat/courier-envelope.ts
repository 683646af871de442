// A private message sealed for somebody absent, as couriers carry it (BitFoundation CourierEnvelope.swift): who carries
// it learns neither who wrote it nor, without knowing the recipient's key, whom it is for.
import { present } from '../assert.ts';
import { equalBytes, utf8 } from '../bytes.ts';
import { hmacSha256 } from '../crypto.ts';
import type { WallTime } from '../time.ts';
import { courier as limits } from './constants.ts';
import { decodeLongFields, encodeLongFields, type LongField } from './long-fields.ts';

const tags = { recipientTag: 1, expiry: 2, ciphertext: 3, copies: 4, prekeyId: 5 } as const;
const tagContext = utf8('bitchat-courier-tag-v1');
const millisecondsPerDay = 86_400_000;

/** What couriers carry. */
export interface CourierEnvelope {
  /** 16 bytes that only who knows the recipient's key can connect with it; another one each day. */
  readonly recipientTag: Uint8Array;
  /** Milliseconds since 1970 after which it is dropped. */
  readonly expiry: number;
  /** A one-way Noise message to the recipient. */
  readonly ciphertext: Uint8Array;
  /** Copies that its holder may still pass on to other couriers, its own included. */
  readonly copies: number;
  /** Sealed for one of the recipient's one-time keys, not for its static one; read, never written here. */
  readonly prekeyId?: number | undefined;
}

/** Fields in ascending order. A single copy is not written, as by applications older than spraying. */
export function encodeEnvelope({ recipientTag, expiry, ciphertext, copies }: CourierEnvelope): Uint8Array {
  const fields: LongField[] = [
    [tags.recipientTag, recipientTag],
    [tags.expiry, numberBytes(expiry)],
    [tags.ciphertext, ciphertext],
  ];
  if (copies > 1) fields.push([tags.copies, Uint8Array.of(copies)]);
  return encodeLongFields(fields);
}

/** The envelope; undefined when a field has another length than it must, or one is missing. */
export function decodeEnvelope(bytes: Uint8Array): CourierEnvelope | undefined {
  const fields = decodeLongFields(bytes);
  const recipientTag = fields?.get(tags.recipientTag);
  const expiry = fields?.get(tags.expiry);
  const ciphertext = fields?.get(tags.ciphertext);
  const copies = fields?.get(tags.copies) ?? Uint8Array.of(1);
  const prekey = fields?.get(tags.prekeyId);
  if (recipientTag?.length !== limits.tagBytes || expiry?.length !== 8 || ciphertext === undefined)
    return undefined;
  if (ciphertext.length === 0 || ciphertext.length > limits.mostCiphertextBytes) return undefined;
  if (copies.length !== 1 || (prekey !== undefined && prekey.length !== 4)) return undefined;
  return {
    recipientTag,
    expiry: readNumber(expiry),
    ciphertext,
    copies: Math.min(Math.max(copies[0] ?? 1, 1), limits.mostCopies),
    prekeyId: prekey === undefined ? undefined : readNumber(prekey),
  };
}

/** The tag of a recipient on the day of this time. */
export function recipientTag(noisePublicKey: Uint8Array, wall: WallTime): Uint8Array {
  return present(tagsAround(noisePublicKey, dayOf(wall))[1], 'a tag of today');
}

/** Whether an envelope is for the owner of this key: days beside today count, for clocks and journeys. */
export function isFor(envelope: CourierEnvelope, noisePublicKey: Uint8Array, wall: WallTime): boolean {
  return tagsAround(noisePublicKey, dayOf(wall)).some((tag) => equalBytes(tag, envelope.recipientTag));
}

/** Big-endian, in eight bytes. */
function numberBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(value / 4_294_967_296));
  view.setUint32(4, value % 4_294_967_296);
  return bytes;
}

function readNumber(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

const dayOf = (wall: WallTime): number => Math.max(0, Math.floor(wall / millisecondsPerDay));

/** Tags of yesterday, today and tomorrow by key: a pure function that every announce asks. */
const knownTags = new WeakMap<Uint8Array, { readonly day: number; readonly tags: readonly Uint8Array[] }>();

function tagsAround(noisePublicKey: Uint8Array, day: number): readonly Uint8Array[] {
  const known = knownTags.get(noisePublicKey);
  if (known?.day === day) return known.tags;
  const tagsOfDays = [Math.max(0, day - 1), day, day + 1].map((each) => tagOf(noisePublicKey, each));
  knownTags.set(noisePublicKey, { day, tags: tagsOfDays });
  return tagsOfDays;
}

function tagOf(noisePublicKey: Uint8Array, day: number): Uint8Array {
  const content = new Uint8Array(tagContext.length + 4);
  content.set(tagContext);
  new DataView(content.buffer).setUint32(tagContext.length, day);
  return Uint8Array.from(hmacSha256(noisePublicKey, content).subarray(0, limits.tagBytes));
}
