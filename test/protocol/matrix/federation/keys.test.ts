// Whether a server can tell who signed something: keys that run out, notaries that hand them on, and what is lost when
// neither the notary nor the origin is there to ask.
import { beforeEach, describe, expect, it } from 'vitest';
import { findDivergences } from '../../../../protocol/matrix/divergence.ts';
import { hours, minutes, seconds } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

let world: MatrixWorld;

/** Three servers of one room, whose keys were told an hour before they run out; `hs9` is in no room. */
function begin(notaries: readonly string[], version = '12'): void {
  world = new MatrixWorld();
  world.notaries = notaries;
  world.keysValidFor = hours(1);
  for (const name of ['hs1', 'hs2', 'hs3', 'hs9']) world.addServer(name);
  world.addRoom(version, ['@a:hs1', '@b:hs2', '@c:hs3']);
  world.start();
}

const asked = (what: 'notary' | 'server', name?: string): number =>
  world.situations(name).get(`matrix.keys.${what}-asked`) ?? 0;

function causesAt(server: string): readonly string[] {
  const found = findDivergences({ servers: world.servers(), clockOf: () => world.clock() });
  return found
    .filter((each) => each.server === server && each.aspect === 'history')
    .map(({ cause }) => cause);
}

describe('a key that runs out', () => {
  beforeEach(() => begin(['hs9']));

  it('is asked for only then, once per server, from the notary', () => {
    world.say('@a:hs1');
    world.run(minutes(59));
    expect([asked('notary'), asked('server')]).toEqual([0, 0]);
    world.run(minutes(2));
    const late = world.say('@a:hs1');
    world.run(seconds(5));
    expect(asked('notary', 'hs2')).toBe(1);
    // Two ask the notary, which asks the origin itself, once.
    expect([asked('notary'), asked('server'), asked('server', 'hs9')]).toEqual([2, 1, 1]);
    expect(world.readBy('@b:hs2')).toContain(late);
    world.say('@a:hs1');
    world.run(hours(11));
    expect([asked('notary'), asked('server')]).toEqual([2, 1]);
  });

  it('still verifies what was signed before', () => {
    world.cut('hs1', 'hs2');
    const early = world.say('@a:hs1');
    world.run(hours(2));
    world.heal();
    world.crash('hs1');
    world.crash('hs9');
    const told = world.say('@c:hs3');
    world.run(minutes(10));
    expect(world.readBy('@b:hs2')).toEqual([early, told]);
  });

  it('is kept across a restart', () => {
    world.run(hours(2));
    world.say('@a:hs1');
    world.run(minutes(1));
    const before = asked('notary', 'hs2');
    world.crash('hs2');
    world.restart('hs2');
    world.say('@a:hs1');
    world.run(minutes(1));
    expect(asked('notary', 'hs2')).toBe(before);
  });
});

describe('a notary that is down', () => {
  it('is asked four times, and then the server itself', () => {
    begin(['hs9']);
    world.crash('hs9');
    world.run(hours(2));
    const said = world.say('@a:hs1');
    world.run(seconds(20));
    expect([asked('notary', 'hs2'), asked('server', 'hs2')]).toEqual([4, 1]);
    expect(world.readBy('@b:hs2')).toEqual([said]);
  });

  it('holds everything up for minutes when nothing is heard of it, until it is given up for a while', () => {
    begin(['hs9']);
    for (const name of ['hs1', 'hs2', 'hs3']) world.cut(name, 'hs9');
    world.run(hours(2));
    const first = world.say('@a:hs1');
    // Four attempts at its address.
    world.run(minutes(2));
    expect(world.readBy('@b:hs2')).toEqual([]);
    world.run(minutes(1));
    expect(world.readBy('@b:hs2')).toEqual([first]);
    const answer = world.say('@b:hs2');
    world.run(minutes(3));
    expect(world.readBy('@a:hs1')).toEqual([answer]);
  });
});

describe('an origin that cannot be asked', () => {
  /** hs1 says something that hs2 does not hear, and dies; hs3 builds on it. */
  function originDies(): readonly number[] {
    world.run(hours(2));
    world.cut('hs1', 'hs2');
    const lost = world.say('@a:hs1');
    world.run(minutes(1));
    world.crash('hs1');
    const after = world.say('@c:hs3');
    world.run(minutes(30));
    return [lost, after];
  }

  it('is vouched for by the notary', () => {
    begin(['hs9']);
    const said = originDies();
    expect(world.readBy('@b:hs2')).toEqual(said);
  });

  it.each(['hs9', 'nobody'])(
    'takes with it what others build on its words; notary: %s, gone too',
    (notary) => {
      begin(notary === 'nobody' ? [] : [notary]);
      world.cut('hs2', 'hs9');
      originDies();
      expect(world.readBy('@b:hs2')).toEqual([]);
      expect(causesAt('hs2')).toEqual(['unverifiable-key', 'not-repeated']);
      expect(world.situations('hs2').get('matrix.pdu.unverifiable-key')).toBeGreaterThan(0);
    },
  );

  it('is no matter in rooms that do not ask when a key was valid', () => {
    begin([], '4');
    originDies();
    expect(world.readBy('@b:hs2')).toHaveLength(2);
  });
});

describe('a way that is open in one direction', () => {
  it.each([
    [['hs9'], 1],
    [[], 0],
  ])('with notaries %j lets %i message through once keys have run out', (notaries, heard) => {
    begin(notaries);
    world.run(hours(2));
    world.cut('hs2', 'hs1', false);
    world.say('@a:hs1');
    world.run(minutes(10));
    expect(world.readBy('@b:hs2')).toHaveLength(heard);
    expect(world.situations('hs2').has('matrix.keys.origin-unknown')).toBe(heard === 0);
  });
});

describe('a clock that is more than a day slow', () => {
  it('makes a server’s keys look as if they had run out, so that nobody listens to it', () => {
    begin([]);
    world.skewClock('hs1', -25 * 3_600_000);
    world.run(hours(2));
    world.say('@a:hs1');
    world.run(minutes(20));
    expect(world.readBy('@b:hs2')).toEqual([]);
    expect(world.situations('hs2').get('matrix.keys.origin-unknown')).toBeGreaterThan(0);
  });
});
