// The public channel: signed, read by whoever hears it, kept for those who come later.
import { describe, expect, it } from 'vitest';
import { android, gossip, ios, packetTypes } from '../../../protocol/bitchat/constants.ts';
import { PacketContent, type PacketFields } from '../../../protocol/bitchat/packet.ts';
import { everybody } from '../../../protocol/bitchat/peer-id.ts';
import { signed } from '../../../protocol/bitchat/signatures.ts';
import { utf8 } from '../../../protocol/bytes.ts';
import type { UserMessageId } from '../../../protocol/message.ts';
import { minutes, seconds } from '../../../protocol/time.ts';
import { MiniMesh } from './mini-mesh.ts';

/** Three in a row; a fourth joins when a test says so. */
function threeOfFour(policy = ios): MiniMesh {
  const mesh = new MiniMesh({
    ...{ peers: 4, isPublic: true, purgeOnStale: false, encodeEverything: true },
    options: () => ({ policy }),
  });
  mesh.join(0, 1);
  mesh.join(1, 2);
  mesh.run(seconds(5));
  return mesh;
}

describe('the public channel', () => {
  it('is read by everybody in reach, and by who comes later', () => {
    const mesh = threeOfFour();
    const message = mesh.say(0, 'to all');
    mesh.run(seconds(3));
    expect(mesh.readers(message)).toEqual([1, 2]);
    mesh.join(2, 3);
    mesh.run(minutes(1));
    expect(mesh.readers(message)).toEqual([1, 2, 3]);
    const types = mesh.sent.map(({ packet }) => packet.content.type);
    expect(types).toContain(packetTypes.message);
    expect(types).not.toContain(packetTypes.groupMessage);
  });

  it('has neither unsigned words nor words under another name', () => {
    const mesh = threeOfFour();
    const fields = (text: string): PacketFields => ({
      ...{ version: 1, type: packetTypes.message, timestamp: 1_760_000_005_000 },
      ...{ sender: mesh.identities[2]!.peerId, payload: utf8(text) },
    });
    const carries = [90 as UserMessageId];
    const before = mesh.peers[1]!.core!.inspect();
    mesh.inject(1, 0, new PacketContent(fields('unsigned'), carries).withTtl(3));
    mesh.inject(1, 0, signed(fields('by another'), mesh.identities[0]!.signer, carries).withTtl(3));
    expect(mesh.readers(90 as UserMessageId)).toEqual([]);
    expect(mesh.situations(1).filter((name) => name === 'bitchat.public-unsigned')).toHaveLength(2);
    expect(mesh.peers[1]!.core!.inspect()).toEqual(before);
    mesh.inject(1, 0, signed(fields('by 2 itself'), mesh.identities[2]!.signer, carries).withTtl(3));
    expect(mesh.readers(90 as UserMessageId)).toEqual([1]);
  });

  it.each([
    ['iPhones', ios, undefined],
    ['Android phones', android, everybody],
  ])('of %s is read along a row of them', (_name, policy, recipient) => {
    const mesh = threeOfFour(policy);
    const message = mesh.say(0, 'to all');
    mesh.run(seconds(3));
    expect(mesh.readers(message)).toEqual([1, 2]);
    expect(mesh.sent.at(-1)!.packet.content.recipient).toBe(recipient);
  });

  it.each([
    ['iPhones', 'to the next', ios, [2]],
    ['Android phones', 'to nobody', android, []],
  ])('of %s is passed on %s when nobody signed it', (_name, _to, policy, to) => {
    const mesh = threeOfFour(policy);
    const fields = { version: 1, type: packetTypes.message, timestamp: 1_760_000_005_000 } as const;
    const sender = mesh.identities[0]!.peerId;
    const before = mesh.sent.length;
    mesh.inject(1, 0, new PacketContent({ ...fields, sender, payload: utf8('unsigned') }, []).withTtl(3));
    mesh.run(seconds(1));
    const passedOn = mesh.sent.slice(before).filter(({ from, packet }) => from === 1 && packet.ttl === 2);
    expect(passedOn.map((sent) => sent.to)).toEqual(to);
  });

  it('keeps more than a sync request names: who comes with many of his own is told the newest only', () => {
    const mesh = new MiniMesh({ peers: 2, isPublic: true, purgeOnStale: false });
    const many = gossip.filterItems + 60;
    const said = [0, 1].flatMap((from) => Array.from({ length: many }, (_, each) => ({ from, each })));
    const ids = new Map<number, UserMessageId[]>([
      [0, []],
      [1, []],
    ]);
    for (const { from, each } of said) {
      mesh.now = seconds(1) * each;
      ids.get(from)!.push(mesh.say(from, `${each}`));
    }
    mesh.join(0, 1);
    mesh.run(minutes(5));
    const read = ids.get(0)!.map((message) => mesh.readers(message).includes(1));
    const oldest = read.slice(0, 40);
    const newest = read.slice(-200);
    expect(oldest).not.toContain(true);
    // A false positive hides one in 128.
    expect(newest.filter((isRead) => isRead).length).toBeGreaterThan(190);
  });
});
