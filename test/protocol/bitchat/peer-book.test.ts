// Records of peers: each is found again, whoever chose the ids, and announces keep the order of their authors.
import { describe, expect, it } from 'vitest';
import { packetTypes } from '../../../protocol/bitchat/constants.ts';
import { PacketContent } from '../../../protocol/bitchat/packet.ts';
import { PeerBook } from '../../../protocol/bitchat/peer-book.ts';
import type { PeerId } from '../../../protocol/bitchat/peer-id.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import { carriesNothing } from '../../../protocol/message.ts';

const idOf = (index: number): PeerId => index.toString(16).padStart(16, '0') as PeerId;
const announceOf = (sender: PeerId): PacketContent =>
  new PacketContent(
    { version: 1, type: packetTypes.announce, timestamp: 1, sender, payload: utf8('here') },
    carriesNothing,
  );

describe('a peer book', () => {
  it('has one record for each peer, however many there are', () => {
    const book = new PeerBook();
    const ids = Array.from({ length: 5_000 }, (_, index) => idOf(index * 16));
    const records = ids.map((id) => book.of(id));
    expect(ids.map((id) => book.of(id))).toEqual(records);
    for (const [index, id] of ids.entries()) {
      expect(book.get(id)).toBe(records[index]);
      expect(book.get(id)?.peer).toBe(id);
    }
    expect(new Set(book.records()).size).toBe(ids.length);
    expect(book.get(idOf(1))).toBeUndefined();
  });

  it('tells announces in the order in which their authors came to have one, the last time', () => {
    const book = new PeerBook();
    const ids = [7, 3, 9, 1].map(idOf);
    for (const id of ids) book.begin(book.of(id), announceOf(id));
    const order = (): readonly PeerId[] => book.announces().map(({ sender }) => sender);
    expect(order()).toEqual(ids);
    const [first = idOf(0)] = ids;
    book.end(book.of(first));
    book.end(book.of(first));
    expect(order()).toEqual(ids.slice(1));
    book.begin(book.of(first), announceOf(first));
    expect(order()).toEqual([...ids.slice(1), first]);
  });
});
