// What a server keeps to itself and what it does not believe: each of these guards was taken out once, and its test failed.
import { describe, expect, it } from 'vitest';
import type { SyncAnswer } from '../../../../protocol/matrix/client-messages.ts';
import { elementX } from '../../../../protocol/matrix/client-profiles.ts';
import type { RoomId } from '../../../../protocol/matrix/ids.ts';
import { asMatrix } from '../../../../protocol/matrix/messages.ts';
import { seconds } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

/** hs3 is the one that does what it may not; @d:hs3 is in the room unless hs3 is a stranger to it. */
function world({ stranger = false, keysKnown = true } = {}): { world: MatrixWorld; roomId: RoomId } {
  const made = new MatrixWorld();
  made.tellsPresence = true;
  for (const name of ['hs1', 'hs2', 'hs3', 'hs4']) made.addServer(name);
  made.addUser('@d:hs3');
  const members = ['@a:hs1', '@b:hs2', ...(stranger ? [] : ['@d:hs3'])];
  const roomId = made.addRoom('12', members, 'invite', true);
  made.start(elementX, keysKnown);
  made.run(seconds(5));
  return { world: made, roomId };
}

const syncs = (of: MatrixWorld, from: number): readonly SyncAnswer[] => of.syncAnswers('@a:hs1').slice(from);

describe('a server speaks of its own users alone', () => {
  const says = (edus: (roomId: RoomId) => readonly unknown[]) => {
    const { world: made, roomId } = world();
    const before = made.syncAnswers('@a:hs1').length;
    made.transact('hs3', 'hs1', 'forged', { edus: edus(roomId) });
    made.run(seconds(5));
    expect(made.outcomes).toContain('hs3 raw of forged: 200');
    return { made, heard: syncs(made, before) };
  };

  it.each([
    ['@b:hs2', 0],
    ['@d:hs3', 1],
  ])('typing: of %s %i', (user, times) => {
    const { heard } = says((roomId) => [
      { eduType: 'm.typing', content: { room_id: roomId, user_id: user, typing: true } },
    ]);
    const typists = heard.flatMap(({ rooms }) => rooms.flatMap(({ typing }) => typing ?? []));
    expect(typists).toHaveLength(times);
  });

  it.each([
    ['@b:hs2', 0],
    ['@d:hs3', 1],
  ])('presence: of %s %i', (user, times) => {
    const { heard } = says(() => [
      { eduType: 'm.presence', content: { push: [{ user_id: user, presence: 'offline' }] } },
    ]);
    expect(heard.filter(({ presence }) => presence?.get(user as never) === 'offline')).toHaveLength(times);
  });

  it.each([
    ['@b:hs2', 0],
    ['@d:hs3', 1],
  ])('lists of devices: of %s %i', (user, times) => {
    const content = { user_id: user, device_id: 'NEW', stream_id: 7, prev_id: [3] };
    const { made } = says(() => [{ eduType: 'm.device_list_update', content }]);
    const asked = made.requests.filter(({ from, message }) => {
      const question = asMatrix(message);
      return from === 'hs1' && question?.kind === 'matrix.get-user-devices';
    });
    expect(asked).toHaveLength(times);
  });

  const toDevice = (sender: string, messageId: string): unknown => ({
    eduType: 'm.direct_to_device',
    content: {
      message_id: messageId,
      messages: { '@a:hs1': { D: { body: messageId } } },
      sender,
      type: 'm.invented',
    },
  });
  const shown = (heard: readonly SyncAnswer[]): number =>
    heard.flatMap(({ toDevice: came }) => came).filter(({ type }) => type === 'm.invented').length;

  it.each([
    ['@b:hs2', 0],
    ['@d:hs3', 1],
  ])('messages to devices: of %s %i', (user, times) => {
    expect(shown(says(() => [toDevice(user, 'one')]).heard)).toBe(times);
  });

  it('messages to devices: once, however often they come', () => {
    const { world: made } = world();
    const before = made.syncAnswers('@a:hs1').length;
    for (const txnId of ['first', 'second']) {
      made.transact('hs3', 'hs1', txnId, { edus: [toDevice('@d:hs3', 'the same')] });
      made.run(seconds(5));
    }
    expect(shown(syncs(made, before))).toBe(1);
  });
});

describe('a transaction', () => {
  it.each([
    [50, 100, 200],
    [51, 0, 400],
    [0, 101, 400],
  ])('of %i events and %i others is answered %3$i', (pdus, edus, status) => {
    const { world: made } = world();
    const many = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one);
    made.transact('hs3', 'hs1', 'long', {
      pdus: many(pdus, { pdu: { room_id: '!unknown' }, byteLength: 10 }),
      edus: many(edus, { eduType: 'm.invented', content: {} }),
    });
    made.run(seconds(5));
    expect(made.outcomes).toContain(`hs3 raw of long: ${status}`);
  });

  it('is not looked at while another one of its origin waits for a key', () => {
    const { world: made, roomId } = world({ keysKnown: false });
    made.weather = (_from, _to, message) => ({ losesRequest: message.kind === 'matrix.get-server-keys' });
    const pdu = {
      pdu: {
        room_id: roomId,
        sender: '@x:hs4',
        origin_server_ts: 5,
        signatures: { hs4: { 'ed25519:1': '' } },
      },
      byteLength: 10,
    };
    made.transact('hs3', 'hs1', 'waits', { pdus: [pdu] });
    made.run(seconds(1));
    made.transact('hs3', 'hs1', 'too soon', {});
    made.run(seconds(2));
    expect(made.outcomes).toEqual(['hs3 raw of too soon: 429']);
  });
});

describe('a question', () => {
  const ask = (stranger: boolean, keptOut: boolean, kind: string): readonly string[] => {
    const { world: made, roomId } = world({ stranger });
    if (keptOut) {
      made.setState('@a:hs1', roomId, 'm.room.server_acl', '', { allow: ['*'], deny: ['hs3'] });
      made.run(seconds(5));
    }
    made.say('@a:hs1');
    made.run(seconds(5));
    const room = [
      ...made
        .servers()
        .find(({ serverName }) => serverName === 'hs1')!
        .rooms(),
    ][0]!;
    const { eventId } = room.forwardExtremities()[0]!.event;
    made.askRaw('hs3', 'hs1', kind, { kind, roomId, eventId, from: [eventId], limit: 10 } as never);
    made.run(seconds(5));
    return made.outcomes;
  };

  it.each([
    ['matrix.get-state-ids', 403],
    ['matrix.get-backfill', 403],
    ['matrix.get-event', 404],
  ])('of a server that is not in the room is refused: %s', (kind, status) => {
    expect(ask(true, false, kind)).toEqual([`hs3 raw of ${kind}: ${status}`]);
    expect(ask(false, false, kind)).toEqual([`hs3 raw of ${kind}: 200`]);
  });

  it('of a server that the room keeps out is refused', () => {
    expect(ask(false, true, 'matrix.get-state-ids')).toEqual(['hs3 raw of matrix.get-state-ids: 403']);
  });
});
