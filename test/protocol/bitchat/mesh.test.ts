// Peers on small graphs: floods and their limits, private messages, gossip, clocks, and people who mean harm.
import { describe, expect, it } from 'vitest';
import { android, ios, originTtl, packetTypes } from '../../../protocol/bitchat/constants.ts';
import { PacketContent } from '../../../protocol/bitchat/packet.ts';
import type { PeerId } from '../../../protocol/bitchat/peer-id.ts';
import { realSignatures } from '../../../protocol/signatures.ts';
import { toHex, utf8 } from '../../../protocol/bytes.ts';
import { sha256 } from '../../../protocol/crypto.ts';
import { carriesNothing } from '../../../protocol/message.ts';
import { hours, minutes, seconds } from '../../../protocol/time.ts';
import { MiniMesh, type MiniMeshOptions } from './mini-mesh.ts';

/** Peers in a row, each connected to the next, who have heard of each other. */
function line(peers: number, options: Partial<MiniMeshOptions> = {}): MiniMesh {
  const mesh = new MiniMesh({ peers, ...options });
  for (let index = 1; index < peers; index++) mesh.join(index - 1, index);
  mesh.run();
  return mesh;
}

function grid(side: number, options: Partial<MiniMeshOptions> = {}): MiniMesh {
  const mesh = new MiniMesh({ peers: side * side, ...options });
  for (let index = 0; index < side * side; index++) {
    if (index % side < side - 1) mesh.join(index, index + 1);
    if (index + side < side * side) mesh.join(index, index + side);
  }
  mesh.run(seconds(5));
  return mesh;
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

describe('a flood', () => {
  it('reaches exactly as many hops along a line as it has', () => {
    const mesh = line(originTtl + 3);
    const message = mesh.say(0, 'hello');
    mesh.run(seconds(3));
    // Before any gossip round: nobody beyond the seventh hop.
    expect(mesh.readers(message)).toEqual(upTo(originTtl));
  });

  it.each([1, 3, 5])('goes %i hops where packets are given so many', (hops) => {
    const mesh = line(originTtl + 3, { originTtl: hops });
    const message = mesh.say(0, 'hello');
    mesh.run(seconds(3));
    expect(mesh.readers(message)).toEqual(upTo(hops));
  });

  it('goes one hop further on Android, which passes on a packet with its last hop', () => {
    // The last relay stamps zero hops; its neighbour reads and does not relay.
    const mesh = line(originTtl + 3, { options: () => ({ policy: android }) });
    const message = mesh.say(0, 'hello');
    mesh.run(seconds(3));
    expect(mesh.readers(message)).toEqual(upTo(originTtl + 1));
  });

  it.each([
    ['iOS', ios],
    ['Android', android],
  ])(
    'is relayed at most once by each %s phone, with fewer hops each time, and shown once',
    (_name, policy) => {
      const mesh = grid(4, { options: () => ({ policy }) });
      const before = mesh.sent.length;
      const message = mesh.say(0, 'hello');
      mesh.run(seconds(3));
      const readers = mesh.readers(message);
      expect(readers.length).toBeGreaterThanOrEqual(8);
      for (const index of readers) expect(mesh.facts(index, 'delivered')).toHaveLength(1);
      const flood = mesh.sent
        .slice(before)
        .filter(({ packet }) => packet.content.type === packetTypes.groupMessage);
      const instants = new Map<number, Set<number>>();
      const hopsLeft = new Map<number, number>();
      for (const { from, at, packet } of flood) {
        instants.set(from, (instants.get(from) ?? new Set()).add(at));
        hopsLeft.set(from, packet.ttl);
      }
      for (const times of instants.values()) expect(times.size).toBe(1);
      for (const [index, hops] of hopsLeft)
        expect(hops).toBe(index === 0 ? originTtl : Math.min(originTtl - 1, hops));
    },
  );

  it.each([
    ['Android phones', android],
    ['iPhones', ios],
  ])('covers a grid of %s', (_name, policy) => {
    const mesh = grid(4, { options: () => ({ policy }) });
    const message = mesh.say(0, 'hello');
    mesh.run(seconds(3));
    expect(mesh.readers(message)).toHaveLength(15);
  });

  it('is passed on by everybody, also where copies come while the relay waits', () => {
    const clique = new MiniMesh({ peers: 5 });
    for (let left = 0; left < 5; left++)
      for (let right = left + 1; right < 5; right++) clique.join(left, right);
    clique.run(seconds(5));
    const before = clique.sent.length;
    clique.say(0, 'hello');
    clique.run(seconds(2));
    const flood = clique.sent.slice(before).filter(({ packet }) => packet.carries.length > 0);
    expect([...new Set(flood.map(({ from }) => from))].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  describe('whose relays a copy cancels', () => {
    it('leaves gaps in a grid, which gossip fills', () => {
      const mesh = grid(4, { cancelsRelays: true });
      const message = mesh.say(0, 'hello');
      mesh.run(seconds(3));
      expect(mesh.readers(message).length).toBeLessThan(15);
      mesh.run(minutes(3));
      expect(mesh.readers(message)).toHaveLength(15);
    });

    it('counts those that were, and cancels none with two peers only', () => {
      const cancelled = (mesh: MiniMesh): number => {
        mesh.run(seconds(5));
        mesh.say(0, 'hello');
        mesh.run(seconds(2));
        for (const { index } of mesh.peers) mesh.act(index, { kind: 'close-app' });
        return mesh.peers
          .flatMap(({ index }) => mesh.facts(index, 'counter'))
          .reduce((sum, { name, by }) => sum + (name === 'bitchat.relays-cancelled' ? by : 0), 0);
      };
      for (const [peers, isAny] of [
        [5, true],
        [3, false],
      ] as const) {
        const clique = new MiniMesh({ peers, cancelsRelays: true });
        for (let left = 0; left < peers; left++)
          for (let right = left + 1; right < peers; right++) clique.join(left, right);
        expect(cancelled(clique) > 0).toBe(isAny);
      }
    });
  });

  it.each([
    ['iOS', ios],
    ['Android', android],
  ])('of fragments is not passed on twice by an %s phone in a ring', (_name, policy) => {
    const mesh = new MiniMesh({ peers: 4, options: () => ({ policy }) });
    for (let index = 0; index < 3; index++) mesh.join(index, (index + 1) % 3);
    mesh.join(0, 3);
    mesh.run();
    const message = mesh.say(3, 'a long story. '.repeat(120));
    mesh.run(seconds(3));
    expect(mesh.readers(message)).toEqual([0, 1, 2]);
    const ways = mesh.sent
      .filter(({ packet }) => packet.content.type === packetTypes.fragment)
      .map(({ from, to, packet }) => `${from} ${to} ${packet.content.messageId}`);
    expect(new Set(ways).size).toBe(ways.length);
  });

  it('carries a text of several fragments', () => {
    const mesh = line(4);
    const message = mesh.say(0, 'a long story. '.repeat(120));
    mesh.run(seconds(3));
    expect(mesh.readers(message)).toEqual([1, 2, 3]);
    expect(mesh.sent.some(({ packet }) => packet.content.type === packetTypes.fragment)).toBe(true);
    for (const { packet } of mesh.sent) expect(packet.content.frame.length).toBeLessThanOrEqual(512);
  });

  it('says the same when every packet goes through its bytes', () => {
    const [plain, encoded] = [false, true].map((encodeEverything) => {
      const mesh = grid(3, { encodeEverything, signatures: realSignatures() });
      mesh.say(4, 'hello');
      mesh.say(0, 'to the other corner', 8);
      mesh.run(minutes(2));
      return mesh.sent.map(({ at, from, to, packet }) => [
        at,
        from,
        to,
        packet.ttl,
        packet.content.messageId,
      ]);
    });
    expect(encoded).toEqual(plain);
  });
});

describe('announces', () => {
  it.each([
    ['an iPhone', 2, ios, 11, 19],
    ['an iPhone among seven', 7, ios, 22, 38],
    ['an Android phone', 2, android, 30, 30],
    ['an Android phone among seven', 7, android, 30, 30],
  ])('of %s of %i come at these intervals', (_name, peers, policy, least, most) => {
    const mesh = new MiniMesh({ peers, options: () => ({ policy }) });
    for (let left = 0; left < peers; left++)
      for (let right = left + 1; right < peers; right++) mesh.join(left, right);
    mesh.run(seconds(40));
    const before = mesh.sent.length;
    mesh.run(minutes(10));
    const { peerId } = mesh.identities[0]!;
    const own = mesh.sent
      .slice(before)
      .filter(({ from, packet: { content } }) => from === 0 && content.sender === peerId)
      // An answer of gossip has no hops.
      .filter(({ packet: { content, ttl } }) => content.type === packetTypes.announce && ttl > 0);
    const instants = [...new Set(own.map(({ at }) => at))];
    expect(instants.length).toBeGreaterThan(10);
    for (const [index, at] of instants.slice(1).entries()) {
      expect(at - instants[index]!).toBeGreaterThanOrEqual(seconds(least));
      expect(at - instants[index]!).toBeLessThanOrEqual(seconds(most));
    }
  });
});

describe('a private message', () => {
  it('is delivered over hops, acknowledged, and read by nobody else', () => {
    const mesh = line(5, { signatures: realSignatures() });
    const message = mesh.say(0, 'only for you', 4);
    mesh.run(seconds(5));
    expect(mesh.readers(message)).toEqual([4]);
    expect(mesh.facts(0, 'accepted')).toEqual([{ kind: 'accepted', message }]);
    expect(mesh.peers[0]!.stored.size).toBe(0);
  });

  it('waits without a route, and goes when its recipient is heard again', () => {
    const mesh = line(2);
    mesh.part(0, 1);
    const message = mesh.say(0, 'later', 1);
    mesh.run(hours(2));
    expect(mesh.readers(message)).toEqual([]);
    expect(mesh.facts(0, 'hold').at(-1)).toMatchObject({ reason: 'no-route', messages: [message] });
    mesh.join(1, 0);
    mesh.run(seconds(5));
    expect(mesh.readers(message)).toEqual([1]);
    expect(mesh.facts(0, 'accepted')).toHaveLength(1);
  });

  it('survives a restart of its sender, and is shown once though its acknowledgement was lost', () => {
    const mesh = line(2);
    const message = mesh.say(0, 'once', 1);
    mesh.run(seconds(0.16));
    mesh.part(0, 1);
    expect(mesh.readers(message)).toEqual([1]);
    mesh.restart(0);
    mesh.join(0, 1);
    mesh.run(seconds(5));
    expect(mesh.facts(1, 'delivered')).toHaveLength(1);
    expect(mesh.facts(0, 'accepted')).toHaveLength(1);
  });

  it('is given up after a day, and sent again when the person says so', () => {
    const mesh = line(2);
    mesh.part(0, 1);
    const message = mesh.say(0, 'tomorrow', 1);
    mesh.run(hours(25));
    expect(mesh.facts(0, 'failed')).toHaveLength(1);
    mesh.join(0, 1);
    mesh.run(seconds(5));
    expect(mesh.readers(message)).toEqual([]);
    mesh.act(0, { kind: 'resend', message });
    mesh.run(seconds(5));
    expect(mesh.readers(message)).toEqual([1]);
  });

  it('of more than 255 bytes is refused, as the application does', () => {
    const mesh = line(2);
    const message = mesh.say(0, 'x'.repeat(256), 1);
    expect(mesh.facts(0, 'failed')).toEqual([{ kind: 'failed', message, cause: 0 }]);
    expect(mesh.situations(0)).toEqual(['bitchat.private-text-too-long']);
  });
});

describe('gossip', () => {
  it('brings a group message to somebody who was not there', () => {
    const mesh = new MiniMesh({ peers: 2 });
    const message = mesh.say(0, 'anybody here?');
    mesh.run(minutes(30));
    mesh.join(0, 1);
    mesh.run(seconds(3));
    expect(mesh.readers(message)).toEqual([1]);
  });

  it('does not bring what is older than six hours', () => {
    const mesh = new MiniMesh({ peers: 2 });
    const message = mesh.say(0, 'anybody here?');
    mesh.run(hours(6.1));
    mesh.join(0, 1);
    mesh.run(minutes(2));
    expect(mesh.readers(message)).toEqual([]);
  });

  it.each([
    [true, [1]],
    [false, [1, 2]],
  ])('by a carrier who walked away, forgetting stale authors %s: read by %j', (purgeOnStale, readers) => {
    const mesh = new MiniMesh({ peers: 3, purgeOnStale });
    mesh.join(0, 1);
    mesh.run(seconds(5));
    const message = mesh.say(0, 'carry this');
    mesh.run(seconds(5));
    mesh.part(0, 1);
    mesh.run(minutes(5));
    mesh.join(1, 2);
    mesh.run(minutes(2));
    expect(mesh.readers(message)).toEqual(readers);
  });

  it('brings what is too long for one write from its author only, once it is two minutes old', () => {
    const long = 'word and '.repeat(90) + toHex(sha256('noise')).repeat(9);
    const readers = (text: string, after: number): readonly number[] => {
      const mesh = new MiniMesh({ peers: 4, purgeOnStale: false });
      mesh.join(0, 1);
      mesh.run(seconds(5));
      const message = mesh.say(0, text);
      mesh.run(seconds(5));
      mesh.part(0, 1);
      mesh.run(minutes(after));
      mesh.join(1, 2);
      mesh.join(0, 3);
      mesh.run(minutes(2));
      return mesh.readers(message);
    };
    expect(readers('short', 5)).toEqual([1, 2, 3]);
    expect(readers(long, 1)).toEqual([1, 2, 3]);
    expect(readers(long, 5)).toEqual([1, 3]);
  });

  it('takes no answers that it did not ask for', () => {
    const mesh = line(2);
    const { peerId } = mesh.identities[1]!;
    const fields = {
      version: 1,
      type: packetTypes.message,
      timestamp: 0,
      sender: peerId,
      payload: utf8('old'),
    } as const;
    mesh.run(minutes(1));
    mesh.part(0, 1);
    mesh.run(minutes(1));
    mesh.join(0, 1);
    mesh.inject(0, 1, new PacketContent(fields, carriesNothing).withTtl(0, true));
    expect(mesh.situations(0)).toContain('bitchat.answer-unasked');
  });
});

describe('clocks', () => {
  it.each([
    [119_000, true],
    [-119_000, true],
    [121_000, false],
    [-121_000, false],
  ])('wrong by %i ms: heard %s', (clockSkewMs, heard) => {
    const mesh = line(3, { options: (index) => (index === 1 ? { clockSkewMs } : {}) });
    const message = mesh.say(1, 'what time is it?');
    mesh.run(minutes(1));
    expect(mesh.readers(message)).toEqual(heard ? [0, 2] : []);
    expect(mesh.situations(0).includes('bitchat.clock-skew')).toBe(!heard);
  });

  it.each([
    [599_000, true],
    [-599_000, true],
    [601_000, false],
    [-601_000, false],
  ])('of Android phones wrong by %i ms: announces believed %s, words heard', (clockSkewMs, isKnown) => {
    const wrong = { policy: android, clockSkewMs };
    const mesh = line(3, { options: (index) => (index === 1 ? wrong : { policy: android }) });
    const { connected } = mesh.peers[0]!.core!.inspect() as { connected: readonly PeerId[] };
    expect(connected).toEqual(isKnown ? [mesh.identities[1]!.peerId] : []);
    const message = mesh.say(1, 'what time is it?');
    mesh.run(seconds(1));
    expect(mesh.readers(message)).toEqual([0, 2]);
  });
});

describe('people who mean harm', () => {
  const forged = (mesh: MiniMesh, fields: { type: number; sender: PeerId; payload: Uint8Array }): void => {
    const timestamp = 1_760_000_000_000 + mesh.now / 1_000;
    const signature = new Uint8Array(64).fill(1);
    const content = new PacketContent({ version: 1, timestamp, signature, ...fields }, carriesNothing);
    mesh.inject(1, 0, content.withTtl(originTtl));
    mesh.run(seconds(2));
  };

  it('cannot announce somebody else, and the forgery does not spread', () => {
    const mesh = line(3);
    const genuine = mesh.sent.find(
      ({ from, packet }) => from === 2 && packet.content.type === packetTypes.announce,
    )!;
    const { sender, payload } = genuine.packet.content;
    const before = mesh.sent.length;
    forged(mesh, { type: packetTypes.announce, sender, payload });
    expect(mesh.situations(1)).toContain('bitchat.announce-refused');
    expect(mesh.sent.slice(before).some(({ packet }) => packet.content.signature?.[0] === 1)).toBe(false);
  });

  it.each(Object.entries(packetTypes))('do no harm with garbage of the type %s', (_name, type) => {
    const mesh = line(3);
    for (const payload of [new Uint8Array(), utf8('garbage'), new Uint8Array(300).fill(255)])
      forged(mesh, { type, sender: 'aaaaaaaaaaaaaaaa' as PeerId, payload });
    const message = mesh.say(0, 'still here', 2);
    mesh.run(seconds(5));
    expect(mesh.readers(message)).toEqual([2]);
  });

  it('cannot make a peer leave', () => {
    const mesh = line(3);
    forged(mesh, { type: packetTypes.leave, sender: mesh.identities[2]!.peerId, payload: new Uint8Array() });
    const message = mesh.say(0, 'still here', 2);
    mesh.run(seconds(5));
    expect(mesh.readers(message)).toEqual([2]);
  });
});
