// People who mean harm: whatever a neighbour sends, nobody crashes, memory stays bounded, nobody is deceived, and friends
// still reach each other.
import { deflateRaw } from 'pako';
import { describe, expect, it } from 'vitest';
import { encodeAnnounce } from '../../../protocol/bitchat/announce.ts';
import { packetCodec } from '../../../protocol/bitchat/codec.ts';
import { fragments, gossip, ios, packetTypes } from '../../../protocol/bitchat/constants.ts';
import { FragmentBuffer } from '../../../protocol/bitchat/fragmentation.ts';
import { PacketContent, type Packet, type PacketFields } from '../../../protocol/bitchat/packet.ts';
import { everybody, peerIdOf, type PeerId } from '../../../protocol/bitchat/peer-id.ts';
import { signed } from '../../../protocol/bitchat/signatures.ts';
import { concatBytes, toHex, utf8 } from '../../../protocol/bytes.ts';
import { sha256 } from '../../../protocol/crypto.ts';
import { carriesNothing, type UserMessageId } from '../../../protocol/message.ts';
import { minutes, seconds, type Instant } from '../../../protocol/time.ts';
import { MiniMesh } from './mini-mesh.ts';
import { fc, property } from '../../support/property.ts';

const wall = (mesh: MiniMesh): number => 1_760_000_000_000 + Math.floor(mesh.now / 1_000);

/** 0 - 1 - 2 in a row; 3, the attacker, is a neighbour of 1 whose own core is silent from now on. */
function attacked(): MiniMesh {
  const mesh = new MiniMesh({ peers: 4, encodeEverything: true });
  mesh.join(0, 1);
  mesh.join(1, 2);
  mesh.join(3, 1);
  mesh.run(seconds(5));
  mesh.act(3, { kind: 'close-app' });
  return mesh;
}

/** Bytes arrive at the victim as the radio brings them: what does not decode is dropped there. */
function shout(mesh: MiniMesh, bytes: Uint8Array): void {
  const packet = packetCodec.decode(bytes, carriesNothing);
  if (packet !== undefined) mesh.inject(1, 3, packet);
}

function packetOf(mesh: MiniMesh, fields: Partial<PacketFields>, ttl = 7, answersSync = false): Packet {
  const sender = mesh.identities[3]!.peerId;
  const base = {
    version: 1,
    type: packetTypes.message,
    timestamp: wall(mesh),
    sender,
    payload: utf8('x'),
  } as const;
  return new PacketContent({ ...base, ...fields }, carriesNothing).withTtl(ttl, answersSync);
}

/** Friends on both sides of the attacked phone still talk, in private and in the group. */
function expectTalk(mesh: MiniMesh): void {
  const privately = expectWords(mesh);
  expect(mesh.facts(0, 'accepted').map(({ message }) => message)).toContain(privately);
}

/** The same as far as words go; returns the private message, which need not have been acknowledged. */
function expectWords(mesh: MiniMesh): UserMessageId {
  const privately = mesh.say(0, 'still there?', 2);
  const inGroup = mesh.say(2, 'all well');
  mesh.run(minutes(1));
  expect(mesh.readers(privately)).toEqual([2]);
  expect(mesh.readers(inGroup)).toEqual(expect.arrayContaining([0, 1]));
  return privately;
}

const anyPeer = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => toHex(bytes) as PeerId);
const hostilePacket = fc.record({
  version: fc.constantFrom(1 as const, 2 as const),
  type: fc.oneof(fc.constantFrom(...Object.values(packetTypes)), fc.integer({ min: 0, max: 255 })),
  /** Mostly now, sometimes long ago or in the future. */
  age: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: -4e8, max: 4e8 })),
  sender: fc.oneof(fc.constantFrom(0, 1, 2, 3), anyPeer),
  recipient: fc.oneof(fc.constant(undefined), fc.constant(everybody), fc.constantFrom(0, 1, 2), anyPeer),
  route: fc.array(anyPeer, { maxLength: 3 }),
  payload: fc.uint8Array({ maxLength: 600 }),
  signature: fc.option(fc.uint8Array({ minLength: 64, maxLength: 64 }), { nil: undefined }),
  ttl: fc.integer({ min: 0, max: 255 }),
  answersSync: fc.boolean(),
});

describe('a neighbour who means harm', () => {
  property([fc.array(hostilePacket, { maxLength: 60 })], { numRuns: 60 })(
    'cannot stop anybody with packets of any type, sender, age and payload',
    (packets) => {
      const mesh = attacked();
      const idOf = (peer: number | PeerId): PeerId =>
        typeof peer === 'number' ? mesh.identities[peer]!.peerId : peer;
      for (const { age, sender, recipient, ttl, answersSync, ...fields } of packets) {
        const to = recipient === undefined ? undefined : idOf(recipient);
        const timestamp = wall(mesh) - age;
        const content = { ...fields, timestamp, sender: idOf(sender), recipient: to };
        shout(mesh, packetCodec.encode(packetOf(mesh, content, ttl, answersSync)));
      }
      mesh.run(seconds(2));
      expectTalk(mesh);
      // Nothing that the attacker made was shown to anybody.
      for (const { facts } of mesh.peers)
        expect(facts.filter(({ kind }) => kind === 'delivered').length).toBeLessThanOrEqual(2);
    },
  );

  const spoiling = fc.array(fc.tuple(fc.nat(600), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 3,
  });
  property([fc.array(fc.tuple(fc.nat(10_000), spoiling), { maxLength: 40 })], { numRuns: 30 })(
    'cannot stop anybody with spoiled copies of real traffic',
    (copies) => {
      const mesh = attacked();
      mesh.say(0, 'a private word', 2);
      mesh.say(2, `a word to all ${'and more '.repeat(120)}`);
      mesh.run(seconds(2));
      const heard = mesh.sent.map(({ packet }) => packetCodec.encode(packet));
      for (const [which, changes] of copies) {
        const bytes = heard[which % heard.length]!.slice();
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        shout(mesh, bytes);
      }
      // The first message of a Noise XX handshake is not authenticated: a forged one makes the receiver answer in a new
      // session, and its acknowledgement under way in the old one is lost. The words are not.
      expectWords(mesh);
    },
  );

  it('cannot speak for others: forged announces, leaves and messages change nothing', () => {
    const mesh = attacked();
    const [victim, attacker] = [mesh.identities[0]!, mesh.identities[3]!];
    const announce = encodeAnnounce({
      nickname: 'person 0',
      noisePublicKey: victim.noisePublicKey,
      signingPublicKey: attacker.signer.publicKey,
      neighbours: [],
    });
    const base = { version: 1, timestamp: wall(mesh), sender: victim.peerId } as const;
    const forgeries = [
      signed({ ...base, type: packetTypes.announce, payload: announce }, attacker.signer, carriesNothing),
      signed(
        { ...base, type: packetTypes.leave, payload: new Uint8Array() },
        attacker.signer,
        carriesNothing,
      ),
    ];
    for (const content of forgeries) mesh.inject(1, 3, content.withTtl(7));
    expect(mesh.situations(1)).toContain('bitchat.announce-refused');
    // 1 still knows 0 under its own key.
    expectTalk(mesh);
  });

  it('cannot take a key that hashes to somebody else’s id', () => {
    const mesh = attacked();
    const { signer } = mesh.identities[3]!;
    const noisePublicKey = sha256('another key');
    const payload = encodeAnnounce({
      nickname: 'x',
      noisePublicKey,
      signingPublicKey: signer.publicKey,
      neighbours: [],
    });
    const fields = { version: 1, type: packetTypes.announce, timestamp: wall(mesh), payload } as const;
    const sender = mesh.identities[0]!.peerId;
    mesh.inject(1, 3, signed({ ...fields, sender }, signer, carriesNothing).withTtl(7));
    expect(mesh.situations(1)).toContain('bitchat.announce-refused');
    mesh.inject(
      1,
      3,
      signed({ ...fields, sender: peerIdOf(noisePublicKey) }, signer, carriesNothing).withTtl(7),
    );
    expect(mesh.situations(1).filter((name) => name === 'bitchat.announce-refused')).toHaveLength(1);
  });

  it('fills no memory with fragments that never become whole', () => {
    const mesh = attacked();
    const buffer = new FragmentBuffer();
    for (let each = 0; each < 2_000; each++) {
      const header = concatBytes(sha256(`${each}`).subarray(0, 8), Uint8Array.of(0, 0, 8, 0, 2));
      const payload = concatBytes(header, new Uint8Array(469));
      const packet = packetOf(mesh, { type: packetTypes.fragment, payload }, 1);
      mesh.inject(1, 3, packet);
      buffer.add(packet, mesh.now as Instant);
    }
    expect(buffer.size).toBe(fragments.mostAssemblies);
    expectTalk(mesh);
  });

  it('inflates no bombs', () => {
    const body = deflateRaw(new Uint8Array(1_000_000));
    const size = Uint8Array.of(0x7f, 0xff, 0xff, 0xff);
    const header = packetCodec.encode(packetOf(attacked(), { version: 2, payload: new Uint8Array() }));
    header[11] = 0x04;
    new DataView(header.buffer, header.byteOffset).setUint32(12, body.length + 4);
    expect(packetCodec.decode(concatBytes(header, size, body), carriesNothing)).toBeUndefined();
  });

  it('keeps no more broadcasts at others than their shelf holds, however many it makes', () => {
    const mesh = attacked();
    for (let each = 0; each < 2_500; each++)
      mesh.inject(1, 3, packetOf(mesh, { payload: utf8(`spam ${each}`) }));
    const { stored } = mesh.peers[1]!.core!.inspect() as { stored: number };
    expect(stored).toBeLessThanOrEqual(ios.gossip.mostMessages + gossip.mostGroupMessages);
    expectTalk(mesh);
  });

  it('makes others forget what they have seen: packets above the seen filter are relayed again', () => {
    // A storm past the filter's 1,000 keys is the card's own weakness: it shows, and nothing else breaks.
    const mesh = attacked();
    const first = packetOf(mesh, { payload: utf8('first') });
    const relaysOf = (packet: Packet): number =>
      mesh.sent.filter(({ from, packet: sent }) => from === 1 && sent.content.key === packet.content.key)
        .length;
    mesh.inject(1, 3, first);
    mesh.run(seconds(1));
    const once = relaysOf(first);
    mesh.inject(1, 3, first);
    mesh.run(seconds(1));
    expect(relaysOf(first)).toBe(once);
    for (let each = 0; each <= ios.seen.capacity; each++)
      mesh.inject(1, 3, packetOf(mesh, { payload: utf8(`${each}`) }, 1));
    mesh.inject(1, 3, first);
    mesh.run(seconds(1));
    expect(relaysOf(first)).toBe(2 * once);
  });

  it('is not answered more often than the limit, whatever its filters say', () => {
    const mesh = attacked();
    mesh.say(0, 'something to ask for');
    mesh.run(seconds(3));
    const before = mesh.sent.length;
    for (let each = 0; each < 200; each++) {
      const filter = concatBytes(
        Uint8Array.of(1, 0, 1, 24),
        Uint8Array.of(2, 0, 4, 3, 0xff, 0xff, 0xff),
        Uint8Array.of(3, 0, 2, 0xff, 0xff),
      );
      mesh.inject(
        1,
        3,
        packetOf(mesh, { type: packetTypes.requestSync, payload: filter, timestamp: wall(mesh) + each }, 0),
      );
    }
    mesh.run(seconds(1));
    const answers = mesh.sent.slice(before).filter(({ to, packet }) => to === 3 && packet.answersSync);
    expect(answers.length).toBeLessThanOrEqual(gossip.mostRequestsPerPeer * 10);
    expectTalk(mesh);
  });
});
