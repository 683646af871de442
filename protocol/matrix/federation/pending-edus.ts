// What is no event and waits for one destination, by how it is kept and in which order it goes out. To-device messages are on
// disk until the destination has answered for them; everything else is in memory, and gone when a transaction fails.
// Behaviour of Synapse: synapse/federation/sender/per_destination_queue.py (`_TransactionQueueManager.__aenter__`).
import type { JsonObject } from '../canonical-json.ts';
import type { UserId } from '../ids.ts';
import { synapse } from './constants.ts';
import type { Edu } from './messages.ts';

/** What goes into one transaction. */
export interface TakenEdus {
  readonly edus: readonly Edu[];
  /** Keys of those that are on disk. */
  readonly durable: readonly string[];
}

const none: TakenEdus = Object.freeze({ edus: Object.freeze([]), durable: Object.freeze([]) });

export class PendingEdus {
  /** By key: a person's later receipt in a room replaces the earlier one. */
  readonly #receipts = new Map<string, Edu>();
  readonly #durable: Map<string, Edu>;
  /** By user: the newest is what counts. */
  readonly #presence = new Map<UserId, JsonObject>();
  readonly #keyed = new Map<string, Edu>();
  #others: Edu[] = [];

  /** `durable`: what is on disk, by its keys there. */
  constructor(durable: Map<string, Edu>) {
    this.#durable = durable;
  }

  /** Later ones replace earlier ones of the same key. */
  add(edu: Edu, key: string | undefined): void {
    if (key === undefined) this.#others.push(edu);
    else this.#keyed.set(key, edu);
  }

  addReceipt(edu: Edu, key: string): void {
    this.#receipts.set(key, edu);
  }

  addPresence(state: JsonObject & { readonly user_id: UserId }): void {
    this.#presence.set(state.user_id, state);
  }

  /** The destination has it. */
  isThrough(key: string): void {
    this.#durable.delete(key);
  }

  /** The destination will not be asked for long. */
  dropEphemeral(): void {
    this.#receipts.clear();
    this.#presence.clear();
    this.#keyed.clear();
    this.#others = [];
  }

  /**
   * The next transaction's: who is there, a few receipts, then to-device messages, which leave some room to the others. When a
   * transaction goes out anyway (`withEvents`, or because of these) it takes along what receipts there is room for.
   */
  take(withEvents: boolean): TakenEdus {
    if (this.#isEmpty) return none;
    const edus: Edu[] = [];
    const states = [...this.#presence].slice(0, synapse.maximumPresenceStates);
    for (const [userId] of states) this.#presence.delete(userId);
    if (states.length > 0)
      edus.push({ eduType: 'm.presence', content: { push: states.map(([, state]) => state) } });
    this.#takeFrom(this.#receipts, synapse.maximumReceiptEdus, edus);
    const durable = [...this.#durable.keys()].slice(
      0,
      synapse.maximumEdus - synapse.edusBesideToDevice - edus.length,
    );
    for (const key of durable) {
      const edu = this.#durable.get(key);
      if (edu !== undefined) edus.push(edu);
    }
    edus.push(...this.#others.splice(0, synapse.maximumEdus - edus.length));
    this.#takeFrom(this.#keyed, synapse.maximumEdus, edus);
    if (!withEvents && edus.length === 0) return none;
    this.#takeFrom(this.#receipts, synapse.maximumEdus, edus);
    return { edus, durable };
  }

  get #isEmpty(): boolean {
    return (
      this.#receipts.size +
        this.#presence.size +
        this.#durable.size +
        this.#keyed.size +
        this.#others.length ===
      0
    );
  }

  /** Moves to `edus` until it holds so many more, or as many as a transaction may have. */
  #takeFrom(waiting: Map<string, Edu>, most: number, edus: Edu[]): void {
    const until = Math.min(edus.length + most, synapse.maximumEdus);
    for (const [key, edu] of waiting) {
      if (edus.length >= until) return;
      edus.push(edu);
      waiting.delete(key);
    }
  }
}
