// Tests of properties: a check that must hold for whatever fast-check makes up, and whose failure names the seed to
// repeat it with. The adapter of fast-check's authors builds every order of vitest's modifiers when it is imported,
// which costs each file of tests more than most files take.
import fc from 'fast-check';
import { it } from 'vitest';

export { fc };

/** `npm run soak` tries more of everything that does not say itself how much is enough. */
if (process.env['MODE'] === 'soak') fc.configureGlobal({ numRuns: 2_000 });

/**
 * Registers a test: `property([fc.nat()])('name', (n) => …)`. A check fails by throwing, or by answering `false`.
 */
export function property<Values extends [unknown, ...unknown[]]>(
  arbitraries: { [Index in keyof Values]: fc.Arbitrary<Values[Index]> },
  parameters: fc.Parameters<Values> = {},
): (name: string, check: (...values: Values) => unknown) => void {
  return (name, check) =>
    it(name, () =>
      fc.assert(
        fc.asyncProperty<Values>(...arbitraries, async (...values) => (await check(...values)) !== false),
        parameters,
      ),
    );
}
