// What travels through the queue: a cell's job one way, its result with the files of its run folder the other way.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { cellResultSchema, type CellJob } from '../campaign/cell.ts';
import type { CellPool } from '../campaign/cell-pool.ts';
import { cellFolder } from '../campaign/run-cell.ts';
import { replaceFolder, unlessRefused, type RecordLevel } from '../store.ts';

/** Everything of one netsplit goes through queues and keys that begin so. */
export const queuePrefix = 'netsplit';

/** The queue of one engine: a worker of another never sees its jobs. */
export function queueName(engine: string): string {
  return `cells-${engine.slice(0, 16)}`;
}

/** A cell and how much of it is wanted back. */
export interface CellOrder {
  readonly job: CellJob;
  readonly level: RecordLevel;
  /** Whether the files of the run folder are wanted, or only the result. */
  readonly files: boolean;
}

export const cellDeliverySchema = z.object({
  result: cellResultSchema,
  /** By name, as base64. */
  files: z.record(z.string().regex(/^[\w.-]+$/), z.string()),
});

/** A finished cell. */
export type CellDelivery = z.infer<typeof cellDeliverySchema>;

/** Does an order in a folder of its own, which is gone afterwards. */
export async function doOrder({ job, level, files }: CellOrder, pool: CellPool): Promise<CellDelivery> {
  const folder = await mkdtemp(join(tmpdir(), 'netsplit-cell-'));
  try {
    const result = await pool.run(job, { folder: files ? folder : undefined, level });
    if (!files) return { result, files: {} };
    const path = cellFolder(folder, job);
    const contents: Record<string, string> = {};
    for (const name of await readdir(path))
      contents[name] = (await readFile(join(path, name))).toString('base64');
    return { result, files: contents };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Keeps a delivered cell as if it had run here, whole or not at all.
 * @throws StoreError when the file system refuses
 */
export async function keepDelivery(folder: string, job: CellJob, { files }: CellDelivery): Promise<void> {
  const path = cellFolder(folder, job);
  const partial = join(dirname(path), `.${basename(path)}-${randomBytes(4).toString('hex')}`);
  await unlessRefused(`the run to ${path}`, async () => {
    try {
      await mkdir(partial, { recursive: true });
      for (const [name, content] of Object.entries(files))
        await writeFile(join(partial, name), Buffer.from(content, 'base64'));
      await replaceFolder(partial, path);
    } catch (error) {
      await rm(partial, { recursive: true, force: true }).catch(() => undefined); // the first complaint is the one to tell
      throw error;
    }
  });
}
