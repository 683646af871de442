// The picture of a room: its layout keeps lines and events apart, and its text is safe and complete.
import fc from 'fast-check';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { room } from '../../../cli/commands/room.ts';
import { drawRoom } from '../../../reports/room-drawing/draw-room.ts';
import type { DrawnEvent } from '../../../reports/room-drawing/drawn-room.ts';
import { layOut } from '../../../reports/room-drawing/lanes.ts';
import { judgedRoom } from '../../support/judged-rooms.ts';
import { outputOf } from '../../support/output.ts';
import { unpackedVector } from '../../support/matrix-vectors.ts';

function drawn(eventId: string, prevEvents: readonly string[], more: Partial<DrawnEvent> = {}): DrawnEvent {
  return {
    eventId,
    prevEvents,
    type: 'm.room.message',
    stateKey: undefined,
    sender: '@ann:one',
    membership: undefined,
    verdict: 'accepted',
    reason: undefined,
    isInState: false,
    isForwardExtremity: false,
    ...more,
  };
}

/** Graphs of up to 60 events; each goes on from one to three of the eight before it, and some name strangers. */
const anyGraph: fc.Arbitrary<readonly DrawnEvent[]> = fc
  .array(fc.array(fc.nat(9), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 60 })
  .map((backs) =>
    backs.map((each, index) =>
      drawn(
        `$${index}`,
        each
          .map((back) => (back === 9 ? `$stranger${index}` : `$${Math.max(0, index - 1 - back)}`))
          .filter((id) => id !== `$${index}`),
      ),
    ),
  );

describe('the layout of a room', () => {
  it('puts predecessors above, one event in a row, and no line through an event or along another line', () => {
    fc.assert(
      fc.property(
        anyGraph,
        fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
        (events, last) => {
          const { events: placed, edges, lanes } = layOut(events, last);
          expect(placed.length).toBe(Math.min(events.length, last ?? events.length));
          expect(placed.map(({ row }) => row)).toEqual(placed.map((_each, index) => index));
          const occupied = new Map<string, string>();
          for (const { older, newer, lane } of edges) {
            expect(older.row).toBeLessThan(newer.row);
            expect(older.depth).toBeLessThan(newer.depth);
            expect(lane).toBeLessThan(lanes);
            for (let row = older.row + 1; row < newer.row; row++) {
              expect(placed[row]?.lane).not.toBe(lane);
              const ends = `${older.event.eventId} ${newer.event.eventId}`;
              const other = occupied.get(`${row} ${lane}`);
              // Lines that share an end may share the way to it.
              if (other !== undefined)
                expect(other.split(' ').some((end) => ends.split(' ').includes(end))).toBe(true);
              occupied.set(`${row} ${lane}`, ends);
            }
          }
          const drawnIds = new Set(placed.map(({ event }) => event.eventId));
          for (const { event, undrawn } of placed) {
            const inside = [...new Set(event.prevEvents)].filter((id) => drawnIds.has(id));
            expect(edges.filter(({ newer }) => newer.event === event).length).toBe(inside.length);
            expect(undrawn > 0).toBe(event.prevEvents.some((id) => !drawnIds.has(id)));
          }
        },
      ),
    );
  });

  it('keeps a line of events in one lane, and the longer branch of a fork straight', () => {
    const line = Array.from({ length: 30 }, (_each, index) =>
      drawn(`$${index}`, index === 0 ? [] : [`$${index - 1}`]),
    );
    expect(layOut(line).lanes).toBe(1);
    const forked = layOut([...line, drawn('$side', ['$3'])]);
    expect(forked.lanes).toBe(2);
    expect(forked.events.filter(({ lane }) => lane === 1).map(({ event }) => event.eventId)).toEqual([
      '$side',
    ]);
  });
});

/** Tags of a document, opened and closed in order; throws where they do not match. */
function checkWellFormed(svg: string): void {
  const open: string[] = [];
  const rest = svg.replaceAll(
    /<(\/?)([a-z]+)((?:\s+[a-zA-Z:-]+="[^"<]*")*)\s*(\/?)>/g,
    (_tag, end, name, _attributes, alone) => {
      if (end === '/') expect(open.pop()).toBe(name);
      else if (alone !== '/') open.push(String(name));
      return '';
    },
  );
  expect(open).toEqual([]);
  expect(rest).not.toMatch(/[<>]/);
  expect(rest.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
}

describe('the picture of a room', () => {
  it('is well formed whatever strangers write', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.constantFrom(
        '<script>alert(1)</script>',
        '"><svg onload="x',
        ']]>',
        '&amp;',
        '\u0000',
        '\uD800',
        '\u202Etxet',
      ),
    );
    fc.assert(
      fc.property(nasty, nasty, nasty, (one, other, third) => {
        const svg = drawRoom({
          title: one,
          subtitle: other,
          events: [
            drawn(`$${one}`, [other], {
              type: other,
              stateKey: third,
              sender: third,
              reason: one,
              verdict: 'rejected',
            }),
          ],
        });
        checkWellFormed(svg);
        expect(svg).not.toMatch(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF\u202A-\u202E]/);
        expect(svg.isWellFormed()).toBe(true);
      }),
    );
  });

  it('shows each verdict by shape and words, the winning state, and where the room ends', async () => {
    const name = 'sample-040-v12-s4310.json.gz';
    const { judgement } = judgedRoom(name);
    const out = join(mkdtempSync(join(tmpdir(), 'netsplit-')), 'room.svg');
    const said = await outputOf(() => room(unpackedVector(name), { out }));
    const svg = readFileSync(out, 'utf8');
    checkWellFormed(svg);
    const [, graph = ''] = svg.split('forward extremity</text></g>');
    const count = (mark: string): number => graph.split(`class="${mark}"/>`).length - 1;
    const rejected = judgement.events.filter(({ accepted }) => !accepted).length;
    const softFailed = judgement.events.filter((each) => each.softFailed).length;
    expect(said).toContain(
      `${judgement.events.length} events, ${rejected} rejected, ${softFailed} soft-failed`,
    );
    expect(count('rejected')).toBe(rejected);
    expect(count('soft-failed')).toBe(softFailed);
    expect(count('extremity')).toBe(judgement.forwardExtremities.length);
    const stateThatIsShownSo = judgement.events.filter(
      ({ event, accepted, softFailed: failed }) =>
        accepted && !failed && judgement.resolvedState.getKey(event.stateMapKey ?? '') === event.eventId,
    ).length;
    expect(count('in-state')).toBe(stateThatIsShownSo);
    for (const { event } of judgement.events) expect(svg).toContain(`<title>${event.eventId}\n`);
  });

  it('shows of part of a room what is unknown', async () => {
    const example = readFileSync(new URL('../../../examples/state-reset.ndjson', import.meta.url), 'utf8');
    const lines = example.trim().split('\n');
    const file = join(mkdtempSync(join(tmpdir(), 'netsplit-')), 'part.ndjson');
    writeFileSync(file, lines.filter((line) => !line.includes('"event_id": "$public"')).join('\n'));
    const svg = await outputOf(() => room(file, {}));
    checkWellFormed(svg);
    expect(svg).toContain('9 events, 0 rejected, 0 soft-failed, 6 unknown');
    const [, graph = ''] = svg.split('forward extremity</text></g>');
    expect(graph.split('class="unknown"/>').length - 1).toBe(6);
  });

  it('may be of the last events only', async () => {
    const file = unpackedVector('sample-040-v12-s4310.json.gz');
    const svg = await outputOf(() => room(file, { last: 12 }));
    checkWellFormed(svg);
    expect(svg).toContain('the last 12 of 101 events');
    expect(svg.split('<g><title>').length - 1).toBe(12);
    expect(svg).toMatch(/\d of its prev_events (is|are) not drawn/);
  });
});
