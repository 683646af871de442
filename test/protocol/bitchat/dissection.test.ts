// Packets explained field by field: every type, in agreement with the codec, and clear words for what is no packet.
import { describe, expect, it } from 'vitest';
import { encodeAnnounce } from '../../../protocol/bitchat/announce.ts';
import { bitchatCodec } from '../../../protocol/bitchat/codec.ts';
import { packetTypes } from '../../../protocol/bitchat/constants.ts';
import { dissect } from '../../../protocol/bitchat/dissection/dissect.ts';
import { packetBytes, type Dissection } from '../../../protocol/field-reader.ts';
import { encodeFilter, hashId } from '../../../protocol/bitchat/gcs-filter.ts';
import { PacketContent, type PacketFields } from '../../../protocol/bitchat/packet.ts';
import { everybody, type PeerId } from '../../../protocol/bitchat/peer-id.ts';
import { encodeSyncRequest } from '../../../protocol/bitchat/sync-request.ts';
import { decodeFrame } from '../../../protocol/bitchat/wire-format.ts';
import { concatBytes, utf8 } from '../../../protocol/bytes.ts';
import { carriesNothing } from '../../../protocol/message.ts';
import { fc, property } from '../../support/property.ts';

const sender = '0123456789abcdef' as PeerId;
const recipient = 'fedcba9876543210' as PeerId;

function bytesOf(fields: Partial<PacketFields>, ttl = 7): Uint8Array {
  const base = {
    version: 1,
    type: packetTypes.message,
    timestamp: Date.UTC(2026, 1, 28, 23, 59),
    sender,
    payload: utf8('hi'),
  } as const;
  return bitchatCodec.encode(new PacketContent({ ...base, ...fields }, carriesNothing).withTtl(ttl));
}

function read(bytes: Uint8Array): Dissection {
  const dissection = dissect(bytes);
  if (!dissection.ok) throw new Error(dissection.detail);
  return dissection.value;
}

const tlv = (tag: number, value: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(tag, value.length >> 8, value.length & 0xff), value);
const announce = encodeAnnounce({
  nickname: 'ada',
  noisePublicKey: new Uint8Array(32),
  signingPublicKey: new Uint8Array(32),
  neighbours: [recipient],
});
const filter = encodeFilter([1, 2, 3].map((each) => hashId(Uint8Array.of(each)))).filter;
const types = new Set<number>([packetTypes.announce, packetTypes.message]);
const fragment = concatBytes(new Uint8Array(8), Uint8Array.of(0, 1, 0, 3, packetTypes.file), utf8('chunk'));

/** A payload of every type, and what the explanation says of it. */
const samples: Readonly<
  Record<keyof typeof packetTypes, readonly [payload: Uint8Array, said: readonly string[]]>
> = {
  announce: [announce, ['"ada"', 'X25519 public key, 32 bytes', '1 peer ids of at most 10']],
  message: [utf8('hello'), ['"hello"']],
  leave: [utf8('bye'), ['"bye"']],
  courierEnvelope: [
    concatBytes(tlv(1, new Uint8Array(16)), tlv(4, Uint8Array.of(4))),
    ['HMAC-SHA256', '4 copies to hand out'],
  ],
  noiseHandshake: [new Uint8Array(32).fill(9), ['XX message 1 of 3: ephemeral key']],
  noiseEncrypted: [
    new Uint8Array(4 + 30 + 16).fill(9),
    ['readable by the recipient only, 30 bytes', 'Poly1305'],
  ],
  fragment: [fragment, ['file', 'of the whole frame, 5 bytes']],
  requestSync: [
    encodeSyncRequest({ filter, types, since: 1_700_000_000_000 }),
    ['asks for announce, message; says that it has 3 packets', '1700000000000 ms'],
  ],
  file: [utf8('x'), ['not taken apart, 1 bytes']],
  board: [utf8('x'), ['not taken apart']],
  prekeyBundle: [utf8('x'), ['not taken apart']],
  groupMessage: [
    concatBytes(tlv(1, new Uint8Array(16)), tlv(4, new Uint8Array(99))),
    ['members only, 99 bytes'],
  ],
  ping: [utf8('x'), ['not taken apart']],
  pong: [utf8('x'), ['not taken apart']],
  nostrCarrier: [utf8('x'), ['not taken apart']],
  voice: [utf8('x'), ['not taken apart']],
  announceV2: [utf8('x'), ['not taken apart']],
};

describe.each(Object.entries(packetTypes))('a packet of type %s', (name, type) => {
  const [payload, said] = samples[name as keyof typeof packetTypes];

  it.each([1, 2] as const)('is explained in version %i', (version) => {
    const { type: told, fields, remarks } = read(bytesOf({ version, type, payload, recipient }));
    const words = [...fields.map(({ meaning }) => meaning), ...remarks].join('\n');
    expect(told).toBe(name);
    for (const each of said) expect(words).toContain(each);
  });
});

describe('an explanation', () => {
  it('names every field of the frame in order', () => {
    const signature = new Uint8Array(64).fill(7);
    const route = [sender, recipient];
    const { fields } = read(bytesOf({ version: 2, recipient: everybody, signature, route }, 5));
    expect(
      fields.filter(({ depth }) => depth === 0).map(({ offset, length, name }) => [offset, length, name]),
    ).toEqual([
      [0, 1, 'version'],
      [1, 1, 'type'],
      [2, 1, 'TTL'],
      [3, 8, 'timestamp'],
      [11, 1, 'flags'],
      [12, 4, 'payload length'],
      [16, 8, 'sender'],
      [24, 8, 'recipient'],
      [32, 1, 'hops of the route'],
      [33, 8, 'hop 1'],
      [41, 8, 'hop 2'],
      [49, 2, 'payload'],
      [51, 64, 'signature'],
    ]);
    expect(fields[3]?.meaning).toContain('(2026-02-28 UTC)');
  });

  property([fc.integer({ min: 0, max: 250_000_000_000_000 })])('knows the calendar', (timestamp) => {
    const [, date] = /\((.*) UTC\)/.exec(read(bytesOf({ timestamp })).fields[3]?.meaning ?? '') ?? [];
    const iso = new Date(timestamp).toISOString();
    expect(date).toBe(iso.startsWith('+') ? iso.slice(2, 13).replace(/^0*/, '') : iso.slice(0, 10));
  });

  it('inflates what travelled deflated, and says what it was', () => {
    const payload = utf8('again and '.repeat(50));
    const { fields } = read(bytesOf({ payload }));
    expect(fields.map(({ name }) => name)).toContain('original size');
    expect(fields.at(-1)).toMatchObject({ name: 'text', length: 500, depth: 1 });
  });

  it('remarks on what receivers will not like', () => {
    const remarksOf = (fields: Partial<PacketFields>, ttl?: number): string =>
      read(bytesOf(fields, ttl)).remarks.join('\n');
    expect(remarksOf({}, 200)).toContain('iPhones lower a TTL of 200 to 7');
    expect(remarksOf({ type: packetTypes.noiseHandshake, payload: new Uint8Array(33) })).toContain(
      '32, 96 or 64',
    );
    expect(remarksOf({ type: packetTypes.announce, payload: Uint8Array.of(1, 200, 3) })).toContain(
      'byte 2: expected 200 bytes of nickname, found 1',
    );
    expect(remarksOf({ type: packetTypes.requestSync, payload: tlv(1, Uint8Array.of(99)) })).toContain(
      'its filter cannot be read',
    );
    const impossible = concatBytes(new Uint8Array(8), Uint8Array.of(0, 9, 0, 3, 2), utf8('x'));
    expect(remarksOf({ type: packetTypes.fragment, payload: impossible })).toContain('fragment 9 of 3');
    const ofTotal = (total: number): Uint8Array =>
      concatBytes(new Uint8Array(10), Uint8Array.of(total >> 8, total & 255, 2), utf8('x'));
    expect(remarksOf({ type: packetTypes.fragment, payload: ofTotal(256) })).toBe('');
    expect(remarksOf({ type: packetTypes.fragment, payload: ofTotal(257) })).toContain(
      'Android phones drop it',
    );
    expect(remarksOf({ type: packetTypes.fragment, payload: ofTotal(10_001) })).toContain(
      'receivers drop it',
    );
    expect(remarksOf({ version: 2, route: Array<PeerId>(4).fill(sender) })).toBe('');
    // Android's are as long as the way (RoutePlanner.kt).
    expect(remarksOf({ version: 2, route: Array<PeerId>(5).fill(sender) })).toContain(
      'iPhones make no routes',
    );
    expect(remarksOf({ type: 0x77 })).toBe('');
  });

  it.each([
    ['announce', announce.subarray(0, 39), 'receivers drop this announce'],
    ['announce', new Uint8Array(), 'receivers drop this announce'],
    ['courierEnvelope', concatBytes(tlv(1, new Uint8Array(15)), tlv(4, Uint8Array.of(4))), 'receivers drop'],
    ['requestSync', tlv(1, Uint8Array.of(7)), 'receivers do not answer'],
    [
      'groupMessage',
      concatBytes(tlv(1, new Uint8Array(16)), tlv(4, new Uint8Array(99))),
      'members cannot read',
    ],
  ] as const)('says of a payload of type %s what becomes of it', (name, payload, said) => {
    expect(read(bytesOf({ type: packetTypes[name], payload })).remarks.join('\n')).toContain(said);
  });

  it.each(['announce', 'requestSync'] as const)('takes what is left over for no field: %s', (name) => {
    const payload = concatBytes(samples[name][0], Uint8Array.of(3));
    const { fields, remarks } = read(bytesOf({ type: packetTypes[name], payload }));
    expect(fields.at(-1)).toMatchObject({ name: 'after the fields', length: 1, hex: '03' });
    expect(remarks.join()).not.toContain('receivers');
  });

  it('tells padding from other bytes behind the packet', () => {
    const frame = bytesOf({ type: packetTypes.noiseHandshake, payload: new Uint8Array(32).fill(9) });
    const lastOf = (bytes: Uint8Array): unknown =>
      read(bytes)
        .fields.filter(({ depth }) => depth === 0)
        .at(-1);
    expect(lastOf(frame)).toMatchObject({ name: 'padding', offset: 54, length: 202 });
    expect(lastOf(frame.subarray(0, 255))).toMatchObject({ name: 'after the packet', length: 201 });
  });
});

describe('what is no packet', () => {
  const good = bytesOf({ recipient });
  const changed = (at: number, value: number): Uint8Array => good.with(at, value);
  it.each([
    ['nothing', new Uint8Array(), /byte 0: expected 1 byte of version, found 0/],
    ['another version', changed(0, 3), /byte 0: expected version 1 or 2, found 3/],
    ['no time', changed(3, 0xff), /byte 3: expected milliseconds since 1970/],
    ['a frame that breaks off', good.subarray(0, 25), /byte 22: expected 8 bytes of recipient, found 3/],
    ['a payload that breaks off', changed(13, 200), /byte 30: expected 200 bytes of payload, found 2/],
    ['a huge claim', bytesOf({ version: 2 }).with(12, 0xff), /a payload of 4278190082 bytes, over the limit/],
    ['a flag without its field', changed(11, 0x03), /expected 64 bytes of signature, found 0/],
    ['an empty deflated payload', changed(11, 0x05), /no room for its size/],
    [
      'a bomb',
      concatBytes(
        bytesOf({ version: 2 }).with(11, 0x04).with(15, 5).subarray(0, 24),
        Uint8Array.of(0, 15, 0, 0, 3),
      ),
      /1 bytes claim to inflate to 983040: refused before inflating/,
    ],
  ])('%s: said where and why', (_name, bytes, message) => {
    const dissection = dissect(bytes);
    expect(dissection.ok ? 'a packet' : dissection.detail).toMatch(message);
  });

  property([fc.uint8Array({ maxLength: 300 })])('is the same to the codec: any bytes', (bytes) => {
    expect(dissect(bytes).ok).toBe(decodeFrame(bytes) !== undefined);
  });

  const spoiled = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), { maxLength: 4 });
  const sample = fc.constantFrom(...Object.entries(samples).map(([name, [payload]]) => ({ name, payload })));
  property([sample, spoiled, fc.constantFrom(1 as const, 2 as const), fc.boolean(), fc.nat(20)])(
    'is the same to the codec: packets with spoiled bytes, cut short',
    ({ name, payload }, changes, version, isDirected, cut) => {
      const type = packetTypes[name as keyof typeof packetTypes];
      const bytes = bytesOf({
        version,
        type,
        payload,
        recipient: isDirected ? recipient : undefined,
      }).slice();
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      const given = bytes.subarray(0, bytes.length - cut);
      const dissection = dissect(given);
      expect(dissection.ok).toBe(decodeFrame(given) !== undefined);
      if (!dissection.ok) return;
      // Every byte of the packet belongs to one field, in order; only padding is left over.
      let at = 0;
      for (const { offset, length, depth } of dissection.value.fields.filter((each) => each.depth === 0)) {
        expect([offset, depth]).toEqual([at, 0]);
        at += length;
      }
      expect(at).toBeLessThanOrEqual(given.length);
    },
  );
});

describe('hexadecimal digits', () => {
  it('are read with blanks, colons and a prefix', () => {
    expect(packetBytes('0x01 02:FF\n')).toEqual({ ok: true, value: Uint8Array.of(1, 2, 255) });
  });

  it.each([
    ['', /found nothing/],
    ['01 0', /found 3 digits/],
    ['01zz', /found "z" at digit 3/],
  ])('%j: said what is wrong', (text, message) => {
    const bytes = packetBytes(text);
    expect(bytes.ok ? '' : bytes.detail).toMatch(message);
  });
});
