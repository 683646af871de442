// A machine that is a node of the DHT and nothing else.
import type { DhtMachine } from '../../systems/hyperswarm-machines.ts';
import type { Program } from './foreign-core.ts';
import type { Dht, Library } from './library.ts';
import type { Udx } from './udx.ts';

/** With a public address and for good: it never doubts that it can be reached. */
export function dhtProgram(library: Library, udx: Udx, machine: DhtMachine): Program {
  let dht: Dht | undefined;
  return {
    start() {
      const { host, port, bootstrap, nodes } = machine;
      dht = library.createDht({
        udx,
        host,
        port,
        bootstrap,
        nodes,
        ephemeral: false,
        firewalled: false,
        anyPort: false,
      });
    },
    take: () => undefined,
    lost: () => undefined,
    heard: () => undefined,
    takeEffects: () => [],
    inspect: () => (dht === undefined ? null : describeDht(dht)),
  };
}

/** What can be said of a node's place in the DHT. */
export function describeDht({ bootstrapped, ephemeral, firewalled, nodes, stats }: Dht): object {
  const { queries, requests, punches } = stats;
  return {
    bootstrapped,
    ephemeral,
    firewalled,
    knows: nodes.length,
    queries: queries.total,
    requests: requests.total,
    timeouts: requests.timeouts,
    retries: requests.retries,
    punches: { ...punches },
  };
}
