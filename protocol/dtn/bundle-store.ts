// The copies that a phone holds: its own, and those of others that it carries. Bounded in bytes and in time.
import type { Effects, StoredState } from '../core.ts';
import type { Instant } from '../time.ts';
import type { DtnBundle } from './messages.ts';
import type { Bundle } from './router.ts';

const prefix = 'bundle/';

/** A copy as the phone and as its router know it. */
export interface HeldBundle {
  readonly message: DtnBundle;
  readonly bundle: Bundle;
}

/** Copies by id, in the order in which they were received. */
export class BundleStore {
  readonly #held = new Map<string, HeldBundle>();
  readonly #mostBytes: number;
  readonly #lifetime: number;
  readonly #dropped: (bundle: Bundle) => void;
  #bytes = 0;

  /** `lifetime`: microseconds after its writing. `dropped`: who wants to know. */
  constructor(
    options: { readonly mostBytes: number; readonly lifetime: number },
    dropped: (bundle: Bundle) => void,
    stored: StoredState | undefined,
  ) {
    this.#mostBytes = options.mostBytes;
    this.#lifetime = options.lifetime;
    this.#dropped = dropped;
    for (const [key, value] of stored ?? [])
      if (key.startsWith(prefix)) this.#put(bundleOf(value as DtnBundle));
  }

  get size(): number {
    return this.#held.size;
  }

  has(id: string): boolean {
    return this.#held.has(id);
  }

  ids(): readonly string[] {
    return [...this.#held.keys()];
  }

  all(): Iterable<HeldBundle> {
    return this.#held.values();
  }

  /** Keeps a copy; those received first give way where room is short. */
  keep(held: HeldBundle, out: Effects): void {
    while (this.#bytes + held.bundle.bytes > this.#mostBytes && this.#held.size > 0) {
      const [oldest] = this.#held.keys();
      this.#drop(oldest ?? '', out);
    }
    this.#put(held);
    out.persist(prefix + held.message.id, held.message);
  }

  /** Drops what has lived its time. */
  expire(now: Instant, out: Effects): void {
    for (const { message } of [...this.#held.values()])
      if (!this.isAlive(message, now)) this.#drop(message.id, out);
  }

  isAlive({ createdAt }: DtnBundle, now: Instant): boolean {
    return now - createdAt < this.#lifetime;
  }

  #put(held: HeldBundle): void {
    this.#held.set(held.message.id, held);
    this.#bytes += held.bundle.bytes;
  }

  #drop(id: string, out: Effects): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#held.delete(id);
    this.#bytes -= held.bundle.bytes;
    out.persist(prefix + id, undefined);
    this.#dropped(held.bundle);
  }
}

/** The copy as routers know it. */
export function bundleOf(message: DtnBundle): HeldBundle {
  const { id, source, destination, createdAt, text } = message;
  const bundle = {
    // 52 bits at random: routers tell messages apart by it.
    index: Number.parseInt(id, 16),
    id,
    source,
    destination,
    bytes: text.length,
    createdAt: createdAt as Instant,
  };
  return { message, bundle };
}
