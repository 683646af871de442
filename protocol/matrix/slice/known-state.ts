// A room's state as far as it is known: some entries for certain, of others only that nobody can tell.
import type { EventId } from '../ids.ts';
import { StateMap } from '../state-map.ts';

/** What is not in the file, and what cannot be told for that reason. */
export interface Unknown {
  /** The stable name of the kind of gap. */
  readonly rule: string;
  readonly detail: string;
}

/** Keys of which nobody can tell what the state has for them: these, or all that have no known entry. */
export type OpenKeys = ReadonlySet<string> | 'rest';

const noKeys: ReadonlySet<string> = new Set();

/** Immutable, like {@link StateMap}. */
export class KnownState {
  static readonly empty: KnownState = new KnownState(StateMap.empty, noKeys, undefined);

  /** What is certain; nothing in here is ever a guess. */
  readonly entries: StateMap;
  readonly open: OpenKeys;
  /** Why there are open keys; undefined when there are none. */
  readonly why: Unknown | undefined;

  private constructor(entries: StateMap, open: OpenKeys, why: Unknown | undefined) {
    this.entries = entries;
    this.open = open;
    this.why = why;
  }

  /** A state of which all is known. */
  static complete(entries: StateMap): KnownState {
    return new KnownState(entries, noKeys, undefined);
  }

  /** A state of which these entries are known, and of these keys nothing. */
  static partial(entries: StateMap, open: OpenKeys, why: Unknown): KnownState {
    return new KnownState(entries, open, open === 'rest' || open.size > 0 ? why : undefined);
  }

  /** A state of which nothing is known. */
  static unknown(why: Unknown): KnownState {
    return new KnownState(StateMap.empty, 'rest', why);
  }

  get isComplete(): boolean {
    return this.open !== 'rest' && this.open.size === 0;
  }

  /** Whether it cannot be told what the state has for a key. */
  isOpen(key: string): boolean {
    return this.entries.getKey(key) === undefined && (this.open === 'rest' || this.open.has(key));
  }

  /** The state with this entry. */
  set(key: string, id: EventId): KnownState {
    const { open } = this;
    const rest = open === 'rest' || !open.has(key) ? open : new Set([...open].filter((each) => each !== key));
    return new KnownState(this.entries.setKey(key, id), rest, this.isClosed(rest) ? undefined : this.why);
  }

  /** The state of which it is no longer known what it has for this key. */
  forget(key: string, why: Unknown): KnownState {
    const open = this.open === 'rest' ? this.open : new Set([...this.open, key]);
    return new KnownState(this.entries.with([[key, undefined]]), open, this.why ?? why);
  }

  /** Whether as much is known of both, and the same. */
  equals(other: KnownState): boolean {
    return this === other || (this.entries.equals(other.entries) && sameKeys(this.open, other.open));
  }

  /** SHA-256 as {@link StateMap.sha256}; undefined unless all is known. */
  sha256(): string | undefined {
    return this.isComplete ? this.entries.sha256() : undefined;
  }

  private isClosed(open: OpenKeys): boolean {
    return open !== 'rest' && open.size === 0;
  }
}

function sameKeys(left: OpenKeys, right: OpenKeys): boolean {
  if (left === 'rest' || right === 'rest') return left === right;
  return left.size === right.size && [...left].every((key) => right.has(key));
}
