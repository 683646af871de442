// Cells that were run twice: a job whose worker was slow, or thought lost, goes to another one. Both must come to the same,
// and whoever comes second sees whether they did.
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { CellDigests } from '../campaign/cell.ts';
import { queuePrefix } from './cell-message.ts';

/** A second run comes within days, or never. */
const keptSeconds = 7 * 24 * 3_600;
/** Keys asked for at a time. */
const batch = 500;

const digestsSchema = z.record(z.string(), z.string());

const firstKey = (cell: string): string => `${queuePrefix}:first:${cell}`;
const otherKey = (cell: string): string => `${queuePrefix}:other:${cell}`;

/** Notes what a cell came to; false when somebody came to something else before. */
export async function noteDigests(redis: Redis, { key, digests }: CellDigests): Promise<boolean> {
  const text = JSON.stringify(digests);
  if ((await redis.set(firstKey(key), text, 'EX', keptSeconds, 'NX')) === 'OK') return true;
  if ((await redis.get(firstKey(key))) === text) return true;
  await redis.set(otherKey(key), text, 'EX', keptSeconds);
  return false;
}

/** Of these cells, those that came to two things: both, each as an entry of its own. */
export async function differingDigests(
  redis: Redis,
  cells: readonly string[],
): Promise<readonly CellDigests[]> {
  const found: CellDigests[] = [];
  for (let from = 0; from < cells.length; from += batch) {
    const some = cells.slice(from, from + batch);
    const others = await redis.mget(some.map(otherKey));
    for (const [index, other] of others.entries()) {
      const key = some[index];
      if (other === null || key === undefined) continue;
      for (const text of [await redis.get(firstKey(key)), other]) {
        const digests = digestsSchema.safeParse(text === null ? undefined : JSON.parse(text));
        if (digests.success) found.push({ key, digests: digests.data });
      }
    }
  }
  return found;
}
