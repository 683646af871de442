// Why servers that are up and joined do not agree: for each cause that storms seldom meet, a small world that has it.
import { describe, expect, it } from 'vitest';
import { findDivergences, type DivergenceCause } from '../../../../protocol/matrix/divergence.ts';
import { dendriteProfile, synapseProfile } from '../../../../protocol/matrix/federation/profiles.ts';
import { days, hours, minutes, seconds } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

/** Servers with a user each, in so many rooms of all of them. */
function worldOf(count: number, profile = synapseProfile, rooms = 1, areEqual = true): MatrixWorld {
  const world = new MatrixWorld();
  const users = Array.from({ length: count }, (_, index) => `@u${index + 1}:hs${index + 1}`);
  for (const user of users) world.addServer(user.slice(user.indexOf(':') + 1), profile);
  for (let room = 0; room < rooms; room++) world.addRoom('12', users, 'invite', areEqual);
  world.start();
  return world;
}

/** The causes for which this server lacks events; `forgotAt`: when it was last set back, by its clock. */
function lacking(world: MatrixWorld, server: string, forgotAt?: number): readonly DivergenceCause[] {
  const all = findDivergences({
    servers: world.servers(),
    clockOf: () => world.clock(),
    forgotAt: (name) => (name === server ? forgotAt : undefined),
  });
  const own = all.filter((each) => each.server === server && each.aspect === 'history');
  return own.map(({ cause }) => cause);
}

describe('an event is missing', () => {
  it('as its server is gone, and nobody else pushes it', () => {
    const world = worldOf(3);
    world.cut('hs1', 'hs3');
    world.say('@u1:hs1');
    world.run(seconds(5));
    world.crash('hs1');
    world.heal();
    world.run(days(8));
    expect(lacking(world, 'hs3')).toEqual(['dead-origin']);
    expect(lacking(world, 'hs2')).toEqual([]);
  });

  it('as catching up brings the tip, and ten events before it are fetched', () => {
    const world = worldOf(2);
    world.crash('hs2');
    // Nobody there scrolls back.
    world.crash('@u2:hs2');
    for (let said = 0; said < 15; said++) {
      world.say('@u1:hs1');
      world.run(minutes(20));
    }
    world.restart('hs2');
    world.run(days(1));
    const causes = lacking(world, 'hs2');
    expect(causes.length).toBeGreaterThan(0);
    expect(new Set(causes)).toEqual(new Set(['tips-only-gap']));
  });

  it('as its server, a Dendrite, had given up the one that lacks it', () => {
    const world = worldOf(2, dendriteProfile);
    world.crash('hs2');
    world.say('@u1:hs1');
    world.run(days(4));
    world.say('@u1:hs1');
    world.run(minutes(1));
    world.restart('hs2');
    world.say('@u2:hs2');
    world.run(hours(1));
    expect(lacking(world, 'hs2')).toEqual(['never-queued']);
  });

  it('as it was only recorded, and what came later went out first', () => {
    const world = worldOf(2, synapseProfile, 2);
    world.crash('hs2');
    world.say('@u1:hs1');
    while ((world.situations('hs1').get('matrix.federation.backoff') ?? 0) < 5) world.run(minutes(1));
    // The fifth back-off is one of hours: what is said now is in no queue.
    world.say('@u1:hs1');
    world.restart('hs2');
    world.run(hours(8));
    world.say('@u1:hs1', 1);
    world.run(minutes(5));
    expect(lacking(world, 'hs2')).toEqual(['passed-over']);
  });

  it('as it was answered for, and forgotten when a backup was put back', () => {
    const world = worldOf(2);
    const backup = world.backUp('hs2');
    world.say('@u1:hs1');
    world.run(seconds(5));
    world.crash('hs2');
    world.restore('hs2', backup);
    const setBackAt = world.clock().wall;
    world.restart('hs2');
    world.run(days(1));
    expect(lacking(world, 'hs2', setBackAt)).toEqual(['set-back']);
    // What was said after a copy was put back has no such excuse.
    expect(lacking(world, 'hs2', setBackAt - 60_000)).toEqual(['unexplained']);
  });

  it('as the server was told that it is no longer in the room, and does not know', () => {
    const world = worldOf(3, synapseProfile, 1, false);
    const [room] = world.roomIds();
    world.cut('hs3', 'hs1');
    world.cut('hs3', 'hs2');
    world.setState('@u1:hs1', room!, 'm.room.member', '@u3:hs3', { membership: 'leave' });
    world.run(seconds(5));
    world.say('@u1:hs1');
    world.run(seconds(5));
    expect(lacking(world, 'hs3')).toContain('not-a-member');
    expect(lacking(world, 'hs3')).not.toContain('unexplained');
  });

  it('as the access list of the room keeps its server out', () => {
    const world = worldOf(3);
    const [room] = world.roomIds();
    world.setState('@u1:hs1', room!, 'm.room.server_acl', '', { allow: ['hs1', 'hs2'] });
    world.run(seconds(5));
    world.say('@u3:hs3');
    world.run(seconds(5));
    expect(lacking(world, 'hs1')).toEqual(['access-list']);
  });

  it('as it came with a signature that is none', () => {
    const world = worldOf(3);
    const [roomId] = world.roomIds();
    const room = world.servers()[2]!.room(roomId!)!;
    const wish = {
      type: 'm.room.message',
      stateKey: undefined,
      sender: '@u3:hs3' as never,
      content: { body: 'hello', msgtype: 'm.text' },
      originServerTs: 1_760_918_400_000,
    };
    const pdu = room.template(wish);
    world.push('hs3', 'hs2', pdu, room.rules);
    world.push('hs3', 'hs1', pdu, room.rules, (signed) => ({ ...signed, signatures: {} }));
    world.run(seconds(5));
    expect(lacking(world, 'hs1')).toEqual(['bad-signature']);
  });
});
