// Events that wait behind one whose predecessors are being asked for. A Synapse thins out a long queue to the events that no other one in
// it follows, and asks for the rest again (`prune_staged_events_in_room`); a Dendrite works off what it has.
import { expect, it } from 'vitest';
import {
  dendriteProfile,
  synapseProfile,
  type FederationProfile,
} from '../../../../protocol/matrix/federation/profiles.ts';
import type { MatrixMessage } from '../../../../protocol/matrix/messages.ts';
import { hours, milliseconds, seconds } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

/** What was thinned out while hs2 waits in vain for what came before the first of 150 messages. */
function thinnedOut(profile: FederationProfile): number {
  const world = new MatrixWorld();
  world.addServer('hs1');
  world.addServer('hs2', profile);
  world.addRoom('12', ['@a:hs1', '@b:hs2']);
  world.start();
  world.cut('hs1', 'hs2');
  world.say('@a:hs1');
  world.run(hours(2.5));
  for (let said = 0; said < 20; said++) {
    world.say('@a:hs1');
    world.run(seconds(1));
  }
  const isQuestion = ({ kind }: MatrixMessage): boolean => kind === 'matrix.get-missing-events';
  world.weather = (from, _to, message) => ({
    losesRequest: from === 'hs2' && isQuestion(message as MatrixMessage),
  });
  world.heal();
  world.say('@b:hs2');
  world.run(seconds(2));
  for (let said = 0; said < 150; said++) {
    world.say('@a:hs1');
    world.run(milliseconds(100));
  }
  world.run(hours(1));
  return world.facts.filter(
    ({ node, fact }) =>
      node === 'hs2' && fact.kind === 'situation' && fact.name === 'matrix.federation.pruned',
  ).length;
}

it('of a Synapse is thinned out when it has a hundred, of a Dendrite never', () => {
  expect(thinnedOut(synapseProfile)).toBeGreaterThan(90);
  expect(thinnedOut(dendriteProfile)).toBe(0);
});
