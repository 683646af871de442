// Who gets a connection: limits per phone, cities, pauses; what one transmitter and idle radios cost.
import { describe, expect, it } from 'vitest';
import { seconds } from '../../../protocol/time.ts';
import { advertisingMicroseconds, airMicroseconds } from '../../../sim/radio/air-time.ts';
import { createTestRadio, radioMessage, type TestPhone, type TestRadio } from '../../support/radio.ts';
import { fc, property } from '../../support/property.ts';

/** A crowd on a square: everybody hears everybody. */
function crowd(
  size: number,
  platform: TestPhone['platform'],
  { seed = 'test', parameters = {} }: { seed?: string; parameters?: Readonly<Record<string, number>> } = {},
): TestRadio {
  const phones = Array.from({ length: size }, (_, index) => ({
    platform: platform ?? 'ios',
    way: [{ at: 0, x: index % 5, y: Math.floor(index / 5) }],
  }));
  const radio = createTestRadio(phones, { seed, parameters });
  radio.on(...phones.keys());
  return radio;
}

const centrals = ({ handed }: TestRadio, node: number): number =>
  handed.filter((each) => each.node === node && each.input.kind === 'link-up' && each.input.tag !== undefined)
    .length;

describe('slots', () => {
  it('are eight on Android, and all of them are used in a crowd', () => {
    const radio = crowd(20, 'android');
    radio.runUntil(120);
    const links = Array.from({ length: 20 }, (_, node) => radio.links(node));
    expect(Math.max(...links)).toBe(8);
    // Whoever is left with a slot has nobody left to give one to.
    expect(links.filter((count) => count < 8).length).toBeLessThanOrEqual(8);
  });

  it('let an iPhone begin six connections and take others', () => {
    const radio = crowd(20, 'ios');
    radio.runUntil(120);
    const all = Array.from({ length: 20 }, (_, node) => node);
    expect(Math.max(...all.map((node) => centrals(radio, node)))).toBe(6);
    expect(Math.max(...all.map((node) => radio.links(node)))).toBeGreaterThan(6);
    expect(Math.max(...all.map((node) => radio.links(node)))).toBeLessThanOrEqual(12);
  });

  it('go to those who wait when a phone leaves', () => {
    const radio = crowd(12, 'android');
    radio.runUntil(60);
    const full = Array.from({ length: 12 }, (_, node) => radio.links(node));
    radio.off(0, 1);
    radio.runUntil(120);
    expect([radio.links(0), radio.links(1)]).toEqual([0, 0]);
    for (let node = 2; node < 12; node++) expect(radio.links(node)).toBeGreaterThanOrEqual(full[node]! - 1);
    expect(Math.max(...Array.from({ length: 10 }, (_, node) => radio.links(node + 2)))).toBe(8);
  });

  property([fc.array(fc.record({ node: fc.nat(7), at: fc.nat(60) }), { maxLength: 30 }), fc.nat(1_000)], {
    numRuns: 40,
  })('are never exceeded, and both ends agree, whoever switches when', (switches, seed) => {
    const radio = crowd(8, 'android', { seed: `${seed}` });
    const isOn = Array.from({ length: 8 }, () => true);
    for (const { node, at } of switches)
      radio.plan(at, () => {
        isOn[node] = isOn[node] !== true;
        if (isOn[node]) radio.on(node);
        else radio.off(node);
      });
    for (let until = 0; until <= 120; until += 7) {
      radio.runUntil(until);
      for (let left = 0; left < 8; left++) {
        expect(radio.links(left)).toBeLessThanOrEqual(isOn[left] === true ? 7 : 0);
        for (let right = 0; right < left; right++)
          expect(radio.link(left, right)).toBe(radio.link(right, left));
      }
    }
    // In the end everybody who is on has found everybody who is on.
    const present = isOn.filter(Boolean).length;
    for (let node = 0; node < 8; node++)
      expect(radio.links(node)).toBe(isOn[node] === true ? present - 1 : 0);
  });
});

describe('phones', () => {
  it('of different cities never meet', () => {
    const radio = createTestRadio([{ city: 'Ghent' }, { city: 'Bruges' }, { city: 'Ghent' }]);
    radio.on(0, 1, 2);
    radio.runUntil(600);
    expect([radio.links(0), radio.links(1), radio.links(2)]).toEqual([1, 0, 1]);
  });

  it('leave each other alone for three seconds after one has closed the connection', () => {
    const radio = createTestRadio([{}, {}]);
    radio.on(0, 1);
    radio.runUntil(30);
    radio.radio.disconnect({ node: 0, part: 'app' }, radio.link(0, 1)!);
    expect(radio.inputs(0, 'link-down')).toEqual([]);
    expect(radio.inputs(1, 'link-down').map(({ input }) => input.failure.kind)).toEqual(['closed']);
    radio.runUntil(90);
    const again = radio.inputs(0, 'link-up')[1];
    expect(again!.at - seconds(30)).toBeGreaterThan(seconds(3));
  });

  it('send one thing at a time, over however many links', () => {
    const bytes = 5_000;
    const lastArrival = (neighbours: number): number => {
      const radio = crowd(neighbours + 1, 'android');
      radio.runUntil(60);
      for (let node = 1; node <= neighbours; node++)
        radio.send(0, radio.link(0, node)!, radioMessage('one', bytes));
      radio.runUntil(90);
      return Math.max(...radio.handed.filter(({ input }) => input.kind === 'message').map(({ at }) => at));
    };
    const more = lastArrival(7) - lastArrival(1);
    expect(more).toBeGreaterThan(5 * airMicroseconds(bytes));
  });

  // iPhones would pause only where they hear nothing new for ten seconds; Android phones do so 2 s of 10, however many they hear.
  it.each([
    ['ios', 2, {}, 1],
    ['ios', 7, {}, 1],
    ['android', 2, {}, 4 / 5],
    ['android', 7, {}, 4 / 5],
    ['android', 7, { radioScansAlways: 1 }, 1],
  ] as const)(
    'of %s with %i neighbours and %o listen for others %d of the time',
    (platform, neighbours, more, share) => {
      const radio = crowd(neighbours + 1, platform, { parameters: more });
      radio.runUntil(600);
      radio.radio.settle();
      const before = radio.counted.scanned;
      radio.runUntil(1_200);
      radio.radio.settle();
      expect(radio.counted.scanned - before).toBe(Math.round(seconds(600) * (neighbours + 1) * share));
    },
  );

  it('cost what they advertise while they are on, and no event', () => {
    const radio = createTestRadio([{}]);
    radio.on(0);
    radio.plan(100, () => radio.off(0));
    radio.runUntil(3_600);
    radio.radio.settle();
    expect(radio.counted.air).toBe(400 * advertisingMicroseconds);
    expect(radio.kernel.events).toBe(1);
    expect(radio.counted.scanned).toBe(seconds(100));
  });
});

it('the radio is a function of its seed', () => {
  const told = (seed: string): string => {
    const radio = crowd(10, 'ios', { seed });
    radio.runUntil(60);
    return JSON.stringify(radio.handed);
  };
  expect(told('one')).toBe(told('one'));
  expect(told('one')).not.toBe(told('two'));
});
