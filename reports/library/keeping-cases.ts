// What a failing property of runs leaves behind: seed, path, and a case that `netsplit replay` shows.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type fc from 'fast-check';
import { scenarioCaseText } from '../../scenarios/search/systems/scenario-of-recipe.ts';
import { violationName } from '../../scenarios/search/systems/system-invariants.ts';
import { simulate, type Scenario } from './simulate.ts';

/**
 * A reporter for `fc.assert`: keeps the smallest failing scenario in a folder, and fails with the seed and the path that
 * fast-check takes back, and the command that shows the case.
 */
export function keepingCases(folder: string): (details: fc.RunDetails<[Scenario]>) => void {
  return (details) => {
    if (!details.failed) return;
    const { seed, counterexamplePath: path, counterexample, numRuns, errorInstance } = details;
    const [failing] = counterexample ?? [];
    const lines = [`the property fails after ${numRuns} runs: seed ${seed}, path "${path ?? ''}"`];
    if (failing !== undefined) {
      const file = join(folder, `property-seed-${seed}.yaml`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, caseOf(failing));
      lines.push(`npx netsplit replay ${file}`);
    }
    if (errorInstance instanceof Error) lines.push(errorInstance.message);
    throw new Error(lines.join('\n'), { cause: errorInstance });
  };
}

function caseOf(failing: Scenario): string {
  const { violations } = simulate(failing);
  const [first] = violations;
  return scenarioCaseText(JSON.parse(failing.text) as Record<string, unknown>, {
    seed: failing.seed,
    expect:
      first === undefined
        ? [{ holds: 'no-crash' }]
        : violations.map((each) => ({ violates: violationName(each) })),
    ...(first === undefined ? {} : { why: first.words }),
  });
}
