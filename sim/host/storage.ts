// A core's durable storage: kept through a crash, rolled back to the last sync, or lost.
import type { StoredState } from '../../protocol/core.ts';
import type { Instant } from '../../protocol/time.ts';
import type { DiskFate } from './node-health.ts';

/**
 * Microseconds between syncs of a disk that acknowledges writes before they are safe: ext4 commits its journal every
 * five seconds unless told otherwise (https://www.kernel.org/doc/html/latest/admin-guide/ext4.html, option `commit`).
 */
const syncInterval = 5_000_000;

interface Entry {
  value: unknown;
  /** Number of the write that made the key: restores the order of first persisting. */
  readonly made: number;
}

/** A copy of what was stored. */
interface Backup {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly writes: number;
}

interface Undo {
  readonly key: string;
  readonly value: unknown;
  /** Undefined when the key did not exist. */
  readonly made: number | undefined;
}

/** One core's keys and values. Keeps what a rollback would undo, which is never more than one interval's writes. */
export class DurableStorage {
  #entries = new Map<string, Entry>();
  #writes = 0;
  readonly #unsynced: Undo[] = [];
  #syncedUntil = 0;
  #backup: Backup = { entries: new Map(), writes: 0 };

  persist(key: string, value: unknown, at: Instant): void {
    const interval = Math.floor(at / syncInterval);
    if (interval !== this.#syncedUntil) {
      this.#syncedUntil = interval;
      this.#unsynced.length = 0;
    }
    const entry = this.#entries.get(key);
    this.#unsynced.push({ key, value: entry?.value, made: entry?.made });
    if (value === undefined) this.#entries.delete(key);
    else if (entry === undefined) this.#entries.set(key, { value, made: this.#writes++ });
    else entry.value = value;
  }

  /** A crash at this instant leaves this much. */
  crash(fate: DiskFate, at: Instant): void {
    if (fate === 'lost') this.#entries.clear();
    if (fate === 'rolled-back' && Math.floor(at / syncInterval) === this.#syncedUntil) this.#undo();
    this.#unsynced.length = 0;
  }

  /** Keeps a copy of everything, instead of the one kept before. */
  backUp(): void {
    this.#backup = { entries: copyOf(this.#entries), writes: this.#writes };
  }

  /** Everything is as it was when it was last copied; empty when it never was. */
  restoreBackup(): void {
    this.#entries = copyOf(this.#backup.entries);
    this.#writes = this.#backup.writes;
    this.#unsynced.length = 0;
  }

  /** What a core is rebuilt from. */
  stored(): StoredState {
    return new Map(Array.from(this.#entries, ([key, { value }]) => [key, value]));
  }

  #undo(): void {
    for (let index = this.#unsynced.length - 1; index >= 0; index--) {
      const undo = this.#unsynced[index];
      if (undo === undefined) continue;
      if (undo.made === undefined) this.#entries.delete(undo.key);
      else this.#entries.set(undo.key, { value: undo.value, made: undo.made });
    }
    this.#entries = new Map([...this.#entries].sort(([, left], [, right]) => left.made - right.made));
  }
}

function copyOf(entries: ReadonlyMap<string, Entry>): Map<string, Entry> {
  return new Map(Array.from(entries, ([key, entry]) => [key, { ...entry }]));
}
