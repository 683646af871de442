// Relay policies as tables, and the choice of links.
import { describe, expect, it } from 'vitest';
import { android, ios, packetTypes } from '../../../protocol/bitchat/constants.ts';
import { selectLinks, subsetSize, type Link } from '../../../protocol/bitchat/fan-out.ts';
import { PacketContent } from '../../../protocol/bitchat/packet.ts';
import { everybody, type PeerId } from '../../../protocol/bitchat/peer-id.ts';
import { decideRelay, type RelayQuestion } from '../../../protocol/bitchat/relay.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import type { Address } from '../../../protocol/core.ts';
import { carriesNothing } from '../../../protocol/message.ts';
import { createRandomStream } from '../../../sim/random/streams.ts';

const random = createRandomStream('relay');
const { announce, message, noiseEncrypted, noiseHandshake, fragment, voice, requestSync } = packetTypes;
const question = (changes: Partial<RelayQuestion>): RelayQuestion => ({
  type: message,
  ttl: 7,
  isDirected: false,
  degree: 3,
  networkSize: 5,
  ...changes,
});

describe('the iOS policy', () => {
  it.each([
    // type, ttl, directed, degree -> ttl, least, most
    [message, 7, false, 0, 6, 10, 40],
    [message, 7, false, 2, 6, 10, 40],
    [message, 7, false, 3, 5, 60, 150],
    [message, 4, false, 5, 3, 60, 150],
    [announce, 7, false, 5, 6, 60, 150],
    [message, 7, false, 6, 4, 80, 180],
    [announce, 7, false, 9, 4, 80, 180],
    [message, 7, false, 10, 4, 100, 220],
    [message, 2, false, 30, 1, 100, 220],
    [message, 200, false, 1, 6, 10, 40],
    [noiseHandshake, 7, true, 20, 6, 10, 35],
    [noiseEncrypted, 7, true, 20, 6, 20, 60],
    [fragment, 7, true, 20, 6, 20, 60],
    [fragment, 7, false, 5, 6, 8, 25],
    [fragment, 7, false, 6, 4, 8, 25],
    [voice, 7, false, 6, 4, 8, 25],
  ])('type %i with %i hops, directed %s, %i peers: %i hops after %i to %i ms', (...row) => {
    const [type, ttl, isDirected, degree, left, leastDelayMs, mostDelayMs] = row;
    expect(decideRelay(ios, question({ type, ttl, isDirected, degree }), random)).toEqual({
      ttl: left,
      leastDelayMs,
      mostDelayMs,
    });
  });

  it.each([
    ['the last hop', { ttl: 1 }],
    ['no hop left', { ttl: 0 }],
    ['a sync request, whatever its hops', { type: requestSync }],
  ])('does not relay: %s', (_name, changes) => {
    expect(decideRelay(ios, question(changes), random)).toBeUndefined();
  });
});

describe('the Android policy', () => {
  const share = (networkSize: number, ttl: number): number => {
    let relayed = 0;
    for (let each = 0; each < 4_000; each++)
      if (decideRelay(android, question({ networkSize, ttl }), random) !== undefined) relayed++;
    return relayed / 4_000;
  };

  it.each([
    [10, 2, 1],
    [30, 2, 0.85],
    [50, 2, 0.7],
    [100, 2, 0.55],
    [101, 2, 0.4],
    [101, 5, 1], // four hops left after this one: no coin
    [101, 4, 0.4],
  ])('among %i peers with %i hops relays a share of %f', (networkSize, ttl, expected) => {
    expect(Math.abs(share(networkSize, ttl) - expected)).toBeLessThan(0.03);
  });

  it('relays at once, and also the last hop', () => {
    const now = { leastDelayMs: 0, mostDelayMs: 0 };
    expect(decideRelay(android, question({}), random)).toEqual({ ttl: 6, ...now });
    expect(decideRelay(android, question({ ttl: 1 }), random)).toEqual({ ttl: 0, ...now });
    expect(decideRelay(android, question({ ttl: 0 }), random)).toBeUndefined();
  });
});

describe('the fan-out', () => {
  const peer = (index: number): PeerId => index.toString(16).padStart(16, '0') as PeerId;
  const links = (central: number, peripheral: number): Link[] =>
    Array.from({ length: central + peripheral }, (_, index) => ({
      address: `link:radio/${index}` as Address,
      role: index < central ? 'central' : 'peripheral',
      peer: peer(index),
    }));
  const content = (type: number, recipient?: PeerId, text = 'x'): PacketContent =>
    new PacketContent(
      { version: 1, type, timestamp: 1, sender: peer(99), recipient, payload: utf8(text) },
      carriesNothing,
    );
  const chosen = (all: readonly Link[], packet: PacketContent, ingress?: string, policy = ios): string[] =>
    selectLinks(policy, all, packet, ingress as Address | undefined).map(({ address }) => address.slice(11));

  it.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 3],
    [4, 3],
    [5, 4],
    [8, 4],
    [9, 5],
    [17, 6],
  ])('of %i links of a class takes %i', (count, size) => {
    expect(subsetSize(count)).toBe(size);
    expect(chosen(links(count, 0), content(message))).toHaveLength(size);
    expect(chosen(links(0, count), content(message))).toHaveLength(size);
  });

  it('depends on the message and on nothing else', () => {
    const all = links(12, 0);
    const sets = Array.from({ length: 20 }, (_, index) =>
      chosen(all, content(message, undefined, `text ${index}`)),
    );
    expect(chosen(all.toReversed(), content(message, undefined, 'text 0'))).toEqual(sets[0]);
    expect(new Set(sets.map(String)).size).toBeGreaterThan(10);
  });

  it.each([announce, fragment])('sends type %i to all', (type) => {
    expect(chosen(links(9, 9), content(type))).toHaveLength(18);
  });

  it('never sends back where it came from', () => {
    expect(chosen(links(2, 1), content(message), 'link:radio/1')).toEqual(['0', '2']);
  });

  it('sends to the recipient alone when it is connected, to all others when it is not', () => {
    expect(chosen(links(5, 5), content(noiseEncrypted, peer(7)))).toEqual(['7']);
    expect(chosen(links(5, 5), content(noiseEncrypted, peer(7)), 'link:radio/7')).toEqual([]);
    expect(chosen(links(5, 5), content(noiseEncrypted, peer(77)))).toHaveLength(10);
    for (const policy of [ios, android])
      expect(chosen(links(5, 5), content(noiseEncrypted, peer(7)), undefined, policy)).toEqual(['7']);
  });

  it('does not thin a broadcast that says that it is for everybody, as Android’s do', () => {
    expect(chosen(links(9, 0), content(message, everybody))).toHaveLength(9);
  });

  it('of an Android phone takes all links but those to where it came from and to its author', () => {
    const all = (packet: PacketContent): string[] => chosen(links(9, 9), packet, 'link:radio/4', android);
    expect(all(content(message))).toHaveLength(17);
    const { type, timestamp, payload } = content(announce);
    const ofNeighbour = new PacketContent(
      { version: 1, type, timestamp, payload, sender: peer(12) },
      carriesNothing,
    );
    expect(all(ofNeighbour)).toHaveLength(16);
    expect(all(ofNeighbour)).not.toContain('12');
  });

  it('uses one of two links to the same peer, the one it opened itself', () => {
    const both = links(1, 1).map((link) => ({ ...link, peer: peer(1) }));
    expect(chosen(both.toReversed(), content(message))).toEqual(['0']);
    expect(chosen(both, content(announce))).toEqual(['0', '1']);
  });
});
