// How long a server waits for another: one attempt at an address, at an answer, and a whole transaction.
// Synapse: synapse/federation/transport/client.py, synapse/config/federation.py, and `HostnameEndpoint` of Twisted;
// Dendrite: roomserver/internal/input/input_missing.go, federationapi/internal/federationclient.go.
import { describe, expect, it } from 'vitest';
import {
  dendriteProfile,
  synapseProfile,
  type FederationProfile,
} from '../../../../protocol/matrix/federation/profiles.ts';
import type { MatrixMessage } from '../../../../protocol/matrix/messages.ts';
import type { Message } from '../../../../protocol/message.ts';
import { hours, inSeconds, minutes, seconds } from '../../../../protocol/time.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

const kindOf = (message: Message): MatrixMessage['kind'] => (message as MatrixMessage).kind;

/** Seconds that a server of the profile gives each attempt at a transaction, when the other one is silent. */
function attempts(profile: FederationProfile, manner: 'cut' | 'unanswered'): readonly number[] {
  const world = new MatrixWorld();
  for (const name of ['hs1', 'hs2']) world.addServer(name, profile);
  world.addRoom('12', ['@a:hs1', '@b:hs2']);
  world.start();
  const instants: number[] = [];
  if (manner === 'cut') world.cut('hs1', 'hs2');
  else world.weather = () => ({ losesRequest: true });
  world.say('@a:hs1');
  world.run(hours(1));
  const sent = world.requests.filter(
    ({ from, message }) => from === 'hs1' && kindOf(message) === 'matrix.transaction',
  );
  for (const { at } of sent) instants.push(inSeconds(at));
  return instants.slice(1).map((at, index) => at - instants[index]!);
}

describe('a transaction to a silent server', () => {
  // Waits between attempts: 4, 16 and eight times 60 s, each by a factor from 0.8 to 1.4.
  const waits = [4, 16, ...Array.from({ length: 8 }, () => 60)];

  it.each([
    ['cut', 30],
    ['unanswered', 60],
  ] as const)('a Synapse gives each of eleven attempts its time: %s, %i s', (manner, patience) => {
    const between = attempts(synapseProfile, manner).slice(0, 10);
    for (const [index, wait] of waits.entries()) {
      expect(between[index]).toBeGreaterThanOrEqual(patience + wait * 0.8);
      expect(between[index]).toBeLessThanOrEqual(patience + wait * 1.4);
    }
  });

  it('a Dendrite dials twice, for ten seconds together', () => {
    const [first, second] = attempts(dendriteProfile, 'cut').filter((_, index) => index % 2 === 1);
    // Every second one follows a wait, of 2 and of 4 s.
    expect(first).toBeGreaterThanOrEqual(5 + 1.6);
    expect(first).toBeLessThanOrEqual(5 + 2.8);
    expect(second).toBeGreaterThanOrEqual(5 + 3.2);
    expect(second).toBeLessThanOrEqual(5 + 5.6);
  });
});

/**
 * hs2, of the profile, is cut off while the room changes; when it is back it is told of the last event alone, and asks
 * for what lies before it. `weather`: from then on.
 */
function afterGap(
  profile: FederationProfile,
  weather: NonNullable<MatrixWorld['weather']>,
  changes = 24,
): MatrixWorld {
  const world = new MatrixWorld();
  world.addServer('hs1');
  world.addServer('hs2', profile);
  world.addServer('hs3', profile);
  const room = world.addRoom('12', ['@a:hs1', '@b:hs2'], 'public');
  world.addUser('@c:hs3');
  world.start();
  world.cut('hs1', 'hs2');
  world.say('@a:hs1');
  world.run(hours(2.5));
  for (let said = 0; said < 24; said++) {
    if (said < changes) world.setState('@a:hs1', room, 'org.example.list', String(said), { place: said });
    world.say('@a:hs1');
    world.run(seconds(1));
  }
  world.weather = weather;
  world.heal();
  world.say('@b:hs2');
  world.run(hours(1));
  world.membership('@c:hs3', room, 'join', { via: ['hs1'] });
  world.run(minutes(1));
  return world;
}

/** Seconds until hs2 goes on without an answer to this question. */
function waitsFor(profile: FederationProfile, question: MatrixMessage['kind']): number {
  const world = afterGap(profile, (from, _to, message) => ({
    losesRequest: from === 'hs2' && kindOf(message) === question,
  }));
  const asked = world.requests.find(({ from, message }) => from === 'hs2' && kindOf(message) === question);
  const gaveUp = world.facts.find(
    ({ node, fact }) =>
      node === 'hs2' && fact.kind === 'situation' && fact.name === 'matrix.federation.state-unknown',
  );
  return asked === undefined || gaveUp === undefined ? NaN : inSeconds(gaveUp.at - asked.at);
}

describe('a server that falls silent while it is asked for a state', () => {
  it.each([
    ['Synapse', '/state_ids', 60, synapseProfile, 'matrix.get-state-ids'],
    ['Synapse', '/state', 600, synapseProfile, 'matrix.get-state'],
    ['Dendrite', '/state_ids', 20, dendriteProfile, 'matrix.get-state-ids'],
    ['Dendrite', '/state', 30, dendriteProfile, 'matrix.get-state'],
  ] as const)('a %s waits for %s %i s', (_name, _path, patience, profile, question) => {
    expect(waitsFor(profile, question)).toBeCloseTo(patience, 0);
  });
});

const questions = {
  synapse: {
    'matrix.transaction': [60, 30],
    'matrix.get-missing-events': [60, 30],
    'matrix.get-state-ids': [60, 30],
    'matrix.get-state': [600, 30],
    'matrix.get-event': [60, 30],
    'matrix.get-backfill': [60, 30],
    'matrix.make-membership': [20, 30],
    'matrix.send-membership': [60, 30],
  },
  dendrite: {
    'matrix.transaction': [300, 5],
    'matrix.get-missing-events': [30, 5],
    'matrix.get-state-ids': [20, 5],
    'matrix.get-state': [30, 5],
    'matrix.get-event': [30, 5],
    'matrix.get-backfill': [30, 5],
    'matrix.make-membership': [30, 5],
    'matrix.send-membership': [300, 5],
  },
};

it.each([
  ['Synapse', synapseProfile],
  ['Dendrite', dendriteProfile],
] as const)('what a %s asks has its patience with an answer, and with a connection', (_name, profile) => {
  const met: Record<string, readonly (number | undefined)[]> = {};
  afterGap(profile, (from, _to, message, { timeout, connectTimeout }) => {
    if (from !== 'hs1')
      met[kindOf(message)] = [timeout, connectTimeout].map((each) => each && inSeconds(each));
    return {};
  });
  expect(met).toEqual(questions[profile.name]);
});

describe('of a state that was told in ids, what is missing', () => {
  const missing = (ofTold: number, told: number, isPredecessorMissing = false) => ({
    ofTold,
    told,
    isPredecessorMissing,
  });

  it('a Synapse asks for as a whole from a tenth on, the event after which it is counted in', () => {
    expect(synapseProfile.asksForWholeState(missing(2, 20))).toBe(true);
    expect(synapseProfile.asksForWholeState(missing(1, 20))).toBe(false);
    expect(synapseProfile.asksForWholeState(missing(1, 20, true))).toBe(true);
  });

  it('a Dendrite asks for as a whole when it is more than eight events and more than half', () => {
    expect(dendriteProfile.asksForWholeState(missing(9, 17))).toBe(true);
    expect(dendriteProfile.asksForWholeState(missing(8, 9))).toBe(false);
    expect(dendriteProfile.asksForWholeState(missing(10, 20, true))).toBe(false);
  });

  it.each([
    ['Synapse', synapseProfile, ['matrix.get-state', 'matrix.get-event']],
    ['Dendrite', dendriteProfile, ['matrix.get-event']],
  ] as const)('so that of five missing events of a small room a %s gets', (_name, profile, questions) => {
    const met = new Set<string>();
    afterGap(
      profile,
      (from, _to, message) => {
        if (from === 'hs2' && ['matrix.get-state', 'matrix.get-event'].includes(kindOf(message)))
          met.add(kindOf(message));
        return {};
      },
      5,
    );
    expect([...met]).toEqual(questions);
  });
});
