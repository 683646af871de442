// How times are written in scenarios: `2h52m`, `90s`, `1.5d` for durations; ISO 8601 in UTC for instants.

const microsecondsPer: Readonly<Record<string, number>> = {
  us: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  min: 60_000_000,
  h: 3_600_000_000,
  d: 86_400_000_000,
};

/** Durations as a regular expression, for editors. */
export const durationPattern = String.raw`(\d+(\.\d+)?(us|ms|s|min|m|h|d))+`;

/** Instants of the ISO form as a regular expression, for editors. */
export const wallTimePattern = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z`;

const durationExpression = new RegExp(`^${durationPattern}$`);
const wallTimeExpression = new RegExp(`^${wallTimePattern}$`);

/** What a duration looks like, for error messages. */
export const durationForm = 'a duration such as 90s, 2h52m, 1.5d or 250ms';

/** What an instant looks like, for error messages. */
export const instantForm =
  'an instant in UTC such as 2025-10-20T06:48Z, or a duration since the epoch such as 6h48m';

/** Microseconds of a duration; undefined when the text is not one. Never negative. */
export function parseDuration(text: string): number | undefined {
  if (!durationExpression.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|min|m|h|d)/g)) {
    total += Number(amount) * (microsecondsPer[unit ?? ''] ?? Number.NaN);
  }
  const rounded = Math.round(total);
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}

/** Milliseconds since 1970 of an ISO instant in UTC (`Z` is required); undefined when the text is not one. */
export function parseWallTime(text: string): number | undefined {
  if (!wallTimeExpression.test(text)) return undefined;
  const value = Date.parse(text);
  if (Number.isNaN(value)) return undefined;
  // `2025-02-30` is taken for March by Date.parse: refuse what does not come back.
  return new Date(value).toISOString().startsWith(text.slice(0, 10)) ? value : undefined;
}

/** Microseconds since the epoch of either form; undefined when the text is neither. May be negative for an ISO instant. */
export function parseInstant(text: string, epochWallMs: number): number | undefined {
  const duration = parseDuration(text);
  if (duration !== undefined) return duration;
  const wall = parseWallTime(text);
  return wall === undefined ? undefined : (wall - epochWallMs) * 1_000;
}
