// Fields with one-byte types and two-byte lengths: group messages and courier envelopes are made of them.
import { concatBytes } from '../bytes.ts';

/** A field's type and value. */
export type LongField = readonly [number, Uint8Array];

/** Type, length in two bytes, value, for each field. */
export function encodeLongFields(fields: readonly LongField[]): Uint8Array {
  return concatBytes(
    ...fields.flatMap(([tag, value]) => [Uint8Array.of(tag, value.length >> 8, value.length & 0xff), value]),
  );
}

/** The fields, the last of each type; undefined when the lengths do not fit. */
export function decodeLongFields(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> | undefined {
  const fields = new Map<number, Uint8Array>();
  let at = 0;
  while (at < bytes.length) {
    if (at + 3 > bytes.length) return undefined;
    const end = at + 3 + (((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0));
    if (end > bytes.length) return undefined;
    fields.set(bytes[at] ?? 0, bytes.slice(at + 3, end));
    at = end;
  }
  return fields;
}
