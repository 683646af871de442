// Bytes and their textual forms, without Node's Buffer, so that cores run in a browser too.

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** UTF-8 bytes of `text`. Lone surrogates become U+FFFD, as in every web encoder. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Writes the UTF-8 bytes of `text` to the beginning of `target`, which holds them; returns their number. */
export function utf8Into(text: string, target: Uint8Array): number {
  return encoder.encodeInto(text, target).written;
}

/**
 * The same text in one piece, for texts that are kept: one put together by concatenation remains a tree of its parts in
 * V8 until somebody looks at a character.
 */
export function inOnePiece(text: string): string {
  return text.charCodeAt(0) >= 0 ? text : '';
}

/** Text of UTF-8 `bytes`. Throws a TypeError on malformed input. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Number of bytes `text` takes in UTF-8, without encoding it. */
export function utf8Length(text: string): number {
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) length += 1;
    else if (unit < 0x800) length += 2;
    else if (unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00) {
      length += 4;
      index++;
    } else length += 3;
  }
  return length;
}

const hexDigits = '0123456789abcdef';

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += hexDigits.charAt(byte >> 4) + hexDigits.charAt(byte & 15);
  return inOnePiece(text);
}

/** Bytes of a hexadecimal string. Throws a RangeError on anything else. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) throw new RangeError('not a hexadecimal string');
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index++)
    bytes[index] = parseInt(text.slice(index * 2, index * 2 + 2), 16);
  return bytes;
}

const standardAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const urlSafeAlphabet = standardAlphabet.slice(0, 62) + '-_';

function encodeBase64(bytes: Uint8Array, alphabet: string): string {
  let text = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const left = bytes.length - index;
    const group = ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    text += alphabet.charAt(group >> 18) + alphabet.charAt((group >> 12) & 63);
    if (left > 1) text += alphabet.charAt((group >> 6) & 63);
    if (left > 2) text += alphabet.charAt(group & 63);
  }
  return text;
}

/** Unpadded base64, standard alphabet (Matrix appendices, "Unpadded Base64"). */
export function toBase64(bytes: Uint8Array): string {
  return encodeBase64(bytes, standardAlphabet);
}

/** Unpadded base64, URL-safe alphabet (RFC 4648 §5). */
export function toBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes, urlSafeAlphabet);
}

const base64Values = new Int8Array(128).fill(-1);
for (let value = 0; value < 64; value++) {
  base64Values[standardAlphabet.charCodeAt(value)] = value;
  base64Values[urlSafeAlphabet.charCodeAt(value)] = value;
}

/** Bytes of base64 in either alphabet, padded or not; undefined when malformed. */
export function fromBase64(text: string): Uint8Array | undefined {
  const body = text.replace(/=+$/, '');
  if (body.length % 4 === 1) return undefined;
  const bytes = new Uint8Array((body.length * 3) >> 2);
  let group = 0;
  let bits = 0;
  let length = 0;
  for (let index = 0; index < body.length; index++) {
    const code = body.charCodeAt(index);
    const value = code < 128 ? (base64Values[code] ?? -1) : -1;
    if (value < 0) return undefined;
    group = (group << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[length++] = (group >> bits) & 255;
    }
  }
  return bytes;
}

/** The byte strings one after the other. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Whether two byte strings are equal. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return true;
}
