// One server is hostile in every way there is, in bad weather: honest ones keep their promises, and say what they refused.
import { describe, expect, it } from 'vitest';
import { misbehaviours, type Misbehaviour } from '../../../../protocol/matrix/misbehaviour.ts';
import { playStorm } from '../../../support/matrix-storm.ts';

const isSoak = process.env['MODE'] === 'soak';
const count = Number(process.env['STORMS'] ?? (isSoak ? 200 : 4));

/** What honest servers must be seen to refuse, where the way of being hostile is one that the checks on receipt meet. */
const mustRefuse: Partial<Record<Misbehaviour, readonly string[]>> = {
  forges: ['dropped: signature', 'redacted: content-hash'],
  'breaks-chains': ['rejected: auth_events', 'rejected: independent', 'unconnected: authority-missing'],
  'ignores-bans': ['soft-failed: '],
  'keeps-back': ['unconnected: predecessors-missing'],
  floods: ['rate-limited: questions-per-second'],
};

describe.each(misbehaviours)('a server that %s', (hostile) => {
  it('breaks no promise of honest ones, and leaves nothing without a cause', { timeout: 600_000 }, () => {
    const refused = new Map<string, number>();
    const broken: string[] = [];
    for (let number = 0; number < count; number++) {
      const after = playStorm({
        seed: `${hostile} ${number}`,
        version: ['12', '11', '10', '6'][number % 4]!,
        servers: 4,
        steps: 40,
        dendrites: number % 4 === 3 ? 1 : 0,
        ending: 'spoken',
        hostile,
        areEqual: number % 2 === 1,
      });
      broken.push(...after.violations.map((violation) => `storm ${number}: ${violation}`));
      for (const { cause, aspect, server, eventId } of after.divergences)
        if (cause === 'unexplained')
          broken.push(`storm ${number}: ${server} differs in ${aspect} ${eventId}`);
      for (const [name, times] of after.refused) refused.set(name, (refused.get(name) ?? 0) + times);
    }
    expect(broken).toEqual([]);
    for (const each of mustRefuse[hostile] ?? [])
      expect([...refused.keys()].filter((name) => name.startsWith(each))).not.toEqual([]);
  });
});
