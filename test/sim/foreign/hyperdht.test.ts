// The real hyperdht and hyperswarm in virtual time.
import { describe, expect, it } from 'vitest';
import { crashFifth } from '../../../cli/bench/hyperdht/dht-crash.ts';
import { hyperdhtInstalled } from '../../support/hyperdht.ts';

describe.skipIf(!hyperdhtInstalled())('a DHT of real nodes', () => {
  it('loses a fifth of them, and people still find each other', async () => {
    const { early, late, up, wellConnected, result } = await crashFifth({ nodes: 50, pairs: 6, seed: 'a' });
    expect(result.endedBy).toBe('horizon');
    expect(up).toBe(40);
    expect(wellConnected).toBe(up);
    expect(early).toEqual({ pairs: 3, met: 3 });
    expect(late).toEqual({ pairs: 3, met: 3 });
  });

  it('is the same to the last packet for one seed, and another for another', async () => {
    const digestOf = async (seed: string): Promise<string> =>
      (await crashFifth({ nodes: 20, pairs: 2, seed })).result.digest;
    const first = await digestOf('a');
    expect(await digestOf('a')).toBe(first);
    expect(await digestOf('b')).not.toBe(first);
    // Of one build: whatever the version of Node, the processor, or what ran before. A change of the network moves it.
    expect(first).toMatchInlineSnapshot(`"f14378b1000ffc9bbbcec9ad7075a24563dc4930378ef90109e0d8497d46608b"`);
  });
});
