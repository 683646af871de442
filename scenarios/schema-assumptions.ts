// Numbers of the schema as the report lists them: value of this run, meaning and range from the schema's own words.
import type { z } from 'zod';
import type { Habits } from '../sim/workload/habits.ts';
import type { Assumption } from '../sim/world.ts';
import { documentationOf } from './documented-values.ts';
import { movementModels, type MovementDocument } from './movement-schema.ts';
import { scenarioSchema } from './schema.ts';
import { worldSchema, type WorldDocument } from './world-schema.ts';

/** One row for each number under `people`. */
export function habitAssumptions(habits: Habits): readonly Assumption[] {
  return rowsOf('people', scenarioSchema.shape.people, habits).map((row) =>
    row.path === 'people.count' ? { ...row, source: 'chosen by the scenario' } : row,
  );
}

/** One row for each number of the mobility model; none without one. */
export function movementAssumptions(movement: MovementDocument | undefined): readonly Assumption[] {
  if (movement === undefined) return [];
  const schema = movementModels.find(({ shape }) => shape.model.value === movement.model);
  const { model, ...values } = movement;
  const row = { path: 'movement.model', value: model, unit: '', meaning: 'how people move' };
  return [row, ...(schema === undefined ? [] : rowsOf('movement', schema, values))];
}

/** One row for each number under `world.access`. */
export function accessAssumptions(access: WorldDocument['access']): readonly Assumption[] {
  return rowsOf('world.access', unwrap(worldSchema).shape.access, access);
}

interface Wrapper {
  readonly unwrap: () => z.ZodType;
}

function hasShape(schema: unknown): schema is z.ZodObject {
  return typeof schema === 'object' && schema !== null && 'shape' in schema;
}

/** The object inside defaults and the like. */
function unwrap<Schema>(schema: Schema): Schema extends z.ZodPrefault<infer Inner> ? Inner : Schema {
  let inner: unknown = schema;
  while (!hasShape(inner) && typeof inner === 'object' && inner !== null && 'unwrap' in inner)
    inner = (inner as Wrapper).unwrap();
  return inner as Schema extends z.ZodPrefault<infer Inner> ? Inner : Schema;
}

function rowsOf(path: string, schema: z.ZodType, values: object): readonly Assumption[] {
  const object: unknown = unwrap(schema);
  if (!hasShape(object)) return [];
  return Object.entries(values).flatMap(
    ([name, value]: readonly [string, unknown]): readonly Assumption[] => {
      const field = object.shape[name] as z.ZodType | undefined;
      if (field === undefined) return [];
      if (typeof value === 'object' && value !== null) return rowsOf(`${path}.${name}`, field, value);
      if (typeof value !== 'number') return [];
      const { meaning, unit, range } = documentationOf(name, field.description ?? name);
      return [{ path: `${path}.${name}`, value, unit, meaning, ...(range === undefined ? {} : { range }) }];
    },
  );
}
