// The references of commands and checks are what the code says of them, and they leave none out.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { netsplitProgram } from '../../cli/command-line.ts';
import { packageFile } from '../../scenarios/package-file.ts';
import { checkReference, commandReference } from '../support/references.ts';

describe('the reference of commands', () => {
  it('is current', async () => {
    await expect(commandReference(netsplitProgram())).toMatchFileSnapshot(
      packageFile('docs', 'reference', 'commands.md'),
    );
  });

  it('explains every option', () => {
    const silent = netsplitProgram().commands.flatMap((command) =>
      command.options.filter(({ description }) => description === '').map(({ flags }) => flags),
    );
    expect(silent).toEqual([]);
  });
});

describe('the reference of checks', () => {
  it('is current', async () => {
    await expect(checkReference()).toMatchFileSnapshot(packageFile('docs', 'reference', 'checks.md'));
  });
});

// Written by TypeDoc (`npm run api-docs`), which is fetched only for that.
describe('the reference of the library', () => {
  const index = readFileSync(packageFile('reports', 'library', 'index.ts'), 'utf8');
  const reference = readFileSync(packageFile('docs', 'reference', 'library.md'), 'utf8');
  const exported = [...index.matchAll(/^export (?:type )?\{([^}]*)\}/gm)]
    .flatMap(([, names = '']) => names.split(','))
    .map((name) => name.replace('type ', '').trim())
    .filter((name) => name !== '');

  it('has everything that the library exports, and no more', () => {
    const headings = [...reference.matchAll(/^### ([^\s(]+)/gm)].map(([, name]) => name);
    expect(headings.toSorted()).toEqual(exported.toSorted());
  });

  it('says of each what it is', () => {
    const silent = exported.filter(
      (name) => !new RegExp(`^### ${name}(?:\\(\\))?\\n\\n(?:> .*\\n\\n)?[A-Z]`, 'm').test(reference),
    );
    expect(silent).toEqual([]);
  });
});
