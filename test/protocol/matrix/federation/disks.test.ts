// What a homeserver is after its disk was kept, set back to a backup, or lost; and with a clock that is wrong.
import { beforeEach, describe, expect, it } from 'vitest';
import { findDivergences } from '../../../../protocol/matrix/divergence.ts';
import type { RoomId } from '../../../../protocol/matrix/ids.ts';
import { days, hours, minutes, seconds } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

let world: MatrixWorld;
let room: RoomId;

beforeEach(() => {
  world = new MatrixWorld();
  for (const name of ['hs1', 'hs2']) world.addServer(name);
  room = world.addRoom('12', ['@a:hs1', '@b:hs2'], 'public');
  world.start();
});

function divergences(): readonly string[] {
  return findDivergences({ servers: world.servers(), clockOf: () => world.clock() }).map(
    ({ server, aspect, cause }) => `${server} ${aspect} ${cause}`,
  );
}

describe('a server that comes back', () => {
  it('with its disk has everything that it acknowledged, and what was staged', () => {
    const said = [world.say('@a:hs1'), world.say('@b:hs2')];
    world.run(seconds(5));
    world.crash('hs1');
    world.restart('hs1');
    const later = world.say('@b:hs2');
    world.run(minutes(30));
    expect(world.readBy('@a:hs1')).toEqual([said[1], later]);
    expect(divergences()).toEqual([]);
  });

  it('with a backup gets from others what it had said itself, once they speak', () => {
    world.say('@a:hs1');
    world.run(seconds(5));
    const backup = world.backUp('hs1');
    for (let count = 0; count < 3; count++) world.say('@a:hs1');
    world.run(seconds(5));
    world.crash('hs1');
    world.restore('hs1', backup);
    world.restart('hs1');
    world.run(minutes(5));
    expect(divergences()).not.toEqual([]);
    world.say('@b:hs2');
    world.run(minutes(5));
    expect(divergences()).toEqual([]);
    const after = world.say('@a:hs1');
    world.run(minutes(5));
    expect(world.readBy('@b:hs2')).toContain(after);
    expect(divergences()).toEqual([]);
  });

  it('without its disk is in no room, hears nothing, and comes in again only by joining', () => {
    world.crash('hs1');
    world.restore('hs1', new Map());
    world.restart('hs1');
    world.say('@b:hs2');
    world.run(minutes(5));
    expect(world.readBy('@a:hs1')).toEqual([]);
    expect(world.situations('hs1').get('matrix.pdu.unknown-room')).toBe(1);
    world.membership('@a:hs1', room, 'join', { via: ['hs2'] });
    world.run(minutes(5));
    const heard = world.say('@b:hs2');
    world.run(minutes(5));
    expect(world.outcomes).toEqual(['@a:hs1 join of @a:hs1: 200']);
    expect(world.readBy('@a:hs1')).toContain(heard);
  });
});

describe('a wrong clock', () => {
  it.each([-30, 30])('by %i days neither loses nor reorders anything', (off) => {
    world.skewClock('hs2', off * 86_400_000);
    const said = [world.say('@a:hs1')];
    world.run(seconds(5));
    said.push(world.say('@b:hs2'));
    world.run(hours(1));
    expect(world.readBy('@a:hs1')).toEqual([said[1]]);
    expect(world.readBy('@b:hs2')).toEqual([said[0]]);
    expect(divergences()).toEqual([]);
  });
});

describe('after three days', () => {
  it('the tip comes at once when the peer speaks, ten before it with it, and the rest when somebody scrolls', () => {
    world.crash('hs2');
    const said: number[] = [];
    for (let count = 0; count < 36; count++) {
      said.push(world.say('@a:hs1'));
      world.run(hours(2));
    }
    world.restart('hs2');
    world.run(minutes(5));
    expect(world.readBy('@b:hs2')).toEqual([]);
    world.say('@b:hs2');
    world.run(minutes(5));
    expect([...world.readBy('@b:hs2')].toSorted((left, right) => left - right)).toEqual(said);
    expect(world.situations('hs2').get('matrix.federation.backfill')).toBeGreaterThan(0);
    world.run(days(1));
    expect(divergences()).toEqual([]);
  });

  it('who says that there is nothing more is believed: nobody else is asked for history', () => {
    world = new MatrixWorld();
    for (const name of ['hs1', 'hs2', 'hs3']) world.addServer(name);
    world.addRoom('12', ['@a:hs1', '@b:hs2', '@c:hs3']);
    world.start();
    world.crash('hs2');
    for (let count = 0; count < 36; count++) {
      world.say('@a:hs1');
      world.run(hours(2));
    }
    world.weather = (_from, _to, message) =>
      message.kind === 'matrix.get-backfill'
        ? { altersAnswer: (answer) => ({ ...answer, pdus: [], carries: [] }) as never }
        : {};
    world.restart('hs2');
    world.say('@b:hs2');
    world.run(minutes(5));
    const asked = world.requests.filter(({ message }) => message.kind === 'matrix.get-backfill');
    expect(asked.length).toBeGreaterThan(0);
    expect(new Set(asked.map(({ to }) => to)).size).toBe(1);
  });
});
