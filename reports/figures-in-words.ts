// Numbers as people read them, on the terminal and in sentences.

/** A share as per cent; null prints as a dash. Never rounds up to 100 or down to 0. */
export function percent(share: number | null): string {
  if (share === null) return '–';
  const value = share * 100;
  if (value === 0 || value === 100) return `${value} %`;
  const digits = value > 99 || value < 1 ? 2 : 1;
  const least = digits === 2 ? 0.01 : 0.1;
  return `${Math.min(100 - least, Math.max(least, value)).toFixed(digits)} %`;
}

/** A duration in the one or two units that fit. What is more than nothing is not 0. */
export function durationInWords(seconds: number): string {
  if (seconds > 0 && seconds < 0.0005) return '< 1 ms';
  if (seconds < 0.9995) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 600)
    return `${Math.floor(whole / 60)} min${whole % 60 === 0 ? '' : ` ${String(whole % 60).padStart(2, '0')} s`}`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
  return `${(minutes / 1_440).toFixed(1)} d`;
}

/** Delays that people have a feeling for, in seconds: marks of an axis. */
export const familiarTimes: ReadonlyMap<number, string> = new Map([
  [0.01, '10 ms'],
  [0.1, '0.1 s'],
  [1, '1 s'],
  [10, '10 s'],
  [60, '1 min'],
  [600, '10 min'],
  [3_600, '1 h'],
  [21_600, '6 h'],
  [86_400, '1 d'],
  [7 * 86_400, '7 d'],
]);

/** A delay in milliseconds; null where it lies beyond the horizon or there was nothing. */
export function delayInWords(milliseconds: number | null, beyondHorizon: boolean): string {
  if (milliseconds !== null) return durationInWords(milliseconds / 1_000);
  return beyondHorizon ? '> horizon' : '–';
}

/** Bytes in decimal units. */
export function bytesInWords(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let scaled = bytes;
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1_000;
    unit++;
  }
  return `${unit === 0 || scaled >= 99.5 ? scaled.toFixed(0) : scaled.toFixed(1)} ${units[unit] ?? ''}`;
}

/** `1 fault`, `2 faults`. */
export function several(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`;
}

/** A count with thin spaces between thousands; at most one digit below the point. What is more than nothing is not 0. */
export function countInWords(count: number): string {
  if (count > 0 && count < 0.05) return '< 0.1';
  const [whole = '0', fraction] = String(Math.round(count * 10) / 10).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, '\u202f');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
