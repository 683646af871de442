// Connected, and yet apart: synapse #18881. A server that came into a room during an outage tells others of it, and is
// asked for a state that it never had. https://github.com/element-hq/synapse/issues/18881
import { describe, expect, it } from 'vitest';
import { findDivergences } from '../../../../protocol/matrix/divergence.ts';
import { synapseProfile } from '../../../../protocol/matrix/federation/profiles.ts';
import type { EventId, RoomId } from '../../../../protocol/matrix/ids.ts';
import type { UserMessageId } from '../../../../protocol/message.ts';
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

/**
 * hs2 is cut off for hours, in which a user of hs3 joins and the topic changes. When every way is open again, hs3 still
 * answers badly for a while: hs2 is told the state before the gap, and cannot have two events of it one by one.
 */
function afterBadAnswers(takesIncompleteStates: boolean): void {
  world = new MatrixWorld();
  for (const name of ['hs1', 'hs2', 'hs3'])
    world.addServer(name, { ...synapseProfile, takesIncompleteStates });
  const members = Array.from({ length: 60 }, (_, index) => `@member${index}:hs${1 + (index % 3)}`);
  room = world.addRoom('12', ['@c:hs3', '@b:hs2', '@a:hs1', ...members], 'public');
  world.addUser('@new:hs3');
  world.start();
  for (const member of members) world.crash(member);
  world.cut('hs1', 'hs2');
  world.cut('hs2', 'hs3');
  world.setState('@c:hs3', room, 'm.room.topic', '', { topic: 'what changed meanwhile' });
  world.membership('@new:hs3', room, 'join', { via: ['hs3'] });
  for (let said = 0; said < 15; said++) {
    world.run(minutes(10));
    world.say('@c:hs3');
  }
  const copy = world
    .servers()
    .find(({ serverName }) => serverName === 'hs3')
    ?.room(room);
  const lost = new Set([
    copy?.currentState().get('m.room.topic', ''),
    copy?.memberEventOf('@new:hs3')?.eventId,
  ]);
  world.weather = (_from, _to, message) => ({
    losesRequest:
      (message as { kind: string }).kind === 'matrix.get-event' &&
      lost.has((message as { eventId?: EventId }).eventId),
  });
  world.heal();
  world.say('@c:hs3');
  world.run(minutes(30));
  world.weather = undefined;
}

/** Everybody says something, every hour, for so many hours; the newcomer, too. */
function everybodySpeaks(times: number): readonly UserMessageId[] {
  const words: UserMessageId[] = [];
  for (let time = 0; time < times; time++) {
    for (const user of ['@a:hs1', '@b:hs2', '@c:hs3', '@new:hs3']) {
      const said = world.say(user);
      if (user === '@new:hs3') words.push(said);
      world.run(minutes(15));
    }
  }
  return words;
}

describe('a state that could be had in part only', () => {
  it('keeps servers apart for good, though all ways are open and everybody speaks', () => {
    afterBadAnswers(true);
    const words = everybodySpeaks(24);
    expect(world.situations('hs2').get('matrix.federation.incomplete-state')).toBe(1);
    expect(states()).toBe(2);
    // Who came meanwhile is heard by all but the server that does not know of it.
    expect(world.readBy('@a:hs1')).toEqual(expect.arrayContaining([...words]));
    expect(words.filter((word) => world.readBy('@b:hs2').includes(word))).toEqual([]);
    const refused = world.facts.flatMap(({ node, fact }) =>
      node === 'hs2' && fact.kind === 'refused' && fact.kept !== undefined ? [fact.kept.disputed] : [],
    );
    expect(new Set(refused.flat())).toEqual(new Set(['m.room.member @new:hs3']));
    const causes = findDivergences({ servers: world.servers(), clockOf: () => world.clock() });
    expect(causes.map(({ cause }) => cause)).toContain('told-state');
    expect(causes.map(({ cause }) => cause)).not.toContain('unexplained');
  });

  it('does not, where nothing is taken behind a state that is not whole', () => {
    afterBadAnswers(false);
    const words = everybodySpeaks(8);
    expect(states()).toBe(1);
    expect(world.readBy('@b:hs2')).toEqual(expect.arrayContaining([words.at(-1)]));
  });
});
