// History that is fetched later follows what is at the front: that leaves it with the next event, not before.
import { expect, it } from 'vitest';
import { hours, minutes } from '../../../protocol/time.ts';
import { MatrixWorld } from '../../support/matrix-world.ts';

const front = (world: MatrixWorld, server: string): number =>
  world
    .servers()
    .flatMap((each) => (each.serverName === server ? [...each.rooms()] : []))
    .flatMap((room) => room.forwardExtremities()).length;

it('an own event that others built on within a gap is no tip any more once the gap has been read', () => {
  const world = new MatrixWorld();
  for (const name of ['hs1', 'hs2']) world.addServer(name);
  world.addRoom('12', ['@a:hs1', '@b:hs2'], 'invite', true);
  world.start();
  // hs2 hears nothing for hours; what it says itself is heard, and built on.
  world.cut('hs1', 'hs2', false);
  world.say('@b:hs2');
  // So many that what is missing does not all come by itself once the two hear each other again.
  for (let said = 0; said < 40; said++) {
    world.run(minutes(20));
    world.say('@a:hs1');
  }
  world.crash('@b:hs2');
  world.heal();
  world.run(hours(30));
  expect(front(world, 'hs2')).toBeGreaterThan(1);
  // Somebody scrolls back; the front is the same until something new is said.
  world.restart('@b:hs2');
  world.input('@b:hs2', { kind: 'user', action: { kind: 'open-app' } });
  world.run(minutes(5));
  expect(front(world, 'hs2')).toBeGreaterThan(1);
  world.say('@a:hs1');
  world.run(minutes(5));
  expect(front(world, 'hs2')).toBe(1);
});
