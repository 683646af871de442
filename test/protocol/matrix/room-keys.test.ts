// Keys of encrypted rooms travel as messages from device to device: they wait for servers that are away, count once
// whatever is sent twice, and what comes before its key cannot be read.
import { describe, expect, it } from 'vitest';
import type { SendToDevice } from '../../../protocol/matrix/client-messages.ts';
import { dendriteProfile, synapseProfile } from '../../../protocol/matrix/federation/profiles.ts';
import { asMatrix } from '../../../protocol/matrix/messages.ts';
import { days, hours, minutes, seconds } from '../../../protocol/time.ts';
import { MatrixWorld } from '../../support/matrix-world.ts';
import { fc, property } from '../../support/property.ts';

const everybody = ['@a:hs1', '@b:hs2', '@c:hs3'];

/** Three servers; the next message of every client needs a new session. */
function threeServers(warmMessages = 100, profile = synapseProfile): MatrixWorld {
  const world = new MatrixWorld();
  world.warmMessages = warmMessages;
  for (const name of ['hs1', 'hs2', 'hs3']) world.addServer(name, profile);
  world.addRoom('11', everybody, 'invite', true);
  world.start();
  return world;
}

/** Devices that a client sent its keys to, request by request. */
function keyShares(world: MatrixWorld, from: string): string[][] {
  return world.clientRequests
    .filter((each) => each.from === from)
    .map(({ message }) => asMatrix(message))
    .filter((message): message is SendToDevice => message?.kind === 'matrix.send-to-device')
    .map(({ messages }) => [...messages.keys()]);
}

const unreadable = (world: MatrixWorld, user: string): number =>
  (world.inspect(user) as { sync: { undecryptable: number } }).sync.undecryptable;

describe('an outbound session', () => {
  it('goes to every other device once, before the first message that needs it', () => {
    const world = threeServers();
    const said = [world.say('@a:hs1'), world.say('@a:hs1')];
    world.run(seconds(5));
    expect(keyShares(world, '@a:hs1')).toEqual([['@b:hs2', '@c:hs3']]);
    for (const reader of ['@b:hs2', '@c:hs3']) expect(world.readBy(reader)).toEqual(said);
    expect(world.situations().get('matrix.unable-to-decrypt')).toBeUndefined();
  });

  it('is renewed after a hundred messages', () => {
    const world = threeServers(98);
    for (let count = 0; count < 103; count++) {
      world.say('@a:hs1');
      world.run(seconds(1));
    }
    expect(keyShares(world, '@a:hs1')).toHaveLength(2);
    expect(world.readBy('@c:hs3')).toHaveLength(103);
  });

  it('is renewed after a week', () => {
    const world = threeServers(0);
    world.say('@a:hs1');
    world.run(days(6));
    world.say('@a:hs1');
    world.run(minutes(1));
    expect(keyShares(world, '@a:hs1')).toEqual([]);
    world.run(days(1));
    world.say('@a:hs1');
    world.run(minutes(1));
    expect(keyShares(world, '@a:hs1')).toHaveLength(1);
    expect(world.readBy('@b:hs2')).toHaveLength(3);
  });

  it('is renewed without those who left', () => {
    const world = threeServers(0);
    const [room] = world.roomIds();
    world.say('@a:hs1');
    world.run(seconds(5));
    world.membership('@c:hs3', room!, 'leave');
    world.run(seconds(5));
    world.say('@b:hs2');
    world.run(seconds(5));
    expect(keyShares(world, '@b:hs2')).toEqual([['@a:hs1']]);
    expect(world.readBy('@a:hs1')).toHaveLength(1);
  });
});

describe('somebody who leaves and comes back', () => {
  it('cannot read what was said meanwhile, and gets the key of the next message', () => {
    const world = threeServers(0);
    const [room] = world.roomIds();
    world.membership('@c:hs3', room!, 'leave');
    world.run(seconds(5));
    world.say('@a:hs1');
    world.run(seconds(5));
    world.setState('@a:hs1', room!, 'm.room.join_rules', '', { join_rule: 'public' });
    world.run(seconds(5));
    world.membership('@c:hs3', room!, 'join', { via: ['hs2'] });
    world.run(seconds(5));
    const heard = world.say('@a:hs1');
    world.run(seconds(5));
    expect(keyShares(world, '@a:hs1')).toEqual([['@b:hs2'], ['@c:hs3']]);
    expect(world.readBy('@c:hs3')).toEqual([heard]);
    const answer = world.say('@c:hs3');
    world.run(seconds(5));
    expect(keyShares(world, '@c:hs3')).toEqual([['@a:hs1', '@b:hs2']]);
    expect(world.readBy('@a:hs1')).toEqual([answer]);
  });
});

describe('a server that is away when a key is sent', () => {
  it.each([
    ['Synapse', synapseProfile],
    ['Dendrite', dendriteProfile],
  ])('gets it when it is back, from a %s', (_name, profile) => {
    const world = threeServers(100, profile);
    world.crash('hs3');
    const said = world.say('@a:hs1');
    world.run(minutes(3));
    world.restart('hs3');
    world.run(hours(1));
    expect(world.readBy('@c:hs3')).toEqual([said]);
  });

  it('gets it after a back-off so long that only tips are sent, and after a restart of the sender', () => {
    const world = threeServers();
    world.crash('hs3');
    world.say('@a:hs1');
    world.run(hours(30));
    world.crash('hs1');
    world.restart('hs1');
    world.restart('hs3');
    world.say('@c:hs3');
    world.run(hours(1));
    world.say('@a:hs1');
    world.run(minutes(5));
    expect(world.readBy('@c:hs3')).toHaveLength(2);
    expect(unreadable(world, '@c:hs3')).toBe(0);
  });
});

describe('a message that comes before its key', () => {
  it('is not delivered until the key is there', () => {
    const world = threeServers();
    // hs1 cannot speak to hs3; hs2 can, and its next event leads hs3 to what it missed.
    world.cut('hs1', 'hs3', false);
    const hidden = world.say('@a:hs1');
    world.run(seconds(30));
    const visible = world.say('@b:hs2');
    world.run(minutes(5));
    expect(world.readBy('@c:hs3')).toEqual([visible]);
    expect(unreadable(world, '@c:hs3')).toBe(1);
    world.heal();
    world.run(hours(1));
    expect(world.readBy('@c:hs3')).toEqual([visible, hidden]);
    expect(unreadable(world, '@c:hs3')).toBe(0);
  });

  it('waits over a restart of the device', () => {
    const world = threeServers();
    world.cut('hs1', 'hs3', false);
    const hidden = world.say('@a:hs1');
    world.run(seconds(30));
    world.say('@b:hs2');
    world.run(minutes(5));
    world.crash('@c:hs3');
    world.restart('@c:hs3');
    world.input('@c:hs3', { kind: 'user', action: { kind: 'open-app' } });
    world.heal();
    world.run(hours(1));
    expect(world.readBy('@c:hs3').filter((each) => each === hidden)).toEqual([hidden]);
  });
});

describe('to-device messages', () => {
  const fate = fc.record({
    losesRequest: fc.boolean(),
    losesAnswer: fc.boolean(),
    duplicateAfter: fc.constantFrom(undefined, seconds(1), minutes(2)),
  });
  property([fc.array(fate, { maxLength: 12 }), fc.constantFrom('hs1', 'hs2', undefined)], { numRuns: 60 })(
    'arrive once each, whatever is lost or repeated on the way',
    (fates, victim) => {
      const world = threeServers();
      let next = 0;
      world.weather = () => {
        const { duplicateAfter, ...rest } = fates[next++] ?? { duplicateAfter: undefined };
        return duplicateAfter === undefined ? rest : { ...rest, duplicateAfter };
      };
      world.say('@a:hs1');
      world.run(minutes(5));
      if (victim !== undefined) {
        world.crash(victim);
        world.run(minutes(1));
        world.restart(victim);
      }
      for (const user of everybody) world.say(user);
      world.run(hours(3));
      for (const user of everybody) world.say(user);
      world.run(hours(1));
      for (const user of everybody) {
        expect(unreadable(world, user)).toBe(0);
        expect(new Set(world.readBy(user)).size).toBe(world.readBy(user).length);
        const keys = world.toDeviceShown(user);
        expect(new Set(keys).size).toBe(keys.length);
      }
    },
  );
});
