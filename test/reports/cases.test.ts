// The cases that come with netsplit are what they say.
import { describe, expect, it } from 'vitest';
import { caseFiles, replayFile } from '../../reports/search/replay-folder.ts';
import { packageFile } from '../../scenarios/package-file.ts';

describe('the cases of the repository', () => {
  it.each(caseFiles(packageFile('cases')))('%s', (file) => {
    const { replayed, refused } = replayFile(file);
    expect(refused).toBeUndefined();
    expect(replayed.filter(({ isMet }) => !isMet)).toEqual([]);
    expect(replayed.length).toBeGreaterThan(0);
  });
});
