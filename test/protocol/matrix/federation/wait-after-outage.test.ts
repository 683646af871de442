// How long a quiet server waits, once it is back, for what others had to say: the simulation against the published laws,
// which are played here once more from their constants alone.
// Synapse: synapse/util/retryutils.py, synapse/http/matrixfederationclient.py, synapse/federation/sender/__init__.py;
// Dendrite: federationapi/statistics/statistics.go.
import { describe, expect, it } from 'vitest';
import {
  dendriteProfile,
  synapseProfile,
  type FederationProfile,
} from '../../../../protocol/matrix/federation/profiles.ts';
import { days, hours, inSeconds, minutes, seconds, type Duration } from '../../../../protocol/time.ts';
import { RandomStreams } from '../../../../sim/random/streams.ts';
import { MatrixWorld } from '../../../support/matrix-world.ts';

const pairs = 20;
const horizon = days(8);

/** What an attempt at a server that is away meets: a refusal at once, or nothing at all. */
type Manner = 'refuses' | 'is silent';

/** Seconds from the return of each server until it has the message that was said to it when it was gone; sorted. */
function simulated(profile: FederationProfile, outage: Duration, manner: Manner): readonly number[] {
  const world = new MatrixWorld();
  for (let pair = 0; pair < pairs; pair++) {
    for (const side of ['near', 'far']) world.addServer(`${side}${pair}`, profile);
    world.addRoom('12', [`@a:near${pair}`, `@b:far${pair}`]);
  }
  world.start();
  for (let pair = 0; pair < pairs; pair++) {
    if (manner === 'refuses') world.crash(`far${pair}`);
    else world.cut(`near${pair}`, `far${pair}`);
  }
  for (let pair = 0; pair < pairs; pair++) world.say(`@a:near${pair}`, pair);
  world.run(outage);
  const back = world.now;
  if (manner === 'refuses') for (let pair = 0; pair < pairs; pair++) world.restart(`far${pair}`);
  else world.heal();
  world.run(horizon);
  return Array.from({ length: pairs }, (_, pair) => {
    const arrived = world.requests.find(({ to, at }) => to === `far${pair}` && at >= back);
    return arrived === undefined ? Infinity : inSeconds(arrived.at - back);
  }).sort((left, right) => left - right);
}

/** The instants, in seconds after a message was said, at which a law asks a server that is away. */
type Law = (jitter: () => number, manner: Manner) => Generator<number>;

/** Twisted gives an address thirty seconds. */
function* synapseLaw(jitter: () => number, manner: Manner): Generator<number> {
  const attempt = manner === 'refuses' ? 0.1 : 30;
  let at = 0;
  for (let interval = 600; ; interval = Math.min(interval * 2 * jitter(), 7 * 86_400)) {
    yield at;
    for (let retry = 1; retry <= 10; retry++) yield (at += attempt + Math.min(4 ** retry, 60) * jitter());
    at = 60 * Math.ceil((at + attempt + interval) / 60);
  }
}

/** gomatrixserverlib dials twice, five seconds each. */
function* dendriteLaw(jitter: () => number, manner: Manner): Generator<number> {
  const attempt = manner === 'refuses' ? 0.1 : 10;
  let at = 0;
  for (let failures = 1; failures <= 17; failures++) {
    yield at;
    at += attempt + 2 ** failures * jitter();
  }
}

function byLaw(law: Law, outage: number, manner: Manner): readonly number[] {
  const draws = new RandomStreams('law').stream(`${outage} ${manner}`);
  const jitter = (): number => 0.8 + 0.6 * draws.uniform();
  const waits = Array.from({ length: 2_000 }, () => {
    for (const at of law(jitter, manner)) if (at >= outage) return at - outage;
    return Infinity;
  });
  return waits.sort((left, right) => left - right);
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.floor(share * (sorted.length - 1))]!;

/** The largest distance between two distributions (Kolmogorov and Smirnov). */
function distance(left: readonly number[], right: readonly number[]): number {
  const share = (of: readonly number[], value: number): number =>
    of.filter((each) => each <= value).length / of.length;
  return Math.max(...left.map((value) => Math.abs(share(left, value) - share(right, value))));
}

describe.each([
  ['Synapse', synapseProfile, synapseLaw],
  ['Dendrite', dendriteProfile, dendriteLaw],
] as const)('%s', (_name, profile, law) => {
  const outages = [
    ['5 minutes', minutes(5)],
    ['30 minutes', minutes(30)],
    ['2 hours', hours(2)],
    ['8 hours', hours(8)],
    ['1 day', days(1)],
    ['3 days', days(3)],
  ] as const;
  const cases = outages.flatMap(([words, outage]) =>
    (['refuses', 'is silent'] as const).map((manner) => [words, manner, outage] as const),
  );
  it.each(cases)('waits as its law says after %s in which the other %s', (_words, manner, outage) => {
    const measured = simulated(profile, outage, manner);
    const expected = byLaw(law, inSeconds(outage), manner);
    const never = expected.filter((wait) => wait === Infinity).length / expected.length;
    expect(measured.filter((wait) => wait === Infinity).length / pairs).toBeCloseTo(never, 1);
    if (never > 0) return;
    // 1 % of samples of this size from the same distribution are further apart.
    expect(distance(measured, expected)).toBeLessThan(1.63 / Math.sqrt(pairs));
    expect(quantile(measured, 1)).toBeLessThanOrEqual(quantile(expected, 1) * 1.1 + 60);
  });
});

it('what a server says itself ends the wait at once, whatever the law', () => {
  const world = new MatrixWorld();
  for (const name of ['hs1', 'hs2']) world.addServer(name);
  world.addRoom('12', ['@a:hs1', '@b:hs2']);
  world.start();
  world.crash('hs2');
  const said = world.say('@a:hs1');
  world.run(days(1));
  world.restart('hs2');
  world.run(minutes(1));
  expect(world.readBy('@b:hs2')).toEqual([]);
  world.say('@b:hs2');
  world.run(seconds(2));
  expect(world.readBy('@b:hs2')).toEqual([said]);
});
