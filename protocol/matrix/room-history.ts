// What one server shows of one room: events in the order in which it took them in (`/sync`) and in the order of the
// room's graph (`/messages`). Rejected and soft-failed events are in neither.
import { present } from '../assert.ts';
import type { StoredEvent } from './stored-event.ts';

/** The new part of a room since a place in the server's stream. */
export interface RecentEvents {
  readonly events: readonly StoredEvent[];
  /** Events between the place and the first of these are left out or missing. */
  readonly limited: boolean;
}

/** A page of history, newest first. */
export interface HistoryPage {
  readonly events: readonly StoredEvent[];
  /** Whether this server holds older events. */
  readonly hasMore: boolean;
}

export class RoomHistory {
  /** By stream ordering. Events fetched as history later on are not here: clients do not hear of them by themselves. */
  readonly #recent: StoredEvent[] = [];
  /** By (depth, stream ordering). */
  readonly #topological: StoredEvent[] = [];
  /** Stream orderings of events right behind a gap in this server's copy. */
  readonly #gaps: number[] = [];

  /** Takes an event in. `isHistory`: it lies behind a gap and clients are not told. */
  add(stored: StoredEvent, isHistory: boolean, isBehindGap: boolean): void {
    if (!isHistory) this.#recent.push(stored);
    if (isBehindGap) this.#gaps.push(stored.streamOrdering);
    const newest = this.#topological.at(-1);
    if (newest === undefined || compareTopologically(newest, stored) < 0) this.#topological.push(stored);
    else this.#topological.splice(this.#firstNotBefore(placeOf(stored)), 0, stored);
  }

  /** Whether there is anything after this place of the server's stream. */
  hasSince(streamOrdering: number): boolean {
    return (this.#recent.at(-1)?.streamOrdering ?? 0) > streamOrdering;
  }

  /** The newest events after this place, at most `limit`, and none from before a gap. */
  since(streamOrdering: number, limit: number): RecentEvents {
    let start = this.#recent.length;
    while (start > 0 && present(this.#recent[start - 1], 'recent event').streamOrdering > streamOrdering) {
      if (this.#recent.length - start === limit) return { events: this.#recent.slice(start), limited: true };
      start--;
      const { streamOrdering: place } = present(this.#recent[start], 'recent event');
      if (this.#gaps.includes(place)) return { events: this.#recent.slice(start), limited: true };
    }
    return { events: this.#recent.slice(start), limited: false };
  }

  /**
   * Up to `limit` events before a place of the graph; or of what the server had taken in by a place of its stream, in the
   * order of the graph all the same (Synapse, `paginate_room_events_by_topological_ordering`).
   */
  before(token: string, limit: number): HistoryPage {
    const place = parseToken(token);
    const isOfStream = place.depth === undefined;
    let start = isOfStream ? this.#topological.length : this.#firstNotBefore(place);
    const events: StoredEvent[] = [];
    while (start > 0 && events.length < limit) {
      const stored = present(this.#topological[--start], 'event of the graph');
      if (!isOfStream || stored.streamOrdering < place.streamOrdering) events.push(stored);
    }
    return { events, hasMore: start > 0 };
  }

  /** Index of the first event of the graph order that is not before the place. */
  #firstNotBefore({ depth = Infinity, streamOrdering }: Place): number {
    let low = 0;
    let high = this.#topological.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { event, streamOrdering: ordering } = present(this.#topological[middle], 'event of the graph');
      if (event.depth < depth || (event.depth === depth && ordering < streamOrdering)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface Place {
  /** Undefined: a place of the server's stream and not of the graph. */
  readonly depth?: number;
  readonly streamOrdering: number;
}

function placeOf({ event, streamOrdering }: StoredEvent): Place {
  return { depth: event.depth, streamOrdering };
}

function compareTopologically(left: StoredEvent, right: StoredEvent): number {
  return left.event.depth - right.event.depth || left.streamOrdering - right.streamOrdering;
}

/** A pagination token for what lies before this event. */
export function tokenBefore(stored: StoredEvent): string {
  return `t${stored.event.depth}_${stored.streamOrdering}`;
}

/**
 * A pagination token for what the server had taken in before this event. What `/sync` leaves out it leaves out by the stream:
 * a token of the graph would pass over what came earlier and stands higher (Synapse's tokens there are of the stream, too:
 * `load_filtered_recents`, `internal_metadata.before`).
 */
export function tokenBeforeInStream({ streamOrdering }: StoredEvent): string {
  return `s${streamOrdering}`;
}

/** The place of a token; the end of the graph for anything malformed. */
function parseToken(token: string): Place {
  const stream = /^s(-?\d+)$/.exec(token);
  if (stream !== null) return { streamOrdering: Number(stream[1]) };
  const match = /^t(\d+)_(-?\d+)$/.exec(token);
  if (match === null) return { depth: Infinity, streamOrdering: Infinity };
  return { depth: Number(match[1]), streamOrdering: Number(match[2]) };
}
