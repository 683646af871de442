// The cells that a campaign's folder already has: read with their keys, so that none is taken for another.
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StoreError, systemErrorInWords } from '../store.ts';
import { campaignVersion, cellResultSchema, type CellResult } from './cell.ts';
import { cellFile } from './run-cell.ts';

/** What a campaign's folder holds. */
export interface StoredCells {
  readonly byKey: ReadonlyMap<string, CellResult>;
  /** Cells that cannot be read, and why: they are run again. */
  readonly problems: readonly string[];
}

/** Reads every cell below a folder; an absent folder has none. Folders that were not finished begin with a dot. */
export async function readCells(folder: string): Promise<StoredCells> {
  const byKey = new Map<string, CellResult>();
  const problems: string[] = [];
  if (!existsSync(folder)) return { byKey, problems };
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  for (const { name } of names.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    try {
      const cell = await readCell(join(folder, name));
      byKey.set(cell.key, cell);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      problems.push(error.message);
    }
  }
  return { byKey, problems };
}

/**
 * The figures of one cell's folder.
 * @throws StoreError naming the file and what is wrong with it
 */
export async function readCell(folder: string): Promise<CellResult> {
  const path = join(folder, cellFile);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const what = error instanceof SyntaxError ? 'the file is damaged' : systemErrorInWords(error);
    throw new StoreError(`${path}: ${what}`);
  }
  const { version } = z.object({ version: z.unknown() }).catch({ version: undefined }).parse(value);
  if (typeof version === 'number' && version > campaignVersion)
    throw new StoreError(
      `${path}: written by a later netsplit (version ${version}; this one reads up to ${campaignVersion})`,
    );
  const checked = cellResultSchema.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new StoreError(
    `${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a cell of a campaign'}`,
  );
}
