// Frames cut into fragments and put together, as BLEFragmentAssemblyBuffer.swift does it.
import { describe, expect, it } from 'vitest';
import { packetCodec } from '../../../protocol/bitchat/codec.ts';
import { fragments, packetTypes } from '../../../protocol/bitchat/constants.ts';
import { fragment, FragmentBuffer, needsFragments } from '../../../protocol/bitchat/fragmentation.ts';
import { PacketContent, type Packet, type PacketFields } from '../../../protocol/bitchat/packet.ts';
import type { PeerId } from '../../../protocol/bitchat/peer-id.ts';
import { concatBytes, toHex } from '../../../protocol/bytes.ts';
import { sha256 } from '../../../protocol/crypto.ts';
import { carriesNothing } from '../../../protocol/message.ts';
import { epoch } from '../../../protocol/time.ts';

const sender = '0123456789abcdef' as PeerId;
const recipient = 'fedcba9876543210' as PeerId;
const id = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** Bytes that do not deflate. */
const noise = (length: number): Uint8Array =>
  concatBytes(...Array.from({ length: Math.ceil(length / 32) }, (_, each) => sha256(`${each}`))).subarray(
    0,
    length,
  );

function contentOf(fields: Partial<PacketFields>): PacketContent {
  const base = { version: 1, type: packetTypes.message, timestamp: 1_760_000_000_000, sender } as const;
  return new PacketContent({ ...base, payload: noise(1_500), ...fields }, carriesNothing);
}

/** One fragment by hand. */
function piece(
  index: number,
  total: number,
  chunk: Uint8Array,
  type: number = packetTypes.message,
  from = sender,
): Packet {
  const header = Uint8Array.of(...id, index >> 8, index & 255, total >> 8, total & 255, type);
  const payload = concatBytes(header, chunk);
  return contentOf({ type: packetTypes.fragment, payload, sender: from }).withTtl(1);
}

/** The payload that comes of these in turn; undefined when the last of them completes nothing. */
function joined(pieces: readonly Packet[]): string | undefined {
  const buffer = new FragmentBuffer();
  let whole: Packet | undefined;
  for (const each of pieces) whole = buffer.add(each, epoch);
  return whole && toHex(whole.content.payload);
}

describe('fragments of a frame', () => {
  it.each([1, 2] as const)('of version %i fit one write, and come together in any order', (version) => {
    const content = contentOf({ version, recipient });
    expect(needsFragments(content)).toBe(true);
    const pieces = fragment(content, id);
    for (const each of pieces) {
      expect(each.version).toBe(1);
      expect(packetCodec.encode(each.withTtl(7)).length).toBeLessThanOrEqual(fragments.longestWriteBytes);
    }
    const packets = pieces.map((each) => each.withTtl(7)).reverse();
    expect(joined(packets)).toBe(toHex(content.payload));
  });

  const { frame } = contentOf({});
  const pieces = [frame.subarray(0, 600), frame.subarray(600, 1_200), frame.subarray(1_200)];
  const [first, second, third] = pieces.map((chunk, index) => piece(index, 3, chunk)) as [
    Packet,
    Packet,
    Packet,
  ];
  const spoiled = piece(1, 3, new Uint8Array(600));

  it('may be as short and as many as ten thousand', () => {
    const tiny = Array.from(frame, (_, at) => piece(at, frame.length, frame.subarray(at, at + 1)));
    expect(joined(tiny)).toBe(toHex(noise(1_500)));
    expect(fragments.mostTotal).toBe(10_000);
    const buffer = new FragmentBuffer();
    buffer.add(piece(0, 10_001, frame), epoch);
    expect(buffer.size).toBe(0);
    buffer.add(piece(0, 10_000, frame), epoch);
    expect(buffer.size).toBe(1);
  });

  it.each([
    ['twice, and nothing happens', [first, first, second, third], true],
    ['twice, and the second counts', [first, spoiled, second, third], true],
    ['twice, and the second is spoiled', [first, second, spoiled, third], false],
    ['of no bytes', [piece(0, 3, frame), piece(1, 3, new Uint8Array()), piece(2, 3, new Uint8Array())], true],
    ['beyond the last', [first, piece(3, 3, new Uint8Array()), second, third], true],
    ['that claims another total, which counts', [piece(0, 9, pieces[0]!), second, third], true],
    ['of another sender', [first, second, piece(2, 3, pieces[2]!, packetTypes.message, recipient)], false],
  ])('come %s', (_name, packets, isWhole) => {
    expect(joined(packets) === toHex(noise(1_500))).toBe(isWhole);
  });

  it('are given up above 1 MiB, those of files and sealed frames a little later', () => {
    const heldOf = (type: number, bytes: number): number => {
      const buffer = new FragmentBuffer();
      buffer.add(piece(0, 3, new Uint8Array(bytes - 1), type), epoch);
      buffer.add(piece(1, 3, new Uint8Array(1), type), epoch);
      return buffer.size;
    };
    const [most, mostOfFiles] = [1_048_576, 1_179_760];
    expect([most, most + 1].map((bytes) => heldOf(packetTypes.message, bytes))).toEqual([1, 0]);
    for (const type of [packetTypes.file, packetTypes.noiseEncrypted])
      expect([mostOfFiles, mostOfFiles + 1].map((bytes) => heldOf(type, bytes))).toEqual([1, 0]);
  });
});
