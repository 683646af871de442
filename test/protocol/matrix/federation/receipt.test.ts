// What a homeserver lets other servers do to it: access lists, limits per origin, rooms it has left.
import { describe, expect, it } from 'vitest';
import type { Address, RequestId } from '../../../../protocol/core.ts';
import type { EventId, ServerName } from '../../../../protocol/matrix/ids.ts';
import type { GetEvent } from '../../../../protocol/matrix/federation/messages.ts';
import { serverAclOf } from '../../../../protocol/matrix/server-acl.ts';
import type { MatrixEvent } from '../../../../protocol/matrix/event.ts';
import { seconds } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

function twoServers(): { world: MatrixWorld; room: ReturnType<MatrixWorld['addRoom']> } {
  const world = new MatrixWorld();
  world.addServer('hs1');
  world.addServer('hs2');
  const room = world.addRoom('12', ['@a:hs1', '@b:hs2']);
  world.start();
  return { world, room };
}

describe('an access control list', () => {
  it.each([
    [{ allow: ['*'] }, 'good.example', true],
    [{ allow: ['*'], deny: ['*.bad.example'] }, 'a.bad.example', false],
    [{ allow: ['*'], deny: ['*.bad.example'] }, 'bad.example', true],
    [{ allow: ['*'], deny: ['b?d.example'] }, 'BAD.example:8448', false],
    [{ allow: ['good.example'] }, 'other.example', false],
    [{}, 'good.example', false],
    [{ allow: ['*'], allow_ip_literals: false }, '192.0.2.1:8448', false],
    [{ allow: ['*'], allow_ip_literals: false }, '[2001:db8::1]', false],
    [{ allow: ['*'] }, '192.0.2.1', true],
    [{ allow: 'not a list' }, 'good.example', false],
  ])('%j for %s: %s', (content, server, allowed) => {
    expect(serverAclOf({ content } as unknown as MatrixEvent)(server as ServerName)).toBe(allowed);
  });

  it('keeps a server out of the room, and its questions unanswered', () => {
    const { world, room } = twoServers();
    world.setState('@a:hs1', room, 'm.room.server_acl', '', { allow: ['*'], deny: ['hs2'] });
    world.run(seconds(5));
    world.say('@b:hs2');
    world.run(seconds(5));
    expect(world.situations('hs1').get('matrix.pdu.acl')).toBe(1);
    expect(world.readBy('@a:hs1')).toEqual([]);
  });
});

describe('questions of one origin', () => {
  it('wait beyond ten in a second, and are refused when more than fifty wait', () => {
    const { world } = twoServers();
    const question: GetEvent = {
      kind: 'matrix.get-event',
      origin: 'hs2' as ServerName,
      destination: 'hs1' as ServerName,
      eventId: '$nothing' as EventId,
      carries: [],
    };
    const request = { kind: 'request', from: 'hs2' as Address, message: question } as const;
    for (let id = 0; id < 80; id++) world.input('hs1', { ...request, id: (900_000 + id) as RequestId });
    expect(Object.fromEntries(world.situations('hs1'))).toEqual({
      'matrix.federation.rate-limited': 51,
      'matrix.federation.rate-refused': 19,
    });
    world.run(seconds(2));
    world.input('hs1', { ...request, id: 999_999 as RequestId });
    expect(world.situations('hs1').get('matrix.federation.rate-limited')).toBe(51);
  });
});

describe('a room that the server has left', () => {
  it('takes nothing more from servers that have not heard of it', () => {
    const { world, room } = twoServers();
    world.cut('hs2', 'hs1');
    world.setState('@b:hs2', room, 'm.room.member', '@b:hs2', { membership: 'leave' });
    world.run(seconds(5));
    world.heal();
    world.say('@a:hs1');
    world.run(seconds(5));
    expect(world.situations('hs2').get('matrix.pdu.not-joined')).toBe(1);
  });
});
