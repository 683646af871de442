// `places.json`: where people live, so that a replay of a run folder can be drawn without simulating anything.
import { z } from 'zod';
import type { Evidence } from './metrics/metric.ts';

/** Name of the file in a run folder. */
export const placesFile = 'places.json';

/** What it holds. */
export const placesSchema = z.object({
  cities: z.array(z.object({ name: z.string(), latitude: z.number(), longitude: z.number() })),
  /** City, and metres east and north on its plane, by person. */
  people: z.array(z.tuple([z.number(), z.number(), z.number()])),
});

/** Where people live. */
export type Places = z.infer<typeof placesSchema>;

/** The places of a run: the same for all of its systems. */
export function placesText(evidence: ReadonlyMap<string, Evidence>): string {
  const [any] = evidence.values();
  const cities = new Map<
    string,
    { readonly index: number; readonly latitude: number; readonly longitude: number }
  >();
  const people = (any?.workload.people ?? []).map(({ city, stays }): Places['people'][number] => {
    const { latitude, longitude } = city.location;
    const known = cities.get(city.name) ?? { index: cities.size, latitude, longitude };
    cities.set(city.name, known);
    const { x, y } = stays[0]?.from ?? { x: 0, y: 0 };
    return [known.index, Math.round(x), Math.round(y)];
  });
  const places: Places = {
    cities: [...cities].map(([name, { latitude, longitude }]) => ({ name, latitude, longitude })),
    people,
  };
  return `${JSON.stringify(places)}\n`;
}
