// The real clock and loopback sockets behind the contract suite.
import type { CoreFact } from '../../protocol/core.ts';
import type { Codec } from '../../protocol/message.ts';
import type { Instant } from '../../protocol/time.ts';
import { SocketNode, type Destination, type SocketWorld } from '../support/socket-host.ts';
import type { ContractHost, ContractNode } from './contract-host.ts';

export function socketContractHost(
  nodes: readonly ContractNode[],
  codec: Codec,
  onFact: (node: string, fact: CoreFact) => void = () => undefined,
): ContractHost {
  const began = process.hrtime.bigint();
  const names: SocketWorld['names'] = new Map<never, Destination>();
  const world: SocketWorld = {
    codec,
    names,
    now: () => Number((process.hrtime.bigint() - began) / 1_000n) as Instant,
    observe: onFact,
  };
  const running = new Map(nodes.map(({ name, parts }) => [name, new SocketNode(name, parts, world)]));
  const get = (name: string): SocketNode => {
    const node = running.get(name);
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  };
  return {
    async start() {
      for (const { name, endpoint } of nodes) {
        const node = get(name);
        await node.listen();
        if (endpoint !== undefined) names.set(endpoint, { port: node.port, part: 'main' });
      }
      for (const node of running.values()) node.begin();
    },
    act: (node, action) => get(node).accept('main', { kind: 'user', action }),
    async until(condition) {
      const deadline = Date.now() + 10_000;
      while (!condition()) {
        if (Date.now() > deadline) throw new Error('the condition did not come true');
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    crash: (node) => get(node).crash(),
    async restart(node) {
      await get(node).listen();
      get(node).begin();
    },
    inspect: (node, part) => get(node).inspect(part),
    async close() {
      for (const node of running.values()) await node.crash();
    },
  };
}
