// The references of commands and checks are what the code says of them, and they leave none out.
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
