// A case replayed: whether each thing that is expected of it came out, and in words what did.
import { compareCodePoints } from '../../protocol/order.ts';
import { resolvedIds, under, violationsOf } from '../../scenarios/search/resolution/outcome.ts';
import { algorithmName } from '../../protocol/matrix/room-version.ts';
import type { Case } from '../../scenarios/cases/case-file.ts';
import { findingOf, type ScenarioCase } from '../../scenarios/cases/scenario-case.ts';
import {
  systemInvariant,
  violationName,
  violationsIn,
} from '../../scenarios/search/systems/system-invariants.ts';
import { watchRun } from '../../scenarios/search/systems/watched-run.ts';

/** One expectation and what came of it. */
export interface Replayed {
  /** "violates no-reset-by-order in room version 10 (state resolution v2)". */
  readonly expected: string;
  readonly isMet: boolean;
  /** How the invariant was broken; empty where it holds. */
  readonly words: readonly string[];
}

/** Replays a case. */
export function replayCase({ document, problem }: Case): readonly Replayed[] {
  return document.expect.map((expectation) => {
    const asked = under(problem, expectation.algorithm);
    const where = `in room version ${problem.rules.id} (state resolution ${algorithmName(asked.rules)}${asked.rules.reading === 'text' ? ', by the letter of the text' : ''})`;
    if ('resolves_to' in expectation) {
      const resolved = resolvedIds(asked);
      const isMet = resolved.join() === [...expectation.resolves_to].sort(compareCodePoints).join();
      const words = isMet ? [] : [`It resolves to ${resolved.join(' ')}.`];
      return { expected: `resolves to ${expectation.resolves_to.join(' ')} ${where}`, isMet, words };
    }
    const verb = 'violates' in expectation ? 'violates' : 'holds';
    const invariant = 'violates' in expectation ? expectation.violates : expectation.holds;
    const words = violationsOf(invariant, asked).map((each) => each.words);
    return {
      expected: `${verb} ${invariant} ${where}`,
      isMet: words.length > 0 === (verb === 'violates'),
      words,
    };
  });
}

/** Replays the run of a scenario case: whether each invariant is broken as expected, or holds. */
export function replayScenarioCase({ compiled, section }: ScenarioCase): readonly Replayed[] {
  const run = watchRun(compiled, section.seed);
  const needsMore = section.expect.some((each) => {
    const [id = ''] = findingOf(each).split(' ');
    return systemInvariant(id)?.isCostly === true;
  });
  const violations = violationsIn(run, needsMore);
  const where = `in ${run.system.id} with seed ${section.seed}`;
  return section.expect.map((expectation) => {
    const name = findingOf(expectation);
    const found = violations.filter((each) => violationName(each) === name || each.invariant === name);
    const verb = 'violates' in expectation ? 'violates' : 'holds';
    return {
      expected: `${verb} ${name} ${where}`,
      isMet: found.length > 0 === (verb === 'violates'),
      words: found.map((each) => each.words),
    };
  });
}
