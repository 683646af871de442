// A front that has grown long is shortened by an event that nobody is sent, and that others ask for with the next one.
import { describe, expect, it } from 'vitest';
import { dummyEventType } from '../../../protocol/matrix/dummy-events.ts';
import { dendriteProfile, synapseProfile } from '../../../protocol/matrix/federation/profiles.ts';
import type { HostedRoom } from '../../../protocol/matrix/hosted-room.ts';
import { asMatrix } from '../../../protocol/matrix/messages.ts';
import { specifiedRoomVersions } from '../../../protocol/matrix/room-version.ts';
import { minutes, seconds } from '../../../protocol/time.ts';
import { MatrixWorld } from '../../support/matrix-world.ts';

const rules = specifiedRoomVersions.get('12')!;

/** hs2 sends hs1 so many events that follow the same one. */
function longFront(profile: typeof synapseProfile, length: number): MatrixWorld {
  const world = new MatrixWorld();
  world.addServer('hs1', profile);
  world.addServer('hs2');
  world.addRoom('12', ['@a:hs1', '@b:hs2'], 'invite', true);
  world.start();
  const room = roomOf(world, 'hs2');
  for (let number = 0; number < length; number++) {
    const pdu = room.template({
      type: 'm.room.message',
      stateKey: undefined,
      sender: '@b:hs2' as never,
      content: { body: `${number}`, msgtype: 'm.text' },
      originServerTs: 1_760_918_400_000 + number,
    });
    world.push('hs2', 'hs1', pdu, rules);
  }
  world.run(seconds(30));
  return world;
}

function roomOf(world: MatrixWorld, server: string): HostedRoom {
  return [
    ...world
      .servers()
      .find(({ serverName }) => serverName === server)!
      .rooms(),
  ][0]!;
}

const dummies = (world: MatrixWorld, server: string): number =>
  [...roomOf(world, server).graph()].filter(({ type }) => type === dummyEventType).length;

describe('a front of more than ten', () => {
  it('is shortened within five minutes by a Synapse, which tells nobody until it says something', () => {
    const world = longFront(synapseProfile, 12);
    expect(roomOf(world, 'hs1').extremityCount).toBe(12);
    const before = world.requests.length;
    world.run(minutes(5));
    expect(roomOf(world, 'hs1').extremityCount).toBe(3);
    expect(dummies(world, 'hs1')).toBe(1);
    const told = world.requests.slice(before).map(({ message }) => asMatrix(message)?.kind);
    expect(told).not.toContain('matrix.transaction');
    expect(dummies(world, 'hs2')).toBe(0);
    world.say('@a:hs1');
    world.run(minutes(1));
    expect(roomOf(world, 'hs1').extremityCount).toBe(1);
    expect(dummies(world, 'hs2')).toBe(1);
    expect(roomOf(world, 'hs2').aspects()).toEqual(roomOf(world, 'hs1').aspects());
  });

  it('is left as it is where it has ten, and by a Dendrite', () => {
    for (const [profile, length] of [
      [synapseProfile, 10],
      [dendriteProfile, 12],
    ] as const) {
      const world = longFront(profile, length);
      world.run(minutes(20));
      expect(roomOf(world, 'hs1').extremityCount).toBe(length);
      expect(dummies(world, 'hs1')).toBe(0);
    }
  });
});
