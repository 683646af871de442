// Frames too long for one write, cut into fragments and put together again (BLEFragmentAssemblyBuffer.swift).
import { concatBytes, toHex } from '../bytes.ts';
import type { Instant } from '../time.ts';
import { fragments, frame, packetTypes } from './constants.ts';
import { PacketContent, type Packet } from './packet.ts';
import { decodeFrame } from './wire-format.ts';

/** Whether a frame has to be cut. */
export function needsFragments(content: PacketContent): boolean {
  return content.type !== packetTypes.fragment && content.frameLength > fragments.longestWriteBytes;
}

/** The fragments of a content, in order, of version 1 whatever its own. `id`: eight bytes that name the whole. */
export function fragment(content: PacketContent, id: Uint8Array): readonly PacketContent[] {
  const { frame: whole } = content;
  const total = Math.ceil(whole.length / fragments.chunkBytes);
  return Array.from({ length: total }, (_, index) => {
    const header = new Uint8Array(fragments.headerBytes);
    header.set(id);
    const view = new DataView(header.buffer);
    view.setUint16(8, index);
    view.setUint16(10, total);
    view.setUint8(12, content.type);
    const chunk = whole.subarray(index * fragments.chunkBytes, (index + 1) * fragments.chunkBytes);
    const { timestamp, sender, recipient } = content;
    const payload = concatBytes(header, chunk);
    return new PacketContent(
      { version: 1, type: packetTypes.fragment, timestamp, sender, recipient, payload },
      content.carries,
    );
  });
}

interface Assembly {
  readonly begunAt: Instant;
  readonly chunks: Map<number, Uint8Array>;
  bytes: number;
}

/** What has come of frames that are not complete yet. */
export class FragmentBuffer {
  readonly #assemblies = new Map<string, Assembly>();

  /** Frames under way. */
  get size(): number {
    return this.#assemblies.size;
  }

  clear(): void {
    this.#assemblies.clear();
  }

  /** Takes a fragment; the whole packet when it was the last one missing. Malformed ones are dropped. */
  add({ content, answersSync }: Packet, now: Instant): Packet | undefined {
    const { payload, sender } = content;
    if (payload.length < fragments.headerBytes) return undefined;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    const index = view.getUint16(8);
    const total = view.getUint16(10);
    if (index >= total || total > fragments.mostTotal) return undefined;
    const key = `${sender}/${toHex(payload.subarray(0, 8))}`;
    const assembly = this.#assembly(key, now);
    const chunk = payload.subarray(fragments.headerBytes);
    if (assembly.bytes + chunk.length > mostBytesOf(view.getUint8(12))) {
      this.#assemblies.delete(key);
      return undefined;
    }
    // The last of two with one index counts, and how many there are in all is what this one says.
    assembly.bytes += chunk.length - (assembly.chunks.get(index)?.length ?? 0);
    assembly.chunks.set(index, chunk);
    if (assembly.chunks.size !== total) return undefined;
    this.#assemblies.delete(key);
    return joined(assembly.chunks, total, content, answersSync);
  }

  #assembly(key: string, now: Instant): Assembly {
    // Insertion order is order of age.
    for (const [old, { begunAt }] of this.#assemblies) {
      if (now - begunAt <= fragments.lifetime) break;
      this.#assemblies.delete(old);
    }
    let assembly = this.#assemblies.get(key);
    if (assembly === undefined) {
      if (this.#assemblies.size >= fragments.mostAssemblies) {
        const oldest = this.#assemblies.keys().next();
        if (oldest.done !== true) this.#assemblies.delete(oldest.value);
      }
      assembly = { begunAt: now, chunks: new Map(), bytes: 0 };
      this.#assemblies.set(key, assembly);
    }
    return assembly;
  }
}

/** Of a whole frame of this type: room for a file, which may be sealed. */
function mostBytesOf(type: number): number {
  const holdsFiles = type === packetTypes.file || type === packetTypes.noiseEncrypted;
  return holdsFiles ? frame.mostPayloadBytes : fragments.mostBytes;
}

function joined(
  chunks: ReadonlyMap<number, Uint8Array>,
  total: number,
  last: PacketContent,
  answersSync: boolean,
): Packet | undefined {
  const inOrder = Array.from({ length: total }, (_, index) => chunks.get(index) ?? new Uint8Array());
  const decoded = decodeFrame(concatBytes(...inOrder));
  if (decoded === undefined || decoded.fields.sender !== last.sender) return undefined;
  // A fragment inside a fragment would let one packet unfold without end.
  if (decoded.fields.type === packetTypes.fragment) return undefined;
  return new PacketContent(decoded.fields, last.carries).withTtl(0, answersSync);
}
