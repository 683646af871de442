// A core's durable storage: kept through a crash, rolled back to the last sync, or lost.
import { present } from '../../protocol/assert.ts';
import type { StoredState } from '../../protocol/core.ts';
import type { Instant } from '../../protocol/time.ts';
import type { DiskFate } from './node-health.ts';

/**
 * Microseconds between syncs of a disk that acknowledges writes before they are safe: ext4 commits its journal every
 * five seconds unless told otherwise (https://www.kernel.org/doc/html/latest/admin-guide/ext4.html, option `commit`).
 */
const syncInterval = 5_000_000;

/** A copy of what was stored. */
interface Backup {
  readonly values: ReadonlyMap<string, unknown>;
  readonly made: ReadonlyMap<string, number>;
}

interface Undo {
  readonly key: string;
  readonly value: unknown;
  /** Undefined when the key did not exist. */
  readonly made: number | undefined;
}

/** What a rollback needs to know: the writes since the last sync, which is never more than one interval's. */
class Unsynced {
  /** By key, the number of the write that made it: restores the order of first persisting. */
  made = new Map<string, number>();
  readonly undos: Undo[] = [];
  #writes = 0;
  #syncedUntil = 0;

  /** Before a write. */
  note(key: string, before: unknown, isRemoval: boolean, at: Instant): void {
    const interval = Math.floor(at / syncInterval);
    if (interval !== this.#syncedUntil) {
      this.#syncedUntil = interval;
      this.undos.length = 0;
    }
    const made = this.made.get(key);
    this.undos.push({ key, value: before, made });
    if (isRemoval) this.made.delete(key);
    else if (made === undefined) this.made.set(key, this.#writes++);
  }

  isOf(at: Instant): boolean {
    return Math.floor(at / syncInterval) === this.#syncedUntil;
  }
}

/** One core's keys and values, in the order of first persisting. */
export class DurableStorage {
  /** Made with the first write: most of many phones store nothing. */
  #values: Map<string, unknown> | undefined;
  /** Undefined where no disk is ever rolled back. */
  #unsynced: Unsynced | undefined = new Unsynced();
  #backup: Backup | undefined;

  /** Before the first write, in a run in which no crash rolls a disk back. */
  isNeverRolledBack(): void {
    this.#unsynced = undefined;
  }

  persist(key: string, value: unknown, at: Instant): void {
    this.#unsynced?.note(key, this.#values?.get(key), value === undefined, at);
    if (value === undefined) this.#values?.delete(key);
    else (this.#values ??= new Map()).set(key, value);
  }

  /** A crash at this instant leaves this much. */
  crash(fate: DiskFate, at: Instant): void {
    if (fate === 'lost') this.#values = undefined;
    const unsynced = this.#unsynced;
    if (fate === 'rolled-back') this.#rollBack(present(unsynced, 'writes since the last sync'), at);
    if (unsynced === undefined) return;
    if (fate === 'lost') unsynced.made.clear();
    unsynced.undos.length = 0;
  }

  /** Keeps a copy of everything, instead of the one kept before. */
  backUp(): void {
    this.#backup = { values: new Map(this.#values), made: new Map(this.#unsynced?.made) };
  }

  /** Everything is as it was when it was last copied; empty when it never was. */
  restoreBackup(): void {
    this.#values = new Map(this.#backup?.values);
    if (this.#unsynced === undefined) return;
    this.#unsynced.made = new Map(this.#backup?.made);
    this.#unsynced.undos.length = 0;
  }

  /** What a core is rebuilt from. */
  stored(): StoredState {
    return new Map(this.#values);
  }

  #rollBack(unsynced: Unsynced, at: Instant): void {
    const { undos, made } = unsynced;
    if (!unsynced.isOf(at)) return;
    const values = new Map(this.#values);
    for (const undo of undos.toReversed()) {
      if (undo.made === undefined) {
        values.delete(undo.key);
        made.delete(undo.key);
      } else {
        values.set(undo.key, undo.value);
        made.set(undo.key, undo.made);
      }
    }
    const order = (key: string): number => made.get(key) ?? 0;
    this.#values = new Map([...values].sort(([left], [right]) => order(left) - order(right)));
  }
}
