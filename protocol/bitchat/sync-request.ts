// The payload of a request for what one has missed (bitchat/Models/RequestSyncPacket.swift, Sync/SyncTypeFlags.swift).
import { concatBytes } from '../bytes.ts';
import { gossip, packetTypes } from './constants.ts';
import type { GcsFilter } from './gcs-filter.ts';

const tags = { bits: 1, range: 2, data: 3, types: 4, since: 5 } as const;

/** What is asked for. */
export interface SyncRequest {
  readonly filter: GcsFilter;
  readonly types: ReadonlySet<number>;
  /** Only packets with this timestamp or a later one; undefined: all that are fresh. */
  readonly since: number | undefined;
}

/** Packet types by their bit. */
const typeBits = [
  packetTypes.announce,
  packetTypes.message,
  packetTypes.leave,
  packetTypes.noiseHandshake,
  packetTypes.noiseEncrypted,
  packetTypes.fragment,
  packetTypes.requestSync,
  packetTypes.file,
  packetTypes.board,
  packetTypes.prekeyBundle,
  packetTypes.groupMessage,
] as const;

function field(tag: number, value: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(tag, value.length >> 8, value.length & 0xff), value);
}

function bigEndian(value: number, bytes: number): Uint8Array {
  const result = new Uint8Array(bytes);
  let rest = value;
  for (let index = bytes - 1; index >= 0; index--) {
    result[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return result;
}

function readBigEndian(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

/** Fields with one-byte types and two-byte lengths. */
export function encodeSyncRequest({ filter, types, since }: SyncRequest): Uint8Array {
  // Little-endian, without trailing zero bytes.
  const flags = [0, 0];
  for (const [bit, type] of typeBits.entries())
    if (types.has(type)) flags[bit >> 3] = (flags[bit >> 3] ?? 0) | (1 << (bit & 7));
  while (flags.length > 1 && flags.at(-1) === 0) flags.pop();
  return concatBytes(
    field(tags.bits, Uint8Array.of(filter.bits)),
    field(tags.range, bigEndian(filter.range, 4)),
    field(tags.data, filter.data),
    field(tags.types, Uint8Array.from(flags)),
    since === undefined ? new Uint8Array() : field(tags.since, bigEndian(since, 8)),
  );
}

/** Whether a field has a length that it may have. */
function fits(tag: number, { length }: Uint8Array): boolean {
  if (tag === tags.bits) return length === 1;
  if (tag === tags.range) return length === 4;
  if (tag === tags.since) return length === 8;
  return tag !== tags.types || (length >= 1 && length <= 8);
}

/**
 * Undefined when it is malformed. A field of another length than it must have is passed over, but for the filter. Without
 * types it asks for announces and messages, as old clients do.
 */
export function decodeSyncRequest(payload: Uint8Array): SyncRequest | undefined {
  const fields = new Map<number, Uint8Array>();
  let at = 0;
  while (at + 3 <= payload.length) {
    const end = at + 3 + (((payload[at + 1] ?? 0) << 8) | (payload[at + 2] ?? 0));
    if (end > payload.length) return undefined;
    const tag = payload[at] ?? 0;
    const value = payload.subarray(at + 3, end);
    if (tag === tags.data && value.length > gossip.mostFilterBytes) return undefined;
    if (fits(tag, value)) fields.set(tag, value);
    at = end;
  }
  const bits = fields.get(tags.bits)?.[0] ?? 0;
  const range = readBigEndian(fields.get(tags.range) ?? new Uint8Array());
  const data = fields.get(tags.data);
  if (bits < 1 || bits > gossip.mostFilterBits || range === 0 || data === undefined) return undefined;
  const flags = fields.get(tags.types) ?? Uint8Array.of(0b11);
  const since = fields.get(tags.since);
  return {
    filter: { bits, range, data: data.slice() },
    types: new Set(typeBits.filter((_, bit) => (((flags[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1)),
    since: since === undefined ? undefined : readBigEndian(since),
  };
}
