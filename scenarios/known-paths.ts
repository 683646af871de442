// Every path that the schema has a place for, so that a mistyped one can be named.
import { z } from 'zod';
import { scenarioSchema } from './schema.ts';

interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
}

/** What the schema says of a path. */
export interface DescribedPath {
  readonly description: string;
  /** It is written as text: a duration, an instant, a name. */
  readonly isText: boolean;
}

let described: ReadonlyMap<string, DescribedPath> | undefined;
let paths: ReadonlySet<string> | undefined;

/** Dotted paths; `#` stands for a list position, `*` for any name. */
export function knownPaths(): ReadonlySet<string> {
  return (paths ??= new Set(describedPaths().keys()));
}

/** The same with what the schema says of each; where several kinds have a field, the first that says something. */
export function describedPaths(): ReadonlyMap<string, DescribedPath> {
  if (described === undefined) {
    const found = new Map<string, DescribedPath>();
    collect(z.toJSONSchema(scenarioSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, '', found);
    described = found;
  }
  return described;
}

function collect(schema: JsonSchema, path: string, found: Map<string, DescribedPath>): void {
  if (path !== '') {
    const { description = '', isText = false } = found.get(path) ?? {};
    found.set(path, {
      description: description === '' ? (schema.description ?? '') : description,
      isText: isText || schema.type === 'string',
    });
  }
  const below = (name: string): string => (path === '' ? name : `${path}.${name}`);
  for (const [name, property] of Object.entries(schema.properties ?? {}))
    collect(property, below(name), found);
  if (schema.items !== undefined) collect(schema.items, below('#'), found);
  if (typeof schema.additionalProperties === 'object')
    collect(schema.additionalProperties, below('*'), found);
  for (const choice of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])])
    collect(choice, path, found);
}
