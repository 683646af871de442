// The live host behind the contract suite: each node as a process of a live run has it, all in this process, over Hyperswarm on
// a DHT of their own.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Codec } from '../../protocol/message.ts';
import { matrixStoredForm } from '../../protocol/matrix/stored-events.ts';
import type { FromNode, ToNode } from '../../sim/live/ipc.ts';
import { NodeProgram } from '../../sim/live/node-program.ts';
import { loadSwarm } from '../../sim/live/packages.ts';
import { startTestnet, type RunningTestnet } from '../../sim/live/testnet.ts';
import type { System } from '../../sim/systems/system.ts';
import { componentId, planOf, workloadOf } from '../support/worlds.ts';
import type { ContractHost, ContractNode } from './contract-host.ts';

function systemOf(nodes: readonly ContractNode[], codec: Codec): System {
  return {
    id: 'contract',
    title: 'Contract',
    description: 'Nodes of the contract suite.',
    codec,
    fidelity: 'C',
    usesRadio: false,
    // It takes plain data as it is, and the suite's other cores are Matrix's.
    live: { storedForm: matrixStoredForm, sharedObjects: () => [] },
    deploy(deployment) {
      for (const { name, parts, endpoint } of nodes) {
        const component = componentId(`machine/${name}`);
        const needs = [{ on: componentId('site'), strength: 'hard' as const }];
        deployment.addComponent({ id: component, kind: 'host', attributes: {}, needs });
        const node = deployment.addNode({ name, component, parts, userPart: 'main' });
        if (endpoint !== undefined)
          deployment.addEndpoint({
            name: endpoint,
            dnsZone: componentId('dns/test'),
            ttlSeconds: 60,
            targets: [{ node, part: 'main' }],
          });
      }
    },
  };
}

interface Running {
  readonly program: NodeProgram;
  /** Ends when the program has said so. */
  hasSaid(kind: FromNode['kind'] | 'exit'): Promise<void>;
}

export function liveContractHost(nodes: readonly ContractNode[], codec: Codec): ContractHost {
  const plan = planOf(systemOf(nodes, codec), workloadOf({ people: 1, messages: [] }));
  const running = new Map<string, Running>();
  const lives = new Map<string, number>();
  const beganAt = process.hrtime.bigint();
  let testnet: RunningTestnet | undefined;
  let folder = '';

  const indexOf = (name: string): number => nodes.findIndex((node) => node.name === name);
  const tell = (name: string, message: ToNode): void => running.get(name)?.program.receive(message);
  const tellOthers = (name: string, up: boolean): void => {
    for (const other of running.keys())
      if (other !== name) tell(other, { kind: 'peer', node: indexOf(name), up, isSilent: false, faults: [] });
  };

  async function load(name: string): Promise<void> {
    const heard = new Map<string, () => void>();
    const said = new Set<string>();
    const hear = (kind: string): void => {
      said.add(kind);
      heard.get(kind)?.();
    };
    const life = lives.get(name) ?? 0;
    lives.set(name, life + 1);
    const setup = { node: name, life, bootstrap: testnet?.bootstrap ?? [], folder };
    const coordinator = {
      send: ({ kind }: FromNode) => hear(kind),
      onMessage: () => undefined,
      exit: () => hear('exit'),
    };
    const program = new NodeProgram(plan, setup, coordinator, await loadSwarm());
    running.set(name, {
      program,
      hasSaid: (kind) =>
        new Promise((resolve) => (said.has(kind) ? resolve() : void heard.set(kind, resolve))),
    });
    await program.listen();
    program.receive({ kind: 'epoch', beganAt });
  }

  const begin = (name: string, isRestart: boolean): void => {
    tell(name, { kind: 'build', isRestart });
    tell(name, { kind: 'begin' });
  };

  async function end(name: string): Promise<void> {
    const ending = running.get(name);
    running.delete(name);
    ending?.program.receive({ kind: 'end' });
    await ending?.hasSaid('exit');
  }

  return {
    async start() {
      folder = await mkdtemp(join(tmpdir(), 'netsplit-contract-'));
      testnet = await startTestnet(undefined);
      for (const { name } of nodes) await load(name);
      for (const { name } of nodes) tell(name, { kind: 'dial' });
      await Promise.all([...running.values()].map((each) => each.hasSaid('connected')));
      for (const { name } of nodes) begin(name, false);
    },
    act: (node, action) => tell(node, { kind: 'input', part: 'main', input: { kind: 'user', action } }),
    async until(condition) {
      const deadline = Date.now() + 10_000;
      while (!condition()) {
        if (Date.now() > deadline) throw new Error('the condition did not come true');
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    async crash(node) {
      tellOthers(node, false);
      await end(node);
    },
    async restart(node) {
      await load(node);
      for (const { name } of nodes)
        if (!running.has(name))
          tell(node, { kind: 'peer', node: indexOf(name), up: false, isSilent: false, faults: [] });
      tell(node, { kind: 'dial' });
      begin(node, true);
      tellOthers(node, true);
    },
    inspect: (node, part) => running.get(node)?.program.inspect()[part],
    async close() {
      for (const name of [...running.keys()]) await end(name);
      await testnet?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
