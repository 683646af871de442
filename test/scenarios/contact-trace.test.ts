// Contact traces and message lists from files: what they mean, and that what is broken is named by its line.
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readContactTrace } from '../../scenarios/contact-trace.ts';
import { readMessageList, type MessagesOfTrace } from '../../scenarios/message-list.ts';
import type { ContactTrace } from '../../sim/radio/contact-trace.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netsplit-trace-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
async function file(content: string | Uint8Array): Promise<string> {
  const path = join(folder, `${files++}.txt`);
  await writeFile(path, content);
  return path;
}

const read = async (content: string | Uint8Array): Promise<ContactTrace> =>
  readContactTrace(await file(content));

async function complaint(reading: Promise<unknown>): Promise<string> {
  return reading.then(
    () => 'nothing',
    (error: unknown) => (error as Error).message.replace(folder, ''),
  );
}

/** Rows as people write them. */
function rowsOf({ nodes, at, left, right, begins }: ContactTrace): readonly string[] {
  return [...at].map(
    (time, row) =>
      `${time / 1e6} ${nodes[left[row]!]} ${nodes[right[row]!]} ${begins[row] === 1 ? 'up' : 'down'}`,
  );
}

const three = '0.10 CONN 6 32 up\n1.5 CONN 5 32 up\n2 CONN 32 6 down\n';

describe('connection events of The ONE', () => {
  it('are read as they stand, and nodes are numbered by value', async () => {
    const trace = await read(three);
    expect(trace.nodes).toEqual(['5', '6', '32']);
    expect(rowsOf(trace)).toEqual(['0.1 6 32 up', '1.5 5 32 up', '2 32 6 down']);
  });

  it.each([
    ['gzip', gzipSync(three)],
    ['gzip in two members', Buffer.concat([gzipSync(three.slice(0, 20)), gzipSync(three.slice(20))])],
    ['Windows lines', three.replaceAll('\n', '\r\n')],
    ['no newline at the end', three.trimEnd()],
    ['a byte order mark', `\ufeff${three}`],
    ['a byte order mark inside gzip', gzipSync(`\ufeff${three}`)],
    ['comments and empty lines', `# a trace\n\n${three}\n# the end`],
    ['tabs', three.replaceAll(' ', '\t')],
    ['capitals', three.replaceAll('up', 'UP').replaceAll('down', 'Down')],
    ['lines that name an interface', three.replaceAll(/(up|down)/g, '$1 2')],
  ])('may come as %s', async (_, content) => {
    expect(rowsOf(await read(content))).toEqual(rowsOf(await read(three)));
  });

  it('keep names apart in UTF-8 and in Latin-1', async () => {
    const text = '1 CONN é 1 up\n2 CONN è 1 up\n';
    for (const encoding of ['utf8', 'latin1'] as const)
      expect((await read(Buffer.from(text, encoding))).nodes).toEqual(['1', 'è', 'é']);
  });

  it('keep names that are no numbers, after those that are', async () => {
    const trace = await read('1 CONN zoë 7 up\n2 CONN 07 7 up\n3 CONN bus-4 zoë up\n');
    expect(trace.nodes).toEqual(['7', '07', 'bus-4', 'zoë']);
    expect(rowsOf(trace)).toEqual(['1 zoë 7 up', '2 07 7 up', '3 bus-4 zoë up']);
  });

  it.each([
    ['0', 0],
    ['0.1', 100_000],
    ['43200.10', 43_200_100_000],
    ['1.0E7', 10_000_000_000_000],
    ['5.1234567', 5_123_457],
    ['1353303380', 1_353_303_380_000_000],
  ])('say %s s for %i us', async (text, microseconds) => {
    expect((await read(`${text} CONN 1 2 up\n`)).at[0]).toBe(microseconds);
  });

  it('may be longer than what is read at once', async () => {
    const lines = Array.from({ length: 40_000 }, (_, index) => {
      const kind = index % 2 === 0 ? 'up' : 'down';
      return `${index / 10} CONN ${index >> 1} ${(index >> 1) + 1} ${kind}`;
    });
    const trace = await read(gzipSync(lines.join('\n')));
    expect(trace.at).toHaveLength(40_000);
    expect(trace.nodes).toHaveLength(20_001);
    expect(rowsOf(trace).at(-1)).toBe('3999.9 19999 20000 down');
  });

  it.each([
    ['2 CONN 1 2 up\n1 CONN 1 3 up', ':2:1: the time goes back, from 2 to 1 s'],
    ['1 CONN 1 2 up\n2 CONN 1 2 down\n3 CONN 2 1 down', ':3:1: the contact of 2 and 1 ends, but it has not'],
    ['1 CONN 1 2 up\n\n# again\n2 CONN 2 1 up', ':4:1: the contact of 2 and 1 begins, but it has not ended'],
    ['1 CONN 1 1 up', ':1:1: node 1 is in contact with itself'],
    ['1 CONN 1 2 sideways', ':1:1: expected "<seconds> CONN <node> <node> up|down"'],
    ['1 CONN 1 2 up\n2 CONN 1', ':2:1: expected "<seconds> CONN'],
    ['1 CONN 1 2 up\n2 C M1 1 2 100', ':2:1: expected "<seconds> CONN'],
    ['soon CONN 1 2 up', ':1:1: expected a time in seconds, found "soon"'],
    ['-1 CONN 1 2 up', ':1:1: expected a time in seconds, found "-1"'],
    ['NaN CONN 1 2 up', ':1:1: expected a time in seconds, found "NaN"'],
    ['9000000001 CONN 1 2 up', ':1:1: expected a time in seconds, found "9000000001"'],
    ['1,5 CONN 1 2 up', ':1:1: expected "<seconds> CONN'],
    ['1 conn 1 2 up', ':1:1: expected "<seconds> CONN'],
    ['', ':1:1: expected a contact trace, found no lines'],
    ['hello', ':1:1: expected "<seconds> CONN <node> <node> up|down" or "<seconds> <node> <node>"'],
  ])('that are broken are refused: %j', async (content, message) => {
    expect(await complaint(read(content))).toContain(message);
  });

  it.each([100, 3_000, 30_000])(
    'that break off inside gzip are refused where they do: %i lines',
    async (count) => {
      const lines = Array.from({ length: count }, (_, index) => `${index} CONN ${index} ${index + 7} up\n`);
      const whole = gzipSync(lines.join(''));
      const message = await complaint(read(whole.subarray(0, whole.length >> 1)));
      const [, line] = /:(\d+):1: the gzip data break off here$/.exec(message) ?? [];
      expect(Number(line)).toBeGreaterThan(count / 5);
      expect(Number(line)).toBeLessThan(count * 0.8);
    },
  );

  it('that were damaged inside gzip are refused', async () => {
    const damaged = gzipSync(three);
    damaged[damaged.length - 6]! ^= 0xff;
    expect(await complaint(read(damaged))).toMatch(/:\d:1: the gzip data are damaged here/);
  });

  it.each([
    ['plain', Buffer.from(three)],
    ['gzip', gzipSync(three)],
  ])('may come out of a pipe, %s', async (_, content) => {
    const path = join(folder, `${files++}.pipe`);
    execFileSync('mkfifo', [path]);
    const [trace] = await Promise.all([readContactTrace(path), writeFile(path, content)]);
    expect(rowsOf(trace)).toEqual(rowsOf(await read(three)));
  });

  it('that do not exist, or are a folder, are refused', async () => {
    expect(await complaint(readContactTrace(join(folder, 'none')))).toContain('there is no such file');
    expect(await complaint(readContactTrace(folder))).toContain('expected a file, found a folder');
  });

  it('survive being written in any way that means the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 3_000_000 })), { minLength: 1 }),
        async (pairs) => {
          const sorted = pairs.map(([, at]) => at).toSorted((left, right) => left - right);
          const lines = sorted.map((at, index) => `${(at / 1e6).toFixed(6)} CONN a${index} b${index} up`);
          expect([...(await read(lines.join('\n'))).at]).toEqual(sorted);
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('lists of contacts as SocioPatterns has them', () => {
  it.each([
    ['no header', '40 1 2 MED ADM\n60 2 3 ADM NUR\n'],
    ['a header', 't\ti\tj\tCi\tCj\n40\t1\t2\tMED\tADM\n60\t2\t3\tADM\tNUR\n'],
    ['a header and commas', '# a comment\n"time",id1,id2\r\n40,1,2\r\n60, 2, 3\r\n'],
  ])('may have %s', async (_, content) => {
    expect(rowsOf(await read(content))).toEqual(['20 1 2 up', '40 1 2 down', '40 2 3 up', '60 2 3 down']);
  });

  it('are there together at 0, where their intervals end before the clock begins', async () => {
    const trace = await read('0 2 3\n0 1 2\n0 3 4\n20 1 2\n');
    expect(rowsOf(trace)).toEqual([
      '0 2 3 up',
      '0 1 2 up',
      '0 3 4 up',
      '0 2 3 down',
      '0 3 4 down',
      '20 1 2 down',
    ]);
  });

  it('are intervals that end at their time, and rows without a gap are one contact', async () => {
    const trace = await read('40 1148 1644\n60 1148 1644\n60 1148 1500 MP PC\n100 1644 1148\n');
    expect(rowsOf(trace)).toEqual([
      '20 1148 1644 up',
      '40 1148 1500 up',
      '60 1148 1644 down',
      '60 1148 1500 down',
      '80 1644 1148 up',
      '100 1644 1148 down',
    ]);
  });

  it('begin at 0 at the earliest, and have other intervals where that is said', async () => {
    expect(rowsOf(await read('0 1 2\n20 1 2\n'))).toEqual(['0 1 2 up', '20 1 2 down']);
    const path = await file('300 1 2\n600 1 2\n');
    expect(rowsOf(await readContactTrace(path, { resolution: 300e6 }))).toEqual(['0 1 2 up', '600 1 2 down']);
  });

  it.each([
    ['40 1 2\n20 1 3', ':2:1: the time goes back, from 40 to 20 s'],
    ['40 1 2\n40 2 1', ':2:1: 2 and 1 are in contact twice at one time'],
    ['40 1 2\n40 2', ':2:1: expected'],
    ['40 3 3', ':1:1: node 3 is in contact with itself'],
    ['40 1 2\n60 CONN 1 2 up', ':2:1: expected "<seconds> CONN'],
    [
      '40,1,2',
      ':1:1: expected "<seconds> CONN <node> <node> up|down" or "<seconds> <node> <node>"; a list with',
    ],
    ['t i j\n40,5 1 2', ':2:1: expected "<seconds> CONN'],
    ['soon 1 2', ':1:1: expected a time in seconds, found "soon"'],
    [',time,id1,id2\n0,40,1,2', ':1:1: expected "<seconds> CONN'],
    ['seconds,node,x,y\n0,1,2,3', ':1:1: expected contacts, found positions: they need a --range'],
  ])('that are broken are refused: %j', async (content, message) => {
    expect(await complaint(read(content))).toContain(message);
  });
});

describe('message lists', () => {
  const list = async (content: string | Uint8Array, trace = three): Promise<MessagesOfTrace> =>
    readMessageList(await file(content), await read(trace));

  it('name nodes of the trace', async () => {
    const { messages, trace } = await list('600.05 C M1 6 32 1000\n700 C M2 5 6 999999 0\n');
    expect(messages.ids).toEqual(['M1', 'M2']);
    expect([...messages.at]).toEqual([600_050_000, 700_000_000]);
    expect([...messages.source].map((node) => trace.nodes[node])).toEqual(['6', '5']);
    expect([...messages.destination].map((node) => trace.nodes[node])).toEqual(['32', '6']);
    expect([...messages.bytes]).toEqual([1_000, 999_999]);
  });

  it('give sizes also as The ONE does', async () => {
    const { messages } = await list('1 C M1 5 6 500k\n2 C M2 5 6 1M\n3 C M3 5 6 2MiB\n');
    expect([...messages.bytes]).toEqual([500_000, 1_000_000, 2_097_152]);
  });

  it('may name a numbered node that meets nobody', async () => {
    const { messages, trace } = await list(gzipSync('1 C M1 0 32 10\n2 C M2 5 17 10\n'));
    expect(trace.nodes).toEqual(['0', '5', '6', '17', '32']);
    expect([...messages.source]).toEqual([0, 1]);
    expect([...messages.destination]).toEqual([4, 3]);
    expect(rowsOf(trace)).toEqual(rowsOf(await read(three)));
  });

  it.each([
    ['1 C M1 6 33 10', ':1:1: unknown node 33: the nodes of the trace are numbered up to 32'],
    ['1 C M1 n6 5 10', ':1:1: unknown node n6'],
    ['2 C M1 6 5 10\n1 C M2 6 5 10', ':2:1: the time goes back, from 2 to 1 s'],
    ['1 C M1 6 5 10\n2 C M1 5 6 10', ':2:1: a message before this one is called M1 too'],
    ['1 C M1 6 6 10', ':1:1: node 6 writes to itself'],
    ['1 C M1 6 5 ten', ':1:1: expected a number of bytes'],
    ['1 C M1 6 5 -5', ':1:1: expected a number of bytes'],
    ['1 C M1 6 5 1.5M', ':1:1: expected a number of bytes'],
    ['1 C M1 6 5 3G', ':1:1: expected a number of bytes up to 2147483647, found "3G"'],
    ['1 C M1 6 5', ':1:1: expected "<seconds> C <id> <from> <to> <bytes>"'],
    ['1 C M1 6 5 10 500', ':1:1: expected "<seconds> C <id> <from> <to> <bytes>"'],
    ['1 CONN 6 5 up', ':1:1: expected "<seconds> C <id> <from> <to> <bytes>"'],
    ['x C M1 6 5 10', ':1:1: expected a time in seconds, found "x"'],
    ['# none\n', ':1:1: expected messages, found no lines'],
  ])('that are broken are refused: %j', async (content, message) => {
    expect(await complaint(list(content))).toContain(message);
  });

  it('with other names than numbers name only nodes that the trace has', async () => {
    expect(await complaint(list('1 C M1 a 1 10', '1 CONN a b up\n'))).toContain(
      'unknown node 1: the trace has 2 nodes, and none of that name',
    );
  });
});
