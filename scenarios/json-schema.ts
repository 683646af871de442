// The scenario language as a JSON Schema, for editors: completion, descriptions and errors while somebody writes.
import { z } from 'zod';
import { systems } from '../sim/systems/registry.ts';
import { loadCatalogue } from './catalogue.ts';
import { scenarioSchema } from './schema.ts';

/** A JSON Schema, or part of one. */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * What a scenario file may hold, as draft 7, which editors know best. Selectors, sums and references between parts of a file are beyond it:
 * `netsplit validate` checks those as well.
 */
export function scenarioJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(scenarioSchema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
  });
  const { properties = {} } = schema;
  const { people, systems: chosen } = properties as Record<string, JsonSchema>;
  const city = partOf(people, 'cities', 'name');
  if (city !== undefined) city.examples = loadCatalogue().cities.map(({ name }) => name);
  if (chosen !== undefined) {
    const parameters = chosen.additionalProperties as JsonSchema;
    chosen.properties = Object.fromEntries(
      [...systems.values()].map(({ id, title, description }) => [id, { ...parameters, title, description }]),
    );
    chosen.additionalProperties = false;
  }
  return { ...schema, title: 'netsplit scenario' };
}

/** A property of the elements of a list. */
function partOf(schema: JsonSchema | undefined, list: string, name: string): JsonSchema | undefined {
  const found = schema?.properties?.[list];
  const items = typeof found === 'object' ? (found.items as JsonSchema | undefined) : undefined;
  return items?.properties?.[name] as JsonSchema | undefined;
}
