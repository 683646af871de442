// Numbers as people read them.

/** A share as per cent: two digits below the point only where they tell something. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return '–';
  const value = share * 100;
  if (value === 100 || value === 0) return `${value} %`;
  return `${value > 99 || value < 1 ? value.toFixed(2) : value.toFixed(1)} %`;
}

/** A duration in the two largest fitting units. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '> horizon';
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${(minutes / 1440).toFixed(1)} d`;
}

/** A count with thin spaces between thousands. */
export function count(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

/** Bytes in decimal units. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let scaled = value;
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return `${unit === 0 || scaled >= 99.5 ? scaled.toFixed(0) : scaled.toFixed(1)} ${units[unit] ?? ''}`;
}

/** Time of day in UTC of a wall clock in milliseconds since 1970; with the date when asked. */
export function clockTime(wallMs: number, withDate = false): string {
  const text = new Date(wallMs).toISOString();
  return withDate ? `${text.slice(0, 10)} ${text.slice(11, 16)} UTC` : text.slice(11, 16);
}
