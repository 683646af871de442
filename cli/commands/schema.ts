// `netsplit schema`: the scenario language, for editors or for people.
import { scenarioJsonSchema } from '../../scenarios/json-schema.ts';
import { languageReference } from '../../scenarios/language-reference.ts';
import { exitCode } from '../exit.ts';

/** Options as the command line gives them. */
export interface SchemaOptions {
  readonly format: 'json' | 'md';
}

/** Prints the language; returns the exit code. */
export function schema({ format }: SchemaOptions): number {
  process.stdout.write(
    format === 'md' ? languageReference() : `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`,
  );
  return exitCode.good;
}
