// What a Synapse does with a destination that it will not ask for long: what begins catching up, where that begins, what
// wakes the queue, and how long the back-off gets when several requests fail at once.
// synapse/federation/sender/__init__.py, per_destination_queue.py, synapse/util/retryutils.py, and
// `get_catch_up_outstanding_destinations` in synapse/storage/databases/main/transactions.py.
import { describe, expect, it } from 'vitest';
import { deviceListEdu } from '../../../../protocol/matrix/device-lists.ts';
import { asMatrix } from '../../../../protocol/matrix/messages.ts';
import { hours, minutes, seconds, type Duration } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

const users = ['@b:hs2', '@c:hs2', '@d:hs2'];

function twoServers(rooms = 1): MatrixWorld {
  const world = new MatrixWorld();
  for (const name of ['hs1', 'hs2']) world.addServer(name);
  for (let room = 0; room < rooms; room++) world.addRoom('12', ['@a:hs1', ...users]);
  world.start();
  return world;
}

let sent = 0;
function sendKey(world: MatrixWorld): void {
  world.ask('@a:hs1', {
    kind: 'matrix.send-to-device',
    eventType: 'm.room.encrypted',
    txnId: `key ${++sent}`,
    messages: new Map([['@b:hs2', { D: { n: sent } }]]) as never,
  });
}

/** Back-off of hs1 towards hs2. */
const backoffOf = (world: MatrixWorld): Duration | undefined => {
  const { federation } = world.inspect('hs1') as {
    federation: { destination: string; backoff?: { interval: Duration } }[];
  };
  return federation.find(({ destination }) => destination === 'hs2')?.backoff?.interval;
};

/** Goes on until the n-th back-off has begun. */
function untilBackoff(world: MatrixWorld, n: number): void {
  while ((world.situations('hs1').get('matrix.federation.backoff') ?? 0) < n) world.run(minutes(1));
}

describe('a to-device message alone', () => {
  it('is sent by the scan once the back-off is over, nobody saying anything', () => {
    const world = twoServers();
    world.crash('hs2');
    sendKey(world);
    untilBackoff(world, 1);
    world.restart('hs2');
    world.run(minutes(12));
    expect(world.toDeviceShown('@b:hs2')).toHaveLength(1);
  });

  it('is sent after a restart of its server', () => {
    const world = twoServers();
    world.cut('hs1', 'hs2');
    sendKey(world);
    world.run(seconds(1));
    world.crash('hs1');
    world.heal();
    world.restart('hs1');
    world.run(minutes(2));
    expect(world.toDeviceShown('@b:hs2')).toHaveLength(1);
  });
});

const type = (world: MatrixWorld): void =>
  world.ask('@a:hs1', { kind: 'matrix.send-typing', roomId: world.roomIds()[0]!, timeoutMs: 30_000 });

it.each([
  ['a to-device message', 'hours away', false, sendKey],
  ['a to-device message', 'less than an hour away', true, sendKey],
  ['a typing notice', 'less than an hour away', false, type],
] as const)('%s while the next attempt is %s begins catching up: %s', (_name, when, begins, tell) => {
  const world = twoServers();
  world.crash('hs2');
  world.say('@a:hs1');
  untilBackoff(world, 6);
  const left = backoffOf(world)!;
  expect(left).toBeGreaterThan(hours(2));
  if (when !== 'hours away') world.run((left - minutes(30)) as Duration);
  tell(world);
  world.run(seconds(5));
  expect(world.situations('hs1').get('matrix.federation.catch-up')).toBe(begins ? 1 : undefined);
});

it('catching up begins where the queue began, not where it stood when the destination fell silent', () => {
  const world = twoServers(2);
  const first = world.say('@a:hs1', 1);
  world.run(seconds(5));
  expect(world.readBy('@b:hs2')).toEqual([first]);
  world.crash('hs2');
  const missed = world.say('@a:hs1', 0);
  untilBackoff(world, 4);
  // Within the last hour of a back-off of more than one.
  while ((backoffOf(world) ?? 0) < hours(1)) world.run(minutes(1));
  while (world.situations('hs1').get('matrix.federation.catch-up') === undefined) {
    world.run(minutes(5));
    world.say('@a:hs1', 0);
  }
  const before = world.requests.length;
  world.restart('hs2');
  world.run(hours(24));
  const again = world.requests.slice(before).flatMap(({ message, from }) => {
    const transaction = asMatrix(message);
    return from === 'hs1' && transaction?.kind === 'matrix.transaction' ? [transaction.carries] : [];
  });
  expect(again[0]).toEqual([first]);
  expect(world.readBy('@b:hs2')).toContain(missed);
});

it('requests that fail together count once', () => {
  const world = twoServers();
  world.cut('hs1', 'hs2', false);
  for (const [index, user] of users.entries())
    world.input('hs1', {
      kind: 'request',
      id: (900_000 + index) as never,
      from: 'hs2' as never,
      message: {
        kind: 'matrix.transaction',
        origin: 'hs2',
        destination: 'hs1',
        txnId: `update ${index}`,
        originServerTs: 0,
        pdus: [],
        edus: [
          {
            eduType: deviceListEdu,
            content: { user_id: user, device_id: 'X', stream_id: 7, prev_id: [6], keys: {} },
          },
        ],
        carries: [],
      } as never,
    });
  world.run(minutes(1));
  expect(world.situations('hs1').get('matrix.federation.backoff')).toBe(users.length);
  expect(backoffOf(world)).toBe(minutes(10));
});
