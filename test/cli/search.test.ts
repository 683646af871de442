// `netsplit search`, `replay` and `regress` from beginning to end.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compiledNetsplit, compilingTakes, netsplit, netsplitWatched } from '../support/netsplit-command.ts';
import { netsplitHere } from '../support/netsplit-here.ts';

/** Rooms of the first search, and in all after it was resumed: `npm run soak` has more of them, and more findings. */
const [first, inAll] = process.env['MODE'] === 'soak' ? [16, 24] : [8, 12];

const folder = mkdtempSync(join(tmpdir(), 'netsplit-search-'));
const out = join(folder, 'search');
const searchFor = (...args: string[]) => [
  ...['search', 'state-resolution', '--seed', '3', '--out', out, '--json'],
  ...args,
];

beforeAll(compiledNetsplit, compilingTakes);
afterAll(() => rmSync(folder, { recursive: true }));

describe('a search', () => {
  it('keeps cases that replay and regress; is resumed; and refuses to write over what is there', async () => {
    const searched = await netsplit(...searchFor('--runs', String(first)));
    expect(searched.exitCode).toBe(1);
    const report = JSON.parse(searched.stdout) as { rooms: number; found: Record<string, unknown> };
    expect(report.rooms).toBe(first);
    const cases = readdirSync(join(out, 'cases'));
    expect(cases.length).toBe(Object.keys(report.found).length);

    const case0 = join(out, 'cases', cases[0]!);
    const picture = join(folder, 'a.svg');
    const replayed = await netsplitHere('replay', case0, '--out', picture);
    expect(replayed.exitCode).toBe(0);
    expect(replayed.stdout).toMatch(/✔ violates no-reset-by-/);
    expect(readFileSync(picture, 'utf8')).toMatch(/^<svg/);

    expect((await netsplitHere(...searchFor('--runs', String(inAll)))).stderr).toMatch(
      /exists; continue what is there with --resume/,
    );
    const resumed = await netsplitHere(...searchFor('--runs', String(inAll), '--resume'));
    expect(JSON.parse(resumed.stdout).rooms).toBe(inAll);

    const junit = join(folder, 'junit.xml');
    const good = await netsplit('regress', join(out, 'cases'), '--junit', junit);
    expect(good.exitCode).toBe(0);
    expect(readFileSync(junit, 'utf8')).toMatch(/failures="0"/);
    const text = readFileSync(case0, 'utf8');
    writeFileSync(case0, text.replace('- violates:', '- holds:'));
    expect((await netsplitHere('regress', join(out, 'cases'))).exitCode).toBe(1);
    writeFileSync(case0, text.replace('netsplit_case: 1', 'netsplit_case: 2'));
    const refused = await netsplitHere('regress', join(out, 'cases'));
    expect(refused.exitCode).toBe(2);
    expect(refused.stdout).toMatch(/\.yaml:3:\d+: .*version 1, found version 2/);
  });

  it('of a system is interrupted by Ctrl-C, keeps what it has, and goes on as if nothing had been', async () => {
    const folderOf = (name: string): string => join(folder, name);
    const signal = (name: string, ...args: string[]) =>
      [
        'search',
        'signal',
        '--seed',
        '4',
        '--json',
        '--workers',
        '1',
        '--out',
        folderOf(name),
        ...args,
      ] as const;
    const kept = join(folderOf('stopped'), 'search.json');
    const stopped = await netsplitWatched(
      (pid) => existsSync(kept) && process.kill(pid, 'SIGINT'),
      ...signal('stopped', '--minutes', '60'),
    );
    expect(stopped.stderr).toMatch(/^stopped after \d+ runs, which are kept; continue with --resume$/m);
    expect(stopped.exitCode).toBe(130);
    const { rooms } = JSON.parse(stopped.stdout) as { rooms: number };
    const more = ['--runs', `${rooms + 1}`];
    const resumed = await netsplitHere(...signal('stopped', '--resume', ...more));
    expect(JSON.parse(resumed.stdout)).toMatchObject({ rooms: rooms + 1, seed: 4, target: 'signal' });
  });

  it.each([
    [['search', 'nothing'], /expected a target/],
    [['search', 'state-resolution', '--room-version', '99'], /room version from 1 to 12/],
    [['search', 'state-resolution', '--minutes', '-1'], /expected minutes/],
    [['replay', 'package.json'], /expected a case file/],
    [['regress', 'package.json'], /expected a folder/],
  ])('%s is refused', async (args, message) => {
    const { exitCode, stderr } = await netsplitHere(...args);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
  });
});

describe('room shrink', () => {
  const dump = 'examples/state-reset.ndjson';

  it('writes a smaller room that shows the same, and a case of it', async () => {
    const small = join(folder, 'small.json');
    const file = join(folder, 'small.yaml');
    const made = await netsplitHere(
      'room',
      'shrink',
      dump,
      '--keep',
      'reset',
      '--out',
      small,
      '--case',
      file,
    );
    expect(made.stdout).toMatch(/^state reset: m.room.join_rules .*\nshrunk from 10 to \d events/);
    expect(made.exitCode).toBe(0);
    const read = JSON.parse((await netsplitHere('resolve', small, '--json')).stdout) as Record<
      string,
      unknown
    >;
    expect(read).toMatchObject({ signatures: 'checked', roomVersion: '11' });
    expect((await netsplitHere('replay', file, '--out', join(folder, 'small.svg'))).exitCode).toBe(0);
  });

  it.each([
    [[dump, '--keep', 'anything'], /--keep: expected reset/],
    [[dump, '--keep', 'diff:v2,v3'], /two different algorithms/],
    [[dump, '--keep', 'rejected:$nothing'], /does not show what is to be kept/],
    [
      ['examples/room-slice.ndjson', '--keep', 'reset', '--room-version', '11'],
      /ndjson:\d+:\d+: expected a whole room, found one that lacks \d events .* auth_events; the first is \$[a-z-]+, cited by \$.*state_sets/s,
    ],
    [
      ['examples/room-slice.ndjson', '--keep', 'rejected:$bob-speaks', '--room-version', '11'],
      /does not show what is to be kept, for certain: events are missing/,
    ],
    [['package.json', '--keep', 'reset'], /package\.json:\d+:\d+: /],
    [[dump, '--keep', 'reset', '--out', 'package.json'], /package.json exists/],
  ])('refuses %s', async (args, message) => {
    const { exitCode, stderr } = await netsplitHere('room', 'shrink', ...args);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
  });
});
