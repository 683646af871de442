// The forms in which a room may come, and hostile files: the same room each time, or one error with its line.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { present } from '../../protocol/assert.ts';
import { judgeEvents, type RoomJudgement } from '../../protocol/matrix/judge-room.ts';
import { readRoomFile } from '../../scenarios/room-file.ts';
import { ScenarioError } from '../../scenarios/scenario-error.ts';
import { readVector, sampleRooms, type RoomVector } from '../support/matrix-vectors.ts';

const vectorOf = (name: string): RoomVector =>
  readVector(
    present(
      sampleRooms.find((file) => file.includes(name)),
      'a sample room',
    ),
  ) as RoomVector;
const v11 = vectorOf('-v11-s1311');
const v1 = vectorOf('-v1-s1001');

function judge(contents: string | Uint8Array): RoomJudgement {
  const judged = judgeEvents(readRoomFile(contents, 'room.json'));
  if (!judged.ok) throw new Error(judged.detail);
  return judged.value;
}

const linesOf = ({ events }: RoomVector): readonly string[] =>
  events.map(({ event_id, pdu }) => JSON.stringify({ ...pdu, event_id }));
const lines = linesOf(v11);
/** The lines with the fifth changed, which is a state event that others rest on. */
const changed = (change: (line: string) => string): string =>
  lines.map((line, index) => (index === 4 ? change(line) : line)).join('\n');

describe('a room is the same', () => {
  const pdus = v11.events.map(({ pdu }) => pdu);
  it.each<[string, string | Uint8Array]>([
    ['as a vector', JSON.stringify(v11)],
    ['as a vector on many lines', JSON.stringify(v11, undefined, 1)],
    ['line by line', lines.join('\n')],
    ['line by line with the blanks of psql', `${lines.map((line) => ` ${line}`).join('\n')}\n\n`],
    ['with the line ends of Windows and a byte order mark', `\uFEFF${lines.join('\r\n')}\r\n`],
    ['without ids', pdus.map((pdu) => JSON.stringify(pdu)).join('\n')],
    ['as an array', JSON.stringify(pdus)],
    ['as an array of events with ids, on many lines', `[${lines.join(',\n')}]`],
    [
      'one event after the other, on many lines each',
      pdus.map((pdu) => JSON.stringify(pdu, undefined, 2)).join('\n'),
    ],
    ['gzipped', gzipSync(lines.join('\n'))],
    [
      'with the notes of a debugger',
      lines.map((line) => line.replace('{', '{"_collapse":2,"_note":1.5,')).join('\n'),
    ],
    [
      'with unsigned data that is no canonical JSON',
      changed((line) => line.replace('{', '{"unsigned":{"age":1.5},')),
    ],
    [
      'as rows of event_json',
      v11.events
        .map(({ event_id, pdu }) =>
          JSON.stringify({
            event_id,
            room_id: v11.room_id,
            internal_metadata: '{}',
            json: JSON.stringify(pdu),
          }),
        )
        .join('\n'),
    ],
  ])('%s', (_form, contents) => {
    const { events, resolvedState, forwardExtremities } = judge(contents);
    expect(resolvedState.sha256()).toBe(v11.expect.resolved_state_sha256);
    expect(forwardExtremities).toEqual(v11.expect.forward_extremities);
    expect(events.map(({ accepted }) => accepted)).toEqual(v11.events.map((each) => each.expect.accepted));
  });
});

describe('a sketch', () => {
  const at = (id: string, type: string, rest: object): object => ({
    event_id: id,
    room_id: '!room:example.com',
    sender: '@alice:example.com',
    type,
    origin_server_ts: 1,
    ...rest,
  });
  const sketch = (version: string): object[] => [
    at('$create', 'm.room.create', {
      state_key: '',
      content: { room_version: version, creator: '@alice:example.com' },
      prev_events: [],
      auth_events: [],
    }),
    at('$join', 'm.room.member', {
      state_key: '@alice:example.com',
      content: { membership: 'join' },
      prev_events: ['$create'],
      auth_events: ['$create'],
    }),
    at('$levels', 'm.room.power_levels', {
      state_key: '',
      sender: '@mallory:example.com',
      content: {},
      prev_events: ['$join'],
      auth_events: ['$create', '$join'],
    }),
  ];

  it.each(['2', '6', '11'])(
    'of version %s goes by the names of its author, and nothing of it is verified',
    (version) => {
      const { events, resolvedState } = judge(JSON.stringify(sketch(version)));
      expect(events.map(({ accepted, redacted }) => ({ accepted, redacted }))).toEqual([
        { accepted: true, redacted: false },
        { accepted: true, redacted: false },
        { accepted: false, redacted: false },
      ]);
      expect(resolvedState.sorted().map(([, , id]) => id)).toEqual(['$create', '$join']);
    },
  );

  it('of version 12 names the room after its create event', () => {
    const [create, ...rest] = sketch('12');
    const { room_id: _none, ...bare } = create as { room_id: string };
    const named = rest.map((each) => ({
      ...each,
      room_id: '!create',
      auth_events: (each as { auth_events: string[] }).auth_events.filter((id) => id !== '$create'),
    }));
    const { events } = judge(JSON.stringify([bare, ...named]));
    expect(events.map(({ accepted }) => accepted)).toEqual([true, true, false]);
  });

  it('needs depths where the algorithm does, and names always', () => {
    expect(() => judge(JSON.stringify(sketch('1')))).toThrow(/depth/);
    const [create, ...rest] = sketch('11');
    const { event_id: _none, ...nameless } = create as { event_id: string };
    expect(() => judge(JSON.stringify([nameless, ...rest]))).toThrow(/expected an event_id/);
  });
});

describe('a file is refused, and the place named, that has', () => {
  const nest = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const withCycle = (edges: 'prev_events' | 'auth_events', to: number): string => {
    const room = structuredClone(v1) as unknown as {
      events: { event_id: string; pdu: Record<string, unknown[]> }[];
    };
    const [, second] = room.events;
    present(second, 'an event').pdu[edges] = [[present(room.events[to], 'another').event_id, { sha256: '' }]];
    return JSON.stringify(room, undefined, 1);
  };
  const inContent = (text: string): string =>
    changed((line) => line.replace('"content":{', `"content":{"x":${text},`));

  it.each<[string, string | Uint8Array, RegExp]>([
    [
      'a broken line',
      [...lines.slice(0, 2), '{"type":', ...lines.slice(2)].join('\n'),
      /:3:9: expected JSON: one event per line: expected a value, the text ends$/,
    ],
    ['a broken first line', ['{"type":"x"', ...lines].join('\n'), /:1:12: expected JSON: one event per line/],
    [
      'more on a line than an event',
      `${lines.slice(0, 3).join('\n')} x`,
      /:3:\d+: .*the line goes on after the event/,
    ],
    [
      'a list that ends early',
      `[${lines.slice(0, 3).join(',\n')}`,
      /:3:\d+: expected JSON: expected "," or "]", the text ends/,
    ],
    [
      'a key without quotes',
      JSON.stringify(v11, undefined, 1).replace('"depth"', 'depth'),
      /:\d\d:5: expected JSON: expected a key in quotes, found "d"/,
    ],
    ['more after its list', `[${lines.join(',')}]\n7`, /:2:1: .*goes on after the list/],
    ['a line that is no event', [...lines.slice(0, 2), '7'].join('\n'), /:3:1: expected an event, found 7/],
    [
      'a cycle of prev_events',
      withCycle('prev_events', 3),
      /:\d+:3: \S+ and \S+ cite each other in a circle/,
    ],
    ['a cycle of auth_events', withCycle('auth_events', 3), /cite each other in a circle/],
    ['an event that cites itself', withCycle('prev_events', 1), /cites itself/],
    [
      'an altered event under its old id',
      changed((line) => line.replace(/"depth":\d+/, '"depth":99')),
      /:5:1: the event's id is \S+ by its content in room version 11, the file says/,
    ],
    [
      'the wrong room version',
      lines.join('\n').replace('"room_version":"11"', '"room_version":"1"'),
      /:\d:1: /,
    ],
    [
      'an event of another room',
      [...lines, linesOf(vectorOf('-v11-s1300'))[1]].join('\n'),
      /:53:1: expected an event of !\S+ as on line 1, found one of !/,
    ],
    [
      'two bodies under one id',
      JSON.stringify([...v1.events, { ...v1.events[5], pdu: { ...v1.events[5]?.pdu, content: {} } }]),
      /two different events are called/,
    ],
    ['deep nesting in an event', inContent(nest(10_000)), /:5:\d+: .*nested deeper than 1000/],
    ['nesting that canonical JSON has no use for', inContent(nest(300)), /:5:1: .*nested deeper than 200/],
    [
      'deep nesting beside its events',
      JSON.stringify(v11).replace('{', `{"x":${nest(10_000)},`),
      /nested deeper/,
    ],
    [
      'a fraction',
      changed((line) => line.replace(/"depth":(\d+)/, '"depth":$1.0')),
      /:5:1: .*a number has a fraction or an exponent/,
    ],
    ['an exponent', inContent('1e2'), /:5:1: .*a number has a fraction or an exponent/],
    ['an integer beyond 2^53', inContent('9007199254740993'), /:5:1: .*is not an integer within/],
    ['half of a surrogate pair', inContent('"\\ud800"'), /:5:1: .*lone surrogate/],
    [
      'bytes that are no UTF-8',
      Buffer.concat([Buffer.from(`${lines[0] ?? ''}\n`), Buffer.from([0x22, 0xff, 0x22])]),
      /:2:1: expected UTF-8/,
    ],
    ['UTF-16', Buffer.from(`\uFEFF${lines.join('\n')}`, 'utf16le'), /:1:1: expected UTF-8, found UTF-16/],
    ['nothing in it', '', /:1:1: expected events, found an empty file/],
    ['half a gzip file', gzipSync(lines.join('\n')).subarray(0, 500), /cannot be unzipped/],
    [
      'an event without end',
      `${lines[0] ?? ''}\n{"type":"${'x'.repeat(9_000_000)}"}`,
      /:2:1: expected an event, which has at most 65536 bytes, found 9000011 characters/,
    ],
    [
      'an unknown room version',
      JSON.stringify({ ...v11, room_version: '13' }),
      /room version from 1 to 12, found "13"; did you mean/,
    ],
    [
      'no create event',
      lines.slice(1).join('\n'),
      /:1:1: expected a create event, .*give --room-version; the ids fit room version .*11/,
    ],
    [
      'state sets that are none',
      JSON.stringify({ ...v11, state_sets: [[7]] }),
      /expected state_sets to be a list of lists/,
    ],
  ])('%s', (_what, contents, message) => {
    expect(() => readRoomFile(contents, 'room.json')).toThrow(ScenarioError);
    expect(() => readRoomFile(contents, 'room.json')).toThrow(message);
  });

  it('the other version of a room it was told to be of, by the version that fits', () => {
    expect(() => readRoomFile(lines.join('\n'), 'room.json', { roomVersion: '3' })).toThrow(
      /it would be that in room version .*11/,
    );
  });

  it('keys called __proto__: they are keys like others', () => {
    const { events } = judge(changed((line) => line.replace('{', '{"__proto__":{"type":"x"},')));
    expect(events[4]).toMatchObject({ redacted: true, event: { type: v11.events[4]?.pdu['type'] } });
  });
});
