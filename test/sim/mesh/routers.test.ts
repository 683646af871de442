// What routers do with contacts written by hand.
import { describe, expect, it } from 'vitest';
import { createDirectRouter } from '../../../protocol/dtn/direct.ts';
import { createProphetRouter } from '../../../protocol/dtn/prophet.ts';
import type { CreateDtnRouter } from '../../../protocol/dtn/router.ts';
import { dtnRouterCalled, dtnRouterNames } from '../../../protocol/dtn/routers.ts';
import { createSprayAndWaitRouter } from '../../../protocol/dtn/spray-and-wait.ts';
import { minutes, seconds } from '../../../protocol/time.ts';
import {
  messagesOf,
  replayed,
  theOneReplayed,
  traceOf,
  type ContactRow,
  type MessageRow,
} from '../../support/mesh-replays.ts';

/** One after the other in contact for a second, from second 10 on, every 10 s. */
const inTurn = (...pairs: readonly (readonly [number, number])[]): readonly ContactRow[] =>
  pairs.flatMap(([left, right], index): ContactRow[] => [
    [10 * (index + 1), left, right, true],
    [10 * (index + 1) + 1, left, right, false],
  ]);

const letter: MessageRow = [1, 0, 4, 1_000];

function deliveredAt(createRouter: CreateDtnRouter | undefined, rows: readonly ContactRow[]): number | null {
  return replayed(traceOf(5, rows), messagesOf([letter]), {}, createRouter).report.messages[0]!.deliveredAt;
}

describe('a transfer', () => {
  const rows: readonly ContactRow[] = [
    [10, 0, 1, true],
    [20, 0, 1, false],
  ];

  it('takes its bytes by the rate, and is lost when the contact ends before', () => {
    const messages = messagesOf([[1, 0, 1, 1_000_000]]);
    const at = (bytesPerSecond: number): number | null =>
      replayed(traceOf(2, rows), messages, { bytesPerSecond }).report.messages[0]!.deliveredAt;
    expect(at(250_000)).toBe(14);
    expect(at(100_000)).toBe(20);
    expect(at(99_999)).toBeNull();
  });

  it('that is complete as its contact ends is passed on at once', () => {
    const trace = traceOf(3, [
      [10, 0, 2, true],
      [10, 0, 1, true],
      [11, 0, 2, false],
    ]);
    const { report } = replayed(trace, messagesOf([[1, 2, 1, 1_000]]), { bytesPerSecond: 1_000 });
    expect(report.messages[0]!.deliveredAt).toBe(12);
  });

  it('may begin as often as a contact does at one instant', () => {
    const flicker = Array.from({ length: 9 }, (_, row): ContactRow => [10, 0, 1, row % 2 === 0]);
    const { report, outcome } = replayed(traceOf(2, flicker), messagesOf([[1, 0, 1, 1_000]]), {
      bytesPerSecond: 1_000,
    });
    expect(report.messages[0]!.deliveredAt).toBe(11);
    expect(outcome.aborted).toBe(4);
  });

  it('is the only one of both nodes while it lasts', () => {
    const trace = traceOf(4, [
      [10, 0, 1, true],
      [10, 1, 2, true],
      [10, 2, 3, true],
    ]);
    const messages = messagesOf([
      [1, 0, 1, 1_000],
      [2, 2, 1, 1_000],
      [3, 2, 3, 1_000],
    ]);
    // Node 1 receives from 0, so 2 serves 3; then 2 serves 1.
    const { report } = replayed(
      trace,
      messages,
      { bytesPerSecond: 1_000, until: seconds(13) as number as never },
      createDirectRouter,
    );
    expect(report.messages.map(({ deliveredAt: at }) => at)).toEqual([11, 12, 11]);
  });

  it('goes to the destination that asks before the holder has its turn', () => {
    const trace = traceOf(4, [
      [1, 1, 2, true],
      [1, 2, 3, true],
      [20, 0, 2, true],
    ]);
    const messages = messagesOf([
      [2, 1, 3, 1_000],
      [10, 0, 3, 1_000],
      [11, 0, 1, 1_000],
    ]);
    // Node 2 has both from 0 at second 22. Node 1 holds something, so it asks; its turn comes before that of node 2.
    const { report } = replayed(trace, messages, { bytesPerSecond: 1_000 });
    expect(report.messages.map(({ deliveredAt: at }) => at)).toEqual([4, 24, 23]);
  });

  it('drops what was received first where room is short', () => {
    const trace = traceOf(3, [
      [10, 0, 1, true],
      [20, 0, 1, false],
      [30, 1, 2, true],
      [40, 1, 2, false],
    ]);
    const messages = messagesOf([
      [1, 0, 2, 400],
      [2, 0, 2, 400],
      [3, 0, 2, 400],
    ]);
    const { report } = replayed(trace, messages, { bytesPerSecond: 100, bufferBytes: 1_000 });
    // The source holds 2 and 3 when it meets node 1: the third message displaced the first.
    expect(report.delivered).toBe(2);
    expect(report.messages.map(({ deliveredAt: at }) => at)).toEqual([null, 34, 38]);
  });

  it('is never begun of what does not fit at all', () => {
    const { outcome } = replayed(traceOf(2, rows), messagesOf([[1, 0, 1, 2_000]]), { bufferBytes: 1_000 });
    expect(outcome).toMatchObject({ created: 1, started: 0 });
  });

  it('is not begun within the last minute of a lifetime, except to the destination', () => {
    const relayed = (lifetime: number): number | null =>
      replayed(
        traceOf(3, [
          [50, 0, 1, true],
          [51, 0, 1, false],
          [55, 1, 2, true],
          [56, 1, 2, false],
        ]),
        messagesOf([[0, 0, 2, 10]]),
        {
          lifetime: lifetime as never,
        },
      ).report.messages[0]!.deliveredAt;
    expect(relayed(minutes(2))).toBe(55);
    expect(relayed(seconds(109))).toBeNull();
    const direct = replayed(traceOf(2, [[50, 0, 1, true]]), messagesOf([[0, 0, 1, 10]]), {
      lifetime: seconds(109),
    });
    expect(direct.report.delivered).toBe(1);
  });
});

describe('direct delivery', () => {
  it('waits for the destination', () => {
    expect(deliveredAt(createDirectRouter, inTurn([0, 1], [1, 4]))).toBeNull();
    expect(deliveredAt(createDirectRouter, inTurn([0, 1], [1, 4], [0, 4]))).toBe(30);
  });
});

describe('spray and wait', () => {
  it('hands over half of the copies, rounded down, until one is left', () => {
    // 4 copies: 0 keeps 2 and 1 has 2; 1 keeps 1 and 2 has 1, which waits.
    const rows = inTurn([0, 1], [1, 2], [2, 3], [3, 4], [1, 3], [0, 3], [3, 4]);
    const { outcome } = replayed(traceOf(5, rows), messagesOf([letter]), {}, createSprayAndWaitRouter(4));
    expect(outcome).toMatchObject({ relayed: 4, delivered: 1 });
    expect(deliveredAt(createSprayAndWaitRouter(4), rows)).toBe(70);
    expect(deliveredAt(createSprayAndWaitRouter(1), rows)).toBeNull();
  });

  it.each([1, 2, 3, 6, 16])(
    'never makes more than %i copies of a message, the delivered one apart',
    async (copies) => {
      const { outcome } = await theOneReplayed('ideal', {}, createSprayAndWaitRouter(copies));
      expect(outcome.relayed).toBeLessThanOrEqual(200 * (copies - 1) + outcome.delivered);
      // In 12 h every copy finds a taker.
      expect(outcome.relayed).toBeGreaterThan((200 * (copies - 1)) / 2);
    },
  );
});

describe('PRoPHET', () => {
  it('hands a copy to who is likelier to meet the destination, and to nobody else', () => {
    const before = inTurn([3, 4]);
    const later = (rows: readonly ContactRow[]): readonly ContactRow[] =>
      rows.map(([at, left, right, begins]) => [at + 100, left, right, begins]);
    expect(deliveredAt(createProphetRouter, [...before, ...later(inTurn([0, 3], [3, 4]))])).toBe(120);
    expect(deliveredAt(createProphetRouter, [...before, ...later(inTurn([0, 1], [1, 4]))])).toBeNull();
  });

  it('knows through others', () => {
    // 3 meets 4, 2 meets 3: now 2 is likelier than 0 to meet 4, but less so than 3.
    const rows = inTurn([3, 4], [2, 3]);
    const later = inTurn([0, 2], [2, 3], [3, 4]).map(([at, ...rest]): ContactRow => [at + 100, ...rest]);
    expect(deliveredAt(createProphetRouter, [...rows, ...later])).toBe(130);
  });
});

describe('all routers', () => {
  it('deliver no more, and no earlier, than epidemic routing without limits; direct delivery makes the fewest transfers', async () => {
    const best = await theOneReplayed('ideal', {});
    const fewest = await theOneReplayed('ideal', {}, createDirectRouter);
    for (const name of dtnRouterNames) {
      const { outcome, report } = await theOneReplayed('ideal', {}, dtnRouterCalled(name));
      expect(outcome.relayed / outcome.delivered).toBeGreaterThanOrEqual(
        fewest.outcome.relayed / fewest.outcome.delivered,
      );
      for (const [index, { deliveredAt: at }] of report.messages.entries())
        expect(at ?? Infinity, name).toBeGreaterThanOrEqual(best.report.messages[index]!.deliveredAt!);
    }
  });
});
