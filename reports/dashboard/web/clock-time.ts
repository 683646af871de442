// Instants as people read them.

/** Time of day in UTC of a wall clock in milliseconds since 1970; with the date when asked. */
export function clockTime(wallMs: number, withDate = false): string {
  const text = new Date(wallMs).toISOString();
  return withDate ? `${text.slice(0, 10)} ${text.slice(11, 16)} UTC` : text.slice(11, 16);
}
