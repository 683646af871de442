import { describe, expect, it } from 'vitest';
import { RoomHistory, tokenBefore, tokenBeforeInStream } from '../../../protocol/matrix/room-history.ts';
import type { StoredEvent } from '../../../protocol/matrix/stored-event.ts';

const eventAt = (streamOrdering: number, depth: number): StoredEvent =>
  ({ event: { depth }, streamOrdering }) as unknown as StoredEvent;

const orderings = (events: readonly StoredEvent[]): readonly number[] =>
  events.map(({ streamOrdering }) => streamOrdering);

describe('what one server shows of a room', () => {
  // A server comes back: it takes in what somebody at home says, high in the graph, and then the old words of others.
  const history = new RoomHistory();
  const events = [eventAt(1, 1), eventAt(2, 2), eventAt(3, 20)];
  for (let index = 0; index < 12; index++) events.push(eventAt(4 + index, 3 + index));
  for (const event of events) history.add(event, false, false);

  it('since a place is the newest by the stream, and no more than asked for', () => {
    expect(history.since(2, 20).limited).toBe(false);
    const { events: recent, limited } = history.since(2, 10);
    expect(limited).toBe(true);
    expect(orderings(recent)).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  });

  it('that was left out is before the place of the stream, also what stands higher in the graph', () => {
    const [oldest] = history.since(2, 10).events;
    const page = history.before(tokenBeforeInStream(oldest ?? eventAt(0, 0)), 3);
    expect(orderings(page.events)).toEqual([3, 5, 4]);
    expect(page.hasMore).toBe(true);
    const next = history.before(tokenBefore(page.events.at(-1) ?? eventAt(0, 0)), 3);
    expect(orderings(next.events)).toEqual([2, 1]);
    expect(next.hasMore).toBe(false);
  });

  it('before a place of the graph follows the graph', () => {
    expect(orderings(history.before(tokenBefore(eventAt(6, 5)), 10).events)).toEqual([5, 4, 2, 1]);
    expect(orderings(history.before('anything', 2).events)).toEqual([3, 15]);
  });
});
