// `netsplit diff`: the first different event in words.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { briefScenario, type BriefScenario } from '../support/brief-scenario.ts';
import type { CommandOutcome } from '../support/netsplit-command.ts';
import { netsplitHere } from '../support/netsplit-here.ts';

let brief: BriefScenario;

beforeAll(() => {
  brief = briefScenario();
});

afterAll(() => brief.remove());

describe('diff', () => {
  const diff = (...args: readonly string[]): Promise<CommandOutcome> =>
    netsplitHere('diff', brief.file, '--system', 'signal', '--seed', '1', ...args);

  it('names the first event that a microsecond on one path changes', async () => {
    const { exitCode, stdout } = await diff('--perturb', 'phone/0,signal/chat-1,1');
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^\d+ events are the same\. The first different one is at T\+0d \d\d:\d\d:\d\d/);
    expect(stdout).toMatch(/^ {2}left: .*\n {2}right: /m);
  });

  it('finds a fault that is taken away by its first effect, and two equal variants identical', async () => {
    const changed = await diff('--set', 'faults=[]');
    const equal = await diff();
    expect(changed.exitCode).toBe(1);
    expect(changed.stdout).toMatch(/The first different one is at T\+0d/);
    expect(equal.exitCode).toBe(0);
    expect(equal.stdout).toMatch(/^identical [0-9a-f]{64}\n$/);
  });
});
