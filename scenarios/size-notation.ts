// How amounts of data are written: `50MB`, `5MiB`, `1.5GB`, and rates of them: `250kB/s`, `2Mbit/s`; distances: `30m`.

const units: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1_000,
  KB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
  bit: 1 / 8,
  kbit: 125,
  Mbit: 125_000,
  Gbit: 125_000_000,
};

/** What an amount of data looks like, for error messages. */
export const sizeForm = 'an amount of data such as 50MB, 512KiB or 1000000B';

/** What a rate looks like, for error messages. */
export const rateForm = 'a rate such as 250kB/s or 2Mbit/s';

/** Bytes of an amount of data; undefined when the text is none. `k`, `M` and `G` are powers of 1,000. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?) ?([kKMG]?i?B|[kMG]?bit)$/.exec(text) ?? [];
  const bytesPerUnit = units[unit];
  if (amount === undefined || bytesPerUnit === undefined) return undefined;
  const bytes = Number(amount) * bytesPerUnit;
  return bytes > Number.MAX_SAFE_INTEGER ? undefined : bytes;
}

/** Bytes per second of a rate; undefined when the text is none, or zero. */
export function parseRate(text: string): number | undefined {
  if (!text.endsWith('/s')) return undefined;
  const rate = parseSize(text.slice(0, -2));
  return rate === 0 ? undefined : rate;
}

/** What a distance looks like, for error messages. */
export const distanceForm = 'a distance such as 30m or 1.2km';

/** Metres of a distance; undefined when the text is none, or zero. */
export function parseDistance(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?(km|m)$/.exec(text) ?? [];
  const metres = Number(amount) * (unit === 'km' ? 1_000 : 1);
  return metres > 0 && metres < 1_000_000 ? metres : undefined;
}
