// What is no event: the order in which it goes out, what takes along what, and what an access list keeps out.
import { describe, expect, it } from 'vitest';
import { synapse } from '../../../../protocol/matrix/federation/constants.ts';
import type { Edu, Transaction } from '../../../../protocol/matrix/federation/messages.ts';
import { PendingEdus } from '../../../../protocol/matrix/federation/pending-edus.ts';
import { asMatrix } from '../../../../protocol/matrix/messages.ts';
import { hours, milliseconds, minutes, seconds, type Duration } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

const edu = (eduType: string, number: number): Edu => ({ eduType, content: { number } });

function waiting(counts: { receipts?: number; toDevice?: number; keyed?: number; others?: number }): {
  pending: PendingEdus;
  disk: Map<string, Edu>;
} {
  const numbers = (count = 0): number[] => Array.from({ length: count }, (_, index) => index);
  const disk = new Map(numbers(counts.toDevice).map((n) => [`${n}`, edu('m.direct_to_device', n)]));
  const pending = new PendingEdus(disk);
  for (const n of numbers(counts.receipts)) pending.addReceipt(edu('m.receipt', n), `${n}`);
  for (const n of numbers(counts.keyed)) pending.add(edu('m.typing', n), `${n}`);
  for (const n of numbers(counts.others)) pending.add(edu('m.other', n), undefined);
  return { pending, disk };
}

/** Stretches of one type: `5 m.receipt`. */
function stretches(edus: readonly Edu[]): string[] {
  const found: [string, number][] = [];
  for (const { eduType } of edus) {
    const last = found.at(-1);
    if (last?.[0] === eduType) last[1]++;
    else found.push([eduType, 1]);
  }
  return found.map(([eduType, count]) => `${count} ${eduType}`);
}

describe('what waits for a destination', () => {
  it('goes out in order: some receipts, to-device messages that leave ten places, the others, what is keyed', () => {
    const { pending } = waiting({ receipts: 8, toDevice: 200, keyed: 20, others: 4 });
    const { edus, durable } = pending.take(false);
    expect(edus).toHaveLength(synapse.maximumEdus);
    expect(stretches(edus)).toEqual(['5 m.receipt', '85 m.direct_to_device', '4 m.other', '6 m.typing']);
    expect(durable).toHaveLength(85);
  });

  it('keeps to-device messages until they are through, and nothing else', () => {
    const { pending, disk } = waiting({ toDevice: 2, keyed: 1 });
    const first = pending.take(false);
    expect(stretches(first.edus)).toEqual(['2 m.direct_to_device', '1 m.typing']);
    expect(stretches(pending.take(false).edus)).toEqual(['2 m.direct_to_device']);
    for (const key of first.durable) pending.isThrough(key);
    expect(disk.size).toBe(0);
    expect(pending.take(false).edus).toEqual([]);
  });

  it('takes along the remaining receipts when something goes out anyway', () => {
    expect(stretches(waiting({ receipts: 30 }).pending.take(true).edus)).toEqual(['30 m.receipt']);
  });

  it('loses what is ephemeral when the destination is given up for long', () => {
    const { pending } = waiting({ receipts: 3, toDevice: 1, keyed: 2, others: 2 });
    pending.dropEphemeral();
    expect(stretches(pending.take(true).edus)).toEqual(['1 m.direct_to_device']);
  });
});

/** Servers of one room, and the times at which receipts of `@u:hs1` went to each of them. */
function roomOf(count: number): { world: MatrixWorld; receiptsAt: () => ReadonlyMap<string, number> } {
  const world = new MatrixWorld();
  const names = Array.from({ length: count }, (_, index) => `hs${index + 1}`);
  for (const name of names) world.addServer(name);
  world.addRoom(
    '11',
    names.map((name) => `@u:${name}`),
    'invite',
    true,
  );
  world.start();
  return {
    world,
    receiptsAt: () =>
      new Map(
        world.requests.flatMap(({ message, to, at }) => {
          const transaction = asMatrix(message) as Transaction;
          const isReceipt = (transaction.edus ?? []).some(({ eduType }) => eduType === 'm.receipt');
          return isReceipt ? [[to, at] as const] : [];
        }),
      ),
  };
}

describe('a read receipt', () => {
  const readAfter = (servers: number, age: Duration): ReadonlyMap<string, number> => {
    const { world, receiptsAt } = roomOf(servers);
    const [roomId] = world.roomIds();
    world.say('@u:hs2');
    world.run(age);
    const eventId = world.acknowledged.at(-1)!.eventId;
    const readAt = world.now;
    world.readReceipt('@u:hs1', roomId!, eventId);
    world.run(minutes(1));
    return new Map([...receiptsAt()].map(([to, at]) => [to, at - readAt]));
  };
  const prompt = seconds(1);

  it('of something new goes to everybody at once', () => {
    const delays = readAfter(12, seconds(20));
    expect(delays.size).toBe(11);
    expect(Math.max(...delays.values())).toBeLessThan(prompt);
  });

  it('of something old goes at once where there are few servers', () => {
    const delays = readAfter(4, minutes(5));
    expect(delays.size).toBe(3);
    expect(Math.max(...delays.values())).toBeLessThan(prompt);
  });

  it('of something old goes to its author at once, and to many others one after the other', () => {
    const delays = readAfter(12, minutes(5));
    const { hs2, ...others } = Object.fromEntries(delays);
    const inOrder = Object.values(others).sort((left, right) => left - right);
    expect(inOrder).toHaveLength(10);
    expect(inOrder[0]).toBe(hs2);
    const pauses = inOrder.slice(1).map((delay, index) => delay - inOrder[index]!);
    expect(new Set(pauses)).toEqual(new Set([milliseconds(20)]));
  });

  it('of something old goes to all at once where few of many servers may be asked', () => {
    const { world, receiptsAt } = roomOf(12);
    const [roomId] = world.roomIds();
    for (let down = 4; down <= 12; down++) world.crash(`hs${down}`);
    world.say('@u:hs1');
    world.run(hours(24));
    const eventId = world.acknowledged.at(-1)!.eventId;
    const readAt = world.now;
    world.readReceipt('@u:hs1', roomId!, eventId);
    world.run(seconds(1));
    const delays = ['hs2', 'hs3'].map((name) => receiptsAt().get(name)! - readAt);
    expect(delays[0]).toBe(delays[1]);
    expect(delays[0]).toBeLessThan(prompt);
  });
});

describe('an access list', () => {
  it('keeps out receipts, and not the keys that a server sends', () => {
    const { world } = roomOf(2);
    const [roomId] = world.roomIds();
    world.setState('@u:hs1', roomId!, 'm.room.server_acl', '', { allow: ['hs1'] });
    world.run(seconds(5));
    const transaction = (edus: readonly Edu[]) =>
      world.input('hs1', {
        kind: 'request',
        id: 999_999 as never,
        from: 'hs2' as never,
        message: {
          kind: 'matrix.transaction',
          origin: 'hs2',
          destination: 'hs1',
          txnId: edus[0]!.eduType,
          originServerTs: 0,
          pdus: [],
          edus,
          carries: [],
        } as never,
      });
    const denied = () => world.situations('hs1').get('matrix.edu.acl-denied');
    const key = { algorithm: 'x' };
    transaction([
      {
        eduType: 'm.direct_to_device',
        content: {
          message_id: '1',
          sender: '@u:hs2',
          type: 'm.room.encrypted',
          messages: { '@u:hs1': { D: key } },
        },
      },
    ]);
    world.run(seconds(5));
    expect(denied()).toBeUndefined();
    expect(world.toDeviceShown('@u:hs1')).toEqual([JSON.stringify(['@u:hs2', key])]);
    transaction([{ eduType: 'm.receipt', content: { [roomId!]: { 'm.read': {} } } }]);
    transaction([{ eduType: 'm.typing', content: { room_id: roomId!, user_id: '@u:hs2', typing: true } }]);
    expect(denied()).toBe(2);
  });
});
