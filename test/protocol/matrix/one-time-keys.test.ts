// A device with which there is no Olm session needs a one-time key first, from its own server; what happens when that server
// does not answer, when the keys are used up, and to what was said meanwhile.
import { describe, expect, it } from 'vitest';
import { dendriteProfile, synapseProfile } from '../../../protocol/matrix/federation/profiles.ts';
import { asMatrix } from '../../../protocol/matrix/messages.ts';
import { oneTimeKeysKept } from '../../../protocol/matrix/one-time-keys.ts';
import { hours, minutes, seconds } from '../../../protocol/time.ts';
import { MatrixWorld } from '../../support/matrix-world.ts';

/** Three servers; `@c:hs3` has an Olm session with nobody, and every client's next message needs a new Megolm session. */
function withStranger(profile = synapseProfile): MatrixWorld {
  const world = new MatrixWorld();
  world.warmMessages = 100;
  world.strangers = (one, other) => one !== other && [one, other].includes('@c:hs3');
  for (const name of ['hs1', 'hs2', 'hs3']) world.addServer(name, profile);
  world.addRoom('11', ['@a:hs1', '@b:hs2', '@c:hs3'], 'invite', true);
  world.start();
  return world;
}

/** What a client asked of its server about keys, in order. */
const keyRequests = (world: MatrixWorld, from: string): string[] =>
  world.clientRequests
    .filter((each) => each.from === from)
    .flatMap(({ message }) => {
      const request = asMatrix(message);
      if (request?.kind === 'matrix.claim-keys') return [`claim ${[...request.devices.keys()].join(' ')}`];
      if (request?.kind === 'matrix.upload-keys') return [`upload ${request.oneTimeKeys}`];
      if (request?.kind !== 'matrix.send-to-device') return [];
      return [`${request.eventType} ${[...request.messages.keys()].join(' ')}`];
    });

const claimsAt = (world: MatrixWorld): number[] =>
  world.requests
    .filter(({ message }) => message.kind === 'matrix.claim-user-keys')
    .map(({ at }) => Math.round(at / seconds(1)));

describe('a first message to a device', () => {
  it.each([
    ['Synapse', synapseProfile],
    ['Dendrite', dendriteProfile],
  ])('claims a one-time key of it once, on a %s', (_name, profile) => {
    const world = withStranger(profile);
    const said = [world.say('@a:hs1'), world.say('@a:hs1')];
    world.run(seconds(5));
    expect(keyRequests(world, '@a:hs1')).toEqual(['claim @c:hs3', 'm.room.encrypted @b:hs2 @c:hs3']);
    expect(world.readBy('@c:hs3')).toEqual(said);
    // Whoever got a message through Olm has a session, and answers without a claim.
    const answer = world.say('@c:hs3');
    world.run(seconds(5));
    expect(keyRequests(world, '@c:hs3')).toEqual([
      'upload 1',
      'claim @b:hs2',
      'm.room.encrypted @a:hs1 @b:hs2',
    ]);
    expect(world.readBy('@a:hs1')).toEqual([answer]);
  });

  it('keeps its session over a restart', () => {
    const world = withStranger();
    world.say('@a:hs1');
    world.run(seconds(5));
    world.crash('@a:hs1');
    world.restart('@a:hs1');
    const [room] = world.roomIds();
    world.membership('@b:hs2', room!, 'leave');
    world.run(seconds(5));
    world.input('@a:hs1', { kind: 'user', action: { kind: 'open-app' } });
    world.run(seconds(5));
    world.say('@a:hs1');
    world.run(seconds(5));
    expect(keyRequests(world, '@a:hs1').filter((each) => each.startsWith('claim'))).toHaveLength(1);
    expect(world.readBy('@c:hs3')).toHaveLength(2);
  });

  it('takes the fallback key when all are gone, and the device makes up for them', () => {
    const world = withStranger();
    const claim = (): void =>
      world.input('hs3', {
        kind: 'request',
        id: 900_000 as never,
        from: 'hs2' as never,
        message: {
          kind: 'matrix.claim-user-keys',
          origin: 'hs2',
          destination: 'hs3',
          devices: new Map([['@c:hs3', ['D']]]),
          carries: [],
        } as never,
      });
    world.input('@c:hs3', { kind: 'user', action: { kind: 'close-app' } });
    for (let count = 0; count <= oneTimeKeysKept; count++) {
      claim();
      world.run(seconds(2));
    }
    expect(world.situations('hs3').get('matrix.one-time-keys.fallback')).toBe(1);
    world.input('@c:hs3', { kind: 'user', action: { kind: 'open-app' } });
    world.run(minutes(1));
    expect(keyRequests(world, '@c:hs3')).toEqual([`upload ${oneTimeKeysKept}`]);
    claim();
    expect(world.situations('hs3').get('matrix.one-time-keys.fallback')).toBe(1);
  });
});

describe('a server that cannot be asked for a one-time key', () => {
  it('is asked again after 15, 30, 60 s; its users are told once; they read what is said from the claim on', () => {
    const world = withStranger();
    world.cut('hs1', 'hs3');
    const lost = world.say('@a:hs1');
    // The claim takes its ten seconds; then the message goes to everybody else.
    world.run(seconds(9));
    expect(world.readBy('@b:hs2')).toEqual([]);
    world.run(seconds(3));
    expect(world.readBy('@b:hs2')).toEqual([lost]);
    expect(keyRequests(world, '@a:hs1')).toEqual([
      'claim @c:hs3',
      'm.room.encrypted @b:hs2',
      'm.room_key.withheld @c:hs3',
    ]);
    const alsoLost = world.say('@a:hs1');
    world.run(seconds(1));
    expect(world.readBy('@b:hs2')).toEqual([lost, alsoLost]);
    expect(keyRequests(world, '@a:hs1')).toHaveLength(3);
    world.heal();
    // hs1 is in a back-off of ten minutes, and says so to its clients without asking hs3.
    world.run(minutes(5));
    const stillLost = world.say('@a:hs1');
    world.run(seconds(5));
    expect(keyRequests(world, '@a:hs1').slice(3)).toEqual(['claim @c:hs3']);
    expect(claimsAt(world)).toHaveLength(1);
    world.run(hours(1));
    const heard = world.say('@a:hs1');
    world.run(minutes(1));
    expect(claimsAt(world)).toHaveLength(2);
    expect(world.readBy('@c:hs3')).toEqual([heard]);
    expect(world.situations('@c:hs3').get('matrix.unable-to-decrypt')).toBe(3);
    expect(world.situations('@c:hs3').get('matrix.room-key.withheld')).toBe(1);
    expect([lost, alsoLost, stillLost]).toHaveLength(3);
    // Nothing brings the key of what was said before.
    world.run(hours(24));
    expect(world.readBy('@c:hs3')).toEqual([heard]);
  });

  it('may be down while others are asked at once', () => {
    const world = withStranger();
    world.crash('hs2');
    world.strangers = (one, other) => one !== other;
    const said = world.say('@a:hs1');
    world.run(seconds(2));
    expect(keyRequests(world, '@a:hs1')[0]).toBe('claim @b:hs2 @c:hs3');
    expect(world.readBy('@c:hs3')).toEqual([said]);
  });
});
