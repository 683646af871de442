// `--room-module`: the example does what it says, and modules that cannot be used are refused in words.
import fc from 'fast-check';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withRoomModule } from '../../cli/resolve/room-module.ts';
import { roomVersions as exampleVersions } from '../../examples/room-versions.ts';
import { present } from '../../protocol/assert.ts';
import { experimentKit } from '../../protocol/matrix/experiment-kit.ts';
import { ExperimentError } from '../../protocol/matrix/experiment.ts';
import { judgeRoom } from '../../protocol/matrix/judge-room.ts';
import { specifiedRoomVersions, type RoomVersionRules } from '../../protocol/matrix/room-version.ts';
import { resolveState } from '../../protocol/matrix/state-resolution.ts';
import { StateMap } from '../../protocol/matrix/state-map.ts';
import { explainResolution } from '../../protocol/matrix/state-resolution/explain.ts';
import { anyMerge, contextOf } from '../support/any-merge.ts';
import { judgedRoom } from '../support/judged-rooms.ts';
import { keysOf } from '../support/matrix-vectors.ts';
import { resolveSlowly } from '../support/slow-state-resolution.ts';

const examplePath = new URL('../../examples/room-versions.ts', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'netsplit-'));

function exampleVersion(id: string): RoomVersionRules {
  return present(
    exampleVersions(experimentKit).find((rules) => rules.id === id),
    id,
  );
}

describe('the example of a room module', () => {
  it('adds its versions to those of the specification', async () => {
    const versions = await withRoomModule(examplePath, specifiedRoomVersions);
    expect(versions.ids()).toEqual([
      ...specifiedRoomVersions.ids(),
      'org.example.empty-start',
      'org.example.reasoned-bans',
    ]);
    expect(specifiedRoomVersions.get('org.example.empty-start')).toBeUndefined();
  });

  it('resolves from nothing without the conflicted state subgraph, and can be explained', () => {
    const rules = exampleVersion('org.example.empty-start');
    let differsFromV2 = 0;
    fc.assert(
      fc.property(anyMerge('v2'), ({ room, states }) => {
        fc.pre(StateMap.keysInConflict(states).length > 0);
        const context = { ...contextOf(room), rules };
        const slow = resolveSlowly(states, {
          find: (id) => present(context.find(id), 'an event'),
          isRejected: context.isRejected,
          startsEmpty: true,
          hasSubgraph: false,
          reading: 'deployed',
        });
        const resolved = resolveState(states, context);
        expect(resolved.sorted()).toEqual(StateMap.of(slow.state).sorted());
        const explained = explainResolution(states, context);
        expect(explained.algorithm).toBe('v2 from nothing');
        expect(explained.resolved.sorted()).toEqual(resolved.sorted());
        for (const { key, winner } of explained.keys) expect(winner).toBe(resolved.getKey(key));
        if (!resolveState(states, contextOf(room)).equals(resolved)) differsFromV2++;
      }),
      { numRuns: 300, seed: 1 },
    );
    expect(differsFromV2).toBeGreaterThan(0);
  });

  it('refuses bans without a reason, and nothing else that version 11 allows', () => {
    const { vector, roomId } = judgedRoom('sample-030-v11-s1300.json.gz');
    const pdus = vector.events.map(({ pdu }) => pdu);
    const keys = keysOf(vector);
    const judge = (rules: RoomVersionRules) => {
      const judged = judgeRoom({ rules, roomId, pdus, keys });
      if (!judged.ok) throw new Error(judged.detail);
      return judged.value.events;
    };
    const refused = judge(exampleVersion('org.example.reasoned-bans')).filter(
      ({ rule }) => rule === 'org.example.ban.no-reason',
    );
    expect(refused.length).toBeGreaterThan(0);
    for (const { event } of refused) {
      expect(event.content['membership']).toBe('ban');
      expect(event.content['reason'] ?? '').toBe('');
    }
  });
});

describe('a room module', () => {
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const v11 = "kit.specified('11')";

  it.each([
    ['no-file.js', undefined, /--room-module: there is no file /],
    ['no-export.js', 'export const other = 1;', /expected a module that exports a function "roomVersions"/],
    ['syntax.js', 'export const = 1;', /syntax\.js:1:14: Expected identifier/],
    ['throws.js', "export const roomVersions = () => { throw new Error('boom'); };", /throws\.js: boom/],
    [
      'number.js',
      'export const roomVersions = () => 7;',
      /expected room versions made by kit\.derive, found number/,
    ],
    ['bare.js', "export const roomVersions = () => ({ id: 'org.x' });", /org\.x: [a-zA-Z]+ is undefined/],
    [
      'id.js',
      `export const roomVersions = (kit) => kit.derive(${v11}, '13', {});`,
      /"13" is no id of an exp/,
    ],
    ['taken.js', `export const roomVersions = (kit) => ${v11};`, /room version 11 exists/],
    [
      'base.js',
      "export const roomVersions = (kit) => kit.specified('99');",
      /"99" is no room version of the/,
    ],
    [
      'trait.js',
      `export const roomVersions = (kit) => kit.derive(${v11}, 'org.x', { knocking: 'yes' });`,
      /org\.x: knocking is string, expected boolean/,
    ],
    [
      'algorithm.js',
      `export const roomVersions = (kit) => kit.derive(${v11}, 'org.x', { stateResolution: 'v3' });`,
      /org\.x: stateResolution is neither v1, v2, v2\.1 nor/,
    ],
  ])('%s is refused in words', async (name, text, message) => {
    const path = text === undefined ? join(folder, name) : write(name, text);
    await expect(withRoomModule(path, specifiedRoomVersions)).rejects.toThrow(message);
    await expect(withRoomModule(path, specifiedRoomVersions)).rejects.toMatchObject({ name: 'UsageError' });
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
      /org\.x: state resolution mine failed: boom/,
    ],
    ['gives a plain map', () => new Map(), /org\.x: state resolution mine gave no StateMap, but object/],
  ])('whose algorithm %s is named', (_what, resolve, message) => {
    const { room, states } = fc.sample(anyMerge('v2'), 1)[0]!;
    const rules = experimentKit.derive(room.rules, 'org.x', {
      stateResolution: { name: 'mine', resolve: resolve as unknown as () => StateMap },
    });
    const apart = [...states, StateMap.of([['a\0b', '$c' as never]])];
    const call = (): StateMap => resolveState(apart, { ...contextOf(room), rules });
    expect(call).toThrow(ExperimentError);
    expect(call).toThrow(message);
  });

  it('may choose other auth events, and says so when its rule gives none of the answers there are', () => {
    const { rules, vector, roomId } = judgedRoom('sample-030-v11-s1300.json.gz');
    const pdus = vector.events.map(({ pdu }) => pdu);
    const judge = (authRules: NonNullable<RoomVersionRules['authRules']>) =>
      judgeRoom({ rules: experimentKit.derive(rules, 'org.x', { authRules }), roomId, pdus });
    const narrow = judge({
      authEvents: (_event, specified) => specified().filter((key) => key !== experimentKit.powerLevelsKey),
    });
    if (!narrow.ok) throw new Error(narrow.detail);
    expect(narrow.value.events.some(({ rule }) => rule === 'auth-events.unexpected')).toBe(true);
    expect(() => judge({ stateDependent: () => undefined as never })).toThrow(
      /org\.x: stateDependent gave neither accept\(event\) nor reject\(rule, detail\), but undefined/,
    );
    expect(() => judge({ stateIndependent: () => null as never })).toThrow(/stateIndependent gave neither/);
    expect(() => judge({ authEvents: () => 'all' as never })).toThrow(/authEvents gave no list/);
  });
});
