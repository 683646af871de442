// The real hyperdht and hyperswarm in virtual time.
import { describe, expect, it } from 'vitest';
import { crashFifth } from '../../../cli/bench/hyperdht/dht-crash.ts';
import { hyperdhtInstalled } from '../../support/hyperdht.ts';

/** `npm run soak` has the thousand nodes of the documents. */
const isSoak = process.env['MODE'] === 'soak';
const nodes = isSoak ? 1_000 : 50;

describe.skipIf(!hyperdhtInstalled())('a DHT of real nodes', () => {
  it('loses a fifth of them, and people still find each other', () => {
    const { early, late, up, wellConnected, result } = crashFifth({ nodes, pairs: 6, seed: 'a' });
    expect(result.endedBy).toBe('horizon');
    expect(up).toBe((nodes * 4) / 5);
    expect(wellConnected).toBe(up);
    expect(early).toEqual({ pairs: 3, met: 3 });
    expect(late).toEqual({ pairs: 3, met: 3 });
  }, 3_600_000);

  it('is the same to the last packet for one seed, and another for another', () => {
    const digestOf = (seed: string): string => crashFifth({ nodes: 20, pairs: 2, seed }).result.digest;
    const first = digestOf('a');
    expect(digestOf('a')).toBe(first);
    expect(digestOf('b')).not.toBe(first);
    // Of one build: whatever the version of Node, the processor, or what ran before. A change of the network moves it.
    expect(first).toMatchInlineSnapshot(`"3c463090e77950439d1e341609afded3ac01956bbc3785b37f57452dd6e30089"`);
  });
});
