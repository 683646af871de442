// Reading the Matrix vectors (test/vectors/matrix/PROVENANCE.md).
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fromBase64 } from '../../protocol/bytes.ts';
import type { JsonObject } from '../../protocol/matrix/canonical-json.ts';
import type { KeyLookup } from '../../protocol/matrix/signing.ts';

/** A room with the verdicts of another implementation. */
export interface RoomVector {
  readonly name: string;
  readonly room_version: string;
  readonly room_id: string;
  readonly servers: Readonly<Record<string, { readonly key_id: string; readonly public_key: string }>>;
  readonly events: readonly {
    readonly event_id: string;
    readonly pdu: JsonObject;
    readonly expect: {
      readonly accepted: boolean;
      readonly stage?: string;
      readonly reason?: string;
      readonly soft_failed?: boolean;
      readonly state_before_sha256: string;
      readonly state_after_sha256: string;
    };
  }[];
  readonly expect: {
    readonly forward_extremities: readonly string[];
    readonly resolved_state: readonly (readonly [string, string, string])[];
    readonly resolved_state_sha256: string;
    readonly observer: {
      readonly forward_extremities: readonly string[];
      readonly resolved_state_sha256: string;
    };
  };
}

const folder = new URL('../vectors/matrix/', import.meta.url);

/** A gzipped JSON file of the vectors. */
export function readVector(name: string): unknown {
  return JSON.parse(gunzipSync(readFileSync(new URL(name, folder))).toString('utf8'));
}

/** A file of the vectors as a JSON file of its own, for commands that are given files. */
export function unpackedVector(name: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'netsplit-')), 'room.json');
  writeFileSync(path, gunzipSync(readFileSync(new URL(name, folder))));
  return path;
}

/** File names of the sample rooms. */
export const sampleRooms: readonly string[] = readdirSync(folder)
  .filter((name) => name.startsWith('sample-'))
  .sort();

/** Looks up the public keys that come with a room. */
export function keysOf(room: RoomVector): KeyLookup {
  return (server, keyId) => {
    const key = room.servers[server];
    return key?.key_id === keyId ? fromBase64(key.public_key) : undefined;
  };
}
