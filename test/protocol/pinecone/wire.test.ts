// Frames as bytes: there and back, to the byte of what the library writes, and nothing hostile gets through.
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../protocol/bytes.ts';
import { sha256 } from '../../../protocol/crypto.ts';
import { carriesNothing } from '../../../protocol/message.ts';
import { announce, checkAnnouncement } from '../../../protocol/pinecone/announcements.ts';
import { linkCodec } from '../../../protocol/pinecone/codec.ts';
import { dissectFrame } from '../../../protocol/pinecone/dissection.ts';
import { firstWatermark, type LinkMessage } from '../../../protocol/pinecone/frames.ts';
import { greet, refusalOf } from '../../../protocol/pinecone/handshake.ts';
import { nodeKey, type NodeKey } from '../../../protocol/pinecone/node-key.ts';
import { bootstrap, isSignedBy, wakeUpBroadcast } from '../../../protocol/pinecone/statements.ts';
import { realSignatures } from '../../../protocol/signatures.ts';
import type { WallTime } from '../../../protocol/time.ts';
import { fc, property } from '../../support/property.ts';

const carries = carriesNothing;
const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(nodeKey);
const signature = fc.uint8Array({ minLength: 64, maxLength: 64 });
const sequence = fc.maxSafeNat();
const root = fc.record({ key, sequence });
const ports = fc.array(fc.integer({ min: 1, max: 253 }), { maxLength: 6 });
const hopLimit = fc.integer({ min: 0, max: 255 });

const message: fc.Arbitrary<LinkMessage> = fc.oneof(
  fc.constant<LinkMessage>({ kind: 'pinecone.keep-alive', carries }),
  fc
    .record({
      root,
      hops: fc.array(fc.record({ port: fc.integer({ min: 0, max: 300 }), key, signature }), { maxLength: 4 }),
    })
    .map((fields): LinkMessage => ({ kind: 'pinecone.announcement', ...fields, carries })),
  fc
    .record({ key, watermark: root, sequence, root, signature })
    .map((fields): LinkMessage => ({ kind: 'pinecone.bootstrap', ...fields, carries })),
  fc
    .record({ hopLimit, source: key, sequence, root, signature })
    .map((fields): LinkMessage => ({ kind: 'pinecone.broadcast', ...fields, carries })),
  fc
    .record({
      hopLimit,
      destination: ports,
      source: ports,
      destinationKey: key,
      sourceKey: key,
      watermark: root,
      payload: fc.uint8Array({ maxLength: 300 }),
    })
    .map((fields): LinkMessage => {
      const watermark = fields.destination.length === 0 ? fields.watermark : firstWatermark;
      return { kind: 'pinecone.traffic', ...fields, watermark, carries };
    }),
  fc
    .record({ version: fc.nat(255), capabilities: fc.nat(0xffff_ffff), key, signature })
    .filter(({ version }) => version !== 0x70)
    .map((fields): LinkMessage => ({ kind: 'pinecone.handshake', ...fields, carries })),
);

describe('the codec', () => {
  property([message])('gives back what it was given, and knows its length', (given) => {
    const bytes = linkCodec.encode(given);
    expect(linkCodec.byteLength(given)).toBe(bytes.length);
    expect(linkCodec.decode(bytes, carries)).toEqual(given);
  });

  property([message, fc.nat(), fc.nat(255)])(
    'refuses or reads changed bytes, and never throws',
    (given, at, byte) => {
      const bytes = linkCodec.encode(given);
      bytes[at % bytes.length] = byte;
      const read = linkCodec.decode(bytes, carries);
      if (read !== undefined) expect(linkCodec.byteLength(read)).toBeLessThanOrEqual(bytes.length);
      expect(linkCodec.decode(bytes.subarray(0, at % bytes.length), carries)).toBeUndefined();
    },
  );

  property([message])('agrees with the explanation of a frame', (given) => {
    const bytes = linkCodec.encode(given);
    const dissection = dissectFrame(bytes);
    if (!dissection.ok) throw new Error(dissection.detail);
    const { fields } = dissection.value;
    expect(fields.reduce((sum, { length }) => sum + length, 0)).toBe(bytes.length);
  });

  property([fc.uint8Array({ maxLength: 200 })])(
    'explains what it reads, and refuses to explain the rest',
    (bytes) => {
      expect(dissectFrame(bytes).ok).toBe(linkCodec.decode(bytes, carries) !== undefined);
    },
  );

  // types/frame.go, UnmarshalBinary: only traffic is measured; types/announcement.go: a rest too short for a hop is left.
  property([message, fc.uint8Array({ minLength: 1, maxLength: 96 })])(
    'leaves alone what comes after all that a frame has, but for traffic',
    (given, rest) => {
      fc.pre(given.kind !== 'pinecone.handshake');
      const bytes = linkCodec.encode(given);
      const longer = Uint8Array.of(...bytes, ...rest);
      new DataView(longer.buffer).setUint16(8, longer.length);
      const inside = longer.slice();
      if (given.kind !== 'pinecone.keep-alive') {
        const view = new DataView(inside.buffer);
        view.setUint16(10, view.getUint16(10) + rest.length);
      }
      if (given.kind === 'pinecone.traffic') {
        expect(linkCodec.decode(longer, carries)).toBeUndefined();
        expect(linkCodec.decode(inside, carries)).toMatchObject({
          payload: { length: given.payload.length + rest.length },
        });
        return;
      }
      for (const each of [longer, inside]) {
        expect(linkCodec.decode(each, carries)).toEqual(given);
        const dissection = dissectFrame(each);
        expect(dissection.ok && dissection.value.fields.at(-1)).toMatchObject({
          name: 'left over',
          length: rest.length,
        });
      }
    },
  );

  // Written by hand from types/frame.go: header, lengths, varints 300 = 82 2c and 1 = 01.
  it('writes traffic as the library does', () => {
    const low = '01'.repeat(32) as NodeKey;
    const high = '02'.repeat(32) as NodeKey;
    const traffic: LinkMessage = {
      kind: 'pinecone.traffic',
      hopLimit: 10,
      destination: [],
      source: [300, 1],
      destinationKey: low,
      sourceKey: high,
      watermark: { key: high, sequence: 300 },
      payload: Uint8Array.of(0xaa, 0xbb),
      carries,
    };
    const body = `000200000003822c01${low}${high}${high}822caabb`;
    const length = (10 + body.length / 2).toString(16).padStart(4, '0');
    expect(toHex(linkCodec.encode(traffic))).toBe(`70696e650003000a${length}${body}`);
    const { destination: _, ...rest } = traffic;
    const placed = linkCodec.encode({ ...rest, destination: [7] });
    expect(toHex(placed)).toContain(`00020001070003822c01${low}${high}aabb`);
    // types/varu64.go: the last byte of the coordinates ends a number.
    const endless = fromHex(toHex(placed).replace('000107', '000187'));
    expect(linkCodec.decode(endless, carries)).toMatchObject({ destination: [7] });
    expect(dissectFrame(endless).ok).toBe(true);
  });

  it('refuses another magic, another length, and a type that nobody knows', () => {
    const keepAlive = '70696e650000000' + '0000a';
    expect(linkCodec.decode(fromHex(keepAlive), carries)).toEqual({ kind: 'pinecone.keep-alive', carries });
    for (const wrong of [keepAlive.replace('706', '707'), `${keepAlive}00`, '70696e650009000000' + '0a'])
      expect(linkCodec.decode(fromHex(wrong), carries)).toBeUndefined();
  });
});

describe('signatures', () => {
  const scheme = realSignatures();
  const [ann, bob, cyd] = ['ann', 'bob', 'cyd'].map((name) => scheme.signer(sha256(name)));
  const keyOf = (signer: typeof ann): NodeKey => nodeKey(signer!.publicKey);
  const over = <M extends LinkMessage>(sent: M): M => linkCodec.decode(linkCodec.encode(sent), carries) as M;

  it('of an announcement hold hop by hop, and fail for whoever changes one', () => {
    const first = announce({ root: { key: keyOf(ann), sequence: 3 }, hops: [] }, 4, ann!);
    const second = over(announce(over(first), 9, bob!));
    expect(checkAnnouncement(second, keyOf(bob), scheme).ok).toBe(true);
    const rules = [
      checkAnnouncement(second, keyOf(cyd), scheme),
      checkAnnouncement({ ...second, root: { ...second.root, sequence: 4 } }, keyOf(bob), scheme),
      checkAnnouncement({ ...second, root: { key: keyOf(cyd), sequence: 3 } }, keyOf(bob), scheme),
      checkAnnouncement(
        { ...second, hops: second.hops.map((hop) => ({ ...hop, port: 0 })) },
        keyOf(bob),
        scheme,
      ),
      checkAnnouncement({ ...second, hops: [...second.hops, ...second.hops] }, keyOf(bob), scheme),
      checkAnnouncement({ ...second, hops: [] }, keyOf(bob), scheme),
    ].map((outcome) => (outcome.ok ? 'accepted' : outcome.rule));
    expect(rules).toEqual(['last-hop', 'signature', 'first-hop', 'port-0', 'loop', 'first-hop']);
  });

  it('of bootstraps and broadcasts hold for their author alone', () => {
    const wall = 1_767_225_600_000 as WallTime;
    const under = { key: keyOf(cyd), sequence: 1 };
    const [own, call] = [over(bootstrap(ann!, under, wall)), over(wakeUpBroadcast(ann!, under, wall))];
    for (const said of [own, call]) {
      expect(isSignedBy(said, keyOf(ann), scheme)).toBe(true);
      expect(isSignedBy(said, keyOf(bob), scheme)).toBe(false);
      expect(isSignedBy({ ...said, sequence: said.sequence + 1 }, keyOf(ann), scheme)).toBe(false);
    }
  });

  it('of a handshake cover version, capabilities and key', () => {
    const hello = over(greet(ann!));
    expect(refusalOf(hello, scheme)).toBeUndefined();
    expect(refusalOf({ ...hello, version: 2 }, scheme)).toBe('version');
    expect(refusalOf({ ...hello, capabilities: 63 }, scheme)).toBe('capabilities');
    expect(refusalOf({ ...hello, key: keyOf(bob) }, scheme)).toBe('signature');
  });
});
