// The filter that says what a phone has, the request that carries it, and the store behind both.
import { describe, expect, it } from 'vitest';
import { gossip, ios, packetTypes } from '../../../protocol/bitchat/constants.ts';
import { decodeFilter, encodeFilter, hashId, placeOf } from '../../../protocol/bitchat/gcs-filter.ts';
import { GossipStore } from '../../../protocol/bitchat/gossip-store.ts';
import { PacketContent } from '../../../protocol/bitchat/packet.ts';
import { PeerBook } from '../../../protocol/bitchat/peer-book.ts';
import type { PeerId } from '../../../protocol/bitchat/peer-id.ts';
import { decodeSyncRequest, encodeSyncRequest } from '../../../protocol/bitchat/sync-request.ts';
import { fromHex, utf8 } from '../../../protocol/bytes.ts';
import { carriesNothing } from '../../../protocol/message.ts';
import type { WallTime } from '../../../protocol/time.ts';
import { fc, property } from '../../support/property.ts';

const wall = 1_760_000_000_000 as WallTime;
const self = '00000000000000bb' as PeerId;
const message = (index: number, ageMs = 0, type: number = packetTypes.message): PacketContent =>
  new PacketContent(
    {
      version: 1,
      type,
      timestamp: wall - ageMs,
      sender: '00000000000000aa' as PeerId,
      payload: utf8(`message ${index}`),
    },
    carriesNothing,
  );
const ids = (count: number, from = 0): ReturnType<typeof hashId>[] =>
  Array.from({ length: count }, (_, index) => hashId(utf8(`id ${from + index}`)));

describe('the filter', () => {
  it.each([0, 1, 2, 100, gossip.filterItems, 450])(
    'of %i ids holds all that it says it covers in 400 bytes',
    (count) => {
      const members = ids(count);
      const { filter, covered } = encodeFilter(members);
      expect(filter.data.length).toBeLessThanOrEqual(gossip.filterBytes);
      expect(covered).toBeGreaterThanOrEqual(Math.floor(count * 0.7));
      const places = decodeFilter(filter);
      for (const id of members.slice(0, covered)) expect(places.has(placeOf(id, filter.range))).toBe(true);
    },
  );

  it('takes about one stranger in 128 for a member', () => {
    const { filter } = encodeFilter(ids(300));
    const places = decodeFilter(filter);
    const wrong = ids(20_000, 1_000).filter((id) => places.has(placeOf(id, filter.range))).length;
    expect(wrong / 20_000).toBeGreaterThan(0.5 / 128);
    expect(wrong / 20_000).toBeLessThan(1.5 / 128);
  });

  property([
    fc.nat({ max: 0x7fffffff }),
    fc.integer({ min: 0, max: 0xffffffff }),
    fc.integer({ min: 1, max: 0xffffffff }),
  ])('places an id at the remainder of its 63 bits', (high, low, range) => {
    const exact = ((BigInt(high) << 32n) | BigInt(low)) % BigInt(range);
    expect(placeOf({ high, low }, range)).toBe(Math.max(1, Number(exact)));
  });

  property([fc.integer(), fc.integer(), fc.uint8Array({ maxLength: 400 })])(
    'of hostile numbers and bits ends',
    (bits, range, data) => {
      expect(() => decodeFilter({ bits, range, data })).not.toThrow();
    },
  );

  it.each([
    ['7 ones, a zero, 24 bits: beyond the range', 24, 100_000_000, [0xfe, 0, 0, 0, 0], []],
    ['200 ones, a zero: beyond it by far', 24, 1_000, [...Array<number>(25).fill(0xff), 0, 0, 0, 0], []],
    ['32 bits: as many as there are', 32, 0xffffffff, [0x7f, 0xff, 0xff, 0xfe, 0], [0xfffffffd]],
    ['more', 33, 0xffffffff, [0, 0, 0, 0, 0], []],
  ])('of %s', (_name, bits, range, data, places) => {
    expect([...decodeFilter({ bits, range, data: Uint8Array.from(data) })]).toEqual(places);
  });
});

describe('a sync request', () => {
  it.each([undefined, 0, wall])('since %s comes back as it was', (since) => {
    const request = { filter: encodeFilter(ids(20)).filter, types: new Set([0x01, 0x02, 0x25]), since };
    expect(decodeSyncRequest(encodeSyncRequest(request))).toEqual(request);
  });

  // Type, length, value; as RequestSyncPacket.swift reads them.
  const filter = '01000107 02000400000080 030001aa';
  it.each([
    ['without types: announces and messages', filter, [1, 2]],
    ['with types', `${filter} 0400020004`, [0x25]],
    ['with types of no bytes, which are passed over', `${filter} 040000`, [1, 2]],
    ['with types of nine bytes, which are passed over', `${filter} 040009 000000000000000000`, [1, 2]],
    ['with types that nobody knows', `${filter} 040001 00`, []],
    ['with a second range that is too short', `${filter} 0200028000`, [1, 2]],
    ['with bytes left over', `${filter} 0100`, [1, 2]],
    ['with 32 remainder bits', '01000120 02000480000000 030000', [1, 2]],
  ])('%s', (_name, hex, types) => {
    expect([...(decodeSyncRequest(fromHex(hex.replaceAll(' ', '')))?.types ?? [])]).toEqual(types);
  });

  it.each([
    ['no remainder bits', '01000100 02000400000080 030000'],
    ['33 of them', '01000121 02000400000080 030000'],
    ['no range', '01000107 02000400000000 030000'],
    ['no filter', '01000107 02000400000080'],
    ['a filter of 1,025 bytes', `01000107 02000400000080 030401 ${'00'.repeat(1_025)}`],
    ['a field that is longer than the rest', '01000107 02000400000080 030002 00'],
  ])('with %s is none', (_name, hex) => {
    expect(decodeSyncRequest(fromHex(hex.replaceAll(' ', '')))).toBeUndefined();
  });

  property([fc.uint8Array({ maxLength: 500 })])('of hostile bytes never throws', (bytes) => {
    expect(() => decodeSyncRequest(bytes)).not.toThrow();
  });
});

describe('the store', () => {
  const filled = (count: number, type?: number): GossipStore => {
    const store = new GossipStore(new PeerBook(), self, ios.gossip, false);
    for (let index = 0; index < count; index++) store.keep(message(index, index, type), wall);
    return store;
  };

  it('answers with what the other side lacks, and with nothing else', () => {
    const answer = filled(50).answer(filled(30).request(wall), wall);
    expect(answer.length).toBeGreaterThanOrEqual(18); // a false positive may hide one
    expect(answer.length).toBeLessThanOrEqual(20);
    expect(filled(30).answer(filled(50).request(wall), wall)).toEqual([]);
  });

  it('never compares what is older than the newest few hundred, and says so to the millisecond', () => {
    const count = gossip.filterItems + 10;
    const hashes = Array.from({ length: gossip.filterItems }, (_, index) => message(index, index).gossipHash);
    const { covered } = encodeFilter(hashes);
    const store = filled(count);
    const other = filled(count);
    const old = message(9_999, 100_000);
    other.keep(old, wall);
    // Message n is n milliseconds old.
    expect(store.request(wall).since).toBe(wall - (covered - 1));
    expect(other.answer(store.request(wall), wall)).toEqual([]);
  });

  it.each([
    ['public', packetTypes.message, ios.gossip.mostMessages],
    ['group', packetTypes.groupMessage, gossip.mostGroupMessages],
  ])('keeps so many %s messages for six hours', (_name, type, most) => {
    const store = filled(1_200, type);
    expect(store.messages).toBe(most);
    store.purge((wall + ios.gossip.mostMessageAgeMs + 1) as WallTime);
    expect(store.messages).toBe(0);
  });

  it('forgets the messages of authors gone quiet, but never its own', () => {
    const announce = message(0, 0, packetTypes.announce);
    const later = (wall + ios.gossip.staleAuthorMs + 1) as WallTime;
    const left = [self, announce.sender].map((owner) => {
      const store = new GossipStore(new PeerBook(), owner, ios.gossip, true);
      store.keep(announce, wall);
      store.keep(message(1), wall);
      store.purge(later);
      return store.messages;
    });
    expect(left).toEqual([0, 1]);
  });
});
