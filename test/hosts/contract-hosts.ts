// Every host that cores run on, for suites that must hold on all of them.
import type { CreateContractHost } from './contract-host.ts';
import { liveContractHost } from './live-contract-host.ts';
import { simulatedContractHost } from './simulated-contract-host.ts';
import { socketContractHost } from './socket-contract-host.ts';

export const contractHosts: readonly { readonly name: string; readonly create: CreateContractHost }[] = [
  { name: 'the simulator', create: (nodes, codec) => simulatedContractHost(nodes, codec, false) },
  {
    name: 'the simulator with every message encoded',
    create: (nodes, codec) => simulatedContractHost(nodes, codec, true),
  },
  { name: 'loopback sockets and the real clock', create: socketContractHost },
  { name: 'Hyperswarm on a local DHT, and disks', create: liveContractHost },
];
