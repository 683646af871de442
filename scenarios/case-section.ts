// What makes a scenario a case: the expected outcome of one system's run with one seed, and how it was found.
import { z } from 'zod';
import { text } from './schema-parts.ts';

const expectation = z.union([
  z.strictObject({ violates: text.describe('An invariant that this run breaks.') }),
  z.strictObject({ holds: text.describe('An invariant that this run keeps.') }),
]);

/** The section of a scenario that is a case. */
export const caseSectionSchema = z
  .strictObject({
    seed: z.number().int().min(1).describe('Of the run.'),
    expect: z.array(expectation).min(1).describe('What must come out (docs/search.md).'),
    found: z
      .strictObject({
        command: text.describe('What was typed.'),
        run: z.number().int().min(0).exactOptional().describe('In which run of the search.'),
        seconds: z.number().min(0).exactOptional().describe('How long it had taken.'),
      })
      .exactOptional()
      .describe('For people: where it comes from.'),
    why: text.exactOptional().describe('What goes wrong, in a sentence.'),
  })
  .exactOptional()
  .describe(
    'A case of `netsplit search`: `netsplit replay` and `netsplit regress` hold its run against what is expected.',
  );

/** The section as written. */
export type CaseSection = NonNullable<z.output<typeof caseSectionSchema>>;

/** One thing that is expected. */
export type ScenarioExpectation = CaseSection['expect'][number];
