// The list of runs, quickly: what was read of a run folder is kept for as long as its record stays the same, beyond the
// life of the server as well.
import { readFile, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { compareCodePoints } from '../../protocol/order.ts';
import { readRecord, StoreError, writeAtomically } from '../store.ts';
import { summaryOf } from './run-summary.ts';
import type { RunList, RunSummary } from './wire.ts';

/** Milliseconds after which a list is given as far as it is known. */
const patience = 200;
const indexFile = '.index.json';

/** Raised when the lines of the list change: then everything is read again. */
const indexVersion = 1;

const indexSchema = z.object({
  version: z.literal(indexVersion),
  entries: z.record(z.string(), z.object({ stamp: z.string(), summary: z.custom<RunSummary>(isSummary) })),
});

function isSummary(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string';
}

interface Entry {
  /** Size and time of the record's file. */
  readonly stamp: string;
  readonly summary: RunSummary;
}

/** What a store holds. */
export class RunIndex {
  readonly #store: string;
  #entries: Map<string, Entry> | undefined;
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #unread = 0;

  constructor(store: string) {
    this.#store = resolve(store);
  }

  /** Newest run first, damaged folders last; an absent store is empty. */
  async list(): Promise<RunList> {
    let isWhole = false;
    const reading = this.#readAfterNow().then(() => {
      isWhole = true;
    });
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((done) => {
      timer = setTimeout(done, patience);
    });
    await Promise.race([reading, enough]);
    clearTimeout(timer);
    const runs = [...(this.#entries ?? new Map<string, Entry>()).values()].map(({ summary }) => summary);
    return {
      runs: runs.sort((left, right) => compareCodePoints(newestFirst(right), newestFirst(left))),
      unread: isWhole ? 0 : Math.max(1, this.#unread),
    };
  }

  /** A reading that is under way may have passed what has changed since: whoever asks meanwhile shares the next one. */
  #readAfterNow(): Promise<void> {
    if (this.#reading === undefined) return this.#begin();
    this.#next ??= this.#reading.then(() => {
      this.#next = undefined;
      return this.#begin();
    });
    return this.#next;
  }

  #begin(): Promise<void> {
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const entries = (this.#entries ??= await this.#kept());
    const names = await this.#folders();
    const present = new Set(names);
    for (const name of entries.keys()) if (!present.has(name)) entries.delete(name);
    const stamps = await Promise.all(names.map(async (name) => [name, await this.#stamp(name)] as const));
    const changed = stamps
      .filter(([name, stamp]) => entries.get(name)?.stamp !== stamp)
      .sort(([, left], [, right]) => writtenAt(right) - writtenAt(left));
    this.#unread = changed.length;
    for (const [id, stamp] of changed) {
      entries.set(id, { stamp, summary: await this.#summary(id) });
      this.#unread--;
    }
    if (changed.length > 0) await this.#keep(entries);
  }

  async #folders(): Promise<readonly string[]> {
    try {
      const found = await readdir(this.#store, { withFileTypes: true });
      return found.filter((each) => each.isDirectory() && !each.name.startsWith('.')).map(({ name }) => name);
    } catch {
      return [];
    }
  }

  async #stamp(id: string): Promise<string> {
    try {
      const { size, mtimeMs } = await stat(join(this.#store, id, 'run.json'));
      return `${size} ${mtimeMs}`;
    } catch {
      return 'none';
    }
  }

  async #summary(id: string): Promise<RunSummary> {
    const path = join(this.#store, id);
    try {
      return summaryOf({ id, path, record: await readRecord(path) });
    } catch (error) {
      if (error instanceof StoreError) return summaryOf({ id, path, problem: error.message });
      throw error;
    }
  }

  /** What an earlier server kept; anything that does not look like it is as good as nothing. */
  async #kept(): Promise<Map<string, Entry>> {
    try {
      const value: unknown = JSON.parse(await readFile(join(this.#store, indexFile), 'utf8'));
      return new Map(Object.entries(indexSchema.parse(value).entries));
    } catch {
      return new Map();
    }
  }

  /** A store that cannot be written to is read again by the next server. */
  async #keep(entries: ReadonlyMap<string, Entry>): Promise<void> {
    const text = JSON.stringify({ version: indexVersion, entries: Object.fromEntries(entries) });
    await writeAtomically(join(this.#store, indexFile), text).catch(() => undefined);
  }
}

/** The newest are read first: they are what somebody comes for. */
const writtenAt = (stamp: string): number => Number(stamp.split(' ')[1] ?? 0);

function newestFirst(run: RunSummary): string {
  return 'problem' in run ? `0 ${run.id}` : `1 ${run.recordedAt} ${run.id}`;
}
