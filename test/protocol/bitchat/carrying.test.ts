// What a phone keeps and forgets while it is alone, closed or among changing neighbours.
import { describe, expect, it } from 'vitest';
import { android, ios } from '../../../protocol/bitchat/constants.ts';
import { minutes, seconds, type Duration } from '../../../protocol/time.ts';
import { MiniMesh } from './mini-mesh.ts';

describe('what a phone said itself', () => {
  it.each([true, false])('is kept while nobody is near, forgetting stale authors %s', (purgeOnStale) => {
    const mesh = new MiniMesh({ peers: 3, purgeOnStale });
    mesh.join(0, 1);
    mesh.run(seconds(5));
    mesh.part(0, 1);
    const message = mesh.say(0, 'is anybody still here?');
    mesh.run(minutes(30));
    mesh.join(0, 2);
    mesh.run(seconds(3));
    expect(mesh.readers(message)).toEqual([2]);
  });

  it('is kept while the application is closed', () => {
    const mesh = new MiniMesh({ peers: 3 });
    mesh.join(0, 1);
    mesh.run(seconds(5));
    mesh.part(0, 1);
    const message = mesh.say(0, 'for the one who comes next');
    mesh.act(0, { kind: 'close-app' });
    mesh.run(minutes(30));
    mesh.act(0, { kind: 'open-app' });
    mesh.join(0, 2);
    mesh.run(seconds(3));
    expect(mesh.readers(message)).toEqual([2]);
  });
});

describe('a relay that has not left', () => {
  it('when the application closes is a copy that nobody is known to want', () => {
    const mesh = new MiniMesh({ peers: 3 });
    mesh.join(0, 1);
    mesh.join(1, 2);
    mesh.run(seconds(5));
    const message = mesh.say(0, 'pass it on');
    mesh.run(seconds(0.055));
    expect(mesh.facts(1, 'hold').at(-1)).toMatchObject({ reason: 'radio-jitter', messages: [message] });
    mesh.act(1, { kind: 'close-app' });
    expect(mesh.facts(1, 'hold').at(-1)).toMatchObject({ reason: 'no-route', messages: [message] });
    mesh.run(seconds(5));
    expect(mesh.readers(message)).toEqual([1]);
  });
});

describe('peers on the mesh', () => {
  it.each([
    ['iOS', ios, seconds(60)],
    ['Android', android, seconds(180)],
  ])('count on %s until they have been quiet for a while', (_name, policy, reachableFor) => {
    const mesh = new MiniMesh({ peers: 4, options: () => ({ policy }) });
    mesh.join(0, 1);
    mesh.join(1, 2);
    mesh.join(2, 3);
    mesh.run(seconds(30));
    const known = (): unknown => (mesh.peers[0]?.core?.inspect() as { knownPeers: number }).knownPeers;
    expect(known()).toBe(3);
    mesh.part(1, 2);
    mesh.run((reachableFor / 2) as Duration);
    expect(known()).toBe(3);
    mesh.run((reachableFor + seconds(30)) as Duration);
    expect(known()).toBe(1);
  });
});

describe('a phone alone', () => {
  it('sets no timers, and announces as soon as somebody can hear it', () => {
    const mesh = new MiniMesh({ peers: 2 });
    mesh.run(minutes(10));
    expect([...mesh.peers[0]!.timers.keys()]).toEqual([]);
    mesh.join(0, 1);
    mesh.run(seconds(0.2));
    expect(mesh.sent.map(({ from }) => from)).toEqual(expect.arrayContaining([0, 1]));
    mesh.part(0, 1);
    mesh.run(minutes(1));
    expect([...mesh.peers[0]!.timers.keys()]).toEqual([]);
  });

  it('does nothing once its application is closed', () => {
    const mesh = new MiniMesh({ peers: 2 });
    mesh.act(0, { kind: 'close-app' });
    mesh.join(0, 1);
    mesh.run(minutes(5));
    expect(mesh.sent.filter(({ from }) => from === 0)).toEqual([]);
    expect([...mesh.peers[0]!.timers.keys()]).toEqual([]);
  });
});
