// The simulator behind the contract suite: each node on a component of its own, over the fake Internet.
import type { Codec } from '../../protocol/message.ts';
import { hours, seconds, type Instant } from '../../protocol/time.ts';
import { SimulatedHost } from '../../sim/host/simulated-host.ts';
import type { CreateSurroundings } from '../../sim/host/surroundings.ts';
import { createSimulationIn } from '../../sim/running-simulation.ts';
import type { System } from '../../sim/systems/system.ts';
import { fakeSurroundings } from '../support/fake-surroundings.ts';
import { componentId, keepingSink, planOf, workloadOf } from '../support/worlds.ts';
import type { ContractHost, ContractNode } from './contract-host.ts';

function systemOf(nodes: readonly ContractNode[], codec: Codec): System {
  return {
    id: 'contract',
    title: 'Contract',
    description: 'Nodes of the contract suite.',
    codec,
    fidelity: 'C',
    usesRadio: false,
    deploy(deployment) {
      for (const { name, parts, endpoint } of nodes) {
        const component = componentId(`machine/${name}`);
        deployment.addComponent({ id: component, kind: 'host', attributes: {}, needs: [] });
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

/** Both modes of the simulator are hosts of their own to the suite: by reference, and through the codec. */
export function simulatedContractHost(
  nodes: readonly ContractNode[],
  codec: Codec,
  encodeEverything: boolean,
): ContractHost {
  const { create, health } = fakeSurroundings();
  let host: SimulatedHost | undefined;
  const createSurroundings: CreateSurroundings = (options) => {
    if (options.host instanceof SimulatedHost) host = options.host;
    return create(options);
  };
  // Cores of real protocols say which user message they accept or deliver: the first few exist, and nobody sends them.
  const messages = Array.from({ length: 8 }, () => ({ sender: 0, at: hours(1) }));
  const workload = workloadOf({ people: 1, messages });
  const plan = planOf(systemOf(nodes, codec), workload, {
    encodeEverything,
    parameters: new Map([['bootSeconds', 0.01]]),
  });
  const simulation = createSimulationIn(createSurroundings, plan, keepingSink());
  const indexOf = (name: string): number => nodes.findIndex((node) => node.name === name);
  const component = (name: string): ReturnType<typeof componentId> => componentId(`machine/${name}`);
  const until = (condition: () => boolean): Promise<void> => {
    const deadline = simulation.now + seconds(10);
    while (!condition() && simulation.now < deadline && simulation.step());
    return condition() ? Promise.resolve() : Promise.reject(new Error('the condition did not come true'));
  };
  return {
    start() {
      simulation.runUntil(0 as Instant);
      return Promise.resolve();
    },
    act: (node, action) => host?.deliverToUser(indexOf(node), { kind: 'user', action }),
    until,
    crash(node) {
      health.takeDown(component(node));
      return Promise.resolve();
    },
    restart(node) {
      health.bringUp(component(node));
      return until(() => host?.isUp(indexOf(node)) === true);
    },
    inspect: (node, part) => (simulation.inspect(node) as Record<string, unknown>)[part],
    close: () => Promise.resolve(),
  };
}
