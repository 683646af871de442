// The fast hash behind draws by address and behind what the digest sees of a message.
import { describe, expect } from 'vitest';
import { Lanes } from '../../../sim/random/lanes.ts';
import { fc, property } from '../../support/property.ts';

const words = fc.array(fc.integer(), { maxLength: 50 });

function hashOf(mix: (lanes: Lanes) => void): readonly [number, number] {
  const lanes = new Lanes();
  lanes.reset(1, 2);
  mix(lanes);
  lanes.finish();
  return [lanes.low, lanes.high];
}

describe('lanes', () => {
  property([words])('mix many words as they mix one after the other', (each) => {
    const one = hashOf((lanes) => each.forEach((word) => lanes.mix(word)));
    expect(hashOf((lanes) => lanes.mixAll(Int32Array.from(each), each.length))).toEqual(one);
  });

  property([words, fc.nat(49), fc.integer({ min: 0, max: 31 })])('see every bit', (each, at, bit) => {
    fc.pre(at < each.length);
    const other = each.map((word, index) => (index === at ? word ^ (1 << bit) : word));
    expect(hashOf((lanes) => lanes.mixAll(Int32Array.from(other), other.length))).not.toEqual(
      hashOf((lanes) => lanes.mixAll(Int32Array.from(each), each.length)),
    );
  });
});
