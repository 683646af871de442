// Rooms from dumps as worlds: put onto servers, split, healed; what is nonsense is refused with file and line.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runScenario } from '../../reports/runner.ts';
import { writeRunFolder, readReproduction } from '../../reports/store.ts';
import { compileScenario, type ScenarioText } from '../../scenarios/compile.ts';
import { loadScenario } from '../../scenarios/load.ts';
import { sampleRooms, unpackedVector } from '../support/matrix-vectors.ts';

/** A world of the room's own servers, the two largest of which lose each other for forty minutes. */
function scenarioWith(room: string, change: (text: string) => string = (text) => text): ScenarioText {
  const text = `
netsplit: 1
name: from-a-dump
title: A room from a dump
description: Its two largest servers lose each other and find each other again.
epoch: 2026-09-12T09:00Z
windows: { warmUp: 10m, sending: 2h, horizon: 8h, shortHorizon: longer than any back-off in play }
people:
  count: 12
  cities: [{ name: berlin, share: 1 }]
  messagesPerPersonPerDay: 60
  shareInDirectChats: 0
  shareInGroups: 0
  directChatsPerPerson: 0
  groupsPerPerson: 0
  roomChangesPerDay: 200
room: ${room}
systems: { matrix: {} }
faults:
  - { id: split, title: Split, kind: partition, target: host=room-server-01.example, from: host=room-server-02.example, start: 40m, end: 80m, source: invented }
`;
  return { text: change(text), file: join(tmpdir(), 'from-a-dump.yaml') };
}

const vector = (number: string): string =>
  unpackedVector(sampleRooms.find((name) => name.startsWith(`sample-${number}`)) ?? '');

describe.each([
  ['001', '1'],
  ['010', '4'],
  ['015', '6'],
  ['025', '9'],
  ['042', '12'],
])('vector room %s, version %s', (number, version) => {
  it('is split and healed; servers agree again and nothing is unexplained', async () => {
    const scenario = scenarioWith(vector(number));
    const { room } = compileScenario(scenario).world;
    expect(room?.version).toBe(version);
    const { record } = await runScenario({ scenario, name: 'from-a-dump', seed: 1, workers: 0 });
    expect(record.checks.filter(({ holds }) => !holds)).toEqual([]);
    const { convergence, delivery } = record.systems['matrix'] ?? {};
    expect(convergence).toMatchObject({ converged: true, historyComplete: true });
    expect(convergence?.aspects['extremities']?.diverged).toBe(1);
    expect(delivery?.ratio).toBe(1);
  });
});

it('a run says which entry of such a room was reset, from what to what, and why', async () => {
  const { record } = await runScenario({
    scenario: scenarioWith(vector('020')),
    name: 'from-a-dump',
    seed: 8, // one of the few at which the halves of this room meet so that an entry is reset
    workers: 0,
  });
  const { convergence } = record.systems['matrix'] ?? {};
  expect(convergence?.resets).toBe(1);
  expect(convergence?.causes).toContainEqual(
    expect.objectContaining({ aspect: 'state-reset', cause: 'm.room.join_rules in room version 7' }),
  );
  expect(convergence?.details[0]?.detail).toMatch(
    /^m\.room\.join_rules "" goes before \$\S+ from \$\S+ of @member\d+:\S+, which was allowed and then overtaken by an older one, back to \$/,
  );
});

it('a run folder keeps the dump, and is repeated from it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'netsplit-'));
  writeFileSync(join(folder, 'dump.json'), readFileSync(vector('042')));
  const scenario = { ...scenarioWith('dump.json'), file: join(folder, 'mine.yaml') };
  const run = await runScenario({ scenario, name: 'from-a-dump', seed: 1, workers: 0 });
  const kept = join(folder, 'kept');
  await writeRunFolder(kept, { ...run, scenario }, { level: 'summary' });
  const again = (await readReproduction(kept)).scenario;
  expect(again.file).toBe(join(kept, 'scenario.yaml'));
  expect(compileScenario(again).scenarioDigest).toBe(compileScenario(scenario).scenarioDigest);
});

it('another dump is another scenario', () => {
  const digestOf = (number: string): string => {
    const folder = mkdtempSync(join(tmpdir(), 'netsplit-'));
    writeFileSync(join(folder, 'dump.json'), readFileSync(vector(number)));
    return compileScenario({ ...scenarioWith('dump.json'), file: join(folder, 'mine.yaml') }).scenarioDigest;
  };
  expect(digestOf('010')).not.toBe(digestOf('042'));
});

describe('what cannot be put onto servers is refused', () => {
  const refusal = (scenario: ScenarioText): string => {
    try {
      compileScenario(scenario);
    } catch (error) {
      return String(error);
    }
    return 'nothing';
  };
  const dump = (...lines: readonly string[]): string => {
    const file = join(mkdtempSync(join(tmpdir(), 'netsplit-')), 'dump.ndjson');
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  };
  const library = readFileSync(new URL('../../scenarios/datasets/room-v9.ndjson', import.meta.url), 'utf8')
    .trim()
    .split('\n');

  it.each([
    [
      'a file that is not there',
      () => scenarioWith('nowhere.ndjson'),
      /from-a-dump\.yaml:17:7: room: there is no data set "nowhere\.ndjson"/,
    ],
    ['what is no room', () => scenarioWith(dump('{"half":')), /dump\.ndjson:2:1: expected JSON/],
    [
      'half of a room',
      () => scenarioWith(dump(...library.filter((_, index) => index !== 20))),
      /dump\.ndjson:\d+:\d+: expected the whole room: \$\S+ names \$\S+ among its (prev|auth)_events, which is not in the file/,
    ],
    [
      'a room from the future',
      () => scenarioWith(vector('042'), (text) => text.replace('2026-09-12', '2019-09-12')),
      /expected a room whose last event is older than the epoch, found one of 20\d\d-/,
    ],
    [
      'a room in which nobody may speak',
      () => scenarioWith(vector('005')),
      /expected at least two members who may speak, found 0/,
    ],
    [
      'more servers than the scenario lists',
      () =>
        scenarioWith(vector('009'), (text) =>
          text
            .replace(/^faults:[^]*/m, '')
            .concat(
              'world: { servers: [{ name: a.example, site: hetzner/falkenstein, users: 1, software: synapse }] }\n',
            ),
        ),
      /world\.servers: expected at least 6 servers, those with members in .*, found 1/,
    ],
  ])('%s', (_, scenario, expected) => {
    expect(refusal(scenario())).toMatch(expected);
  });
});

it('the room of the library is split, healed, and keeps its graph', async () => {
  const name = 'imported-room-split';
  const scenario = loadScenario(name);
  expect(compileScenario(scenario).world.room?.events).toHaveLength(61);
  const { record } = await runScenario({ scenario, name, seed: 1, workers: 0 });
  expect(record.expectations.filter(({ holds }) => holds !== true)).toEqual([]);
  expect(record.checks.filter(({ holds }) => !holds)).toEqual([]);
});
