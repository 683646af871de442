// Continents: the ends of backbone paths. Countries are assigned as the United Nations' M49 standard does
// (unstats.un.org/unsd/methodology/m49), the Americas in two because cables treat them so.

/** A continent as path components and selectors name it. */
export type Continent = 'africa' | 'asia' | 'europe' | 'north-america' | 'oceania' | 'south-america';

export const continents: readonly Continent[] = [
  'africa',
  'asia',
  'europe',
  'north-america',
  'oceania',
  'south-america',
];

/** Other ways to write one; case makes no difference. */
const aliases: Readonly<Record<string, Continent>> = { eu: 'europe', 'latin-america': 'south-america' };

/** The continent that somebody means; undefined when it is none. */
export function continentCalled(name: string): Continent | undefined {
  const lower = name.toLowerCase();
  return continents.find((continent) => continent === lower) ?? aliases[lower];
}
