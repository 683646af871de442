// `netsplit mesh` as a user calls it.
import { mkdtempSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MeshReport } from '../../reports/mesh-report.ts';
import type { CommandOutcome } from '../support/netsplit-command.ts';
import { netsplitHere } from '../support/netsplit-here.ts';

const contacts = '10 CONN 0 1 up\n20 CONN 0 1 down\n30 CONN 1 2 up\n40 CONN 1 2 down\n';
const messages = '5 C M1 0 2 500000\n6 C M2 2 0 500000\n';

const folder = mkdtempSync(join(tmpdir(), 'netsplit-mesh-'));
const throwing = join(folder, 'throws.ts');
beforeAll(async () => {
  await writeFile(join(folder, 'contacts'), contacts);
  await writeFile(join(folder, 'messages'), messages);
  await writeFile(join(folder, 'degrees.csv'), 'time,id,lat,lon\n0,1,2.5,48.5\n');
  await writeFile(join(folder, 'kilometres.csv'), 'time,id,x_km,y_km\n0,1,2.5,48.5\n');
  await writeFile(join(folder, 'milliseconds.csv'), 'time_ms,id,x,y\n0,1,2.5,48.5\n');
  await writeFile(
    throwing,
    "export const createRouter = () => ({ offers() { throw new Error('this router throws'); } });\n",
  );
  await writeFile(join(folder, 'broken'), `${contacts}41 CONN 1 2 down\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const mesh = (trace: string, list: string, ...options: readonly string[]): Promise<CommandOutcome> =>
  netsplitHere('mesh', join(folder, trace), '--messages', join(folder, list), ...options);

describe('netsplit mesh', () => {
  it('prints one JSON document of the promised shape', async () => {
    const { exitCode, stdout, stderr } = await mesh('contacts', 'messages', '--rate', '250kB/s', '--json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { performance, ...report } = JSON.parse(stdout) as MeshReport & { performance: object };
    expect(report).toEqual({
      created: 2,
      delivered: 1,
      deliveryRatio: 0.5,
      latency: { average: 27, median: 27 },
      overheadRatio: 2,
      contacts: 2,
      messages: [
        { id: 'M1', from: '0', to: '2', createdAt: 5, deliveredAt: 32, delay: 27, hops: 2 },
        { id: 'M2', from: '2', to: '0', createdAt: 6, deliveredAt: null, delay: null, hops: null },
      ],
    });
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual([
      ...['created', 'delivered', 'deliveryRatio', 'latency', 'overheadRatio', 'contacts', 'messages'],
      'performance',
    ]);
    expect(performance).toMatchObject({ totalSeconds: expect.any(Number) as number });
  });

  it('finds the contacts itself when it is given positions and a range', async () => {
    // 0 and 1 stand 40 m apart; 2 walks by both at 1 m/s, 30 m around it.
    const lines = ['seconds,node,x,y', '0,0,0,0', '0,1,40,0', '0,2,-100,0', '200,2,100,0'];
    await writeFile(join(folder, 'positions.csv'), `${lines.join('\n')}\n`);
    await writeFile(join(folder, 'carried'), '5 C M1 0 1 1000\n');
    const { exitCode, stdout, stderr } = await mesh('positions.csv', 'carried', '--range', '30m', '--json');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const { contacts: met, messages: fates } = JSON.parse(stdout) as MeshReport;
    // Met 0 from second 70 to 130, and 1 from 110 to 170.
    expect({ met, hops: fates[0]?.hops }).toEqual({ met: 2, hops: 2 });
    expect(fates[0]?.deliveredAt).toBeCloseTo(110, 5);
  });

  it('prints a table for people, with what is left out of the model', async () => {
    const { exitCode, stdout } = await mesh('contacts', 'messages', '--router', 'direct');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^delivered +0 \(0\.0 %\)$/m);
    expect(stdout).toMatch(/^Not modelled: discovery/m);
  });

  it.each([
    ['a broken trace', ['broken', 'messages'], /broken:5:1: the contact of 1 and 2 ends/],
    ['a list that is a trace', ['contacts', 'contacts'], /contacts:1:1: expected "<seconds> C/],
    ['a file that is not there', ['contacts', 'nowhere'], /nowhere: there is no such file/],
    [
      'an unknown router',
      ['contacts', 'messages', '--router', 'epidemc'],
      /found "epidemc"; did you mean "epidemic"/,
    ],
    [
      'a rate that is none',
      ['contacts', 'messages', '--rate', '250kB'],
      /--rate: expected a rate such as 250kB\/s/,
    ],
    [
      'a buffer that is none',
      ['contacts', 'messages', '--buffer', 'big'],
      /--buffer: expected an amount of data/,
    ],
    [
      'copies that no router counts',
      ['contacts', 'messages', '--copies', '3'],
      /--copies: only spray-and-wait counts copies, not --router epidemic/,
    ],
    [
      'an interval of rows where positions are expected',
      ['contacts', 'messages', '--range', '30m', '--resolution', '20s'],
      /--resolution is of a SocioPatterns list, and --range of a file of positions/,
    ],
    [
      'a range that is none',
      ['contacts', 'messages', '--range', '30'],
      /--range: expected a distance such as 30m/,
    ],
    [
      'positions in degrees',
      ['degrees.csv', 'messages', '--range', '30m'],
      /degrees\.csv:1:1: expected columns of time, node, x and y in metres, found "time,id,lat,lon"/,
    ],
    [
      'positions in kilometres',
      ['kilometres.csv', 'messages', '--range', '30m'],
      /kilometres\.csv:1:1: expected columns of time, node, x and y in metres, found "time,id,x_km,y_km"/,
    ],
    [
      'positions by milliseconds',
      ['milliseconds.csv', 'messages', '--range', '30m'],
      /milliseconds\.csv:1:1: expected "<seconds>,<node>,<x>,<y>", coordinates in metres/,
    ],
    [
      'a router that throws',
      ['contacts', 'messages', '--router', throwing],
      /--router: \S+throws\.ts(:\d+:\d+)?: this router throws/,
    ],
    [
      'positions that are none',
      ['contacts', 'messages', '--range', '30m'],
      /contacts:1:1: expected "<seconds>,<node>/,
    ],
    ['a lifetime below a minute', ['contacts', 'messages', '--ttl', '59s'], /--ttl: expected at least 1min/],
  ])(
    'refuses %s with exit code 2, prints no result and writes nothing',
    async (_, [trace = '', list = '', ...rest], message) => {
      const before = await readdir(folder);
      const { exitCode, stdout, stderr } = await mesh(trace, list, ...rest);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(message);
      expect(await readdir(folder)).toEqual(before);
    },
  );

  it('counts on no end of a transfer that takes longer than there is time', async () => {
    const { exitCode, stdout } = await mesh('contacts', 'messages', '--rate', '0.0000001B/s', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ created: 2, delivered: 0 });
  });

  it('ends with exit code 3 where copies displace each other without end', async () => {
    // Along 3 - 0 - 2 - 1 two messages meet of which every node has room for one.
    await writeFile(join(folder, 'path'), '10 CONN 0 3 up\n10 CONN 2 1 up\n10 CONN 2 0 up\n90 CONN 4 5 up\n');
    await writeFile(join(folder, 'full'), '1 C M1 3 4 700\n2 C M2 1 4 1000\n');
    const { exitCode, stderr } = await mesh('path', 'full', '--buffer', '1200B');
    expect(exitCode).toBe(3);
    expect(stderr).toContain('at 10 s copies displace each other without end');
  });
});
