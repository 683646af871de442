// `netsplit whatif`: what was changed, and what both sides have changed, stands with the difference.
import { afterAll, describe, expect, it } from 'vitest';
import { briefScenario } from '../support/brief-scenario.ts';
import { netsplitHere } from '../support/netsplit-here.ts';

const brief = briefScenario();
afterAll(() => brief.remove());

const both = ['--set', 'people.count=4', '--systems', 'signal', '--change', 'faults=[]'];

describe('whatif', () => {
  it('says what is changed and what is alike on both sides', async () => {
    const { exitCode, stdout } = await netsplitHere('whatif', brief.file, ...both);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^What if faults=\[\] \(in both: people\.count=4\)$/m);
    expect(stdout).toMatch(/share delivered within a minute +[\d.]+ % → +[\d.]+ % {2}\(\+[\d.]+ points\)/);
  });

  it('does so as JSON', async () => {
    const { stdout } = await netsplitHere('whatif', brief.file, ...both, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ changes: ['faults=[]'], inBoth: ['people.count=4'] });
  });
});
