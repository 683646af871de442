// What is said of people in passing: kept in memory, over by itself, and never said later.
import { describe, expect, it } from 'vitest';
import type { SyncAnswer } from '../../../../protocol/matrix/client-messages.ts';
import { synapse } from '../../../../protocol/matrix/federation/constants.ts';
import { PendingEdus } from '../../../../protocol/matrix/federation/pending-edus.ts';
import type { UserId } from '../../../../protocol/matrix/ids.ts';
import { asMatrix } from '../../../../protocol/matrix/messages.ts';
import { minutes, seconds } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

function twoServers(tellsPresence = false): MatrixWorld {
  const world = new MatrixWorld();
  world.tellsPresence = tellsPresence;
  for (const name of ['hs1', 'hs2']) world.addServer(name);
  world.addRoom('11', ['@a:hs1', '@b:hs2'], 'invite', true);
  world.start();
  return world;
}

const edusOf = (world: MatrixWorld, eduType: string): unknown[] =>
  world.requests.flatMap(({ message }) => {
    const transaction = asMatrix(message);
    if (transaction?.kind !== 'matrix.transaction') return [];
    return transaction.edus.filter((edu) => edu.eduType === eduType).map(({ content }) => content);
  });

describe('a typing notice', () => {
  const type = (world: MatrixWorld, timeoutMs: number): void =>
    world.ask('@a:hs1', { kind: 'matrix.send-typing', roomId: world.roomIds()[0]!, timeoutMs });
  const shown = (world: MatrixWorld): unknown[] =>
    world
      .syncAnswers('@b:hs2')
      .flatMap(({ rooms }: SyncAnswer) => rooms.flatMap(({ typing }): readonly string[] => typing ?? ['-']));

  it('is shown at the other server, and is over when its time is', () => {
    const world = twoServers();
    type(world, 20_000);
    world.run(seconds(10));
    expect(shown(world)).toEqual(['@a:hs1']);
    world.run(seconds(30));
    expect(edusOf(world, 'm.typing').map((content) => (content as { typing: boolean }).typing)).toEqual([
      true,
      false,
    ]);
    expect(world.syncAnswers('@b:hs2').at(-1)?.rooms[0]?.typing).toEqual([]);
  });

  it('is repeated to servers only after forty seconds', () => {
    const world = twoServers();
    for (let second = 0; second < 60; second += 10) {
      type(world, 30_000);
      world.run(seconds(10));
    }
    expect(edusOf(world, 'm.typing')).toHaveLength(2);
  });

  it('ends by itself after a minute where nothing more is heard', () => {
    const world = twoServers();
    type(world, 30_000);
    world.run(seconds(5));
    world.cut('hs1', 'hs2');
    world.run(seconds(50));
    expect(world.syncAnswers('@b:hs2').at(-1)?.rooms[0]?.typing).toEqual(['@a:hs1']);
    world.run(seconds(10));
    expect(world.syncAnswers('@b:hs2').at(-1)?.rooms[0]?.typing).toEqual([]);
  });

  it('is told again to a device that gave up the poll which it was the answer to', () => {
    const world = twoServers();
    world.input('@b:hs2', { kind: 'user', action: { kind: 'close-app' } });
    type(world, 30_000);
    world.run(seconds(5));
    const before = shown(world).length;
    world.input('@b:hs2', { kind: 'user', action: { kind: 'open-app' } });
    world.run(seconds(5));
    expect(shown(world).slice(before)).toEqual(['@a:hs1']);
  });

  it('survives no crash, and is never on disk', () => {
    const world = twoServers();
    world.crashBefore = (node, effect) =>
      node === 'hs1' && effect.startsWith('persist') && effect.includes('typing');
    type(world, 20_000);
    world.run(seconds(2));
    world.crash('hs2');
    world.restart('hs2');
    world.run(minutes(2));
    expect(world.isUp('hs1')).toBe(true);
    expect(shown(world)).toEqual(['@a:hs1']);
  });
});

describe('presence', () => {
  const told = (world: MatrixWorld): unknown[] =>
    world.syncAnswers('@b:hs2').flatMap(({ presence }) => [...(presence ?? [])].map(([, is]) => is));

  it('is nothing that clients say unless they are told to', () => {
    const world = twoServers();
    world.run(minutes(1));
    expect(edusOf(world, 'm.presence')).toEqual([]);
  });

  it('is said again every 25 minutes, and over half an hour after the last word', () => {
    const world = twoServers(true);
    world.run(minutes(26));
    expect(edusOf(world, 'm.presence').length).toBeGreaterThanOrEqual(4);
    world.cut('hs1', 'hs2');
    world.run(minutes(31));
    expect(told(world).at(-1)).toBe('offline');
  });

  it('goes first, fifty people at a time, and only as it is now', () => {
    const pending = new PendingEdus(new Map());
    for (let number = 0; number < 60; number++)
      pending.addPresence({ user_id: `@u${number}:hs1` as UserId, presence: 'online' });
    pending.addPresence({ user_id: '@u0:hs1' as UserId, presence: 'offline' });
    pending.add({ eduType: 'm.typing', content: {} }, 'typing');
    const [first, second] = [pending.take(false), pending.take(false)];
    expect(first.edus.map(({ eduType }) => eduType)).toEqual(['m.presence', 'm.typing']);
    const push = first.edus[0]!.content['push'] as { presence: string }[];
    expect(push).toHaveLength(synapse.maximumPresenceStates);
    expect(push[0]!.presence).toBe('offline');
    expect(second.edus).toHaveLength(1);
    pending.addPresence({ user_id: '@u0:hs1' as UserId, presence: 'online' });
    pending.dropEphemeral();
    expect(pending.take(true).edus).toEqual([]);
  });
});
