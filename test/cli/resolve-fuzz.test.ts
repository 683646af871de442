// Mutated rooms through `netsplit resolve`: always a verdict on every event or one clear error, never a crash or a hang.
import fc from 'fast-check';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { resolve } from '../../cli/commands/resolve.ts';
import { explainFailure } from '../../cli/explain-failure.ts';
import { sampleRooms } from '../support/matrix-vectors.ts';
import { outputOf } from '../support/output.ts';

const folder = mkdtempSync(join(tmpdir(), 'netsplit-'));
const file = join(folder, 'room.json');

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
interface Vector {
  room_version: string;
  events: { event_id: string; pdu: Record<string, Json> }[];
  [more: string]: unknown;
}

/** The shorter sample rooms: what goes wrong goes wrong in thirty events as well. */
const texts = sampleRooms
  .map((name) =>
    gunzipSync(readFileSync(new URL(`../vectors/matrix/${name}`, import.meta.url))).toString('utf8'),
  )
  .sort((left, right) => left.length - right.length)
  .slice(0, 16);
const anyVector: fc.Arbitrary<Vector> = fc.constantFrom(...texts).map((text) => {
  const room = JSON.parse(text) as Vector;
  // How a failing property prints it.
  return { ...room, [fc.toStringMethod]: () => String(room['name']) };
});

interface Verdicts {
  /** Not there when the file gives states to resolve. */
  events?: { event_id: string; accepted: boolean; stage?: string; rule?: string }[];
  resolved_state: [string, string, string][];
}

/** Runs the command on a text; undefined when it refused the file, in one message for the user. */
async function resolveText(
  text: string,
  options: Parameters<typeof resolve>[1] = {},
): Promise<Verdicts | undefined> {
  writeFileSync(file, text);
  try {
    const printed = await outputOf(() => resolve(file, { json: true, explain: true, ...options }));
    return JSON.parse(printed) as Verdicts;
  } catch (error) {
    let message = '';
    const spy = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
      message += String(chunk);
      return true;
    });
    const code = explainFailure(error);
    spy.mockRestore();
    // Bad input, told in a few lines without a stack.
    expect({ code, message }).toMatchObject({ code: 2 });
    expect(message).toMatch(/error/);
    expect(message.length).toBeLessThan(2_000);
    expect(message).not.toMatch(/\n\s+at /);
    return undefined;
  }
}

/** Runs the command on a room and checks that what it says is complete. */
async function resolveRoom(
  room: unknown,
  options?: Parameters<typeof resolve>[1],
): Promise<Verdicts | undefined> {
  const verdicts = await resolveText(JSON.stringify(room), options);
  if (verdicts === undefined) return undefined;
  const { events, resolved_state: state } = verdicts;
  if (events === undefined) return verdicts;
  for (const { accepted, rule } of events) if (!accepted) expect(rule).toMatch(/^[a-z-]+(\.[a-z-]+)+$/);
  const accepted = new Set(events.filter((each) => each.accepted).map(({ event_id }) => event_id));
  for (const [, , id] of state) expect(accepted).toContain(id);
  return verdicts;
}

/** The room as somebody might write it by hand: no hashes, no signatures. */
function asSketch(room: Vector): Vector {
  const { servers: _servers, ...rest } = room;
  const events = room.events.map((entry) => {
    if (typeof entry?.pdu !== 'object' || entry.pdu === null) return entry;
    const { hashes: _hashes, signatures: _signatures, ...pdu } = entry.pdu;
    return { ...entry, pdu };
  });
  return { ...rest, events };
}

const nested = (depth: number, open: string, close: string): string =>
  open.repeat(depth) + close.repeat(depth);

/** Values that have no business where they stand. */
const anyOddValue: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e308,
    9007199254740993,
    -0,
    '',
    '\u0000',
    '😀',
    [],
    {},
    [[]],
    [null],
    {
      __proto__: null,
    },
  ),
  fc.constantFrom<Json>(
    '__proto__',
    'constructor',
    '$',
    '!',
    '@',
    '@:',
    ':',
    '@a:',
    '$x:y',
    'x'.repeat(300),
    'x'.repeat(70_000),
  ),
  fc.jsonValue() as fc.Arbitrary<Json>,
);

/** A place in a PDU: a field, or a field of its content. */
const anyPlace = fc.constantFrom(
  'type',
  'state_key',
  'sender',
  'room_id',
  'event_id',
  'depth',
  'origin_server_ts',
  'prev_events',
  'auth_events',
  'content',
  'hashes',
  'signatures',
  'redacts',
  'unsigned',
  'content.membership',
  'content.users',
  'content.events',
  'content.join_rule',
  'content.room_version',
  'content.creator',
  'content.additional_creators',
  'content.m.federate',
  'content.third_party_invite',
  'content.users_default',
  'content.ban',
  'content.join_authorised_via_users_server',
);

function put(pdu: Record<string, Json>, place: string, value: Json | undefined): void {
  const inContent = place.startsWith('content.');
  const target = inContent ? pdu['content'] : pdu;
  if (typeof target !== 'object' || target === null || Array.isArray(target)) return;
  const key = inContent ? place.slice('content.'.length) : place;
  if (value === undefined) Reflect.deleteProperty(target, key);
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** An entry that is still one after what was done before. */
function entryAt({ events }: Vector, index: number): Vector['events'][number] | undefined {
  const entry = events[index] as { pdu?: unknown } | null | undefined;
  return typeof entry === 'object' && typeof entry?.pdu === 'object' ? events[index] : undefined;
}

type Mutation = (room: Vector, pick: (count: number) => number) => void;

const mutations: Readonly<Record<string, fc.Arbitrary<Mutation>>> = {
  'a field retyped': fc.tuple(anyPlace, anyOddValue).map(([place, value]) => (room, pick) => {
    const entry = entryAt(room, pick(room.events.length));
    if (entry !== undefined) put(entry.pdu, place, value);
  }),
  'a field dropped': anyPlace.map((place) => (room, pick) => {
    const entry = entryAt(room, pick(room.events.length));
    if (entry !== undefined) put(entry.pdu, place, undefined);
  }),
  'an event dropped': fc.constant<Mutation>(({ events }, pick) => {
    events.splice(pick(events.length), 1);
  }),
  'an edge dropped': fc.constantFrom('prev_events', 'auth_events').map((edges) => (room, pick) => {
    const list = entryAt(room, pick(room.events.length))?.pdu[edges];
    if (Array.isArray(list)) list.splice(pick(list.length || 1), 1);
  }),
  'an edge turned round': fc.constantFrom('prev_events', 'auth_events').map((edges) => (room, pick) => {
    const from = entryAt(room, pick(room.events.length));
    const to = entryAt(room, pick(room.events.length));
    const list = from?.pdu[edges];
    if (!Array.isArray(list) || to === undefined) return;
    list.push(Array.isArray(list[0]) ? [to.event_id, {}] : to.event_id);
  }),
  'an event told twice, with two bodies': fc.constant<Mutation>((room, pick) => {
    const entry = entryAt(room, pick(room.events.length));
    if (entry !== undefined) room.events.push({ ...entry, pdu: { ...entry.pdu, depth: 1 } });
  }),
  'an entry that is no event': anyOddValue.map((value) => ({ events }, pick) => {
    events.splice(pick(events.length), 0, value as never);
  }),
  'a server key retyped': anyOddValue.map((value) => (room) => {
    room['servers'] = value;
  }),
  'states to resolve that are none': anyOddValue.map((value) => (room) => {
    room['state_sets'] = value;
  }),
};

const picks = fc.array(fc.nat(1_000_000), { minLength: 4, maxLength: 4 });
const runs = { numRuns: 20 };

describe('netsplit resolve', () => {
  it.each(Object.entries(mutations))('survives %s', async (_what, mutation) => {
    await fc.assert(
      fc.asyncProperty(anyVector, mutation, picks, async (room, mutate, numbers) => {
        let next = 0;
        mutate(room, (count) => (numbers[next++ % numbers.length] ?? 0) % count);
        await resolveRoom(room);
      }),
      runs,
    );
  });

  it('survives several of these at once, under any room version', async () => {
    const several = fc.array(fc.oneof(...Object.values(mutations)), { minLength: 2, maxLength: 6 });
    const version = fc.constantFrom(...Array.from({ length: 12 }, (_each, index) => `${index + 1}`));
    await fc.assert(
      fc.asyncProperty(anyVector, several, picks, version, async (room, mutate, numbers, roomVersion) => {
        let next = 0;
        for (const each of mutate)
          each(room, (count) => (numbers[next++ % numbers.length] ?? 0) % Math.max(1, count));
        await resolveRoom(room, { roomVersion });
      }),
      { numRuns: 60 },
    );
  });

  it('survives several of these in sketches, which no hash protects', async () => {
    const several = fc.array(fc.oneof(...Object.values(mutations)), { minLength: 1, maxLength: 4 });
    let judged = 0;
    await fc.assert(
      fc.asyncProperty(anyVector, several, picks, async (room, mutate, numbers) => {
        let next = 0;
        for (const each of mutate)
          each(room, (count) => (numbers[next++ % numbers.length] ?? 0) % Math.max(1, count));
        if (await resolveRoom(asSketch(room))) judged++;
      }),
      { numRuns: 60 },
    );
    expect(judged).toBeGreaterThan(0);
  });

  it('judges a sketch as the room that it is a sketch of', async () => {
    for (const text of texts) {
      const room = JSON.parse(text) as Vector;
      const { events: judged } = JSON.parse(text) as { events: { expect: { stage?: string } }[] };
      // Without signatures nothing is said of faults in them.
      if (judged.some((each) => each.expect.stage === 'format')) continue;
      const { events, ...end } = (await resolveRoom(room)) ?? {};
      const sketch = await resolveRoom(asSketch(room));
      expect(sketch).toEqual({ ...end, events, signatures: 'unchecked' });
    }
  });

  it('says the same of a room whose events come in any order', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyVector.chain((room) =>
          fc.tuple(fc.constant(room), fc.shuffledSubarray(room.events, { minLength: room.events.length })),
        ),
        async ([room, shuffled]) => {
          const inOrder = await resolveRoom(room);
          const otherwise = await resolveRoom({ ...room, events: shuffled });
          const byId = (verdicts: Verdicts | undefined) =>
            new Map(
              verdicts?.events?.map(({ event_id, accepted, stage, rule }) => [
                event_id,
                accepted ? 'accepted' : `${stage ?? ''} ${rule ?? ''}`,
              ]),
            );
          expect(byId(otherwise)).toEqual(byId(inOrder));
          expect(otherwise?.resolved_state).toEqual(inOrder?.resolved_state);
        },
      ),
      runs,
    );
  });

  it('says the same of a mutated room and of its export', async () => {
    const several = fc.array(fc.oneof(...Object.values(mutations)), { minLength: 1, maxLength: 2 });
    let exports = 0;
    await fc.assert(
      fc.asyncProperty(anyVector, several, picks, fc.boolean(), async (room, mutate, numbers, isSketch) => {
        let next = 0;
        for (const each of mutate)
          each(room, (count) => (numbers[next++ % numbers.length] ?? 0) % Math.max(1, count));
        const verdicts = await resolveText(JSON.stringify(isSketch ? asSketch(room) : room));
        if (verdicts?.events === undefined) return;
        exports++;
        expect(await resolveText(await outputOf(() => resolve(file, { export: 'ndjson' })))).toEqual(
          verdicts,
        );
      }),
      { numRuns: 30 },
    );
    expect(exports).toBeGreaterThan(0);
  });

  it('survives every option on mutated rooms', async () => {
    const anyOption = fc.constantFrom<Parameters<typeof resolve>[1]>(
      { algorithm: 'v1' },
      { algorithm: 'v2.1', follow: 'text' },
      { diff: 'v2,v2.1' },
      { diff: 'v1,v2' },
    );
    await fc.assert(
      fc.asyncProperty(
        anyVector,
        fc.oneof(...Object.values(mutations)),
        picks,
        anyOption,
        async (room, mutate, numbers, options) => {
          let next = 0;
          const pick = (count: number): number => (numbers[next++ % numbers.length] ?? 0) % count;
          const at = entryAt(room, pick(room.events.length))?.event_id;
          mutate(room, pick);
          await resolveText(JSON.stringify(room), options);
          if (at !== undefined) await resolveText(JSON.stringify(room), { ...options, at });
        },
      ),
      runs,
    );
  });

  it('survives two rooms in one file', async () => {
    await fc.assert(
      fc.asyncProperty(anyVector, anyVector, fc.nat(1_000), async (room, other, at) => {
        const mixed = [...room.events];
        mixed.splice(at % mixed.length, 0, ...other.events);
        await resolveRoom({ ...room, events: mixed });
      }),
      runs,
    );
  });

  it('survives broken JSON: cut, with a character changed, and lines that are none', async () => {
    const linesOf = (text: string): string =>
      (JSON.parse(text) as Vector).events.map((event) => JSON.stringify(event)).join('\n');
    const anyText = fc.constantFrom(...texts, ...texts.map(linesOf));
    await fc.assert(
      fc.asyncProperty(
        anyText,
        fc.nat(),
        fc.string({ unit: 'binary', maxLength: 3 }),
        fc.boolean(),
        async (text, at, junk, cut) => {
          const place = at % text.length;
          await resolveText(cut ? text.slice(0, place) : text.slice(0, place) + junk + text.slice(place + 1));
        },
      ),
      { numRuns: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        await resolveText(text);
      }),
      runs,
    );
  });

  const [first = ''] = texts;
  const nestedContent = (value: string): string => {
    const room = JSON.parse(first) as Vector;
    const message = room.events.find(({ pdu }) => pdu['type'] === 'm.room.message');
    if (message !== undefined) message.pdu['content'] = { deep: 'HERE' };
    return JSON.stringify(room).replace('"HERE"', value);
  };

  it.each([
    ['nothing', ''],
    ['an empty object', '{}'],
    ['an empty list', '[]'],
    ['a room without events', '{"room_version":"11","events":[]}'],
    ['a number', '7'],
    ['brackets without end', '['.repeat(200_000)],
    ['nested lists', nested(200_000, '[', ']')],
    ['nested objects', `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`],
    ['an event with nested content', nestedContent(nested(100_000, '[', ']'))],
    ['an event with content nested not too deep', nestedContent(nested(50, '[', ']'))],
    ['an event with a number that is none in floating point', nestedContent('1e400')],
    ['an event with a number beyond what integers are', nestedContent('123456789012345678901234567890')],
    ['a room version that is a list', first.replace(/"room_version":\s*"[0-9]+"/, '"room_version":["11"]')],
    ['a key called __proto__', nestedContent('{"__proto__":{"membership":"join"},"constructor":1}')],
    ['half of a surrogate pair', nestedContent('"\\ud800"')],
    ['lines of which one is no JSON', `${first.replaceAll(/\s*\n\s*/g, ' ')}\nnot json`],
  ])('survives %s', async (_what, text) => {
    await resolveText(text);
  });
});
