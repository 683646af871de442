// Frames byte by byte: every type in both versions, and bytes from people who mean harm.
import { deflateRaw } from 'pako';
import { describe, expect, it } from 'vitest';
import { packetCodec } from '../../../protocol/bitchat/codec.ts';
import { packetTypes } from '../../../protocol/bitchat/constants.ts';
import { PacketContent, type Packet, type PacketFields } from '../../../protocol/bitchat/packet.ts';
import { pad, paddedLength, unpad } from '../../../protocol/bitchat/padding.ts';
import { everybody, type PeerId } from '../../../protocol/bitchat/peer-id.ts';
import { decodeFrame, signedBytes } from '../../../protocol/bitchat/wire-format.ts';
import { fromHex, toHex, utf8 } from '../../../protocol/bytes.ts';
import { carriesNothing, type UserMessageId } from '../../../protocol/message.ts';
import { fc, property } from '../../support/property.ts';

const sender = '0123456789abcdef' as PeerId;
const recipient = 'fedcba9876543210' as PeerId;

function packet(fields: Partial<PacketFields>, ttl = 7, answersSync = false): Packet {
  const base = {
    version: 1,
    type: packetTypes.message,
    timestamp: 0x0199_0011_2233,
    sender,
    payload: utf8('hi'),
  } as const;
  return new PacketContent({ ...base, ...fields }, carriesNothing).withTtl(ttl, answersSync);
}

/** What is equal when two packets say the same. */
function said({ content, ttl, answersSync }: Packet): unknown {
  const { version, type, timestamp, route, payload, signature } = content;
  return {
    ...{ version, type, timestamp, ttl, answersSync, sender: content.sender, recipient: content.recipient },
    ...{ route, payload: toHex(payload), signature: signature && toHex(signature) },
  };
}

describe('the frame', () => {
  const signature = new Uint8Array(64).fill(0xaa);
  const route = ['1111111111111111', '2222222222222222'] as PeerId[];
  const header = '019900112233';
  it.each([
    ['a broadcast', packet({}), `010207 0000${header} 00 0002 ${sender} 6869`],
    [
      'to everybody',
      packet({ recipient: everybody }),
      `010207 0000${header} 01 0002 ${sender} ${everybody} 6869`,
    ],
    ['directed', packet({ recipient }, 1), `010201 0000${header} 01 0002 ${sender} ${recipient} 6869`],
    ['signed', packet({ signature }), `010207 0000${header} 02 0002 ${sender} 6869 ${'aa'.repeat(64)}`],
    ['an answer to a sync request', packet({}, 0, true), `010200 0000${header} 10 0002 ${sender} 6869`],
    ['version 2', packet({ version: 2 }), `020207 0000${header} 00 00000002 ${sender} 6869`],
    [
      'version 2 with everything',
      packet({ version: 2, recipient, route, signature }, 5, true),
      `020205 0000${header} 1b 00000002 ${sender} ${recipient} 02 ${route.join('')} 6869 ${'aa'.repeat(64)}`,
    ],
    ['version 1, which has no routes', packet({ route }), `010207 0000${header} 00 0002 ${sender} 6869`],
  ])('%s', (_name, sample, hex) => {
    expect(toHex(packetCodec.encode(sample))).toBe(hex.replaceAll(' ', ''));
    expect(packetCodec.byteLength(sample)).toBe(packetCodec.encode(sample).length);
  });

  it.each(Object.entries(packetTypes))('carries the type %s in both versions', (_name, type) => {
    for (const version of [1, 2] as const) {
      const sample = packet({ version, type, recipient, payload: utf8('something to say') });
      const decoded = packetCodec.decode(packetCodec.encode(sample), carriesNothing)!;
      expect(said(decoded)).toEqual(said(sample));
    }
  });

  const peerId = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => toHex(bytes) as PeerId);
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.array(fc.constantFrom(97, 98, 99), { maxLength: 3_000 }).map((bytes) => Uint8Array.from(bytes)),
  );
  const fields = fc.record({
    version: fc.constantFrom(1 as const, 2 as const),
    type: fc.integer({ min: 0, max: 255 }),
    timestamp: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
    sender: peerId,
    recipient: fc.option(peerId, { nil: undefined }),
    payload,
    signature: fc.option(fc.uint8Array({ minLength: 64, maxLength: 64 }), { nil: undefined }),
  });
  const hops = fc.integer({ min: 0, max: 255 });

  property([fields, fc.array(peerId, { maxLength: 5 }), hops, fc.boolean()])(
    'comes back as it was, and is as long as it says',
    (sample, route_, ttl, answersSync) => {
      const route = sample.version === 2 ? route_ : [];
      const carries = [4 as UserMessageId];
      const original = new PacketContent({ ...sample, route }, carries).withTtl(ttl, answersSync);
      const bytes = packetCodec.encode(original);
      expect(bytes.length).toBe(packetCodec.byteLength(original));
      const decoded = packetCodec.decode(bytes, carries)!;
      expect(said(decoded)).toEqual(said(original));
      expect(decoded.carries).toBe(carries);
      expect(packetCodec.encode(decoded)).toEqual(bytes);
      expect(decoded.content.key).toBe(original.content.key);
    },
  );

  property([fields, hops])('signs what no relay changes', (sample, ttl) => {
    const content = new PacketContent(sample, carriesNothing);
    const decoded = packetCodec.decode(packetCodec.encode(content.withTtl(ttl, true)), carriesNothing)!;
    expect(signedBytes(decoded.content)).toEqual(signedBytes(content));
    expect(decodeFrame(signedBytes(content))).toMatchObject({ ttl: 0, answersSync: false });
  });

  it('is one object for each number of hops', () => {
    const { content } = packet({});
    expect(content.withTtl(3)).toBe(content.withTtl(3));
    expect(content.withTtl(3)).not.toBe(content.withTtl(3, true));
  });
});

describe('compression', () => {
  it('shrinks what repeats, and nothing short or diverse', () => {
    const long = packet({ payload: utf8('again and '.repeat(50)) });
    expect(packetCodec.byteLength(long)).toBeLessThan(100);
    expect(packetCodec.encode(long)[11]).toBe(0x04);
    const short = packet({ payload: utf8('a'.repeat(99)) });
    expect(packetCodec.byteLength(short)).toBe(14 + 8 + 99);
    const diverse = packet({ payload: Uint8Array.from({ length: 300 }, (_, index) => index % 256) });
    expect(packetCodec.byteLength(diverse)).toBe(14 + 8 + 300);
  });
});

describe('padding', () => {
  it.each([
    [10, 256],
    [240, 256],
    [241, 241], // the next block would need more than 255 pad bytes
    [256, 256],
    [257, 512],
    [1_000, 1_024],
    [1_900, 2_048],
    [2_040, 2_040],
  ])('makes %i bytes %i', (length, expected) => {
    const bytes = new Uint8Array(length).fill(7);
    const padded = pad(bytes);
    expect(padded.length).toBe(expected);
    expect(paddedLength(length)).toBe(expected);
    if (padded.length > length) expect(unpad(padded)).toEqual(bytes);
  });

  it('hides the length of Noise frames only', () => {
    expect(packetCodec.byteLength(packet({ type: packetTypes.noiseEncrypted, payload: utf8('x') }))).toBe(
      256,
    );
    expect(packetCodec.byteLength(packet({ type: packetTypes.announce, payload: utf8('x') }))).toBe(23);
  });
});

describe('hostile bytes', () => {
  const good = packetCodec.encode(packet({ version: 2, recipient, payload: utf8('abc '.repeat(60)) }));
  const decode = (bytes: Uint8Array): Packet | undefined => packetCodec.decode(bytes, carriesNothing);

  property([fc.uint8Array({ maxLength: 400 })])('never throw', (bytes) => {
    expect(() => decode(bytes)).not.toThrow();
  });

  property([fc.nat(), fc.integer({ min: 0, max: 255 })])(
    'of one changed byte never throw',
    (index, value) => {
      const changed = good.slice();
      changed[index % changed.length] = value;
      expect(() => decode(changed)).not.toThrow();
    },
  );

  it('cut short anywhere are no packet', () => {
    const plain = packetCodec.encode(packet({ signature: new Uint8Array(64).fill(0x80) }));
    for (let length = 0; length < plain.length; length++)
      expect(decode(plain.subarray(0, length))).toBeUndefined();
  });

  const frame = (flags: string, body: string): Uint8Array =>
    fromHex(
      `010207${'00'.repeat(8)}${flags}${(body.length / 2).toString(16).padStart(4, '0')}${sender}${body}`,
    );
  const bomb = toHex(deflateRaw(new Uint8Array(60_000)));
  it.each([
    ['an unknown version', fromHex(`03${toHex(good).slice(2)}`)],
    ['a time beyond all calendars', fromHex(`010207${'ff'.repeat(8)}00 0000${sender}`.replaceAll(' ', ''))],
    ['a length beyond the end', fromHex(`010207${'00'.repeat(8)}00ffff${sender}`)],
    ['an absurd length in version 2', fromHex(`020207${'00'.repeat(8)}00ffffffff${sender}`)],
    ['a route longer than the packet', fromHex(`020207${'00'.repeat(8)}0800000000${sender}ff`)],
    ['compressed without a size', frame('04', '00')],
    ['compressed, with nothing behind the size', frame('04', '0010')],
    ['compressed garbage', frame('04', '0010ffffffff')],
    ['content longer than it says', frame('04', `0010${bomb}`)],
    ['content shorter than it says', frame('04', `ffff${bomb}`)],
    ['bytes behind the content', frame('04', `ea60${bomb}00`)],
  ])('with %s are refused', (_name, bytes) => {
    expect(decode(bytes)).toBeUndefined();
  });

  it('are a packet up to the longest payload that an iPhone takes', () => {
    expect(decode(frame('04', `ea60${bomb}`))?.content.payload.length).toBe(60_000);
    // FileTransferLimits.maxFramedFileBytes.
    for (const [length, isPacket] of [
      [1_179_760, true],
      [1_179_761, false],
    ] as const) {
      const bytes = new Uint8Array(24 + length);
      bytes.set([2, packetTypes.file, 7]);
      new DataView(bytes.buffer).setUint32(12, length);
      expect(decode(bytes) !== undefined).toBe(isPacket);
    }
  });
});
