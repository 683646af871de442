// What a scenario says of movement, and what it comes to.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { PersonId } from '../../protocol/message.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { positionsOfWorkload } from '../../sim/mobility/positions-of-workload.ts';
import { at } from '../support/mobility.ts';
import { scenarioText } from '../support/scenario-text.ts';

const compile = (movement: object, ...overrides: readonly string[]) =>
  compileScenario({
    text: `${scenarioText()}\nmovement: ${JSON.stringify(movement)}\n`,
    file: 'sample.yaml',
    overrides,
  });
const waypoint = { model: 'random-waypoint', widthMetres: 200 };

describe('movement', () => {
  it('moves people by its model, the same people the same way for a seed, on mobile networks', () => {
    const place = (seed: string, person: number): unknown => {
      const workload = compile(waypoint).workload(seed);
      const [stay, ...others] = workload.people[person]!.stays;
      expect({ place: stay?.place, others }).toEqual({ place: 'way', others: [] });
      return positionsOfWorkload(workload, (node) => node as PersonId).movementAt(person, at(5_000));
    };
    expect(place('one', 3)).toEqual(place('one', 3));
    expect(place('one', 3)).not.toEqual(place('two', 3));
    expect(place('one', 3)).not.toEqual(place('one', 4));
  });

  it('lists its numbers among the assumptions, as overrides leave them', () => {
    const rows = compile(waypoint, 'movement.speedMost=3').assumptions.filter(({ path }) =>
      path.startsWith('movement.'),
    );
    expect(rows.map(({ path, value }) => [path, value])).toContainEqual(['movement.speedMost', 3]);
    expect(rows.map(({ path, value }) => [path, value])).toContainEqual(['movement.widthMetres', 200]);
    expect(rows[0]).toMatchObject({ path: 'movement.model', value: 'random-waypoint' });
  });

  it.each([
    [{ model: 'random-waypiont' }, /movement\.model: /],
    [{ ...waypoint, camps: [] }, /unknown key "camps"/],
    [
      { ...waypoint, speedLeast: 2 },
      /movement\.speedLeast: expected at most 1\.5, the value of speedMost, found 2/,
    ],
    [{ ...waypoint, speedLeast: 0 }, /speedLeast/],
    [{ model: 'camps', camps: [] }, /camps/],
    [
      {
        model: 'gatherings',
        gatherings: [
          { x: 0, y: 0, radiusMetres: 9, begins: '1h', ends: '2h', share: 1 },
          { x: 0, y: 0, radiusMetres: 9, begins: '90m', ends: '3h', share: 1 },
        ],
      },
      /gatherings\.1\.begins: expected gatherings in order of time/,
    ],
    [{ model: 'contact-trace', trace: 'nowhere.gz' }, /there is no data set "nowhere\.gz", and no such file/],
  ])('refuses %j', (movement, message) => {
    expect(() => compile(movement)).toThrow(message);
  });

  it('reads a trace that lies beside the scenario, plain or gzip, and says where it is broken', () => {
    const folder = mkdtempSync(join(tmpdir(), 'netsplit-movement-'));
    const trace = '10 CONN 0 1 up\n20 CONN 0 1 down\n';
    writeFileSync(join(folder, 'plain'), trace);
    writeFileSync(join(folder, 'packed.gz'), gzipSync(trace));
    writeFileSync(join(folder, 'broken'), `${trace}25 CONN 0 1 down\n`);
    writeFileSync(join(folder, 'cut.gz'), gzipSync(trace).subarray(0, 20));
    const sixteenMebibytes = gzipSync(Buffer.alloc(16 * 1_048_576, '\n'), { level: 1 });
    writeFileSync(join(folder, 'bomb.gz'), Buffer.concat(Array(17).fill(sixteenMebibytes)));
    writeFileSync(join(folder, 'many'), '10 CONN 0 4000 up\n10 CONN 1 2 up\n');
    const text = (name: string, resolution = 20): string =>
      `${scenarioText()}\nmovement: { model: contact-trace, trace: ${name}, resolutionSeconds: ${resolution} }\n`;
    const read = (name: string) => compileScenario({ text: text(name), file: join(folder, 'scenario.yaml') });
    expect([...read('plain').workload('1').contacts!.at]).toEqual([10e6, 20e6]);
    expect([...read('packed.gz').workload('1').contacts!.begins]).toEqual([1, 0]);
    expect(read('plain').scenarioDigest).not.toBe(read('many').scenarioDigest);
    expect(() => read('broken')).toThrow(/broken:3:1: the contact of 0 and 1 ends/);
    expect(() => read('cut.gz')).toThrow(/movement\.trace: the gzip data are damaged/);
    expect(() => read('bomb.gz')).toThrow(
      /movement\.trace: expected a trace of at most 256 MiB when unpacked/,
    );
    expect(() =>
      compileScenario({
        text: text('many'),
        file: join(folder, 'scenario.yaml'),
        overrides: ['people.count=3'],
      }),
    ).toThrow(/people\.count=3: expected at least 4, the nodes of many, found 3/);
  });
});
