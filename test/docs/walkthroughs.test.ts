// Documents are followed as a reader would: every command that is quick is run, and what a document quotes was printed.
// `npm run soak` runs those marked as slow, too. When figures have moved for a reason, `-u` writes the new ones.
import { describe, expect, it } from 'vitest';
import { packageFile } from '../../scenarios/package-file.ts';
import { documentNames, documentText, fencesOf } from '../support/documents.ts';
import { asPrinted, follow } from '../support/walkthrough.ts';

const isSoak = process.env['MODE'] === 'soak';

const followed = documentNames().filter((name) =>
  fencesOf(documentText(name)).some(
    ({ language, notes }) =>
      language === 'sh' && !notes.includes('no-run') && (isSoak || !notes.includes('slow')),
  ),
);

describe('a reader who follows', () => {
  it.each(followed)('%s finds what it says', async (name) => {
    const { commands, text, complaints } = await follow(name, documentText(name), isSoak);
    expect(complaints).toEqual([]);
    expect(commands).toBeGreaterThan(0);
    await expect(text).toMatchFileSnapshot(packageFile(...name.split('/')));
  });
});

describe('a quotation', () => {
  const printed = ['room version 11', 'a  1.5 s', 'b  2', 'c  3'];

  it('is replaced where figures alone have moved', () => {
    expect(asPrinted(['a  1.4 s', 'b  2'], printed)).toEqual({ lines: ['a  1.5 s', 'b  2'], missing: [] });
  });

  it('is missed where nothing like it was printed, or something stands between', () => {
    expect(asPrinted(['d  4'], printed).missing).toEqual(['d  4']);
    expect(asPrinted(['b  2', 'a  1.5 s'], printed).missing).toEqual(['a  1.5 s']);
    expect(asPrinted(['a  1.5 s', 'c  3'], printed).missing).toEqual(['c  3']);
    expect(asPrinted(['a  1.5 s', '…', 'c  3'], printed).missing).toEqual([]);
  });
});
