// A user's own router: loaded from TypeScript, and the documented one is the built-in one message by message.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadUserRouter } from '../../cli/user-router.ts';
import { minutes } from '../../protocol/time.ts';
import { packageFile } from '../../scenarios/package-file.ts';
import { theOneReplayed } from '../support/mesh-replays.ts';

const example = packageFile('examples', 'my-router.ts');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'netsplit-user-router-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function complaint(name: string, source: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, source);
  return loadUserRouter(path)
    .then((createRouter) => createRouter({ node: 0, nodes: 1, random: undefined as never }))
    .then(
      () => 'nothing',
      (error: unknown) => (error as Error).message.replaceAll(folder, ''),
    );
}

describe('the documented router', () => {
  it('is epidemic routing, message by message', async () => {
    const limits = { bytesPerSecond: 250_000, bufferBytes: 5_000_000, lifetime: minutes(300) };
    const theirs = await theOneReplayed('tight', limits, await loadUserRouter(example));
    expect(theirs).toEqual(await theOneReplayed('tight', limits));
  });

  it('has fewer than 60 lines', async () => {
    expect((await readFile(example, 'utf8')).split('\n').length).toBeLessThan(60);
  });
});

describe('a module', () => {
  it('may be JavaScript and import files of its own', async () => {
    await writeFile(join(folder, 'part.js'), 'export const answer = () => false;');
    const path = join(folder, 'mine.mjs');
    await writeFile(
      path,
      "import { answer } from './part.js'; export const createRouter = () => ({ offers: answer });",
    );
    const { report } = await theOneReplayed('ideal', {}, await loadUserRouter(path));
    expect(report.messages.filter(({ hops }) => hops !== null && hops > 1)).toEqual([]);
  });

  it.each([
    ['none.ts', 'export const router = 1;', '/none.ts does not export a function createRouter'],
    ['empty.ts', 'export const createRouter = () => ({});', 'returned no object with a function offers'],
    [
      'data.ts',
      'export const createRouter = () => ({ offers() {}, creates: 5 });',
      'creates of the router of',
    ],
    ['broken.ts', 'export const createRouter = (\n  => 1;', '/broken.ts:2:3: '],
    ['lost.ts', "import './nowhere.ts';\nexport const createRouter = 1;", '/lost.ts:1:8: Could not resolve'],
  ])('that is of no use is refused: %s', async (name, source, message) => {
    expect(await complaint(name, source)).toContain(message);
  });

  it('that does not exist is refused', async () => {
    await expect(loadUserRouter(join(folder, 'absent.ts'))).rejects.toThrow('there is no file');
  });
});

describe('an answer of a router', () => {
  it.each([
    ['async offers() { return false; }', 'offers returned a promise, expected true or false'],
    ["async offers() { throw new Error('later'); }", 'offers returned a promise'],
    ['offers() {}', 'offers returned undefined, expected true or false'],
    ['offers() { return true; }, rank() { return 0 / 0; }', 'rank returned NaN, expected a number'],
    ['offers() { return true; }, async creates() {}', 'creates returned a promise'],
    ['offers(bundle) { bundle.bytes = 0; return true; }', 'read only property'],
  ])('that is none is refused: { %s }', async (body, message) => {
    const path = join(folder, 'answers.js');
    await writeFile(path, `export const createRouter = () => ({ ${body} });`);
    const replay = theOneReplayed('ideal', {}, await loadUserRouter(path));
    await expect(replay).rejects.toThrow(message);
  });
});
