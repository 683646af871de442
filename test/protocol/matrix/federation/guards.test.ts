// What a server keeps to itself and what it does not believe: each of these guards was taken out once, and its test failed.
import { describe, expect, it } from 'vitest';
import type { SyncAnswer } from '../../../../protocol/matrix/client-messages.ts';
import { elementX } from '../../../../protocol/matrix/client-profiles.ts';
import type { JsonObject } from '../../../../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../../../../protocol/matrix/event.ts';
import { specifiedRoomVersions } from '../../../../protocol/matrix/room-version.ts';
import { signJson } from '../../../../protocol/matrix/signing.ts';
import type { RoomId, ServerName, UserId } from '../../../../protocol/matrix/ids.ts';
import { makeStatement, readStatement } from '../../../../protocol/matrix/federation/key-statement.ts';
import { readPdu } from '../../../../protocol/matrix/federation/pdu-checks.ts';
import type { HomeserverContext } from '../../../../protocol/matrix/homeserver-context.ts';
import { pduOf } from '../../../../protocol/matrix/wire-form.ts';
import { asMatrix } from '../../../../protocol/matrix/messages.ts';
import { ed25519Signer, sha256 } from '../../../../protocol/crypto.ts';
import { days, inMilliseconds, seconds, type Clock } from '../../../../protocol/time.ts';
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
    made.transact('hs3', 'hs1', 'answered', {});
    made.run(seconds(5));
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
    // Not even one that was answered before: who is busy is looked at first.
    for (const txnId of ['too soon', 'answered']) made.transact('hs3', 'hs1', txnId, {});
    made.run(seconds(2));
    expect(made.outcomes).toEqual([
      'hs3 raw of answered: 200',
      'hs3 raw of too soon: 429',
      'hs3 raw of answered: 429',
    ]);
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
    made.askRaw('hs3', 'hs1', kind, { kind, roomId, eventId, from: [eventId], limit: 10 });
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

  it('for missing events is answered whatever least depth it names', () => {
    const { world: made, roomId } = world();
    for (let said = 0; said < 3; said++) made.say('@a:hs1');
    made.run(seconds(5));
    const [tip] = made.servers()[0]!.room(roomId)!.forwardExtremities();
    const answers: number[] = [];
    made.weather = () => ({
      altersAnswer: (answer) => {
        const events = asMatrix(answer);
        if (events?.kind === 'matrix.events') answers.push(events.pdus.length);
        return answer;
      },
    });
    const kind = 'matrix.get-missing-events';
    const limits = { limit: 2, minDepth: 1_000_000, earliestEvents: [], latestEvents: [tip!.event.eventId] };
    made.askRaw('hs3', 'hs1', kind, { kind, roomId, ...limits });
    made.run(seconds(5));
    expect(answers).toEqual([2]);
  });

  it('of a server that the room keeps out is refused', () => {
    expect(ask(false, true, 'matrix.get-state-ids')).toEqual(['hs3 raw of matrix.get-state-ids: 403']);
  });
});

describe('a handshake', () => {
  const rules = specifiedRoomVersions.get('12')!;
  interface Scene {
    readonly made: MatrixWorld;
    readonly roomId: RoomId;
    /** What somebody would do there, as hs1 sees the room. */
    readonly event: (by: string, sender: string, content: JsonObject, target?: string) => MatrixEvent;
    readonly status: (kind: string, question: object) => string | undefined;
  }
  function scene(joinRule: 'public' | 'invite'): Scene {
    const made = new MatrixWorld();
    for (const name of ['hs1', 'hs2', 'hs3']) made.addServer(name);
    made.addUser('@d:hs3');
    const roomId = made.addRoom('12', ['@a:hs1', '@b:hs2'], joinRule, true);
    made.addUser('@e:hs1');
    made.start();
    const room = made.servers()[0]!.room(roomId)!;
    return {
      made,
      roomId,
      event: (by, sender, content, target = sender) =>
        made.signedBy(
          by,
          room.template({
            type: 'm.room.member',
            stateKey: target,
            sender: sender as UserId,
            content,
            originServerTs: 1_760_918_400_000,
          }),
          rules,
        ),
      status(kind, question) {
        made.askRaw('hs3', 'hs1', kind, { kind, roomId, membership: 'join', ...question });
        made.run(seconds(5));
        return made.outcomes.at(-1)?.replace(/.*: /, '');
      },
    };
  }
  const make = 'matrix.make-membership';
  const send = 'matrix.send-membership';
  const join = { membership: 'join' };

  it('is begun for users of the asking server, where the rules would have them', () => {
    expect(scene('public').status(make, { userId: '@d:hs3' })).toBe('200');
    expect(scene('public').status(make, { userId: '@x:hs2' })).toBe('403');
    expect(scene('invite').status(make, { userId: '@d:hs3' })).toBe('403');
  });

  it('ends with the membership that was asked for, of a user of that server, by the rules', () => {
    const open = scene('public');
    const closed = scene('invite');
    const ofAnother = open.event('hs2', '@x:hs2', join);
    expect(open.status(send, { pdu: ofAnother })).toBe('403');
    expect(open.status(send, { pdu: open.event('hs3', '@d:hs3', { membership: 'leave' }) })).toBe('403');
    expect(closed.status(send, { pdu: closed.event('hs3', '@d:hs3', join) })).toBe('403');
    expect(open.status(send, { pdu: open.event('hs3', '@d:hs3', join) })).toBe('200');
  });

  it.each([
    ['the join that was sent', undefined, '200', [true]],
    ['the join of somebody else, which is in order', '@e:hs1', '502', []],
  ])('is answered with %s: %s, %s', (_name, instead, status, memberships) => {
    const { made, roomId, event } = scene('public');
    const other = instead === undefined ? undefined : event('hs1', instead, join);
    made.weather = (_from, _to, { kind }) =>
      kind === send && other !== undefined
        ? { altersAnswer: (answer) => ({ ...answer, event: other }) as typeof answer }
        : {};
    made.membership('@d:hs3', roomId, 'join', { via: ['hs1'] });
    made.run(seconds(5));
    expect(made.requests.filter(({ message: { kind } }) => kind === send)).toHaveLength(1);
    expect(made.outcomes).toEqual([`@d:hs3 join of @d:hs3: ${status}`]);
    const own = made.servers().find(({ serverName }) => serverName === 'hs3')!;
    expect([...own.rooms()].map(({ isJoined }) => isJoined)).toEqual(memberships);
  });

  it('invites a user in the name of one of the asking server, who has signed', () => {
    const { status, event } = scene('public');
    const invite = { membership: 'invite' };
    const question = (pdu: unknown): object => ({ roomVersion: '12', pdu });
    const signed = event('hs3', '@d:hs3', invite, '@e:hs1');
    expect(status('matrix.invite', question(event('hs2', '@b:hs2', invite, '@e:hs1')))).toBe('403');
    expect(status('matrix.invite', question(event('hs2', '@d:hs3', invite, '@e:hs1')))).toBe('403');
    expect(status('matrix.invite', question(signed))).toBe('200');
  });
});

describe('an event that was asked for', () => {
  it('is taken into the room that it is of, and into no other', () => {
    const made = new MatrixWorld();
    made.addServer('hs1');
    const rooms = ['@a:hs1', '@b:hs1'].map((user) => made.addRoom('12', [user]));
    made.start();
    const server = made.servers()[0]!;
    const [own, other] = rooms.map((roomId) => server.room(roomId)!);
    const pdu = pduOf(own!.forwardExtremities()[0]!.event.pdu);
    // A server as its parts see it.
    const context = server as unknown as HomeserverContext;
    expect(readPdu(context, pdu, own)).toMatchObject({ ok: true });
    expect(readPdu(context, pdu, other)).toMatchObject({ ok: false, rule: 'other-room' });
  });
});

describe('a statement of keys', () => {
  const clock: Clock = { now: 0 as never, wall: 1_760_918_400_000 as never };
  const key = { server: 'hs3' as ServerName, keyId: 'ed25519:1', signer: ed25519Signer(sha256('hs3')) };
  const day = inMilliseconds(days(1));
  const statement = makeStatement(key, clock.wall + day);

  it('is believed of the server that made it', () => {
    expect(readStatement('hs3' as ServerName, statement, clock)).toMatchObject({
      keyId: 'ed25519:1',
      validUntil: clock.wall + day,
    });
  });

  it('is not believed of another one', () => {
    const { signatures: _, ...unsigned } = statement;
    const posing = signJson(unsigned, { ...key, server: 'hs2' as ServerName });
    expect(readStatement('hs2' as ServerName, posing, clock)).toBeUndefined();
  });

  it('is not believed when it is not signed by the key that it states', () => {
    const changed = { ...statement, valid_until_ts: clock.wall + 2 * day };
    expect(readStatement('hs3' as ServerName, changed, clock)).toBeUndefined();
  });

  it('is good for seven days at most, whatever it says', () => {
    const long = makeStatement(key, clock.wall + 30 * day);
    expect(readStatement('hs3' as ServerName, long, clock)?.validUntil).toBe(clock.wall + 7 * day);
  });
});
