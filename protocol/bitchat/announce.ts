// The payload of an announce: who somebody is and whom they hear (Packets.swift, AnnouncementPacket).
import { fromUtf8, utf8 } from '../bytes.ts';
import { announcing, frame } from './constants.ts';
import { peerIdBytes, readPeerId, type PeerId } from './peer-id.ts';

const tags = {
  nickname: 1,
  noiseKey: 2,
  signingKey: 3,
  neighbours: 4,
  capabilities: 5,
  bridgeGeohash: 6,
} as const;

/** What an announce says. */
export interface Announce {
  readonly nickname: string;
  readonly noisePublicKey: Uint8Array;
  readonly signingPublicKey: Uint8Array;
  /** Peers it is connected to, at most ten. */
  readonly neighbours: readonly PeerId[];
  /** Feature bits, little-endian; undefined from old clients. */
  readonly capabilities?: Uint8Array | undefined;
  readonly bridgeGeohash?: string | undefined;
}

/** Type, one-byte length, value, for each field that is there. */
export function encodeAnnounce(announce: Announce): Uint8Array {
  const fields: (readonly [number, Uint8Array])[] = [
    [tags.nickname, utf8(announce.nickname)],
    [tags.noiseKey, announce.noisePublicKey],
    [tags.signingKey, announce.signingPublicKey],
  ];
  const neighbours = announce.neighbours.slice(0, announcing.mostNeighbours);
  if (neighbours.length > 0) {
    const ids = new Uint8Array(neighbours.length * frame.idBytes);
    for (const [index, id] of neighbours.entries()) ids.set(peerIdBytes(id), index * frame.idBytes);
    fields.push([tags.neighbours, ids]);
  }
  if (announce.capabilities !== undefined) fields.push([tags.capabilities, announce.capabilities]);
  if (announce.bridgeGeohash !== undefined) fields.push([tags.bridgeGeohash, utf8(announce.bridgeGeohash)]);
  return encodeFields(fields);
}

/** Fields with one-byte types and lengths. Throws a RangeError when a value is longer than 255 bytes. */
export function encodeFields(fields: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [, value]) => sum + 2 + value.length, 0));
  let at = 0;
  for (const [tag, value] of fields) {
    if (value.length > 255) throw new RangeError(`field ${tag} of ${value.length} bytes`);
    bytes[at] = tag;
    bytes[at + 1] = value.length;
    bytes.set(value, at + 2);
    at += 2 + value.length;
  }
  return bytes;
}

/** The fields of {@link encodeFields}, the last of each type, as parts of the bytes; undefined when the lengths do not fit. */
export function decodeFields(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> | undefined {
  const fields = new Map<number, Uint8Array>();
  let at = 0;
  while (at + 2 <= bytes.length) {
    const end = at + 2 + (bytes[at + 1] ?? 0);
    if (end > bytes.length) return undefined;
    fields.set(bytes[at] ?? 0, bytes.subarray(at + 2, end));
    at = end;
  }
  return fields;
}

/** The announce in a payload; undefined when it is malformed or incomplete. Unknown fields are skipped. */
export function decodeAnnounce(payload: Uint8Array): Announce | undefined {
  const fields = decodeFields(payload);
  if (fields === undefined) return undefined;
  const nickname = textOf(fields.get(tags.nickname));
  const noisePublicKey = fields.get(tags.noiseKey);
  const signingPublicKey = fields.get(tags.signingKey);
  if (nickname === undefined || noisePublicKey === undefined || signingPublicKey === undefined)
    return undefined;
  const ids = fields.get(tags.neighbours) ?? new Uint8Array();
  const count = ids.length % frame.idBytes === 0 ? ids.length / frame.idBytes : 0;
  const geohash = fields.get(tags.bridgeGeohash);
  return {
    nickname,
    noisePublicKey,
    signingPublicKey,
    neighbours: Array.from({ length: count }, (_, index) => readPeerId(ids, index * frame.idBytes)),
    capabilities: fields.get(tags.capabilities),
    bridgeGeohash: geohash === undefined || geohash.length > 12 ? undefined : textOf(geohash),
  };
}

/** UTF-8 text; undefined when absent or malformed. */
export function textOf(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined;
  }
}
