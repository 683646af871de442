// Private messages that a phone holds: its own, those of others that it carries, for a day (ejinsight.com, 30 July 2015:
// off-grid private messages by store and forward from phone to phone).
import type { Effects, StoredState } from '../core.ts';
import type { WallTime } from '../time.ts';
import type { Account, Letter } from './messages.ts';

const prefix = 'letter/';

/** Letters by id, oldest first. Bounded for those of others: the one carried longest gives way. */
export class Letters {
  readonly #letters = new Map<string, Letter>();
  readonly #own: Account;
  readonly #mostForeign: number;
  readonly #lifetimeMs: number;
  #foreign = 0;

  constructor(own: Account, mostForeign: number, lifetimeMs: number, stored: StoredState | undefined) {
    this.#own = own;
    this.#mostForeign = mostForeign;
    this.#lifetimeMs = lifetimeMs;
    for (const [key, value] of stored ?? []) if (key.startsWith(prefix)) this.#put(value as Letter);
  }

  get size(): number {
    return this.#letters.size;
  }

  ids(): readonly string[] {
    return [...this.#letters.keys()];
  }

  get(id: string): Letter | undefined {
    return this.#letters.get(id);
  }

  keep(letter: Letter, out: Effects): void {
    if (letter.from !== this.#own) {
      if (this.#mostForeign === 0) return;
      if (this.#foreign >= this.#mostForeign) this.#dropOldestForeign(out);
    }
    this.#put(letter);
    out.persist(prefix + letter.id, letter);
  }

  drop(id: string, out: Effects): void {
    const letter = this.#letters.get(id);
    if (letter === undefined) return;
    if (letter.from !== this.#own) this.#foreign--;
    this.#letters.delete(id);
    out.persist(prefix + id, undefined);
  }

  /** Drops what is too old by this phone's clock. */
  expire(wall: WallTime, out: Effects): void {
    for (const { id, writtenAt } of this.#letters.values())
      if (wall - writtenAt > this.#lifetimeMs) this.drop(id, out);
  }

  #put(letter: Letter): void {
    if (letter.from !== this.#own) this.#foreign++;
    this.#letters.set(letter.id, letter);
  }

  #dropOldestForeign(out: Effects): void {
    for (const letter of this.#letters.values()) {
      if (letter.from === this.#own) continue;
      this.drop(letter.id, out);
      return;
    }
  }
}
