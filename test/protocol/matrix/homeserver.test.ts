// What a homeserver promises whatever happens: nothing acknowledged is lost, each event counts once, copies agree.
import { describe, expect, it } from 'vitest';
import type { Transaction } from '../../../protocol/matrix/federation/messages.ts';
import type { RequestId, Address } from '../../../protocol/core.ts';
import { hours, minutes, seconds } from '../../../protocol/time.ts';
import { MatrixWorld } from '../../support/matrix-world.ts';
import { elementX } from '../../../protocol/matrix/client-profiles.ts';
import { fc, property } from '../../support/property.ts';

function twoServers(
  version: string,
  keysKnown = true,
): { world: MatrixWorld; room: ReturnType<MatrixWorld['addRoom']> } {
  const world = new MatrixWorld();
  world.addServer('hs1');
  world.addServer('hs2');
  const room = world.addRoom(version, ['@a:hs1', '@b:hs2']);
  world.start(elementX, keysKnown);
  return { world, room };
}

function agreed(world: MatrixWorld, room: ReturnType<MatrixWorld['addRoom']>): boolean {
  return new Set([...world.aspects(room).values()].map((aspects) => JSON.stringify(aspects))).size === 1;
}

describe('a crash before any effect', () => {
  property([fc.constantFrom('hs1', 'hs2'), fc.integer({ min: 0, max: 40 }), fc.constantFrom('11', '12')], {
    numRuns: 60,
  })(
    'loses nothing that was acknowledged, and the copies agree after everybody has spoken',
    (victim, effect, version) => {
      const { world, room } = twoServers(version);
      let effects = 0;
      world.crashBefore = (node) => node === victim && effects++ === effect;
      world.say('@a:hs1');
      world.say('@b:hs2');
      world.run(seconds(20));
      world.crashBefore = undefined;
      const down = world.inspect(victim) === undefined;
      if (down) {
        world.restart(victim);
        world.run(hours(1));
      }
      world.say('@a:hs1');
      world.say('@b:hs2');
      world.run(hours(1));
      const accepted = world.facts.flatMap(({ fact }) => (fact.kind === 'accepted' ? [fact.message] : []));
      const read = new Set([...world.readBy('@a:hs1'), ...world.readBy('@b:hs2')]);
      expect(accepted).toHaveLength(4);
      expect([...read].toSorted()).toEqual([...accepted].toSorted());
      expect(agreed(world, room)).toBe(true);
    },
  );
});

describe('a transaction', () => {
  it('counts once, however often it comes', () => {
    const { world } = twoServers('12');
    world.say('@a:hs1');
    world.run(seconds(5));
    const { message } = world.requests.find(({ to }) => to === 'hs2')!;
    const before = JSON.stringify(world.inspect('hs2'));
    world.input('hs2', { kind: 'request', id: 999_999 as RequestId, from: 'hs1' as Address, message });
    const again = { ...(message as Transaction), txnId: 'another' };
    world.input('hs2', { kind: 'request', id: 999_998 as RequestId, from: 'hs1' as Address, message: again });
    world.run(seconds(5));
    expect(JSON.stringify(world.inspect('hs2'))).toBe(before);
    expect(world.readBy('@b:hs2')).toHaveLength(1);
  });

  it('never holds more than fifty events, and one is in flight at a time', () => {
    const { world, room } = twoServers('11');
    world.crash('hs2');
    for (let index = 0; index < 120; index++) world.say('@a:hs1');
    world.run(minutes(5));
    world.restart('hs2');
    world.run(hours(1));
    const sizes = world.requests.map(({ message }) => (message as Transaction).pdus.length);
    expect(Math.max(...sizes)).toBe(50);
    expect(world.readBy('@b:hs2')).toHaveLength(120);
    expect(agreed(world, room)).toBe(true);
  });

  it('with a forged event leaves no trace in the room', () => {
    const { world } = twoServers('11');
    world.say('@a:hs1');
    world.run(seconds(5));
    const { message } = world.requests.find(({ to }) => to === 'hs2')!;
    const transaction = message as Transaction;
    const pdu = { ...transaction.pdus[0]!.pdu, sender: '@b:hs2' };
    const forged = { ...transaction, txnId: 'forged', pdus: [{ pdu, byteLength: 1 }] };
    world.input('hs2', {
      kind: 'request',
      id: 999_997 as RequestId,
      from: 'hs1' as Address,
      message: forged,
    });
    world.run(seconds(5));
    expect(world.log.join('\n')).toContain('hs2 matrix.pdu.signature.invalid');
    expect(world.inspect('hs2')).toMatchObject({ streamPosition: 1 });
  });

  it('of a server whose key is unknown waits for the key', () => {
    const { world, room } = twoServers('12', false);
    world.say('@a:hs1');
    world.run(seconds(5));
    expect(world.readBy('@b:hs2')).toHaveLength(1);
    expect(agreed(world, room)).toBe(true);
  });
});

describe('a destination', () => {
  it('that misses something is found by the scan after a restart of the sender', () => {
    const { world, room } = twoServers('12');
    world.crash('hs2');
    world.say('@a:hs1');
    world.run(seconds(10));
    world.crash('hs1');
    world.restart('hs1');
    world.restart('hs2');
    world.run(minutes(2));
    expect(world.readBy('@b:hs2')).toHaveLength(1);
    expect(agreed(world, room)).toBe(true);
  });
});
