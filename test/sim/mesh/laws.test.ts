// The replay against programs that share nothing with it, on traces that nobody has seen.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { minutes } from '../../../protocol/time.ts';
import { earliestArrivals, type Contact } from '../../support/earliest-arrival.ts';
import {
  messagesOf,
  replayed,
  traceOf,
  unlimited,
  type ContactRow,
  type MessageRow,
} from '../../support/mesh-replays.ts';
import { slowReplay } from '../../support/slow-mesh.ts';

interface World {
  readonly nodes: number;
  readonly contacts: readonly Contact[];
  readonly messages: readonly MessageRow[];
}

/**
 * Contacts of each pair do not overlap. Whole seconds begin contacts, halves end them, quarters write messages; at 2 kB/s
 * transfers end at halves, too. Or all of that happens at whole seconds, where ties abound. In what takes 20 s most nodes
 * are in contact with most others.
 */
const worldsBy = (...parts: readonly number[]): fc.Arbitrary<World> =>
  fc
    .constantFrom(20, 400)
    .chain((span) =>
      fc.record({
        nodes: fc.integer({ min: 2, max: 8 }),
        part: fc.constantFrom(...parts),
        meetings: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat({ max: span }), fc.nat({ max: 60 })), {
          maxLength: 60,
        }),
        letters: fc.array(
          fc.tuple(fc.nat({ max: span }), fc.nat(), fc.nat(), fc.integer({ min: 1, max: 40 })),
          { minLength: 1, maxLength: 25 },
        ),
      }),
    )
    .map(({ nodes, part, meetings, letters }) => {
      const pairOf = (one: number, other: number): readonly [number, number] => {
        const left = one % nodes;
        return [left, (left + 1 + (other % (nodes - 1))) % nodes];
      };
      const last = new Map<string, number>();
      const contacts = meetings
        .toSorted(([, , left], [, , right]) => left - right)
        .flatMap(([one, other, start, length]): Contact[] => {
          const [left, right] = pairOf(one, other);
          const key = [left, right].toSorted().join();
          if ((last.get(key) ?? -1) >= start) return [];
          last.set(key, start + length + 2 * part);
          return [{ left, right, start, end: start + length + 2 * part }];
        });
      const messages = letters
        .toSorted(([left], [right]) => left - right)
        .map(([at, one, other, size]): MessageRow => [at + part, ...pairOf(one, other), size * 1_000]);
      return { nodes, contacts, messages };
    });

const worlds = worldsBy(0.25, 0);

function rowsOf(contacts: readonly Contact[]): readonly ContactRow[] {
  return contacts
    .flatMap(({ left, right, start, end }): ContactRow[] => [
      [start, left, right, true],
      [end, left, right, false],
    ])
    .toSorted(([left], [right]) => left - right);
}

describe('without limits', () => {
  it('every copy arrives when the earliest path over the contacts does, and there is one for each node reached', () => {
    fc.assert(
      // The program has contacts that end and begin at one instant together.
      fc.property(worldsBy(0.25), ({ nodes, contacts, messages }) => {
        const { outcome, report } = replayed(traceOf(nodes, rowsOf(contacts)), messagesOf(messages));
        let reached = 0;
        messages.forEach(([at, source, destination], index) => {
          const arrivals = earliestArrivals(nodes, contacts, { at, source, destination });
          const arrival = arrivals[destination]!;
          expect(report.messages[index]!.deliveredAt).toBe(arrival === Infinity ? null : arrival);
          reached += arrivals.filter((each) => each < Infinity).length - 1;
        });
        expect(outcome.relayed).toBe(reached);
      }),
      { numRuns: 300 },
    );
  });
});

describe('with limits', () => {
  const lifetime = fc.constantFrom(undefined, minutes(1), minutes(2), minutes(4));
  const limits = fc.oneof(
    fc.record({
      bytesPerSecond: fc.constantFrom(500, 2_000, 3_000, 20_000),
      bufferBytes: fc.constantFrom(30_000, 60_000, 150_000, Infinity),
      lifetime,
    }),
    fc.record({ bytesPerSecond: fc.constant(Infinity), bufferBytes: fc.constant(Infinity), lifetime }),
  );

  it('is what its slow twin is, in which every node always has its turn', () => {
    fc.assert(
      fc.property(worlds, limits, ({ nodes, contacts, messages }, limited) => {
        const trace = traceOf(nodes, rowsOf(contacts));
        const list = messagesOf(messages);
        const { outcome } = replayed(trace, list, limited);
        const slow = slowReplay(trace, list, { ...unlimited, ...limited });
        const { started, relayed, aborted, dropped } = outcome;
        expect({ started, relayed, aborted, dropped }).toEqual(slow.counts);
        expect([...outcome.deliveredAt]).toEqual(slow.deliveredAt);
        expect([...outcome.hops]).toEqual(slow.hops);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same twice', () => {
    fc.assert(
      fc.property(worlds, limits, ({ nodes, contacts, messages }, limited) => {
        const once = replayed(traceOf(nodes, rowsOf(contacts)), messagesOf(messages), limited);
        const again = replayed(traceOf(nodes, rowsOf(contacts)), messagesOf(messages), limited);
        expect(again).toEqual(once);
      }),
      { numRuns: 20 },
    );
  });
});
