// Joining, inviting, knocking and leaving across servers: who must be there, who is asked, and what the room is afterwards.
import { beforeEach, describe, expect, it } from 'vitest';
import { elementX } from '../../../../protocol/matrix/client-profiles.ts';
import type { RoomId } from '../../../../protocol/matrix/ids.ts';
import { minutes, seconds } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

let world: MatrixWorld;

beforeEach(() => {
  world = new MatrixWorld();
  for (const name of ['hs1', 'hs2', 'hs3']) world.addServer(name);
});

/** A room of hs1 and hs2; `@c:hs3` is in none. */
function begin(version: string, joinRule: 'invite' | 'public', keysKnown = true): RoomId {
  const room = world.addRoom(version, ['@a:hs1', '@b:hs2'], joinRule);
  world.addUser('@c:hs3');
  world.start(elementX, keysKnown);
  return room;
}

function agreed(room: RoomId): boolean {
  const views = [...world.aspects(room)];
  expect(views).toHaveLength(3);
  return new Set(views.map(([, view]) => JSON.stringify(view))).size === 1;
}

describe.each(['10', '11', '12'])('in a room of version %s', (version) => {
  it('a user joins through a server of the room, and everybody hears and is heard', () => {
    const room = begin(version, 'public');
    world.membership('@c:hs3', room, 'join', { via: ['hs1'] });
    world.run(seconds(5));
    expect(world.outcomes).toEqual(['@c:hs3 join of @c:hs3: 200']);
    expect(agreed(room)).toBe(true);
    const heard = world.say('@a:hs1');
    world.run(seconds(5));
    const said = world.say('@c:hs3');
    world.run(seconds(5));
    expect(world.readBy('@c:hs3')).toContain(heard);
    expect(world.readBy('@b:hs2')).toEqual([heard, said]);
    expect(agreed(room)).toBe(true);
  });

  it('a join survives a restart of its server', () => {
    const room = begin(version, 'public');
    world.membership('@c:hs3', room, 'join', { via: ['hs1'] });
    world.run(seconds(5));
    world.crash('hs3');
    world.restart('hs3');
    world.run(minutes(1));
    const heard = world.say('@b:hs2');
    world.run(minutes(1));
    expect(world.readBy('@c:hs3')).toEqual([heard]);
    expect(agreed(room)).toBe(true);
  });
});

describe('a server that is not in the room', () => {
  it('is sent no invitation and no ban of its user, and hears when an invitation is taken back', () => {
    const room = begin('12', 'invite');
    /** Transactions from hs1 to hs3 while somebody does this to `@c:hs3`. */
    const sentOf = (act: () => void): number => {
      const before = world.requests.length;
      act();
      world.run(seconds(5));
      return world.requests
        .slice(before)
        .filter(
          ({ from, to, message }) => from === 'hs1' && to === 'hs3' && message.kind === 'matrix.transaction',
        ).length;
    };
    const makes = (membership: string) => (): void =>
      world.setState('@a:hs1', room, 'm.room.member', '@c:hs3', { membership });
    expect(sentOf(() => world.membership('@a:hs1', room, 'invite', { target: '@c:hs3' }))).toBe(0);
    expect(world.outcomes).toEqual(['@a:hs1 invite of @c:hs3: 200']);
    expect(sentOf(makes('leave'))).toBe(1);
    expect(sentOf(makes('ban'))).toBe(0);
  });
});

describe('a join', () => {
  it('asks for the keys of servers met for the first time', () => {
    const room = begin('12', 'public', false);
    world.membership('@c:hs3', room, 'join', { via: ['hs1'] });
    world.run(seconds(5));
    expect(world.outcomes).toEqual(['@c:hs3 join of @c:hs3: 200']);
    expect(agreed(room)).toBe(true);
  });

  it('goes to the next server when one is down, and fails when all are', () => {
    const room = begin('12', 'public');
    world.crash('hs1');
    world.membership('@c:hs3', room, 'join', { via: ['hs1'] });
    world.run(seconds(5));
    world.membership('@c:hs3', room, 'join', { via: ['hs1', 'hs2'] });
    world.run(seconds(5));
    expect(world.outcomes).toEqual(['@c:hs3 join of @c:hs3: 502', '@c:hs3 join of @c:hs3: 200']);
  });

  it('is refused without an invitation, by a ban and by an access list', () => {
    const room = begin('12', 'invite');
    world.membership('@c:hs3', room, 'join', { via: ['hs1', 'hs2'] });
    world.run(seconds(5));
    world.setState('@a:hs1', room, 'm.room.join_rules', '', { join_rule: 'public' });
    world.setState('@a:hs1', room, 'm.room.member', '@c:hs3', { membership: 'ban' });
    world.run(seconds(5));
    world.membership('@c:hs3', room, 'join', { via: ['hs1'] });
    world.run(seconds(5));
    world.setState('@a:hs1', room, 'm.room.member', '@c:hs3', { membership: 'leave' });
    world.setState('@a:hs1', room, 'm.room.server_acl', '', { allow: ['hs1', 'hs2'] });
    world.run(seconds(5));
    world.membership('@c:hs3', room, 'join', { via: ['hs1'] });
    world.run(seconds(5));
    expect(world.outcomes).toEqual(Array(3).fill('@c:hs3 join of @c:hs3: 403'));
  });
});

describe('a join by alias', () => {
  const directoryAsked = (): readonly string[] =>
    world.requests
      .filter(
        ({ message: { kind } }) => kind === 'matrix.query-directory' || kind === 'matrix.make-membership',
      )
      .map(
        ({ to, message: { kind } }) => `${kind === 'matrix.query-directory' ? 'directory' : 'make'} ${to}`,
      );

  it('asks the alias’ server which room it means, then the servers that it names, itself first', () => {
    const room = begin('12', 'public');
    world.aliases.set('#town:hs2', room);
    world.joinByAlias('@c:hs3', '#town:hs2');
    world.run(seconds(5));
    expect(directoryAsked()).toEqual(['directory hs2', 'make hs2']);
    expect(world.outcomes).toEqual(['@c:hs3 join of #town:hs2: 200']);
    expect(agreed(room)).toBe(true);
  });

  it('fails when the alias’ server is down, though others are in the room, and when it knows no such room', () => {
    const room = begin('12', 'public');
    world.aliases.set('#town:hs2', room);
    world.joinByAlias('@c:hs3', '#village:hs2');
    world.run(seconds(5));
    world.crash('hs2');
    world.joinByAlias('@c:hs3', '#town:hs2');
    world.run(seconds(30));
    expect(world.outcomes).toEqual(['@c:hs3 join of #village:hs2: 404', '@c:hs3 join of #town:hs2: 502']);
  });

  it('goes on to the next server in the room when the first fails after the look-up', () => {
    const room = begin('12', 'public');
    world.aliases.set('#town:hs2', room);
    let questions = 0;
    world.weather = (from, to) => ({ losesRequest: from === 'hs3' && to === 'hs2' && questions++ > 0 });
    world.joinByAlias('@c:hs3', '#town:hs2');
    world.run(minutes(2));
    expect(directoryAsked()).toEqual(['directory hs2', 'make hs2', 'make hs1']);
    expect(world.outcomes).toEqual(['@c:hs3 join of #town:hs2: 200']);
  });
});

describe('an invitation', () => {
  it('needs the other server at once, and opens the room to who got it', () => {
    const room = begin('12', 'invite');
    world.crash('hs3');
    world.membership('@a:hs1', room, 'invite', { target: '@c:hs3' });
    world.run(minutes(15));
    world.restart('hs3');
    world.run(seconds(1));
    world.membership('@a:hs1', room, 'invite', { target: '@c:hs3' });
    world.run(seconds(5));
    // The inviter's server is known from the invitation.
    world.membership('@c:hs3', room, 'join');
    world.run(seconds(5));
    expect(world.outcomes).toEqual([
      '@a:hs1 invite of @c:hs3: 502',
      '@a:hs1 invite of @c:hs3: 200',
      '@c:hs3 join of @c:hs3: 200',
    ]);
    expect(agreed(room)).toBe(true);
  });

  it('is declined through the server it came from', () => {
    const room = begin('11', 'invite');
    world.membership('@a:hs1', room, 'invite', { target: '@c:hs3' });
    world.run(seconds(5));
    world.membership('@c:hs3', room, 'leave');
    world.run(seconds(5));
    world.membership('@c:hs3', room, 'join');
    world.run(seconds(5));
    world.membership('@c:hs3', room, 'join', { via: ['hs1'] });
    world.run(seconds(5));
    expect(world.outcomes.slice(1).map((line) => line.slice(-3))).toEqual(['200', '404', '403']);
  });
});

describe('a knock', () => {
  it('is heard where the rule says so, and only there', () => {
    const room = begin('11', 'invite');
    world.membership('@c:hs3', room, 'knock', { via: ['hs1'] });
    world.run(seconds(5));
    world.setState('@a:hs1', room, 'm.room.join_rules', '', { join_rule: 'knock' });
    world.run(seconds(5));
    world.membership('@c:hs3', room, 'knock', { via: ['hs1'] });
    world.run(seconds(5));
    world.membership('@a:hs1', room, 'invite', { target: '@c:hs3' });
    world.run(seconds(5));
    world.membership('@c:hs3', room, 'join', { via: ['hs2'] });
    world.run(seconds(5));
    expect(world.outcomes.map((line) => line.slice(-3))).toEqual(['403', '200', '200', '200']);
    expect(agreed(room)).toBe(true);
  });
});

describe('a restricted join', () => {
  it('is vouched for by a server that knows the other room and may invite', () => {
    const inner = world.addRoom('12', ['@a:hs1', '@b:hs2'], 'invite');
    const outer = world.addRoom('12', ['@a:hs1', '@c:hs3'], 'public');
    world.addUser('@d:hs3');
    world.start();
    const rule = { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: outer }] };
    world.setState('@a:hs1', inner, 'm.room.join_rules', '', rule);
    world.run(seconds(5));
    // hs2 is not in the room that is named: it cannot say, and hs1 is asked.
    world.membership('@c:hs3', inner, 'join', { via: ['hs2', 'hs1'] });
    world.run(seconds(5));
    world.membership('@d:hs3', inner, 'join', { via: ['hs1'] });
    world.run(seconds(5));
    expect(world.outcomes).toEqual(['@c:hs3 join of @c:hs3: 200', '@d:hs3 join of @d:hs3: 403']);
    expect(agreed(inner)).toBe(true);
  });
});

describe('leaving', () => {
  it('takes the server out of the room, and coming back brings it in again', () => {
    const room = begin('12', 'public');
    world.membership('@c:hs3', room, 'join', { via: ['hs1'] });
    world.run(seconds(5));
    world.membership('@c:hs3', room, 'leave');
    world.run(seconds(5));
    world.say('@a:hs1');
    world.run(seconds(5));
    expect(world.readBy('@c:hs3')).toEqual([]);
    world.membership('@c:hs3', room, 'join', { via: ['hs2'] });
    world.run(seconds(5));
    const heard = world.say('@b:hs2');
    world.run(seconds(5));
    expect(world.outcomes.map((line) => line.slice(-3))).toEqual(['200', '200', '200']);
    expect(world.readBy('@c:hs3')).toContain(heard);
  });
});
