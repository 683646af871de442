// What servers say of the keys of the state on which they differ, and of what they refuse because of it.
import { expect, it } from 'vitest';
import type { CoreFact, EntryChange } from '../../../../protocol/core.ts';
import { hours, minutes, seconds } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

const guest = 'm.room.member @c:hs3';

/** hs3 is cut off; its user is banned, and talks on. */
function banDuringSplit(restartsInBetween: boolean): MatrixWorld {
  const world = new MatrixWorld();
  for (const name of ['hs1', 'hs2', 'hs3']) world.addServer(name);
  const room = world.addRoom('12', ['@a:hs1', '@b:hs2', '@c:hs3'], 'public');
  world.start();
  world.cut('hs1', 'hs3');
  world.cut('hs2', 'hs3');
  world.setState('@a:hs1', room, 'm.room.member', '@c:hs3', { membership: 'ban' });
  world.run(seconds(1));
  if (restartsInBetween) {
    world.crash('hs2');
    world.restart('hs2');
  }
  world.say('@c:hs3');
  world.run(minutes(1));
  world.heal();
  world.run(hours(1));
  return world;
}

function factsOf<Kind extends CoreFact['kind']>(
  world: MatrixWorld,
  kind: Kind,
): readonly (Extract<CoreFact, { kind: Kind }> & { node: string })[] {
  return world.facts.flatMap(({ node, fact }) =>
    fact.kind === kind ? [{ ...(fact as Extract<CoreFact, { kind: Kind }>), node }] : [],
  );
}

it('names the key whose entry makes a server refuse what another had allowed, and nothing else', () => {
  const refused = factsOf(banDuringSplit(false), 'refused').filter(({ fate }) => fate === 'soft-failed');
  expect(refused.map(({ node }) => node).toSorted()).toEqual(['hs1', 'hs2']);
  for (const { rule, kept } of refused) {
    expect(rule).toBe('sender.not-joined');
    expect(kept).toMatchObject({ isSpeech: true, disputed: [guest] });
    expect(kept?.message).toBeDefined();
  }
});

it('tells each change of the state once where it is made, and again after a restart', () => {
  const changes = (world: MatrixWorld): readonly (EntryChange & { node: string; since: string })[] =>
    factsOf(world, 'replica-entries').flatMap(({ node, since, changes: each }) =>
      each.filter(({ entry }) => entry === guest).map((change) => ({ ...change, node, since })),
    );
  const told = changes(banDuringSplit(false));
  // A server of which nobody is in the room any more compares nothing.
  expect(told.map(({ node }) => node).toSorted()).toEqual(['hs1', 'hs2']);
  expect(new Set(told.map(({ before }) => before)).size).toBe(1);
  expect(new Set(told.map(({ after }) => after)).size).toBe(1);
  const again = changes(banDuringSplit(true)).filter(({ node }) => node === 'hs2');
  expect(again.map(({ since }) => since)).toEqual(['last', 'start']);
  expect(again[1]).toMatchObject({ before: told[0]?.before, after: told[0]?.after });
});
