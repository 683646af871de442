// `netsplit live`: what it records, what it refuses, and that nothing is left of it however it ends.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runRecordSchema, type RunRecord } from '../../reports/record.ts';
import { liveScenario, processesIn, twoServers, type LiveScenario } from '../support/live-scenario.ts';
import {
  compiledNetsplit,
  compilingTakes,
  netsplit,
  netsplitInterruptedOnce,
  type CommandOutcome,
} from '../support/netsplit-command.ts';

let scenario: LiveScenario;
let before: string | undefined;

const live = (...args: readonly string[]): Promise<CommandOutcome> =>
  netsplit('live', scenario.file, '--seed', '1', '--out', join(scenario.folder, 'runs'), ...args);
const nodeProcesses = (): readonly number[] =>
  processesIn(scenario.temporary)
    .filter(({ command }) => command.includes('live-node-worker'))
    .map(({ pid }) => pid);
const expectNothingLeft = (): void => {
  expect(processesIn(scenario.temporary)).toEqual([]);
  expect(readdirSync(scenario.temporary)).toEqual([]);
};

beforeAll(async () => {
  scenario = liveScenario(twoServers);
  await compiledNetsplit();
  before = process.env['TMPDIR'];
  process.env['TMPDIR'] = scenario.temporary;
}, compilingTakes);

afterAll(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  scenario.remove();
});

describe('live', () => {
  it('runs each node in a process, over a cut and back, and keeps a run like any other', async () => {
    const outcome = await live('--json');
    expect(outcome.stderr).toBe('');
    expect(outcome.exitCode).toBe(0);
    const record: RunRecord = runRecordSchema.parse(JSON.parse(outcome.stdout));
    expect(record).toMatchObject({ scenario: 'two-servers-live', seed: 1, people: 2, complete: true });
    expect(record.reproduce).toContain(`live ${scenario.file} --seed 1`);
    const { matrix } = record.systems;
    expect(matrix?.delivery).toMatchObject({ expected: 4, delivered: 4 });
    // What was said during the cut came after it, because of it.
    expect(record.faults).toMatchObject([{ id: 'cut', bit: { matrix: 2 } }]);
    expect(record.checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(record.live?.processes).toBeGreaterThanOrEqual(4);
    expect(record.live?.comparison).toMatchObject({
      deliveries: { expected: 4, both: 4, onlySimulated: 0, onlyLive: 0 },
      states: { compared: 2, equal: 2, differences: [] },
      verdict: { agree: true },
    });
    expectNothingLeft();
  });

  it('ends in order when interrupted, and leaves no process and no folder', async () => {
    const { exitCode, stderr } = await netsplitInterruptedOnce(
      () => nodeProcesses().length > 4,
      ...['live', scenario.file, '--seed', '1', '--out', join(scenario.folder, 'interrupted')],
    );
    expect(stderr).toBe('the live run was stopped: nothing is kept\n');
    expect(exitCode).toBe(130);
    expectNothingLeft();
  });

  it('ends with one message when a process dies by itself, and leaves nothing either', async () => {
    let victim: number | undefined;
    const watching = setInterval(() => {
      if (victim !== undefined || nodeProcesses().length < 4) return;
      [victim] = nodeProcesses();
      if (victim !== undefined) process.kill(victim, 'SIGKILL');
    }, 20);
    const { exitCode, stderr } = await live();
    clearInterval(watching);
    expect(stderr).toMatch(/^error: the process of \S+ ended \(SIGKILL\); nothing is kept\n$/);
    expect(exitCode).toBe(1);
    expectNothingLeft();
  });

  it('leaves nothing when it is itself killed', async () => {
    let killed = false;
    const watching = setInterval(() => {
      if (killed || nodeProcesses().length < 4) return;
      killed = true;
      const nodes = new Set(nodeProcesses());
      for (const { pid } of processesIn(scenario.temporary))
        if (!nodes.has(pid)) process.kill(pid, 'SIGKILL');
    }, 20);
    await live();
    clearInterval(watching);
    // Its nodes notice that it is gone.
    while (processesIn(scenario.temporary).length > 0) await new Promise((resolve) => setImmediate(resolve));
    expectNothingLeft();
  });

  it('refuses with one sentence a system that it cannot run, and a fault that it cannot bring about', async () => {
    const system = await live('--system', 'signal');
    expect(system.stderr).toMatch(/^error: signal cannot be run live: only matrix, .* can, .*\n$/);
    expect(system.exitCode).toBe(2);
    const dns =
      '[{id: names, title: No names, kind: dns, target: name=ash.example, answer: servfail, start: 3s, end: 4s, source: x}]';
    const fault = await live('--set', `faults=${dns}`);
    expect(fault.stderr).toMatch(/^error: the fault names \(dns\) cannot be brought about live: .*\n$/);
    expect(fault.exitCode).toBe(2);
  });

  it('refuses with one sentence a port that is taken', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    const { stderr, exitCode } = await live('--port', String(port));
    socket.close();
    expect(stderr).toBe(
      `error: UDP port ${port} on 127.0.0.1 is taken: give another one with --port, or leave it out for a free one\n`,
    );
    expect(exitCode).toBe(2);
    expectNothingLeft();
  });
});
