// One suite, every host.
import { contractHosts } from './contract-hosts.ts';
import { describeHostContract } from './host-contract.ts';

for (const { name, create } of contractHosts) describeHostContract(name, create);
