// `netsplit resolve`: what --json prints of every sample room, and --at, --algorithm, --diff and --export.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { resolve, type ResolveOptions } from '../../cli/commands/resolve.ts';
import type { DifferenceDocument } from '../../cli/resolve/difference.ts';
import type { ResolveDocument } from '../../cli/resolve/room-document.ts';
import { present } from '../../protocol/assert.ts';
import { readVector, sampleRooms, type RoomVector } from '../support/matrix-vectors.ts';
import { outputOf } from '../support/output.ts';

const folder = mkdtempSync(join(tmpdir(), 'netsplit-'));
const pathOf = (name: string): string => fileURLToPath(new URL(`../vectors/matrix/${name}`, import.meta.url));

function fileOf(contents: unknown): string {
  const path = join(folder, 'room.json');
  writeFileSync(path, typeof contents === 'string' ? contents : JSON.stringify(contents));
  return path;
}

const documentOf = async (file: string, options: ResolveOptions = {}): Promise<ResolveDocument> =>
  JSON.parse(await outputOf(() => resolve(file, { ...options, json: true }))) as ResolveDocument;

describe.each(sampleRooms)('%s', (name) => {
  const file = pathOf(name);
  const room = readVector(name) as RoomVector;

  it('is printed as it was judged by an independent implementation, and comes back the same from an export', async () => {
    const document = await documentOf(file);
    const { roomVersion, events = [], ...end } = document;
    expect(roomVersion).toBe(room.room_version);
    const verdicts = events.map(
      ({ reason: _reason, rule, rule_number: _number, stage, verdict, ...rest }) => ({
        ...rest,
        ...(verdict === 'accepted' ? {} : { stage }),
        // A refusal, soft or not, names its rule.
        isExplained: rule !== undefined,
      }),
    );
    expect(verdicts).toEqual(
      room.events.map(({ event_id, expect: { reason: _reason, ...wanted } }) => ({
        event_id,
        ...wanted,
        isExplained: !wanted.accepted || wanted.soft_failed === true,
      })),
    );
    expect(end).toMatchObject(room.expect);
    const exported = await outputOf(() => resolve(file, { export: 'ndjson' }));
    const lines = exported
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event_id: string });
    expect(lines.map(({ event_id: id }) => id)).toEqual(room.events.map(({ event_id: id }) => id));
    expect(await documentOf(fileOf(exported))).toEqual(document);
  });
});

const nameOf = (part: string): string =>
  present(
    sampleRooms.find((each) => each.includes(part)),
    'a room',
  );

describe('--at', () => {
  const name = nameOf('-v11-s1311');
  const { events } = readVector(name) as RoomVector;

  it('tells the state after an event, and before it', async () => {
    for (const each of [
      present(events[0], 'first'),
      present(events[20], 'another'),
      present(events.at(-1), 'last'),
    ]) {
      const { event_id: id, expect: wanted } = each;
      const { at, resolved_state_sha256: hash } = await documentOf(pathOf(name), { at: id });
      expect(at).toMatchObject({
        event_id: id,
        state_before_sha256: wanted.state_before_sha256,
        state_after_sha256: wanted.state_after_sha256,
      });
      expect(hash).toBe(wanted.state_after_sha256);
      // A shell may have eaten the dollar sign.
      expect(await documentOf(pathOf(name), { at: id.slice(1) })).toEqual(
        await documentOf(pathOf(name), { at: id }),
      );
    }
  });

  it('says in words what the event changes', async () => {
    const create = present(events[0], 'first').event_id;
    const printed = await outputOf(() => resolve(pathOf(name), { at: create }));
    expect(printed).toContain(`state after ${create} (it sets m.room.create ""):`);
  });

  it('names the nearest ids of one that is not there', async () => {
    const id = present(events[7], 'an event').event_id;
    await expect(documentOf(pathOf(name), { at: id.slice(0, 8) })).rejects.toThrow(`did you mean "${id}"?`);
    await expect(documentOf(pathOf(name), { at: `${id.slice(0, -1)}!` })).rejects.toThrow(
      `did you mean "${id}"?`,
    );
    await expect(documentOf(pathOf(name), { at: '$nonsense' })).rejects.toThrow(
      /has no event "\$nonsense"; it ends in \$/,
    );
  });
});

describe('--diff', () => {
  const differenceIn = async (file: string, diff: string): Promise<DifferenceDocument> =>
    JSON.parse(await outputOf(() => resolve(file, { diff, json: true }))) as DifferenceDocument;

  it('is what two runs with --algorithm differ in', async () => {
    let parted = 0;
    for (const name of sampleRooms.filter((_each, index) => index % 5 === 1)) {
      const file = pathOf(name);
      const difference = await differenceIn(file, 'v2,v2.1');
      const [left, right] = [
        await documentOf(file, { algorithm: 'v2' }),
        await documentOf(file, { algorithm: 'v2.1' }),
      ];
      const accepted = ({ events = [] }: ResolveDocument): string =>
        JSON.stringify(
          events.map(({ state_after_sha256: _after, state_before_sha256: _before, ...rest }) => rest),
        );
      expect(difference.events.length > 0).toBe(accepted(left) !== accepted(right));
      const entries = ({ resolved_state: state }: ResolveDocument): ReadonlySet<string> =>
        new Set(state.map((entry) => JSON.stringify(entry)));
      const onlyIn = (one: ResolveDocument, other: ResolveDocument): number =>
        [...entries(one)].filter((entry) => !entries(other).has(entry)).length;
      const given = (algorithm: string): number =>
        difference.resolved_state.filter((entry) => entry[algorithm] !== null).length;
      expect(given('v2')).toBe(onlyIn(left, right));
      expect(given('v2.1')).toBe(onlyIn(right, left));
      const all = ({ events, resolved_state_sha256: hash }: ResolveDocument): string =>
        JSON.stringify({ events, hash });
      expect(difference.same).toBe(all(left) === all(right));
      if (!difference.same) parted++;
    }
    expect(parted).toBeGreaterThan(1);
  });

  it('is told in words, event by event and key by key', async () => {
    const name = present(
      await (async () => {
        for (const each of sampleRooms) {
          const { events, resolved_state: state } = await differenceIn(pathOf(each), 'v2,v2.1');
          if (events.length > 0 && state.length > 0) return each;
        }
        return undefined;
      })(),
      'a room in which verdicts and state differ',
    );
    const { events, resolved_state: state } = await differenceIn(pathOf(name), 'v2,v2.1');
    const printed = await outputOf(() => resolve(pathOf(name), { diff: 'v2,v2.1', explain: true }));
    expect(printed).toContain(`verdicts that differ: ${events.length}\n`);
    expect(printed).toContain(`keys of the resolved state that differ: ${state.length}\n`);
    for (const { event_id: id } of events) expect(printed).toContain(id);
    expect(printed.match(/^state resolution v2(\.1)? /gm)).toHaveLength(2);
  });

  it('shows the state reset of the example that comes with netsplit', async () => {
    const example = fileURLToPath(new URL('../../examples/state-reset.ndjson', import.meta.url));
    expect(await differenceIn(example, 'v2,v2.1')).toMatchObject({
      events: [],
      resolved_state: [{ type: 'm.room.join_rules', state_key: '', v2: null, 'v2.1': '$invite-only' }],
    });
  });

  it('works on state sets as well', async () => {
    const { events, room_version: version } = readVector(nameOf('-v12-s4240')) as RoomVector;
    const state = events.filter(
      ({ pdu, expect: { accepted } }) => accepted && typeof pdu['state_key'] === 'string',
    );
    const latest = (count: number): string[] => [
      ...new Map(
        state
          .slice(0, count)
          .map(({ event_id, pdu }) => [JSON.stringify([pdu['type'], pdu['state_key']]), event_id]),
      ).values(),
    ];
    const file = fileOf({ room_version: version, events, state_sets: [latest(8), latest(state.length)] });
    const difference = await differenceIn(file, 'v2,v2.1');
    expect(difference.events).toEqual([]);
    expect(Object.keys(difference.seconds ?? {})).toEqual(['v2', 'v2.1']);
    const { seconds, seconds_all: _runs, ...document } = await documentOf(file);
    expect(seconds).toBeGreaterThan(0);
    const exported = await outputOf(() => resolve(file, { export: 'ndjson' }));
    const { seconds: _again, seconds_all: _others, ...same } = await documentOf(fileOf(exported));
    expect(same).toEqual(document);
    await expect(documentOf(file, { at: '$x' })).rejects.toThrow(/names states to resolve/);
  });

  it.each(['v2', 'v2,v3', 'v2,v2', 'v1,v2,v2.1', ''])('refuses %j', async (diff) => {
    await expect(differenceIn(pathOf(nameOf('-v11-s1311')), diff)).rejects.toThrow(/--diff: expected two/);
  });
});

it('refuses options that exclude each other', async () => {
  const file = pathOf(nameOf('-v11-s1311'));
  await expect(resolve(file, { diff: 'v1,v2', algorithm: 'v2' })).rejects.toThrow(/--diff and --algorithm/);
  await expect(resolve(file, { export: 'ndjson', json: true })).rejects.toThrow(/--export and --json/);
});
