// The cases that come with netsplit are what they say.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { minutes } from '../../protocol/time.ts';
import { spacetimeOf } from '../../reports/search/case-pictures.ts';
import { caseFiles, replayFile } from '../../reports/search/replay-folder.ts';
import { readScenarioCase } from '../../scenarios/cases/scenario-case.ts';
import { packageFile } from '../../scenarios/package-file.ts';

describe('the cases of the repository', () => {
  it.each(caseFiles(packageFile('cases')))('%s', (file) => {
    const { replayed, refused } = replayFile(file);
    expect(refused).toBeUndefined();
    expect(replayed.filter(({ isMet }) => !isMet)).toEqual([]);
    expect(replayed.length).toBeGreaterThan(0);
  });

  it('are drawn: where a whole run is too much, the time before what went wrong', () => {
    const file = packageFile('cases', 'found', 'p2p-another-root.yaml');
    const read = readScenarioCase(readFileSync(file, 'utf8'), file);
    expect(spacetimeOf(read, { message: undefined, at: undefined })).toBeUndefined();
    expect(spacetimeOf(read, { message: undefined, at: minutes(31) })).toMatch(/^<svg/);
  });
});
