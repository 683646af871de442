// Connected, and yet apart: synapse #18881. A server that came into a room during an outage tells others of it, and is
// asked for a state that it never had. https://github.com/element-hq/synapse/issues/18881
import { describe, expect, it } from 'vitest';
import { findDivergences } from '../../../../protocol/matrix/divergence.ts';
import { synapseProfile } from '../../../../protocol/matrix/federation/profiles.ts';
import type { RoomId } from '../../../../protocol/matrix/ids.ts';
import { hours, minutes, seconds } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

let world: MatrixWorld;
let room: RoomId;

/**
 * hs2 and hs3 are cut from each other for hours; hs1 joins through hs3 meanwhile. Then every way is open again. Nobody on
 * hs1 looks at the room, so that it fetches nothing of what was before.
 */
function afterOutage(asksOtherServers: boolean): void {
  world = new MatrixWorld();
  for (const name of ['hs1', 'hs2', 'hs3']) world.addServer(name, { ...synapseProfile, asksOtherServers });
  room = world.addRoom('12', ['@c:hs3', '@b:hs2'], 'public');
  world.addUser('@a:hs1');
  world.start();
  world.crash('@a:hs1');
  world.cut('hs1', 'hs2');
  world.cut('hs2', 'hs3');
  for (let said = 0; said < 3; said++) {
    world.say('@c:hs3');
    world.run(seconds(10));
  }
  world.run(hours(4));
  world.membership('@a:hs1', room, 'join', { via: ['hs3'] });
  world.run(minutes(1));
  world.heal();
}

/** hs1's user changes their name, so many times. */
function hs1Speaks(times: number): void {
  for (let time = 0; time < times; time++) {
    const content = { membership: 'join', displayname: `name ${time}` };
    world.setState('@a:hs1', room, 'm.room.member', '@a:hs1', content);
    world.run(minutes(1));
  }
}

const states = (): number =>
  new Set(world.servers().flatMap((server) => [...server.rooms()].map((copy) => copy.stateDigest()))).size;

describe('three servers after an outage of federation', () => {
  it('stay apart as long as one is asked for a state that it does not have', () => {
    afterOutage(false);
    hs1Speaks(2);
    expect(states()).toBe(2);
    const atHs2 = world.situations('hs2');
    expect(atHs2.get('matrix.federation.state-unknown')).toBe(2);
    expect(atHs2.get('matrix.federation.predecessors-missing')).toBe(2);
    const causes = findDivergences({ servers: world.servers(), clockOf: () => world.clock() });
    expect(causes.filter(({ aspect }) => aspect !== 'history').length).toBeGreaterThan(0);
    expect(causes.map(({ cause }) => cause)).not.toContain('unexplained');
    // The third lies far enough behind for a state that hs1 made itself.
    hs1Speaks(1);
    expect(states()).toBe(1);
  });

  it('come together with the first word when all servers of the room are asked', () => {
    afterOutage(true);
    hs1Speaks(1);
    expect(states()).toBe(1);
    expect(world.situations('hs2').has('matrix.federation.state-unknown')).toBe(false);
  });
});
