// Frames too long for one write, cut into fragments and put together again (BLEFragmentAssemblyBuffer.swift).
import { concatBytes, toHex } from '../bytes.ts';
import type { Instant } from '../time.ts';
import { fragments, packetTypes } from './constants.ts';
import { PacketContent, type Packet } from './packet.ts';
import { decodeFrame } from './wire-format.ts';

/** Whether a frame has to be cut. */
export function needsFragments(content: PacketContent): boolean {
  return content.type !== packetTypes.fragment && content.frameLength > fragments.longestWriteBytes;
}

/** The fragments of a content, in order. `id`: eight bytes that name the whole. */
export function fragment(content: PacketContent, id: Uint8Array): readonly PacketContent[] {
  const { frame } = content;
  const total = Math.ceil(frame.length / fragments.chunkBytes);
  return Array.from({ length: total }, (_, index) => {
    const header = new Uint8Array(fragments.headerBytes);
    header.set(id);
    const view = new DataView(header.buffer);
    view.setUint16(8, index);
    view.setUint16(10, total);
    view.setUint8(12, content.type);
    const chunk = frame.subarray(index * fragments.chunkBytes, (index + 1) * fragments.chunkBytes);
    const { version, timestamp, sender, recipient } = content;
    const payload = concatBytes(header, chunk);
    return new PacketContent(
      { version, type: packetTypes.fragment, timestamp, sender, recipient, payload },
      content.carries,
    );
  });
}

interface Assembly {
  readonly begunAt: Instant;
  readonly total: number;
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
    if (payload.length <= fragments.headerBytes) return undefined;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    const index = view.getUint16(8);
    const total = view.getUint16(10);
    if (index >= total || total * fragments.chunkBytes > fragments.mostBytes + fragments.chunkBytes)
      return undefined;
    const key = `${sender}/${toHex(payload.subarray(0, 8))}`;
    const assembly = this.#assembly(key, total, now);
    if (assembly.total !== total || assembly.chunks.has(index)) return undefined;
    const chunk = payload.subarray(fragments.headerBytes);
    assembly.chunks.set(index, chunk);
    assembly.bytes += chunk.length;
    if (assembly.bytes > fragments.mostBytes) {
      this.#assemblies.delete(key);
      return undefined;
    }
    if (assembly.chunks.size < total) return undefined;
    this.#assemblies.delete(key);
    return whole(assembly, content, answersSync);
  }

  #assembly(key: string, total: number, now: Instant): Assembly {
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
      assembly = { begunAt: now, total, chunks: new Map(), bytes: 0 };
      this.#assemblies.set(key, assembly);
    }
    return assembly;
  }
}

function whole(assembly: Assembly, last: PacketContent, answersSync: boolean): Packet | undefined {
  const chunks: Uint8Array[] = [];
  for (let index = 0; index < assembly.total; index++)
    chunks.push(assembly.chunks.get(index) ?? new Uint8Array());
  const decoded = decodeFrame(concatBytes(...chunks));
  if (decoded === undefined || decoded.fields.sender !== last.sender) return undefined;
  // A fragment inside a fragment would let one packet unfold without end.
  if (decoded.fields.type === packetTypes.fragment) return undefined;
  return new PacketContent(decoded.fields, last.carries).withTtl(0, answersSync);
}
