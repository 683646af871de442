// Phones whose application works in the background: who still finds whom, how long it takes, and what it costs.
import { describe, expect, it } from 'vitest';
import { seconds } from '../../../protocol/time.ts';
import { advertisingMicroseconds } from '../../../sim/radio/air-time.ts';
import { createTestRadio, type TestPhone, type TestRadio } from '../../support/radio.ts';

type Platform = NonNullable<TestPhone['platform']>;
/** A phone in somebody's hand, or in a pocket. */
type Phone = readonly [Platform, 'hand' | 'pocket'];

function phonesOf(phones: readonly Phone[], seed = 'test'): TestRadio {
  const made = createTestRadio(
    phones.map(([platform]) => ({ platform })),
    { seed },
  );
  for (const [node, [, where]] of phones.entries()) made.radio.handChanged(node, where === 'hand');
  made.on(...phones.keys());
  return made;
}

/** Who began the connections of a phone. */
const began = (radio: TestRadio, node: number): readonly boolean[] =>
  radio.inputs(node, 'link-up').map(({ input }) => input.tag !== undefined);

describe('a phone in a pocket', () => {
  // Apple: what an application in the background advertises is found by iPhones alone, which look for it with the application open.
  it.each<readonly [Phone, Phone, boolean]>([
    [['ios', 'pocket'], ['ios', 'pocket'], false],
    [['ios', 'pocket'], ['ios', 'hand'], true],
    [['ios', 'pocket'], ['android', 'pocket'], true],
    [['ios', 'pocket'], ['android', 'hand'], true],
    [['android', 'pocket'], ['android', 'pocket'], true],
    [['android', 'pocket'], ['android', 'hand'], true],
  ])('%o and %o: %o', (one, other, meet) => {
    const radio = phonesOf([one, other]);
    radio.runUntil(3_600);
    expect([radio.links(0), radio.links(1)]).toEqual(meet ? [1, 1] : [0, 0]);
  });

  it('of an iPhone has to find an Android phone itself, since it is not understood', () => {
    for (let seed = 0; seed < 20; seed++) {
      const radio = phonesOf(
        [
          ['ios', 'pocket'],
          ['android', 'hand'],
        ],
        `${seed}`,
      );
      radio.runUntil(3_600);
      expect([began(radio, 0), began(radio, 1)]).toEqual([[true], [false]]);
    }
  });

  it('takes longer to be found and to find', () => {
    const mean = (where: Phone[1]): number => {
      const times = Array.from({ length: 60 }, (_, seed) => {
        const radio = phonesOf(
          [
            ['android', where],
            ['android', where],
          ],
          `${seed}`,
        );
        radio.runUntil(3_600);
        return radio.inputs(0, 'link-up')[0]!.at / seconds(1);
      });
      return times.reduce((sum, each) => sum + each, 0) / times.length;
    };
    // In hand, either hears the other after half a second of scanning on average. In a pocket each scans a second of sixty and needs four on
    // average: the first of both after two of its own windows or so.
    expect(mean('hand')).toBeLessThan(2);
    expect(mean('pocket')).toBeGreaterThan(60);
    expect(mean('pocket')).toBeLessThan(240);
  });

  it('keeps its connections', () => {
    const radio = phonesOf([
      ['ios', 'hand'],
      ['ios', 'hand'],
    ]);
    radio.runUntil(60);
    expect(radio.links(0)).toBe(1);
    radio.radio.handChanged(0, false);
    radio.radio.handChanged(1, false);
    radio.runUntil(3_600);
    expect(radio.inputs(0, 'link-down')).toEqual([]);
  });

  it('is found once it is taken out', () => {
    const radio = phonesOf([
      ['ios', 'pocket'],
      ['ios', 'pocket'],
    ]);
    radio.plan(1_000, () => radio.radio.handChanged(1, true));
    radio.runUntil(1_060);
    const [up] = radio.inputs(0, 'link-up');
    expect(up!.at).toBeGreaterThan(seconds(1_000));
    expect(radio.links(0)).toBe(1);
  });

  it('advertises once a second and listens a second of a minute', () => {
    const radio = phonesOf([['android', 'pocket']]);
    radio.runUntil(3_600);
    radio.radio.settle();
    expect(radio.counted.air).toBe(3_600 * advertisingMicroseconds);
    expect(radio.counted.scanned).toBe(seconds(60));
  });

  it('whose radio is off is as it was left when it goes on again', () => {
    const radio = phonesOf([
      ['ios', 'hand'],
      ['ios', 'hand'],
    ]);
    radio.off(0, 1);
    radio.radio.handChanged(0, false);
    radio.radio.handChanged(1, false);
    radio.on(0, 1);
    radio.runUntil(3_600);
    expect(radio.links(0)).toBe(0);
  });
});
