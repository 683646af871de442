// What counts against another server, and what a back-off keeps back: both differ by question and by implementation.
// Synapse: synapse/util/retryutils.py and synapse/federation/transport/client.py. Dendrite: federationapi/internal/api.go
// (`doRequestIfNotBlacklisted`), perform.go, federationapi/routing/routing.go (`FederationWakeups`).
import { describe, expect, it } from 'vitest';
import type { Address, RequestId } from '../../../../protocol/core.ts';
import type { EventId, ServerName } from '../../../../protocol/matrix/ids.ts';
import type { GetEvent } from '../../../../protocol/matrix/federation/messages.ts';
import {
  dendriteProfile,
  synapseProfile,
  type FederationProfile,
} from '../../../../protocol/matrix/federation/profiles.ts';
import type { MatrixMessage } from '../../../../protocol/matrix/messages.ts';
import { hours, minutes, seconds } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

const kindOf = ({ message }: MatrixWorld['requests'][number]): string => (message as MatrixMessage).kind;

/** hs1, of the profile, could not reach hs2 for two hours and waits; hs2 is back and has not spoken. */
function afterHours(profile: FederationProfile): MatrixWorld {
  const world = new MatrixWorld();
  world.addServer('hs1', profile);
  world.addServer('hs2');
  world.addServer('hs3');
  world.addRoom('12', ['@a:hs1', '@b:hs2']);
  const room = world.addRoom('12', ['@b:hs2', '@c:hs3'], 'public');
  world.start();
  world.crash('hs2');
  world.say('@a:hs1');
  world.run(hours(2));
  world.restart('hs2');
  world.membership('@a:hs1', room, 'join', { via: ['hs2', 'hs3'] });
  world.run(seconds(5));
  return world;
}

/** Servers that hs1 asked for a template. */
const askedToJoin = (world: MatrixWorld): readonly string[] =>
  world.requests.filter((each) => kindOf(each) === 'matrix.make-membership').map(({ to }) => to);

describe('a join during a back-off', () => {
  it('of a Synapse goes to the next server', () => {
    expect(askedToJoin(afterHours(synapseProfile))).toEqual(['hs3']);
  });

  it('of a Dendrite is tried, and its success ends the back-off', () => {
    expect(askedToJoin(afterHours(dendriteProfile))).toEqual(['hs2']);
  });
});

describe('what ends no back-off of a Synapse', () => {
  /** Attempts at a transaction within ten minutes of an invitation that is refused, the back-off having an hour to go. */
  function attemptsAfter(status: 'refused' | 'reset'): number {
    const world = new MatrixWorld();
    world.addServer('hs1');
    world.addServer('hs2');
    const room = world.addRoom('12', ['@a:hs1', '@b:hs2']);
    world.start();
    world.crash('hs2');
    world.say('@a:hs1');
    world.run(hours(8));
    // Nobody has this name at hs2: the invitation is answered with an error.
    if (status === 'refused') world.restart('hs2');
    const before = world.requests.length;
    world.membership('@a:hs1', room, 'invite', { target: '@nobody:hs2' });
    world.run(minutes(10));
    return world.requests.slice(before).filter((each) => kindOf(each) === 'matrix.transaction').length;
  }

  it.each(['refused', 'reset'] as const)('an invitation that is %s', (status) => {
    expect(attemptsAfter(status)).toBe(0);
  });
});

const question: GetEvent = {
  kind: 'matrix.get-event',
  origin: 'hs2' as ServerName,
  destination: 'hs1' as ServerName,
  eventId: '$nothing' as EventId,
  carries: [],
};

it('a Dendrite believes once a minute that who speaks is there', () => {
  const world = new MatrixWorld();
  world.addServer('hs1', dendriteProfile);
  world.addServer('hs2');
  world.addRoom('12', ['@a:hs1', '@b:hs2']);
  world.start();
  world.cut('hs1', 'hs2');
  world.say('@a:hs1');
  world.run(minutes(20));
  let id = 900_000;
  /** Whether hs1 tries again at once when hs2 speaks so much later. */
  const triesAgain = (pause: number): boolean => {
    world.run(seconds(pause));
    const before = world.requests.length;
    const input = { kind: 'request', from: 'hs2' as Address, message: question } as const;
    world.input('hs1', { ...input, id: id++ as RequestId });
    world.run(seconds(0.1));
    return world.requests.length > before;
  };
  expect(triesAgain(0)).toBe(true);
  // The waits begin anew: attempts after 0, 7, 16, 30, 53 s, give or take a few.
  expect(triesAgain(24)).toBe(false);
  expect(triesAgain(46)).toBe(true);
});

it('a Dendrite asks, during a back-off for transactions, for what is missing', () => {
  const world = new MatrixWorld();
  for (const name of ['hs1', 'hs2']) world.addServer(name);
  world.addServer('hs3', dendriteProfile);
  world.addRoom('12', ['@a:hs1', '@b:hs2', '@c:hs3']);
  world.start();
  world.cut('hs2', 'hs3');
  world.say('@c:hs3');
  const missed = world.say('@b:hs2');
  world.run(minutes(20));
  const builtOnIt = world.say('@a:hs1');
  world.crash('hs1');
  world.heal();
  world.run(seconds(0));
  world.restart('hs1');
  world.weather = (from, to, message) => ({
    losesRequest: from === 'hs3' && to === 'hs1' && (message as MatrixMessage).kind !== 'matrix.transaction',
  });
  world.run(minutes(1));
  expect(world.readBy('@c:hs3')).toContain(missed);
  expect(world.readBy('@c:hs3')).toContain(builtOnIt);
});
