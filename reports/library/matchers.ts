// Matchers for vitest and jest: `expect.extend(matchers)`.
import { didYouMean } from '../../scenarios/scenario-error.ts';
import { nearest } from '../../sim/infrastructure/near-misses.ts';
import { systemInvariants } from '../../scenarios/search/systems/system-invariants.ts';
import type { Simulated } from './simulate.ts';

/** What both runners expect of a matcher. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

const listed = (lines: readonly string[]): string =>
  [...lines.slice(0, 5), ...(lines.length > 5 ? [`and ${lines.length - 5} more`] : [])].join('\n  ');

function result(pass: boolean, { seed }: Simulated, what: string, lines: readonly string[]): MatcherResult {
  return {
    pass,
    message: () =>
      `seed ${seed}: expected the run ${pass ? 'not ' : ''}to ${what}${pass ? '' : `:\n  ${listed(lines)}`}`,
  };
}

/** The scenario instead of its run is the likeliest mistake, and no type checker sees it in a plain JavaScript test. */
function finished(run: Simulated): Simulated {
  const given: unknown = run;
  if (typeof given === 'object' && given !== null && 'deliveries' in given) return run;
  throw new TypeError(
    typeof given === 'object' && given !== null && 'compiled' in given
      ? 'expected a run, found its scenario: expect(simulate(scenario))'
      : `expected a run, which simulate() returns, found ${given === null ? 'null' : typeof given}`,
  );
}

/** Matchers of finished runs. */
export const matchers = {
  /** All copies of shared objects agree at the end. */
  toConverge(run: Simulated): MatcherResult {
    const lines = finished(run).disagreements.map(
      ({ object, aspect, cause }) => `${aspect} of ${object}: ${cause}`,
    );
    return result(lines.length === 0, run, 'converge', lines);
  },

  /** Every message comes to everybody it is meant for, within so many seconds when given. */
  toDeliver(run: Simulated, within = Infinity): MatcherResult {
    const missed = finished(run).deliveries.filter(
      ({ sentAt, deliveredAt }) => deliveredAt === undefined || deliveredAt - sentAt > within,
    );
    const lines = missed.map(
      ({ message, recipient, sentAt, deliveredAt }) =>
        `message ${message} to person ${recipient}: ${deliveredAt === undefined ? 'never' : `after ${Number((deliveredAt - sentAt).toFixed(3))} s`}`,
    );
    const what = within === Infinity ? 'deliver everything' : `deliver everything within ${within} s`;
    return result(lines.length === 0, run, what, lines);
  },

  /** These invariants hold; all of them when none is named. */
  toHoldInvariants(run: Simulated, ids?: readonly string[]): MatcherResult {
    const known = systemInvariants.map(({ id }) => id);
    const unknown = (ids ?? []).find((id) => !known.includes(id));
    if (unknown !== undefined)
      throw new RangeError(
        `there is no invariant "${unknown}"${didYouMean(nearest(unknown, known))}; there are ${known.join(', ')}`,
      );
    const lines = finished(run)
      .violations.filter(({ invariant }) => ids === undefined || ids.includes(invariant))
      .map(({ invariant, words }) => `${invariant}: ${words}`);
    return result(lines.length === 0, run, `hold ${ids?.join(', ') ?? 'every invariant'}`, lines);
  },
};
