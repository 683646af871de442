// What the schema's own words say about a value: meaning, unit and plausible range. One place for tables and reports.

/** What is known of a settable value beside the value itself. */
export interface Documentation {
  readonly meaning: string;
  readonly unit: string;
  readonly range: readonly [number, number] | undefined;
  /** The schema says that the default is assumed. */
  readonly isAssumed: boolean;
}

const units: readonly (readonly [RegExp, string])[] = [
  [/BitsPerSecond$/, 'bit/s'],
  [/(PerDay|PerPersonPerDay)$/, '1/d'],
  [/(Ms|Milliseconds)$/, 'ms'],
  [/Seconds$/, 's'],
  [/Minutes$/, 'min'],
  [/Hours$/, 'h'],
  [/Metres$/, 'm'],
];

/** Reads a description such as "Mean length, minutes. Assumed; range 1 to 20." and the unit from the name's end. */
export function documentationOf(name: string, description: string): Documentation {
  const [, least, most] = /range (\d+(?:\.\d+)?) to (\d+(?:\.\d+)?)/.exec(description) ?? [];
  return {
    meaning: description,
    unit: units.find(([suffix]) => suffix.test(name))?.[1] ?? '',
    range: least === undefined || most === undefined ? undefined : [Number(least), Number(most)],
    isAssumed: /\bAssumed\b/.test(description),
  };
}
