// What Android's application does otherwise than the iPhone's: private messages, sessions, and gossip.
import { describe, expect, it } from 'vitest';
import { android, ios, packetTypes, type PlatformPolicy } from '../../../protocol/bitchat/constants.ts';
import { PacketContent } from '../../../protocol/bitchat/packet.ts';
import { sha256, x25519PublicKey } from '../../../protocol/crypto.ts';
import { carriesNothing } from '../../../protocol/message.ts';
import { minutes, seconds } from '../../../protocol/time.ts';
import { MiniMesh, type MiniMeshOptions } from './mini-mesh.ts';

const platforms = [
  ['an iPhone', ios],
  ['an Android phone', android],
] as const;

/** Phone 0 of this platform, the others of that one; 0 and 1 are connected and know each other. */
function pair(
  policy: PlatformPolicy,
  { others = policy, ...options }: Partial<MiniMeshOptions> & { readonly others?: PlatformPolicy } = {},
): MiniMesh {
  const mesh = new MiniMesh({
    peers: 2,
    usesCouriers: false,
    options: (index) => ({ policy: index === 0 ? policy : others }),
    ...options,
  });
  mesh.join(0, 1);
  mesh.run(seconds(3));
  return mesh;
}

/** When phone `from` sent its own packets of this type, each once. */
function sendings(mesh: MiniMesh, from: number, type: number): readonly number[] {
  const { peerId } = mesh.identities[from]!;
  const own = mesh.sent.filter(
    ({ from: by, packet: { content } }) => by === from && content.type === type && content.sender === peerId,
  );
  return [...new Set(own.map(({ at }) => at))];
}

const sessions = (mesh: MiniMesh, index: number): number =>
  (mesh.peers[index]!.core!.inspect() as { sessions: number }).sessions;

/** A private frame or first message in the name of `from`, as somebody hostile would make it. */
function forged(mesh: MiniMesh, from: number, to: number, type: number, payload: Uint8Array): PacketContent {
  const [sender, recipient] = [mesh.identities[from]!.peerId, mesh.identities[to]!.peerId];
  const timestamp = 1_760_000_000_000 + Math.floor(mesh.now / 1_000);
  return new PacketContent({ version: 1, type, timestamp, sender, recipient, payload }, carriesNothing);
}

describe('a private message', () => {
  it.each([
    ['an iPhone', ios, [1]],
    ['an Android phone', android, []],
  ])('of %s whose way was lost, once its recipient is heard again', (_name, policy, readers) => {
    const mesh = pair(policy);
    mesh.say(0, 'a session stands', 1);
    mesh.run(seconds(2));
    // 1 is out of hearing, and nobody has noticed.
    mesh.peers[0]!.links.set('link:radio/1' as never, 0);
    const message = mesh.say(0, 'into the void', 1);
    mesh.run(seconds(1));
    mesh.part(0, 1);
    mesh.run(minutes(5));
    mesh.join(0, 1);
    mesh.run(minutes(1));
    expect(mesh.readers(message)).toEqual(readers);
  });

  it.each(platforms)('of %s waits for a recipient who is not there', (_name, policy) => {
    const mesh = new MiniMesh({ peers: 2, options: () => ({ policy }) });
    const message = mesh.say(0, 'are you there?', 1);
    mesh.run(minutes(10));
    mesh.join(0, 1);
    mesh.run(seconds(5));
    expect(mesh.readers(message)).toEqual([1]);
    expect(mesh.facts(0, 'accepted')).toHaveLength(1);
  });

  it.each([
    ['an iPhone', ios, [1]],
    ['an Android phone', android, []],
  ])('of %s that waited when the phone started anew', (_name, policy, readers) => {
    const mesh = new MiniMesh({ peers: 2, options: () => ({ policy }) });
    const message = mesh.say(0, 'are you there?', 1);
    mesh.run(minutes(1));
    mesh.restart(0);
    mesh.join(0, 1);
    mesh.run(seconds(5));
    expect(mesh.readers(message)).toEqual(readers);
  });

  it('of an Android phone is not shown as failed after a day once it has left, and one that waits is', () => {
    const mesh = pair(android);
    mesh.say(0, 'a session stands', 1);
    mesh.run(seconds(2));
    mesh.peers[0]!.links.set('link:radio/1' as never, 0);
    mesh.say(0, 'into the void', 1);
    mesh.run(seconds(1));
    mesh.part(0, 1);
    mesh.run(minutes(5));
    const waiting = mesh.say(0, 'waits', 1);
    mesh.run(minutes(25 * 60));
    expect(mesh.facts(0, 'failed').map(({ message }) => message)).toEqual([waiting]);
  });
});

describe('handshakes that messages wait for', () => {
  // Waits of 5, 15, 30 and 60 s, but none is begun while one is under way, which it is for ten seconds.
  it.each([
    ['an iPhone', ios, [0, 10]],
    ['an Android phone', android, [0, 20, 50, 110, 170]],
  ])('of %s are begun at these seconds', (_name, policy, expected) => {
    const mesh = pair(policy);
    mesh.act(1, { kind: 'close-app' });
    const start = mesh.now;
    mesh.say(0, 'hello?', 1);
    mesh.run(minutes(2.95));
    const begun = sendings(mesh, 0, packetTypes.noiseHandshake).map((at) => (at - start) / 1_000_000);
    expect(begun).toHaveLength(expected.length);
    // A look is held every two seconds.
    for (const [index, at] of begun.entries()) {
      expect(at).toBeGreaterThanOrEqual(expected[index]!);
      expect(at).toBeLessThan(expected[index]! + 2 * index + 0.01);
    }
  });
});

describe('a session', () => {
  it.each([
    ['an iPhone', ios, []],
    ['an Android phone', android, [1]],
  ])('of %s goes on sending while somebody pretends to make it anew', (_name, policy, readers) => {
    const mesh = pair(policy);
    mesh.say(0, 'all well', 1);
    mesh.run(seconds(2));
    const first = forged(mesh, 1, 0, packetTypes.noiseHandshake, x25519PublicKey(sha256('forged')));
    mesh.inject(0, 1, first.withTtl(7));
    const message = mesh.say(0, 'still well', 1);
    mesh.run(seconds(2));
    expect(mesh.readers(message)).toEqual(readers);
  });

  it.each([
    ['an iPhone', ios, 1],
    ['an Android phone', android, 0],
  ])('of %s ten seconds after the last word of a neighbour', (_name, policy, standing) => {
    const mesh = pair(policy, { others: ios });
    mesh.say(0, 'all well', 1);
    mesh.run(seconds(2));
    mesh.part(0, 1);
    mesh.run(seconds(9));
    expect(sessions(mesh, 0)).toBe(1);
    mesh.run(seconds(2));
    expect(sessions(mesh, 0)).toBe(standing);
  });

  it('of an Android phone stays while the neighbour is heard over others', () => {
    const mesh = pair(android, { peers: 3, others: android });
    mesh.join(2, 0);
    mesh.join(2, 1);
    mesh.say(0, 'all well', 1);
    mesh.run(seconds(2));
    mesh.part(0, 1);
    mesh.run(seconds(1));
    const message = mesh.say(1, 'I am over here', 0);
    mesh.run(seconds(15));
    expect(mesh.readers(message)).toEqual([0]);
    expect(sessions(mesh, 0)).toBe(1);
  });

  it('of an Android phone ends when three frames in a row do not open, and another one is begun', () => {
    const mesh = pair(android, { others: ios });
    mesh.say(0, 'all well', 1);
    mesh.run(seconds(2));
    const before = sendings(mesh, 0, packetTypes.noiseHandshake).length;
    for (const each of [1, 2, 3]) {
      expect(sessions(mesh, 0)).toBe(1);
      const frame = forged(mesh, 1, 0, packetTypes.noiseEncrypted, new Uint8Array(64).fill(each));
      mesh.inject(0, 1, frame.withTtl(7));
    }
    expect(sessions(mesh, 0)).toBe(0);
    mesh.run(seconds(2));
    expect(sendings(mesh, 0, packetTypes.noiseHandshake).length).toBeGreaterThan(before);
    expect(sessions(mesh, 0)).toBe(1);
  });

  it.each([
    ['an iPhone', ios, true],
    ['an Android phone', android, false],
  ])('is begun by %s that cannot read a frame for want of one', (_name, policy, begun) => {
    const mesh = pair(policy);
    const frame = forged(mesh, 1, 0, packetTypes.noiseEncrypted, new Uint8Array(64));
    mesh.inject(0, 1, frame.withTtl(7));
    mesh.run(seconds(1));
    expect(sendings(mesh, 0, packetTypes.noiseHandshake).length > 0).toBe(begun);
  });
});

describe('a session that was made over a link which is gone', () => {
  it.each([
    ['an iPhone', ios, true],
    ['an Android phone', android, false],
  ])('is made anew by %s when its peer announces itself on another link', (_name, policy, renewed) => {
    const mesh = pair(policy);
    mesh.say(0, 'a session stands', 1);
    mesh.run(seconds(2));
    const before = mesh.sent.length;
    mesh.part(0, 1);
    mesh.join(0, 1);
    mesh.run(seconds(5));
    const handshakes = mesh.sent
      .slice(before)
      .filter(({ packet: { content } }) => content.type === packetTypes.noiseHandshake);
    expect(handshakes.length > 0).toBe(renewed);
    const message = mesh.say(0, 'still there', 1);
    mesh.run(seconds(1));
    expect(mesh.readers(message)).toEqual([1]);
  });

  it('is made anew once on a link', () => {
    const mesh = pair(ios);
    mesh.say(0, 'a session stands', 1);
    mesh.run(seconds(2));
    mesh.part(0, 1);
    mesh.join(0, 1);
    mesh.run(seconds(5));
    const before = sendings(mesh, 0, packetTypes.noiseHandshake).length;
    mesh.run(minutes(5));
    expect(sendings(mesh, 0, packetTypes.noiseHandshake)).toHaveLength(before);
  });

  it('brings back to an iPhone whom the other side has forgotten', () => {
    const mesh = pair(ios, { others: android });
    mesh.say(0, 'a session stands', 1);
    mesh.run(seconds(2));
    mesh.part(0, 1);
    mesh.run(seconds(30));
    expect([sessions(mesh, 0), sessions(mesh, 1)]).toEqual([1, 0]);
    mesh.join(0, 1);
    mesh.run(seconds(5));
    const message = mesh.say(0, 'do you know me?', 1);
    mesh.run(seconds(5));
    expect(mesh.readers(message)).toEqual([1]);
  });
});

describe('gossip', () => {
  /** Phone 0 has heard 1 say something and walks to 2, who was not there, after so long. */
  function carried(policy: PlatformPolicy, others: PlatformPolicy, after: number): readonly number[] {
    const mesh = new MiniMesh({
      peers: 3,
      isPublic: true,
      options: (index) => ({ policy: index === 0 ? policy : others }),
    });
    mesh.join(0, 1);
    mesh.run(seconds(3));
    const message = mesh.say(1, 'did you hear?');
    mesh.run(seconds(1));
    mesh.part(0, 1);
    mesh.run(seconds(after));
    mesh.join(0, 2);
    mesh.run(minutes(1));
    return mesh.readers(message).filter((reader) => reader === 2);
  }

  it.each([
    ['an Android phone keeps nothing of who left ten seconds ago', android, android, 15, []],
    ['an iPhone keeps it for a minute', ios, ios, 15, [2]],
    ['and no longer than until the next look', ios, ios, 130, []],
  ])('%s', (_name, policy, others, after, readers) => {
    expect(carried(policy, others, after)).toEqual(readers);
  });

  it.each([
    ['an Android phone', android, [0]],
    ['an iPhone', ios, []],
  ])('is taken from an Android phone by %s although it is three minutes old', (_name, policy, readers) => {
    // 1 stays with its author, 2, until it meets 0.
    const mesh = new MiniMesh({
      peers: 3,
      isPublic: true,
      options: (index) => ({ policy: index === 0 ? policy : android }),
    });
    mesh.join(1, 2);
    mesh.run(seconds(3));
    const message = mesh.say(2, 'did you hear?');
    mesh.run(minutes(3));
    mesh.join(0, 1);
    mesh.run(minutes(1));
    expect(mesh.readers(message).filter((reader) => reader === 0)).toEqual(readers);
  });
});
