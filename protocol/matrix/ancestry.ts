// Which of two events was there when the other was made, by predecessors or authorities.
import type { MatrixEvent } from './event.ts';
import type { EventId } from './ids.ts';

/** The order of events as their references prove it. */
export class Ancestry {
  readonly #events = new Map<EventId, MatrixEvent>();
  readonly #positions = new Map<EventId, number>();
  readonly #known = new Map<string, boolean>();

  /** The events, causes first as far as they are at hand. */
  constructor(events: readonly MatrixEvent[]) {
    for (const event of events) {
      this.#positions.set(event.eventId, this.#events.size);
      this.#events.set(event.eventId, event);
    }
  }

  /** Whether `earlier` is certainly an ancestor of `later`. No event is its own ancestor. */
  isBefore(earlier: EventId, later: EventId): boolean {
    const key = `${earlier} ${later}`;
    let found = this.#known.get(key);
    if (found === undefined) this.#known.set(key, (found = this.#search(earlier, later)));
    return found;
  }

  #search(earlier: EventId, later: EventId): boolean {
    const floor = this.#positions.get(earlier) ?? -1;
    if ((this.#positions.get(later) ?? Infinity) < floor) return false;
    const seen = new Set<EventId>();
    const stack = [later];
    for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
      const event = this.#events.get(id);
      if (event === undefined) continue;
      for (const cause of [...event.prevEvents, ...event.authEvents]) {
        if (cause === earlier) return true;
        // Nothing that stands before it in the order descends from it.
        if (seen.has(cause) || (this.#positions.get(cause) ?? -1) < floor) continue;
        seen.add(cause);
        stack.push(cause);
      }
    }
    return false;
  }
}
