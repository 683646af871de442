// A case that is a scenario: the section that says what must come out, checked, and the run that it is about.
import { nearest } from '../../sim/infrastructure/near-misses.ts';
import type { CaseSection, ScenarioExpectation } from '../case-section.ts';
import { compileScenario, type CompiledScenario } from '../compile.ts';
import { parseScenario } from '../parse.ts';
import { didYouMean } from '../scenario-error.ts';
import { systemInvariants } from '../search/systems/system-invariants.ts';

/** A scenario case ready to be replayed. */
export interface ScenarioCase {
  readonly compiled: CompiledScenario;
  readonly section: CaseSection;
}

/** The name of a finding that an expectation is about: an invariant, and in which way it is broken. */
export function findingOf(expectation: ScenarioExpectation): string {
  return 'violates' in expectation ? expectation.violates : expectation.holds;
}

/**
 * Reads a scenario that is a case.
 * @throws ScenarioError with file, line and what was expected
 */
export function readScenarioCase(text: string, file: string): ScenarioCase {
  const parsed = parseScenario(text, file);
  const section = parsed.document.case;
  if (section === undefined)
    throw parsed.problemAt(['case'], 'expected a case: this scenario does not say what must come out');
  if (parsed.declaredSystems.length !== 1)
    throw parsed.problemAt(
      ['systems'],
      `expected the one system of a case, found ${parsed.declaredSystems.length}`,
    );
  const known = systemInvariants.map(({ id }) => id);
  for (const [index, expectation] of section.expect.entries()) {
    const [id = ''] = findingOf(expectation).split(' ');
    if (!known.includes(id))
      throw parsed.problemAt(
        ['case', 'expect', index, 'violates' in expectation ? 'violates' : 'holds'],
        `there is no invariant "${id}"${didYouMean(nearest(id, known))}; there are ${known.join(', ')}`,
      );
  }
  return { compiled: compileScenario({ text, file }), section };
}

/** Whether a text is a scenario, and no case of state resolution. */
export function isScenarioText(text: string): boolean {
  return /^netsplit:/m.test(text) && !/^netsplit_case:/m.test(text);
}
