// Many small federations in bad weather: no promise is broken, and every disagreement that is left has a cause.
import { describe, expect, it } from 'vitest';
import { playStorm, type Storm } from '../../../support/matrix-storm.ts';

/**
 * `npm run soak` plays thousands. Other numbers, from another one on:
 * STORMS=1000 FIRST_STORM=5000 npx vitest run test/protocol/matrix/federation/storm.test.ts
 */
const isSoak = process.env['MODE'] === 'soak';
const count = Number(process.env['STORMS'] ?? (isSoak ? 4_000 : 40));
const first = Number(process.env['FIRST_STORM'] ?? 0);
/** Storms that make one test, so that a long run tells how far it is. */
const together = 500;

function stormOf(number: number): Storm {
  return {
    seed: String(number),
    version: ['12', '11', '10', '6'][number % 4]!,
    servers: 2 + (number % 4),
    steps: 30 + (number % 7) * 10,
    dendrites: number % 5 === 4 ? 1 : 0,
    ending: number % 3 === 2 ? 'quiet' : 'spoken',
    backups: Math.floor(number / 4) % 3 === 2,
  };
}

interface Tally {
  /** Promises broken, disagreements without a cause, resets where there must be none. */
  readonly broken: string[];
  /** How often each cause was met. */
  readonly causes: Map<string, number>;
}

function play(storm: Storm, { broken, causes }: Tally): void {
  const note = (cause: string): void => void causes.set(cause, (causes.get(cause) ?? 0) + 1);
  const { violations, divergences, resets } = playStorm(storm);
  broken.push(...violations.map((violation) => `storm ${storm.seed}: ${violation}`));
  for (const { isBehindGap, key, server } of resets) {
    note(`state reset in ${storm.version}${isBehindGap ? ', behind a gap' : ''}`);
    if (storm.version === '12' && !isBehindGap)
      broken.push(`storm ${storm.seed}: ${server} has reset ${key} in a room without gaps`);
  }
  for (const { aspect, cause, server, eventId } of divergences) {
    note(`${aspect} ${cause}`);
    if (cause === 'unexplained')
      broken.push(`storm ${storm.seed}: ${server} differs in ${aspect} ${eventId ?? ''}: unexplained`);
  }
}

const blocks = Array.from({ length: Math.ceil(count / together) }, (_, block) => {
  const from = first + block * together;
  return { from, to: Math.min(from + together, first + count) - 1 };
});

describe('in bad weather', () => {
  it.each(blocks)(
    'no promise is broken in storms $from to $to, and nothing is left unexplained',
    { timeout: 600_000 },
    ({ from, to }) => {
      const tally: Tally = { broken: [], causes: new Map() };
      for (let number = from; number <= to; number++) play(stormOf(number), tally);
      if (count > together) console.log(Object.fromEntries([...tally.causes].sort()));
      expect(tally.broken).toEqual([]);
    },
  );
});
