// Many small federations in bad weather: no promise is broken, and every disagreement that is left has a cause.
import { describe, expect, it } from 'vitest';
import { playStorm, type Storm } from '../../../support/matrix-storm.ts';

/** More of them in a long run: STORMS=1000 npx vitest run test/protocol/matrix/federation/storm.test.ts */
const count = Number(process.env['STORMS'] ?? 40);
const first = Number(process.env['FIRST_STORM'] ?? 0);

const storms = Array.from({ length: count }, (_, index): Storm => {
  const number = first + index;
  return {
    seed: String(number),
    version: ['12', '11', '10', '6'][number % 4]!,
    servers: 2 + (number % 4),
    steps: 30 + (number % 7) * 10,
    dendrites: number % 5 === 4 ? 1 : 0,
    ending: number % 3 === 2 ? 'quiet' : 'spoken',
  };
});

describe('in bad weather', () => {
  it(`no promise is broken in ${count} storms, and nothing is left unexplained`, { timeout: 600_000 }, () => {
    const broken: string[] = [];
    const causes = new Map<string, number>();
    for (const storm of storms) {
      const { violations, divergences, resets } = playStorm(storm);
      for (const { isBehindGap, key, server } of resets) {
        causes.set(
          `state reset in ${storm.version}`,
          (causes.get(`state reset in ${storm.version}`) ?? 0) + 1,
        );
        if (storm.version === '12' && !isBehindGap)
          broken.push(`storm ${storm.seed}: ${server} has reset ${key} in a room without gaps`);
      }
      broken.push(...violations.map((violation) => `storm ${storm.seed}: ${violation}`));
      for (const { aspect, cause, server, eventId } of divergences) {
        causes.set(`${aspect} ${cause}`, (causes.get(`${aspect} ${cause}`) ?? 0) + 1);
        if (cause === 'unexplained')
          broken.push(`storm ${storm.seed}: ${server} differs in ${aspect} ${eventId ?? ''}: unexplained`);
      }
    }
    if (process.env['STORMS'] !== undefined) console.log(Object.fromEntries(causes));
    expect(broken).toEqual([]);
  });
});
