// Devices that come and go during a run: their servers say so in a chain of updates, whoever misses a link fetches the whole
// list, and until a client has it nobody sends keys to what is new.
import { describe, expect, it } from 'vitest';
import { deviceListEdu } from '../../../../protocol/matrix/device-lists.ts';
import { dendriteProfile, synapseProfile } from '../../../../protocol/matrix/federation/profiles.ts';
import { asMatrix } from '../../../../protocol/matrix/messages.ts';
import { days, hours, minutes, seconds } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

/** Three servers with one user each; the next message of every client needs a new Megolm session. */
function threeServers(profile = synapseProfile, backsUpKeys = false): MatrixWorld {
  const world = new MatrixWorld();
  world.backsUpKeys = backsUpKeys;
  for (const name of ['hs1', 'hs2', 'hs3']) world.addServer(name, profile);
  world.addRoom('11', ['@a:hs1', '@b:hs2', '@c:hs3'], 'invite', true);
  world.start();
  return world;
}

/** Links of the chain that went to a server: `1 after 0`. */
const updatesTo = (world: MatrixWorld, server: string): string[] =>
  world.requests.flatMap(({ to, message }) => {
    const transaction = asMatrix(message);
    if (to !== server || transaction?.kind !== 'matrix.transaction') return [];
    const updates = transaction.edus.filter(({ eduType }) => eduType === deviceListEdu);
    return updates.map(({ content }) =>
      [content['stream_id'], content['prev_id']].map(String).join(' after '),
    );
  });

const fetches = (world: MatrixWorld, from: string): number =>
  world.requests.filter((each) => each.from === from && each.message.kind === 'matrix.get-user-devices')
    .length;

const unreadable = (world: MatrixWorld, user: string): number =>
  (world.inspect(user) as { sync: { undecryptable: number } }).sync.undecryptable;

describe('a user who logs in anew', () => {
  it.each([
    ['Synapses', synapseProfile],
    ['Dendrites', dendriteProfile],
  ])('reads on what is said once everybody knows of the device, among %s', (_name, profile) => {
    const world = threeServers(profile);
    world.say('@a:hs1');
    world.run(seconds(5));
    const task = world.undertake('@c:hs3', { kind: 'log-in' });
    world.run(seconds(5));
    expect(world.taskFates(task)).toEqual(['done']);
    // The session logged in, then it had keys: two links, and nobody had to fetch a list.
    expect(updatesTo(world, 'hs1')).toEqual(['1 after 0', '2 after 1']);
    expect(fetches(world, 'hs1')).toBe(0);
    const said = world.say('@a:hs1');
    world.run(seconds(5));
    expect(world.readBy('@c:hs3')).toContain(said);
    // Its own words are readable by everybody else, too: it claims what it needs.
    const answer = world.say('@c:hs3');
    world.run(seconds(5));
    expect(world.readBy('@a:hs1')).toContain(answer);
  });

  it('cannot read what a sender says who has not heard of the device, until that sender has', () => {
    const world = threeServers();
    world.say('@a:hs1');
    world.run(seconds(5));
    world.cut('hs3', 'hs1');
    world.undertake('@c:hs3', { kind: 'log-in' });
    world.run(seconds(20));
    // What `@a` says reaches `hs3` by way of what `@b` builds on it; no key comes with it.
    const missed = world.say('@a:hs1');
    world.run(seconds(5));
    world.say('@b:hs2');
    world.run(minutes(2));
    expect(unreadable(world, '@c:hs3')).toBe(1);
    world.heal();
    world.run(hours(1));
    const said = world.say('@a:hs1');
    world.run(minutes(1));
    expect(world.readBy('@c:hs3')).toContain(said);
    expect(world.readBy('@c:hs3')).not.toContain(missed);
  });

  it.each([
    [false, 1],
    [true, 0],
  ])('with a backup (%s) cannot read %i of what was said with an old session', (backsUpKeys, count) => {
    const world = threeServers(synapseProfile, backsUpKeys);
    world.say('@a:hs1');
    world.run(seconds(5));
    world.input('@c:hs3', { kind: 'user', action: { kind: 'close-app' } });
    world.say('@a:hs1');
    world.run(seconds(5));
    world.undertake('@c:hs3', { kind: 'log-in' });
    world.run(seconds(20));
    world.input('@c:hs3', { kind: 'user', action: { kind: 'open-app' } });
    world.run(seconds(20));
    expect(unreadable(world, '@c:hs3')).toBe(count);
  });

  it('is still that device after a restart of phone and server', () => {
    const world = threeServers();
    world.undertake('@c:hs3', { kind: 'log-in' });
    world.run(seconds(5));
    for (const name of ['@c:hs3', 'hs3']) {
      world.crash(name);
      world.restart(name);
    }
    world.input('@c:hs3', { kind: 'user', action: { kind: 'open-app' } });
    world.run(seconds(5));
    const said = world.say('@b:hs2');
    world.run(seconds(5));
    expect(world.readBy('@c:hs3')).toContain(said);
  });
});

describe('a device that is removed', () => {
  it('gets no more keys: sessions that it has are over', () => {
    const world = threeServers();
    world.say('@a:hs1');
    world.run(seconds(5));
    world.ask('@c:hs3', { kind: 'matrix.remove-device', removed: 'D' });
    world.run(seconds(5));
    const shares = (): number =>
      world.clientRequests.filter(
        ({ from, message }) => from === '@a:hs1' && message.kind === 'matrix.send-to-device',
      ).length;
    const before = shares();
    world.say('@a:hs1');
    world.run(seconds(5));
    const last = world.clientRequests.findLast(({ message }) => message.kind === 'matrix.send-to-device');
    const request = asMatrix(last?.message);
    expect(shares()).toBe(before + 1);
    expect(request?.kind === 'matrix.send-to-device' && [...request.messages.keys()]).toEqual(['@b:hs2']);
  });
});

describe('a link that is missing', () => {
  const update = (world: MatrixWorld, streamId: number, previous: number): void =>
    world.input('hs1', {
      kind: 'request',
      id: (900_000 + streamId) as never,
      from: 'hs3' as never,
      message: {
        kind: 'matrix.transaction',
        origin: 'hs3',
        destination: 'hs1',
        txnId: `update ${streamId}`,
        originServerTs: 0,
        pdus: [],
        edus: [
          {
            eduType: deviceListEdu,
            content: {
              user_id: '@c:hs3',
              device_id: 'X',
              stream_id: streamId,
              prev_id: [previous],
              keys: {},
            },
          },
        ],
        carries: [],
      } as never,
    });

  it('makes the server fetch the whole list once', () => {
    const world = threeServers();
    update(world, 1, 0);
    world.run(seconds(5));
    expect(fetches(world, 'hs1')).toBe(0);
    update(world, 7, 6);
    world.run(seconds(5));
    expect(fetches(world, 'hs1')).toBe(1);
    expect(world.situations('hs1').get('matrix.device-list.gap')).toBe(1);
  });

  it('is looked for again after the outage of the one who could say, and not before', () => {
    const world = threeServers();
    world.cut('hs1', 'hs3', false);
    update(world, 7, 6);
    world.run(hours(3));
    const during = fetches(world, 'hs1');
    // The first attempt took its thirty seconds and began a back-off of ten minutes; it is asked when that ends, not each 30 s.
    expect(during).toBeGreaterThan(2);
    expect(during).toBeLessThan(8);
    world.heal();
    world.say('@c:hs3');
    world.run(minutes(2));
    expect(fetches(world, 'hs1')).toBe(during + 1);
    expect(world.situations('hs1').get('matrix.device-list.stale')).toBe(1);
  });

  it('is looked for again while the one who could say speaks all the time', () => {
    const world = threeServers();
    world.cut('hs1', 'hs3', false);
    update(world, 7, 6);
    world.run(minutes(1));
    world.heal();
    const before = fetches(world, 'hs1');
    for (let said = 0; said < 9; said++) {
      world.say('@c:hs3');
      world.run(seconds(10));
    }
    expect(fetches(world, 'hs1')).toBe(before + 1);
  });

  it('comes of a day without a way: of older updates only the newest is kept', () => {
    const world = threeServers();
    world.cut('hs1', 'hs3');
    const logIn = (deviceId: string): void => world.ask('@c:hs3', { kind: 'matrix.log-in', deviceId });
    logIn('X');
    world.run(days(2));
    logIn('Y');
    world.heal();
    world.run(days(2));
    expect(updatesTo(world, 'hs1').at(-1)).toBe('2 after 1');
    expect(fetches(world, 'hs1')).toBeGreaterThan(0);
  });

  it('of somebody whom nobody here meets is nothing to this server', () => {
    const world = threeServers();
    const [room] = world.roomIds();
    world.membership('@c:hs3', room!, 'leave');
    world.run(seconds(5));
    update(world, 7, 6);
    world.run(seconds(5));
    expect(fetches(world, 'hs1')).toBe(0);
    expect(world.situations('hs1').get('matrix.device-list.not-shared')).toBe(1);
  });
});
