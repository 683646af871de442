// `netsplit live`: what it records, what it refuses, and that nothing is left of it however it ends.
import { createSocket, Socket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runRecordSchema, type RunRecord } from '../../reports/record.ts';
import { createRandomStream } from '../../sim/random/streams.ts';
import { netsplitHere } from '../support/netsplit-here.ts';
import {
  hasBegun,
  liveScenario,
  processesIn,
  twoServers,
  type LiveScenario,
} from '../support/live-scenario.ts';
import {
  compiledNetsplit,
  compilingTakes,
  netsplit,
  netsplitWatched,
  type CommandOutcome,
} from '../support/netsplit-command.ts';

/** `npm run soak` kills at random many times over, and runs the scenario that the documents are about. */
const isSoak = process.env['MODE'] === 'soak';

let scenario: LiveScenario;
let before: Readonly<Record<'TMPDIR' | 'NODE_OPTIONS', string | undefined>>;

function command(name: string, ...args: readonly string[]): readonly string[] {
  return ['live', name, '--seed', '1', '--out', join(scenario.folder, 'runs'), ...args];
}
const live = (...args: readonly string[]): Promise<CommandOutcome> =>
  netsplit(...command(scenario.file, ...args));
/** The system with the fewest processes: two phones and a node on the Internet. */
const smallest = ['--system', 'p2p-matrix'];
const nodeProcesses = (): readonly number[] =>
  processesIn(scenario.temporary)
    .filter(({ command: line }) => line.includes('live-node-worker'))
    .map(({ pid }) => pid);
function expectNothingLeft(): void {
  expect(processesIn(scenario.temporary)).toEqual([]);
  expect(readdirSync(scenario.temporary)).toEqual([]);
}
/** Nodes whose command was killed notice that it is gone. */
async function nodesGone(): Promise<void> {
  while (processesIn(scenario.temporary).length > 0) await new Promise((resolve) => setImmediate(resolve));
}
const recordOf = ({ stdout }: CommandOutcome): RunRecord => runRecordSchema.parse(JSON.parse(stdout));

beforeAll(async () => {
  scenario = liveScenario(twoServers);
  await compiledNetsplit();
  const { TMPDIR, NODE_OPTIONS } = process.env;
  before = { TMPDIR, NODE_OPTIONS };
}, compilingTakes);

beforeEach(() => {
  process.env['TMPDIR'] = scenario.temporary;
  return () => {
    const { TMPDIR, NODE_OPTIONS } = before;
    if (TMPDIR === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = TMPDIR;
    if (NODE_OPTIONS === undefined) delete process.env['NODE_OPTIONS'];
    else process.env['NODE_OPTIONS'] = NODE_OPTIONS;
  };
});

afterAll(() => scenario.remove());

describe('live', () => {
  it('runs each node in a process, over a cut and back, and keeps a run like any other', async () => {
    const outcome = await live('--json');
    expect(outcome.stderr).toBe('');
    expect(outcome.exitCode).toBe(0);
    const record = recordOf(outcome);
    expect(record).toMatchObject({ scenario: 'two-servers-live', seed: 1, people: 2, complete: true });
    expect(record.reproduce).toContain(`live ${scenario.file} --seed 1`);
    const { matrix } = record.systems;
    expect(matrix?.delivery).toMatchObject({ expected: 4, delivered: 4 });
    // What was said during the cut came after it, because of it.
    expect(record.faults).toMatchObject([{ id: 'cut', bit: { matrix: 2 } }]);
    expect(record.checks.filter(({ holds }) => !holds)).toEqual([]);
    expect(record.live?.processes).toBe(8);
    expect(record.live?.comparison).toMatchObject({
      deliveries: { expected: 4, both: 4, onlySimulated: 0, onlyLive: 0 },
      states: { compared: 2, equal: 2, differences: [] },
      verdict: { agree: true },
    });
    expectNothingLeft();
  });

  it('runs phones over Pinecone, as many as `--nodes` says', async () => {
    const outcome = await live('--json', ...smallest, '--nodes', '3');
    expect(outcome.stderr).toBe('');
    expect(outcome.exitCode).toBe(0);
    const record = recordOf(outcome);
    expect(record).toMatchObject({ people: 3, overrides: ['people.count=3'] });
    expect(record.checks.filter(({ holds }) => !holds)).toEqual([]);
    // Each with a phone, and one node on the Internet.
    expect(record.live?.processes).toBe(4);
    expect(record.live?.comparison).toMatchObject({
      deliveries: { expected: 4, both: 4 },
      states: { compared: 2, equal: 2 },
      verdict: { agree: true },
    });
    expectNothingLeft();
  });

  it('keeps nothing when it is interrupted before it has begun', async () => {
    const { exitCode, stderr } = await netsplitWatched(
      (pid) => nodeProcesses().length > 0 && process.kill(pid, 'SIGINT'),
      ...command(scenario.file, ...smallest),
    );
    expect(stderr).toBe('the live run was stopped before its beginning: nothing is kept\n');
    expect(exitCode).toBe(130);
    expectNothingLeft();
  });

  it('keeps what it has when all its processes are told to end', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.close();
    const outcome = await netsplitWatched(
      () => {
        if (!hasBegun(scenario.temporary)) return false;
        for (const { pid } of processesIn(scenario.temporary)) process.kill(pid, 'SIGTERM');
        return true;
      },
      ...command(scenario.file, ...smallest, '--json', '--port', String(port)),
    );
    expect(outcome.stderr).toMatch(
      /^stopped after \d\.\d of 7\.1 seconds: what happened until then is kept in .*, marked as not complete and not held against the simulator\n$/,
    );
    expect(outcome.exitCode).toBe(130);
    const { complete, systems, live: told } = recordOf(outcome);
    expect(complete).toBe(false);
    expect(systems['p2p-matrix']?.endedBy).toBe('interrupt');
    expect(told?.stoppedAt).toBeGreaterThan(0);
    expect(told?.comparison).toBeUndefined();
    expectNothingLeft();
    const again = createSocket('udp4').bind(port, '127.0.0.1');
    await once(again, 'listening');
    again.close();
  });

  it('ends with one message when a process dies by itself, and leaves nothing either', async () => {
    const { exitCode, stderr } = await netsplitWatched(
      () => {
        const [victim] = nodeProcesses();
        return victim !== undefined && process.kill(victim, 'SIGKILL');
      },
      ...command(scenario.file, ...smallest),
    );
    expect(stderr).toMatch(/^error: the process of \S+ ended \(SIGKILL\); nothing is kept\n$/);
    expect(exitCode).toBe(1);
    expectNothingLeft();
  });

  it('leaves nothing when it is itself killed', async () => {
    await netsplitWatched(
      (pid) => hasBegun(scenario.temporary) && process.kill(pid, 'SIGKILL'),
      ...command(scenario.file, ...smallest),
    );
    await nodesGone();
    expectNothingLeft();
  });

  it('refuses with one sentence a system that it cannot run, and a fault that it cannot bring about', async () => {
    const system = await netsplitHere(...command(scenario.file, '--system', 'signal'));
    expect(system.stderr).toMatch(/^error: signal cannot be run live: only matrix, .* can, .*\n$/);
    expect(system.exitCode).toBe(2);
    const dns =
      '[{id: names, title: No names, kind: dns, target: name=ash.example, answer: servfail, start: 3s, end: 4s, source: x}]';
    const fault = await netsplitHere(...command(scenario.file, '--set', `faults=${dns}`));
    expect(fault.stderr).toMatch(/^error: the fault names \(dns\) cannot be brought about live: .*\n$/);
    expect(fault.exitCode).toBe(2);
  });

  it('refuses with one sentence a port that is taken', async () => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    const { stderr, exitCode } = await netsplitHere(...command(scenario.file, '--port', String(port)));
    socket.close();
    expect(stderr).toBe(
      `error: UDP port ${port} on 127.0.0.1 is taken: give another one with --port, or leave it out for a free one\n`,
    );
    expect(exitCode).toBe(2);
    expectNothingLeft();
  });

  it('says in one sentence that there is no loopback', async () => {
    // An interface that is down can be bound, and nothing gets through it.
    const send = vi.spyOn(Socket.prototype, 'send').mockImplementation((...values: readonly unknown[]) => {
      const told = values.at(-1) as (error: Error) => void;
      told(Object.assign(new Error('send ENETUNREACH 127.0.0.1'), { code: 'ENETUNREACH' }));
    });
    const { stderr, exitCode } = await netsplitHere(...command(scenario.file));
    send.mockRestore();
    expect(stderr).toBe(
      'error: live runs need a loopback interface with 127.0.0.1, and there is none: send ENETUNREACH 127.0.0.1\n',
    );
    expect(exitCode).toBe(2);
    expectNothingLeft();
  });

  it('says in one sentence that a native module is missing for this machine', async () => {
    const preload = join(scenario.folder, 'preload.cjs');
    // What is looked for is named after the processor.
    writeFileSync(preload, `Object.defineProperty(process, 'arch', { value: 'unheard-of' });`);
    process.env['NODE_OPTIONS'] = `--require ${preload}`;
    const { stderr, exitCode } = await live();
    expect(stderr).toMatch(
      /^error: live runs need the package @hyperswarm\/testnet, which does not load on \S+-unheard-of: .*\n$/,
    );
    expect(exitCode).toBe(2);
    expectNothingLeft();
  });

  // --- What only the soak does ---

  const random = createRandomStream('kills');
  const kills = Array.from({ length: isSoak ? 60 : 0 }, (_, number) => ({
    number,
    // 0: a node; 1: the command; 2 to 4: signals to all that end it in order.
    what: random.integer(0, 4),
    /** Looks of 20 ms between the first process and the kill. */
    looks: random.integer(0, 200),
    which: random.uniform(),
  }));

  it.each(kills)(
    'leaves nothing after kill $number: $what after $looks looks',
    async ({ what, looks, which }) => {
      let seen = 0;
      const { exitCode, stderr } = await netsplitWatched(
        (pid) => {
          const nodes = nodeProcesses();
          if (nodes.length === 0 || seen++ < looks) return false;
          const signal = (['SIGKILL', 'SIGKILL', 'SIGINT', 'SIGTERM', 'SIGHUP'] as const)[what] ?? 'SIGKILL';
          const all = processesIn(scenario.temporary).map((each) => each.pid);
          const victims =
            what === 0 ? [nodes[Math.floor(which * nodes.length)] ?? pid] : what === 1 ? [pid] : all;
          for (const victim of victims) process.kill(victim, signal);
          return true;
        },
        ...command(scenario.file),
      );
      if (what === 1) {
        expect(exitCode).toBeNull();
        await nodesGone();
      } else expect([exitCode, stderr]).toEqual([what === 0 ? 1 : 130, expect.stringMatching(/^[^\n]+\n$/)]);
      expectNothingLeft();
    },
  );

  it.each(isSoak ? [3, 4] : [])(
    'runs two dozen processes through a split and a crash, as the simulator says (seed %i)',
    async (seed) => {
      const outcome = await netsplit(...command('live-split', '--json'), '--seed', String(seed));
      const { live: told, systems, faults, checks } = recordOf(outcome);
      expect(told?.processes).toBeGreaterThanOrEqual(20);
      expect(told?.comparison).toMatchObject({
        deliveries: { onlySimulated: 0, onlyLive: 0 },
        states: { compared: 22, equal: 22 },
        verdict: { agree: true },
      });
      // Both faults made a difference; rooms were apart after the split, and are one again.
      expect(faults.map(({ bit }) => (bit['matrix'] ?? 0) > 0)).toEqual([true, true]);
      expect(checks.filter(({ holds }) => !holds)).toEqual([]);
      const { converged, aspects } = systems['matrix']?.convergence ?? {};
      expect(converged).toBe(true);
      expect(aspects?.['state']?.strictSeconds).toBeGreaterThan(0);
      expect(outcome.exitCode).toBe(0);
      expectNothingLeft();
    },
  );

  it.each(isSoak ? ['matrix-closed'] : [])('runs %s as well', async (system) => {
    const outcome = await live('--json', '--system', system);
    const { live: told } = recordOf(outcome);
    expect(told?.comparison?.verdict).toMatchObject({ deliveries: true, states: true, agree: true });
    expect(outcome.exitCode).toBe(0);
    expectNothingLeft();
  });
});
