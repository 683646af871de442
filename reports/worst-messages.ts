// Which messages suffered most, from a run folder's fates: where to begin to look.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { z } from 'zod';
import { StoreError, systemErrorInWords } from './store.ts';

const fateRow = z.object({
  system: z.string(),
  message: z.number(),
  recipient: z.number(),
  sent_us: z.bigint(),
  delivered_us: z.bigint().nullable(),
  twin_delivered_us: z.bigint().nullable(),
});

/** A delivery that came later than in the twin, or never. */
export interface SufferedDelivery {
  readonly system: string;
  readonly message: number;
  readonly recipient: number;
  /** Beyond the twin; null: it never came. */
  readonly excessSeconds: number | null;
}

/**
 * The worst deliveries of each system of a run folder: first what was lost, then what was latest.
 * @throws StoreError when the folder has no fates
 */
export async function worstDeliveries(folder: string, most: number): Promise<readonly SufferedDelivery[]> {
  const path = join(folder, 'fates.parquet');
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new StoreError(`${path}: ${systemErrorInWords(error)}`);
  }
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const rows = await parquetReadObjects({
    file: file as ArrayBuffer,
    columns: Object.keys(fateRow.shape),
  }).catch(() => {
    throw new StoreError(`${path}: expected a Parquet file; it is damaged`);
  });
  const suffered = rows.flatMap((row): SufferedDelivery[] => {
    const { system, message, recipient, delivered_us: ours, twin_delivered_us: twins } = fateRow.parse(row);
    if (twins === null || ours === twins) return [];
    if (ours === null) return [{ system, message, recipient, excessSeconds: null }];
    const excessSeconds = Number(ours - twins) / 1_000_000;
    return excessSeconds > 1 ? [{ system, message, recipient, excessSeconds }] : [];
  });
  const systems = [...new Set(suffered.map(({ system }) => system))];
  return systems.flatMap((system) =>
    suffered
      .filter((each) => each.system === system)
      .sort(
        (left, right) =>
          (right.excessSeconds ?? Infinity) - (left.excessSeconds ?? Infinity) ||
          left.message - right.message,
      )
      .slice(0, most),
  );
}
