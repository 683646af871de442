// Noise sessions between living phones: how they come about, what breaks them, and what does not.
import { describe, expect, it } from 'vitest';
import { android, ios, packetTypes } from '../../../protocol/bitchat/constants.ts';
import { NoiseSessions } from '../../../protocol/bitchat/noise/sessions.ts';
import { PacketContent } from '../../../protocol/bitchat/packet.ts';
import type { PeerConfig } from '../../../protocol/bitchat/peer-config.ts';
import type { Transmitter } from '../../../protocol/bitchat/transmitter.ts';
import type { Effects } from '../../../protocol/core.ts';
import { sha256, x25519PublicKey } from '../../../protocol/crypto.ts';
import { carriesNothing } from '../../../protocol/message.ts';
import { hours, minutes, seconds, type Instant, type WallTime } from '../../../protocol/time.ts';
import { MiniMesh } from './mini-mesh.ts';

const wall = (mesh: MiniMesh): number => 1_760_000_000_000 + Math.floor(mesh.now / 1_000);

/** Two who are connected and have heard of each other, and 2, who is connected to both and whose core is silent. */
function pair(): MiniMesh {
  const mesh = new MiniMesh({ peers: 3, encodeEverything: true });
  mesh.join(0, 1);
  mesh.run(seconds(3));
  return mesh;
}

/** Messages of handshakes that a phone made, however many links they left on. */
function handshakesOf(mesh: MiniMesh, from: number): number {
  const { peerId } = mesh.identities[from]!;
  const made = mesh.sent
    .filter((sent) => sent.from === from)
    .map(({ packet }) => packet.content)
    .filter(({ type, sender }) => type === packetTypes.noiseHandshake && sender === peerId);
  return new Set(made.map(({ messageId, recipient }) => `${messageId}/${recipient}`)).size;
}

const sessionsOf = (mesh: MiniMesh, index: number): number =>
  (mesh.peers[index]!.core!.inspect() as { sessions: number }).sessions;

/** A first message in somebody's name. It is not signed: nothing is, before the handshake is through. */
function firstMessage(mesh: MiniMesh, from: number, to: number, seed: string): PacketContent {
  const [sender, recipient] = [mesh.identities[from]!.peerId, mesh.identities[to]!.peerId];
  const payload = x25519PublicKey(sha256(seed));
  const type = packetTypes.noiseHandshake;
  return new PacketContent(
    { version: 1, type, timestamp: wall(mesh), sender, recipient, payload },
    carriesNothing,
  );
}

describe('a session', () => {
  it('takes three messages, once: what is said next needs none', () => {
    const mesh = pair();
    mesh.say(0, 'first', 1);
    mesh.run(seconds(2));
    expect([handshakesOf(mesh, 0), handshakesOf(mesh, 1)]).toEqual([2, 1]);
    const second = mesh.say(1, 'second', 0);
    mesh.run(seconds(2));
    expect(mesh.readers(second)).toEqual([0]);
    expect([handshakesOf(mesh, 0), handshakesOf(mesh, 1)]).toEqual([2, 1]);
    expect([sessionsOf(mesh, 0), sessionsOf(mesh, 1)]).toEqual([1, 1]);
  });

  it('comes about when both begin at once: the lower id stays the initiator', () => {
    const mesh = pair();
    const messages = [mesh.say(0, 'you', 1), mesh.say(1, 'no, you', 0)];
    mesh.run(seconds(5));
    expect(messages.map((message) => mesh.readers(message))).toEqual([[1], [0]]);
    expect([sessionsOf(mesh, 0), sessionsOf(mesh, 1)]).toEqual([1, 1]);
    const initiator = mesh.identities[0]!.peerId < mesh.identities[1]!.peerId ? 0 : 1;
    expect([handshakesOf(mesh, initiator), handshakesOf(mesh, 1 - initiator)]).toEqual([2, 2]);
  });

  it('is made anew by itself when the other side has forgotten it', () => {
    const mesh = pair();
    mesh.say(0, 'before', 1);
    mesh.run(seconds(2));
    mesh.part(0, 1);
    mesh.restart(1);
    mesh.join(0, 1);
    mesh.run(seconds(3));
    const message = mesh.say(0, 'do you know me?', 1);
    mesh.run(seconds(5));
    expect(mesh.readers(message)).toEqual([1]);
    expect(mesh.facts(0, 'accepted')).toHaveLength(2);
  });

  it('ends after a day, and the next message makes another', () => {
    const mesh = pair();
    mesh.say(0, 'today', 1);
    mesh.run(hours(24.1));
    const before = handshakesOf(mesh, 0);
    const message = mesh.say(0, 'tomorrow', 1);
    mesh.run(seconds(5));
    expect(mesh.readers(message)).toEqual([1]);
    expect(handshakesOf(mesh, 0)).toBe(before + 2);
  });

  it('whose first message is lost is tried once more after ten seconds, and then when there is reason to', () => {
    const mesh = pair();
    // 1 does not answer any more, and 0 has not noticed yet.
    mesh.act(1, { kind: 'close-app' });
    const message = mesh.say(0, 'hello?', 1);
    mesh.run(minutes(5));
    expect(handshakesOf(mesh, 0)).toBe(2);
    expect(mesh.readers(message)).toEqual([]);
    expect(mesh.facts(0, 'hold').at(-1)).toMatchObject({ reason: 'no-route' });
    mesh.part(0, 1);
    mesh.act(1, { kind: 'open-app' });
    mesh.join(0, 1);
    mesh.run(seconds(5));
    expect(mesh.readers(message)).toEqual([1]);
  });
});

describe('many sessions at once', () => {
  // Thirty messages of handshakes in a minute are fifteen handshakes, of which each has two that come.
  it.each([
    ['an iPhone', ios, 15],
    ['an Android phone', android, 20],
  ])('come about with %s up to its limit', (_name, policy, sessions) => {
    const mesh = new MiniMesh({ peers: 21, options: (index) => (index === 0 ? { policy } : {}) });
    for (let friend = 1; friend <= 20; friend++) mesh.join(friend, 0);
    mesh.run(seconds(3));
    for (let friend = 1; friend <= 20; friend++) {
      mesh.say(friend, 'hello', 0);
      mesh.run(seconds(1));
    }
    expect(sessionsOf(mesh, 0)).toBe(sessions);
    expect(mesh.situations(0).includes('bitchat.handshakes-limited')).toBe(policy === ios);
  });
});

describe('somebody who interferes with handshakes', () => {
  it('stops a session from sending for at most twenty seconds, and not again within a minute', () => {
    const mesh = pair();
    mesh.say(0, 'all well', 1);
    mesh.run(seconds(2));
    mesh.join(2, 0);
    mesh.run(seconds(2));
    mesh.inject(0, 2, firstMessage(mesh, 1, 0, 'forged').withTtl(7));
    const message = mesh.say(0, 'still well', 1);
    mesh.run(seconds(5));
    // The old keys only receive meanwhile.
    expect(mesh.readers(message)).toEqual([]);
    const answer = mesh.say(1, 'you were going to say?', 0);
    mesh.run(seconds(1));
    expect(mesh.readers(answer)).toEqual([0]);
    mesh.run(seconds(20));
    mesh.inject(0, 2, firstMessage(mesh, 1, 0, 'again').withTtl(7));
    const later = mesh.say(0, 'and now', 1);
    mesh.run(seconds(2));
    expect(mesh.readers(later)).toEqual([1]);
  });

  it('gets no session under a peer id that is not the hash of its key', () => {
    const mesh = pair();
    mesh.join(2, 0);
    mesh.run(seconds(2));
    // 2 begins a handshake with 0 in the name of 1, and really finishes it, with its own key.
    const forged = firstMessage(mesh, 1, 0, 'forged');
    mesh.inject(0, 2, forged.withTtl(7));
    mesh.run(seconds(1));
    const { version, type, timestamp, sender, recipient } = forged;
    const payload = new Uint8Array(64).fill(1);
    const garbage = new PacketContent(
      { version, type, timestamp, sender, recipient, payload },
      carriesNothing,
    );
    mesh.inject(0, 2, garbage.withTtl(7));
    expect(mesh.situations(0)).toContain('bitchat.handshake-failed');
    expect(sessionsOf(mesh, 0)).toBe(0);
    const message = mesh.say(0, 'nothing happened', 1);
    mesh.run(seconds(5));
    expect(mesh.readers(message)).toEqual([1]);
  });

  it.each([
    ['an iPhone', ios, 30],
    ['an Android phone', android, 0],
  ])('leaves %s no more than the count of a minute when nobody began anything', (_name, policy, kept) => {
    const [self, ...strangers] = new MiniMesh({ peers: 101 }).identities;
    const unused: unknown = undefined;
    const sessions = new NoiseSessions({ policy, identity: self! } as PeerConfig, unused as Transmitter);
    const clock = { now: 0 as Instant, wall: 0 as WallTime };
    const out = { observe: () => undefined } as unknown as Effects;
    for (const { peerId: sender } of strangers) {
      const payload = new Uint8Array(96).fill(1);
      const type = packetTypes.noiseHandshake;
      const fields = { version: 1, type, timestamp: 0, sender, recipient: self!.peerId, payload } as const;
      sessions.receiveHandshake(new PacketContent(fields, carriesNothing), clock, out);
    }
    expect(sessions.remembered).toBe(kept);
  });

  it('is answered at most ten times a minute in one name, and thirty times in all', () => {
    const mesh = pair();
    mesh.join(2, 0);
    mesh.run(seconds(2));
    for (let each = 0; each < 50; each++)
      mesh.inject(0, 2, firstMessage(mesh, 1, 0, `one name ${each}`).withTtl(7));
    mesh.run(seconds(1));
    expect(handshakesOf(mesh, 0)).toBe(10);
    const type = packetTypes.noiseHandshake;
    for (let each = 0; each < 50; each++) {
      const payload = x25519PublicKey(sha256(`many names ${each}`));
      const sender = mesh.identities[0]!.peerId.slice(0, 14).concat(
        each.toString(16).padStart(2, '0'),
      ) as never;
      const recipient = mesh.identities[0]!.peerId;
      const fields = { version: 1, type, timestamp: wall(mesh), sender, recipient, payload } as const;
      mesh.inject(0, 2, new PacketContent(fields, carriesNothing).withTtl(7));
    }
    mesh.run(seconds(1));
    expect(handshakesOf(mesh, 0)).toBe(30);
    expect(mesh.situations(0)).toContain('bitchat.handshakes-limited');
    // A minute later everybody is welcome again.
    mesh.run(minutes(1.1));
    const message = mesh.say(1, 'my turn', 0);
    mesh.run(seconds(40));
    expect(mesh.readers(message)).toEqual([0]);
  });
});
