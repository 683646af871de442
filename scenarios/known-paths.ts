// Every path that the schema has a place for, so that a mistyped one can be named.
import { z } from 'zod';
import { scenarioSchema } from './schema.ts';

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
}

let paths: ReadonlySet<string> | undefined;

/** Dotted paths; `#` stands for a list position, `*` for any name. */
export function knownPaths(): ReadonlySet<string> {
  if (paths === undefined) {
    const found = new Set<string>();
    collect(z.toJSONSchema(scenarioSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, '', found);
    paths = found;
  }
  return paths;
}

function collect(schema: JsonSchema, path: string, found: Set<string>): void {
  if (path !== '') found.add(path);
  const below = (name: string): string => (path === '' ? name : `${path}.${name}`);
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    collect(property, below(name), found);
  if (schema.items !== undefined) collect(schema.items, below('#'), found);
  if (typeof schema.additionalProperties === 'object')
    collect(schema.additionalProperties, below('*'), found);
  for (const choice of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])])
    collect(choice, path, found);
}
