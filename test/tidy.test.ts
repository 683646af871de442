// The house rules that no linter holds: the tree tests itself.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const layers = ['protocol', 'sim', 'scenarios', 'reports', 'cli'];

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sources = layers.flatMap(filesBelow).filter((path) => path.endsWith('.ts'));
const tests = filesBelow('test').filter((path) => path.endsWith('.ts'));

function importsOf(path: string): string[] {
  return [...read(path).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) =>
    normalize(join(dirname(path), match[1] ?? '')).replaceAll('\\', '/'),
  );
}

describe('the source tree', () => {
  it('has no file over 500 lines', () => {
    const long = sources.filter((path) => read(path).split('\n').length > 500);
    expect(long).toEqual([]);
  });

  it('begins every file with a sentence about what it holds', () => {
    const silent = sources.filter((path) => !/^(#!.*\n)?(\/\/|\/\*\*)/.test(read(path)));
    expect(silent).toEqual([]);
  });

  it('has no file that nothing but tests imports', () => {
    const entries =
      /^(cli\/main\.ts|reports\/dashboard\/(vite\.config\.ts|web\/.*)|reports\/.*worker\.ts|reports\/library\/index\.ts|protocol\/crypto-portable\.ts)$/;
    const imported = new Set(sources.flatMap(importsOf));
    expect(
      sources.filter((path) => !path.endsWith('.d.ts') && !imported.has(path) && !entries.test(path)),
    ).toEqual([]);
  });

  it('leaves no loose ends: skipped or exclusive tests, notes to self, silenced checks', () => {
    const loose =
      /\b(?:it|test|describe)\.(?:only|skip)\(|\bTODO\b|\bFIXME\b|@ts-ignore|@ts-nocheck|\bas any\b/;
    const here = relative(root, fileURLToPath(import.meta.url)).replaceAll('\\', '/');
    expect([...sources, ...tests].filter((path) => path !== here && loose.test(read(path)))).toEqual([]);
  });

  it('spells every relative link of its documents right', () => {
    const documents = [
      ...readdirSync(root).filter((name) => name.endsWith('.md')),
      ...[...layers, 'docs', 'test'].flatMap(filesBelow).filter((path) => path.endsWith('.md')),
    ];
    const everything = new Set([...layers, 'docs', 'examples', 'test', '.github'].flatMap(filesBelow));
    const broken = documents.flatMap((document) =>
      [...read(document).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .map((match) =>
          normalize(join(dirname(document), match[1] ?? ''))
            .replaceAll('\\', '/')
            .replace(/\/$/, ''),
        )
        .filter(
          (target) =>
            !everything.has(target) &&
            ![...everything].some((path) => path.startsWith(`${target}/`)) &&
            !readdirSync(root).includes(target),
        )
        .map((target) => `${document}: ${target}`),
    );
    expect(broken).toEqual([]);
  });
});
