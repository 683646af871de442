// `netsplit resolve` of parts of rooms: `--state` and `--against` as users give them.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolve, type ResolveOptions } from '../../cli/commands/resolve.ts';
import type { AgainstDocument } from '../../cli/resolve/against.ts';
import type { ResolveDocument } from '../../cli/resolve/room-document.ts';
import type { JsonObject } from '../../protocol/matrix/canonical-json.ts';
import { present } from '../../protocol/assert.ts';
import { readVector, sampleRooms, type RoomVector } from '../support/matrix-vectors.ts';
import { outputOf } from '../support/output.ts';

const folder = mkdtempSync(join(tmpdir(), 'netsplit-slices-'));
let files = 0;

function fileOf(contents: unknown): string {
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, typeof contents === 'string' ? contents : JSON.stringify(contents));
  return path;
}

const vector = (part: string): RoomVector =>
  readVector(
    present(
      sampleRooms.find((each) => each.includes(part)),
      part,
    ),
  ) as RoomVector;

const resolved = async (file: string, options: ResolveOptions = {}): Promise<ResolveDocument> =>
  JSON.parse(await outputOf(() => resolve(file, { ...options, json: true }))) as ResolveDocument;

async function against(
  file: string,
  stored: unknown,
  options: ResolveOptions = {},
): Promise<AgainstDocument & { exit: number }> {
  let exit = 0;
  const text = await outputOf(async () => {
    exit = await resolve(file, { ...options, against: fileOf(stored), json: true });
  });
  return { ...(JSON.parse(text) as AgainstDocument), exit };
}

type State = readonly (readonly [string, string, string])[];

const room = vector('v11-s1311');
const wholeFile = fileOf(room);

/** The room from here on has one event with missing predecessors. */
const edge = 18;
const first = present(room.events[edge], 'the first event of the slice').event_id;
const slice = { ...room, events: room.events.slice(edge) };
const sliceFile = fileOf(slice);

describe('part of a room', () => {
  it('without a state is unknown, not wrong, and says what it lacks', async () => {
    const { events = [], forward_extremities: ends, slice: told, observer } = await resolved(sliceFile);
    expect(told?.missing.length).toBeGreaterThan(0);
    expect(told?.edges).toEqual([{ event_id: first, state: 'unknown' }]);
    expect(observer).toBeNull();
    expect(ends).toBeNull();
    for (const { verdict, accepted, rule } of events) {
      expect(accepted).toBe(verdict === 'unknown' ? null : false);
      expect(rule).toBeDefined();
    }
  });

  it('asks for its version when nothing tells it', async () => {
    const { room_version: _version, ...nameless } = slice;
    await expect(resolve(fileOf(nameless), {})).rejects.toThrow(/--room-version/);
  });

  const bodies = new Map(room.events.map(({ event_id: id, pdu }) => [id, pdu]));
  const bodiesOf = (state: State) => state.map(([, , id]) => bodies.get(id));
  const isInForce = ({ type }: JsonObject): boolean => type === 'm.room.create';
  const cutOff = room.events.slice(0, edge).map(({ pdu }) => pdu);

  it.each<[name: string, form: (state: State) => unknown, share: number]>([
    ['rows', (state) => ({ [first]: state }), 0],
    ['full events', bodiesOf, 0.5],
    [
      'full events, a line each',
      (state) =>
        bodiesOf(state)
          .map((body) => JSON.stringify(body))
          .join('\n'),
      0.5,
    ],
    ['what /state answers', (state) => ({ pdus: bodiesOf(state), auth_chain: cutOff }), 0.95],
    ['what resolve --at --json prints', (state) => ({ roomVersion: '11', resolved_state: state }), 0],
  ])('with the state before it as %s is judged as in the whole', async (_name, form, share) => {
    const whole = await resolved(wholeFile, { at: first });
    const state = fileOf(form(present(whole.at, 'at').state_before));
    const { events = [], slice: told } = await resolved(sliceFile, { state });
    expect(told?.edges).toEqual([{ event_id: first, state: 'given' }]);
    const truth = new Map(whole.events?.map((each) => [each.event_id, each]));
    const decided = events.filter(({ verdict }) => verdict !== 'unknown');
    for (const each of decided) expect(each.verdict).toBe(truth.get(each.event_id)?.verdict);
    for (const each of events) {
      const { state_before_sha256: known } = each;
      if (known !== null) expect(known).toBe(truth.get(each.event_id)?.state_before_sha256);
    }
    expect(decided.length / events.length).toBeGreaterThanOrEqual(share);
    // Ids alone say what is in force, but nothing can be judged by them.
    expect((told?.entries_without_event ?? 0) > 0).toBe(share === 0);
  });

  it.each([
    ['{"$nobody": ["$a"]}', /neither an event of the room nor a missing predecessor/],
    ['[]', /expected state events, found none/],
    ['["$a", 5]', /:1:8: expected an event id, \[type, state_key, event_id\] or an event, found 5/],
    ['{"a": 1}', /expected a list of state events/],
    ['[["m.room.name", "", "$a"], ["m.room.name", "", "$b"]]', /two events for one key of a state/],
    ['{', /expected JSON/],
    ['', /found an empty file/],
  ])('refuses %s as a state', async (text, message) => {
    await expect(resolve(sliceFile, { state: fileOf(text) })).rejects.toThrow(message);
  });

  it('takes its version from the create event of the state', async () => {
    const { room_version: _version, ...nameless } = slice;
    const { roomVersion } = await resolved(fileOf(nameless), { state: fileOf(cutOff.filter(isInForce)) });
    expect(roomVersion).toBe('11');
  });

  it('refuses a state that cannot be true', async () => {
    const last = slice.events.findLast(({ pdu }) => pdu['state_key'] !== undefined);
    const state = fileOf({ [first]: [present(last, 'a state event').event_id] });
    await expect(resolve(sliceFile, { state })).rejects.toThrow(/names .*, which is not before it/);
  });

  it('of whose servers some keys are missing leaves those signatures unchecked', async () => {
    const [gone = '', ...others] = Object.keys(room.servers);
    const servers = Object.fromEntries(others.map((name) => [name, room.servers[name]]));
    const { events: inWhole = [], signatures: ofWhole } = await resolved(fileOf({ ...room, servers }));
    expect(ofWhole).toBe('unchecked');
    expect(inWhole.map(({ accepted }) => accepted)).toEqual(
      room.events.map(({ expect: { accepted } }) => accepted),
    );
    const { events = [], signatures } = await resolved(fileOf({ ...slice, servers }));
    expect(signatures).toBe('unchecked');
    for (const { event_id: id, signatures: each } of events) {
      const sender = bodies.get(id)?.['sender'];
      if (typeof sender === 'string' && sender.endsWith(`:${gone}`)) expect(each).toBe('unchecked');
    }
    expect(new Set(events.map(({ signatures: each }) => each))).toEqual(new Set(['checked', 'unchecked']));
  });
});

describe('--against', () => {
  it('finds nothing in what resolve itself prints, in every form, and the altered row otherwise', async () => {
    const ids = room.events.filter((_, index) => index % 20 === 19).map(({ event_id: id }) => id);
    const states = new Map<string, (readonly [string, string, string])[]>();
    for (const id of ids) states.set(id, [...(await resolved(wholeFile, { at: id })).resolved_state]);
    const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    const forms = (): readonly unknown[] => [
      Object.fromEntries(states),
      [...states].map(([event_id, state]) => JSON.stringify({ event_id, state })).join('\n'),
      [...states].map(([event_id, state_after]) => ({ event_id, state_after })),
      [
        'event_id,type,state_key,state_event_id',
        ...[...states].flatMap(([id, state]) => state.map((row) => [id, ...row].map(quoted).join(','))),
      ].join('\r\n'),
    ];
    for (const form of forms()) {
      const { departs, stored, exit } = await against(wholeFile, form);
      expect({ departs, exit, compared: stored.compared }).toEqual({
        departs: false,
        exit: 0,
        compared: ids.length,
      });
    }
    const [, second = ''] = ids;
    const rows = present(states.get(second), 'a state');
    const [type, key, id] = present(rows[3], 'a row');
    rows[3] = [type, key, present(rows[4], 'another row')[2]];
    for (const form of forms()) {
      const { departure, exit } = await against(wholeFile, form);
      expect(exit).toBe(1);
      expect(departure).toMatchObject({
        event_id: second,
        class: 'none',
        keys: [{ type, state_key: key, computed: id }],
      });
    }
  });

  it('takes the state at the end', async () => {
    const { resolved_state: end } = await resolved(wholeFile);
    expect(await against(wholeFile, end)).toMatchObject({ departs: false, exit: 0 });
    expect(await against(wholeFile, end.slice(1))).toMatchObject({
      exit: 1,
      departure: { event_id: null, where: 'end', keys: [{ type: end[0]?.[0], stored: null }] },
    });
  });

  it('takes the state before an event', async () => {
    const { at } = await resolved(wholeFile, { at: first });
    const before = present(at, 'at').state_before;
    const row = { event_id: first, state_before: before };
    expect(await against(wholeFile, [row])).toMatchObject({ departs: false, stored: { compared: 1 } });
    const departure = { event_id: first, where: 'before', class: 'none' };
    expect(await against(wholeFile, [{ ...row, state_before: before.slice(1) }])).toMatchObject({
      departure,
    });
  });

  it('survives anything as a state or as stored states', async () => {
    const place = fc.constantFrom(
      '$x',
      first,
      '*',
      'state',
      'event_id',
      'pdus',
      'events',
      'resolved_state',
      'pdu',
    );
    const leaf = fc.oneof(place, fc.constant(room.events[0]?.pdu ?? null), fc.integer(), fc.constant(null));
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(place, tie('value'), { maxKeys: 3 }),
      ),
    }));
    const text = fc.oneof(
      value.map((each) => JSON.stringify(each)),
      fc.string(),
      fc.constant('['.repeat(50_000)),
    );
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom('state', 'against'), async (given, option) => {
        try {
          await outputOf(() => resolve(sliceFile, { [option]: fileOf(given), json: true }));
        } catch (error) {
          expect(['ScenarioError', 'UsageError']).toContain((error as Error).name);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('says what it cannot compare', async () => {
    const { resolved_state: state } = await resolved(wholeFile, { at: first });
    const { departs, first_undecided: open } = await against(sliceFile, { [first]: state });
    expect(departs).toBe(false);
    expect(open).toMatchObject({ event_id: first, rule: 'slice.prev-event' });
  });

  it.each([
    ['{"$nobody": []}', /none of the events with a stored state is in/],
    ['$a,m.room.name', /:1:1: expected event_id,type,state_key,state_event_id/],
    ['event_id,type\n', /expected a column state_key/],
    ['{"event_id": "$a", "state": 5}', /expected a list under "state"/],
    ['["$nobody"]', /is no state event of the room/],
  ])('refuses %s', async (text, message) => {
    await expect(resolve(wholeFile, { against: fileOf(text) })).rejects.toThrow(message);
  });
});

it('does with the examples what docs/matrix-rooms.md says', async () => {
  const example = (name: string): string => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  const options = { roomVersion: '11', state: example('room-slice-state.json') };
  const file = example('room-slice.ndjson');
  expect(await outputOf(() => resolve(file, { roomVersion: '11' }))).toContain('4 verdicts are unknown');
  expect(await outputOf(() => resolve(file, options))).toContain('4 of 4 events accepted');
  const docs = readFileSync(new URL('../../docs/matrix-rooms.md', import.meta.url), 'utf8');
  const against = await outputOf(() =>
    resolve(file, { ...options, against: example('room-slice-stored.csv') }),
  );
  expect(docs).toContain(against);
});
