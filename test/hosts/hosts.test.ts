// One suite, every host.
import { describeHostContract } from './host-contract.ts';
import { simulatedContractHost } from './simulated-contract-host.ts';
import { socketContractHost } from './socket-contract-host.ts';

describeHostContract('the simulator', (nodes, codec) => simulatedContractHost(nodes, codec, false));
describeHostContract('the simulator with every message encoded', (nodes, codec) =>
  simulatedContractHost(nodes, codec, true),
);
describeHostContract('loopback sockets and the real clock', socketContractHost);
