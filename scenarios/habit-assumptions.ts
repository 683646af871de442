// The numbers about people as the report lists them: value of this run, meaning and range from the schema's own words.
import type { Habits } from '../sim/workload/habits.ts';
import type { Assumption } from '../sim/world.ts';
import { scenarioSchema } from './schema.ts';

/** One row for each number under `people`. */
export function habitAssumptions(habits: Habits): readonly Assumption[] {
  const descriptions = descriptionsOf();
  return Object.entries(habits).map(([name, value]: readonly [string, number]) => {
    const meaning = descriptions.get(name) ?? name;
    const [, least, most] = /range (\d+(?:\.\d+)?) to (\d+(?:\.\d+)?)/.exec(meaning) ?? [];
    return {
      path: `people.${name}`,
      value,
      unit: '',
      meaning,
      ...(least === undefined || most === undefined ? {} : { range: [Number(least), Number(most)] as const }),
      ...(name === 'count' ? { source: 'chosen by the scenario' } : {}),
    };
  });
}

function descriptionsOf(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(scenarioSchema.shape.people.shape).map(([name, schema]) => [
      name,
      schema.description ?? '',
    ]),
  );
}
