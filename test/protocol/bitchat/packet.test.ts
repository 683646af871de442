// Copies of a content: one object each while it spreads, and the same bytes whenever they are asked for.
import { describe, expect, it } from 'vitest';
import { packetCodec } from '../../../protocol/bitchat/codec.ts';
import { packetTypes } from '../../../protocol/bitchat/constants.ts';
import { PacketContent, type Packet } from '../../../protocol/bitchat/packet.ts';
import type { PeerId } from '../../../protocol/bitchat/peer-id.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import { carriesNothing } from '../../../protocol/message.ts';

const content = (text: string): PacketContent =>
  new PacketContent(
    {
      version: 1,
      type: packetTypes.message,
      timestamp: 1_760_000_000_000,
      sender: '00000000000000aa' as PeerId,
      payload: utf8(text),
    },
    carriesNothing,
  );

describe('the copies of a content', () => {
  it('are one object for each number of hops left, and one for answers', () => {
    const rumour = content('rumour');
    const copies = [7, 6, 1, 255].map((ttl) => rumour.withTtl(ttl));
    const answer = rumour.withTtl(0, true);
    expect([7, 6, 1, 255].map((ttl) => rumour.withTtl(ttl))).toEqual(copies);
    for (const [index, copy] of copies.entries()) expect(rumour.withTtl([7, 6, 1, 255][index]!)).toBe(copy);
    expect(rumour.withTtl(0, true)).toBe(answer);
    expect(new Set<Packet>([...copies, answer]).size).toBe(5);
    expect(copies.map(({ ttl, answersSync }) => [ttl, answersSync])).toEqual([
      [7, false],
      [6, false],
      [1, false],
      [255, false],
    ]);
    expect([answer.ttl, answer.answersSync]).toEqual([0, true]);
  });

  it('tell what goes one hop from what answers, in turn', () => {
    const rumour = content('rumour');
    for (let round = 0; round < 3; round++)
      for (const answersSync of [true, false]) {
        const { ttl, answersSync: answers } = rumour.withTtl(0, answersSync);
        expect([ttl, answers]).toEqual([0, answersSync]);
      }
  });

  it('are made anew, with the same bytes, when thousands of others have begun to spread', () => {
    const rumour = content('rumour');
    const before = rumour.withTtl(5);
    const bytes = packetCodec.encode(before);
    for (let index = 0; index < 20_000; index++) content(`other ${index}`).withTtl(7);
    const after = rumour.withTtl(5);
    expect(after).not.toBe(before);
    expect(packetCodec.encode(after)).toEqual(bytes);
    expect(rumour.withTtl(5)).toBe(after);
    expect(after.content).toBe(rumour);
  });
});
