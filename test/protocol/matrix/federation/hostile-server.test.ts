// A server that breaks the rules: what the six checks on receipt keep out of the rooms of honest ones.
import { beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../protocol/matrix/canonical-json.ts';
import type { HostedRoom } from '../../../../protocol/matrix/hosted-room.ts';
import type { EventId, RoomId } from '../../../../protocol/matrix/ids.ts';
import { seconds } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

let world: MatrixWorld;
let roomId: RoomId;

function roomAt(server: string): HostedRoom {
  return world
    .servers()
    .find(({ serverName }) => serverName === server)!
    .room(roomId)!;
}

/** A message of hs3's user that follows what hs3 holds, or what it is told to follow. */
function message(changes: JsonObject = {}): JsonObject {
  const room = roomAt('hs3');
  const wish = {
    type: 'm.room.message',
    stateKey: undefined,
    sender: '@c:hs3' as never,
    content: { body: 'hello', msgtype: 'm.text' },
    originServerTs: 1_760_918_400_000,
  };
  return { ...room.template(wish), ...changes };
}

function push(pdu: JsonObject, to = 'hs1', alter?: (pdu: JsonObject) => JsonObject): EventId {
  return world.push('hs3', to, pdu, roomAt('hs3').rules, alter).eventId;
}

function verdict(eventId: EventId, server = 'hs1'): string | undefined {
  return roomAt(server).verdictOf(eventId);
}

beforeEach(() => {
  world = new MatrixWorld();
  for (const name of ['hs1', 'hs2', 'hs3']) world.addServer(name);
  roomId = world.addRoom('12', ['@a:hs1', '@b:hs2', '@c:hs3']);
  world.start();
});

describe('an event', () => {
  it('that is in order is taken, so that what follows shows the checks', () => {
    expect(verdict(push(message()))).toBe('accepted');
  });

  it('without its sender’s server’s signature is dropped (2)', () => {
    const id = push(message(), 'hs1', (pdu) => ({ ...pdu, signatures: {} }));
    expect(verdict(id)).toBeUndefined();
    expect(world.situations('hs1').size).toBe(1);
  });

  it('whose content is not what was hashed loses its content (3)', () => {
    const id = push(message(), 'hs1', (pdu) => ({ ...pdu, content: { body: 'forged', msgtype: 'm.text' } }));
    expect(verdict(id)).toBe('accepted');
    expect(roomAt('hs1').find(id)!.event.content).toEqual({});
  });

  it('that its own authorities do not allow is rejected (4)', () => {
    const pdu = { ...message(), type: 'm.room.name', state_key: '', content: { name: 'mine' } };
    expect(verdict(push(pdu))).toBe('rejected');
  });

  it('that names other authorities than it must is rejected (4)', () => {
    expect(verdict(push(message({ auth_events: [] })))).toBe('rejected');
  });

  it('that builds on a rejected authority is rejected (4)', () => {
    const state = {
      type: 'm.room.member',
      sender: '@c:hs3',
      state_key: '@x:hs3',
      content: { membership: 'join' },
    };
    const member = push({ ...message(), ...state });
    expect(verdict(member)).toBe('rejected');
  });
});

describe('a banned user', () => {
  let before: JsonObject;

  beforeEach(() => {
    before = message();
    world.setState('@a:hs1', roomId, 'm.room.member', '@c:hs3', { membership: 'ban' });
    world.run(seconds(5));
  });

  it('is rejected when the event says that it knows of the ban (5)', () => {
    const tip = roomAt('hs1').forwardExtremities()[0]!.event;
    const id = push({ ...before, prev_events: [tip.eventId], depth: tip.depth + 1 });
    expect(verdict(id)).toBe('rejected');
  });

  it('is kept out of sight when the event ignores the ban, however it is dated (6)', () => {
    for (const ts of [0, 1_760_918_400_000, 4_000_000_000_000]) {
      const id = push({ ...before, origin_server_ts: ts });
      expect(verdict(id)).toBe('soft-failed');
      expect(
        roomAt('hs1')
          .forwardExtremities()
          .map(({ event }) => event.eventId),
      ).not.toContain(id);
    }
    expect(world.readBy('@a:hs1')).toEqual([]);
  });

  it('does not come back by what an ignored event is followed by', () => {
    const ignored = push(before);
    const next = push({ ...before, prev_events: [ignored], depth: (before['depth'] as number) + 1 });
    expect(verdict(next)).toBe('soft-failed');
    const after = world.say('@a:hs1');
    world.run(seconds(5));
    expect(world.readBy('@b:hs2')).toEqual([after]);
  });
});

describe('equivocation', () => {
  it('tells two servers two things, both of which are there for both once they build on them', () => {
    const one = push(message({ content: { body: 'yes', msgtype: 'm.text' } }), 'hs1');
    const other = push(message({ content: { body: 'no', msgtype: 'm.text' } }), 'hs2');
    expect(verdict(other)).toBeUndefined();
    world.say('@a:hs1');
    world.say('@b:hs2');
    world.run(seconds(10));
    for (const server of ['hs1', 'hs2'])
      expect([verdict(one, server), verdict(other, server)]).toEqual(['accepted', 'accepted']);
    expect(roomAt('hs1').aspects()).toEqual(roomAt('hs2').aspects());
  });

  it('of state ends in one state at all honest servers', () => {
    world.setState('@a:hs1', roomId, 'm.room.power_levels', '', { users: { '@c:hs3': 100 } });
    world.run(seconds(5));
    const topic = { type: 'm.room.topic', state_key: '' };
    const state = roomAt('hs3').template({
      type: 'm.room.topic',
      stateKey: '',
      sender: '@c:hs3' as never,
      content: {},
      originServerTs: 5,
    });
    push({ ...state, ...topic, content: { topic: 'left' } }, 'hs1');
    push({ ...state, ...topic, content: { topic: 'right' } }, 'hs2');
    world.say('@a:hs1');
    world.say('@b:hs2');
    world.run(seconds(10));
    expect(roomAt('hs1').aspects()).toEqual(roomAt('hs2').aspects());
  });
});
