// All benches there are.
import type { Bench } from './bench.ts';
import { federationBench } from './federation/federation.ts';
import { campaignBench } from './campaign.ts';
import { flagshipBench } from './flagship.ts';
import { gossipBench } from './gossip.ts';
import { hyperdhtBench } from './hyperdht/hyperdht.ts';
import { kernelBench } from './kernel.ts';
import { matrixBench } from './matrix/matrix.ts';
import { meshBench } from './mesh.ts';
import { signalBench } from './signal.ts';
import { transportBench } from './transport.ts';

/** In the order in which `netsplit bench` runs them. */
export const benches: readonly Bench[] = [
  kernelBench,
  gossipBench,
  transportBench,
  matrixBench,
  federationBench,
  meshBench,
  hyperdhtBench,
  signalBench,
  flagshipBench,
  campaignBench,
];
