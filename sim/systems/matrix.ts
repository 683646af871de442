// Matrix as it is deployed today: a large matrix.org and a long tail of servers.
import type { ComponentId } from '../world.ts';
import { matrixIn } from './matrix-deployment.ts';
import { settleImportedRoom, withMembersAtHome } from './matrix-imported-room.ts';
import { readPublicParameters } from './matrix-parameters.ts';
import {
  addressTtlSeconds,
  listedServers,
  matrixOrg,
  matrixOrgSite,
  planServers,
  withNotary,
  type ServerPlan,
} from './matrix-servers.ts';
import type { Deployment } from './system.ts';

/** Element's applications are woken by this one gateway, whatever server their users are on. */
const pushGatewayHost = 'push.matrix.org';

function listAssumptions(deployment: Deployment, servers: readonly ServerPlan[]): void {
  const assume = (name: string, value: string | number, unit: string, meaning: string): void =>
    deployment.assume({ path: `systems.matrix.${name}`, value, unit, meaning });
  const region = 'aws/us-east-1' as ComponentId;
  const inRegion = servers.filter(({ site }) => site === region);
  assume(
    'serversInUsEast1',
    inRegion.length,
    'servers',
    'homeservers in AWS us-east-1 by the hosting shares',
  );
  if (deployment.world.servers === undefined)
    assume(
      'hostingShares',
      'fediverse servers by network',
      '',
      'where homeservers stand: no published distribution for Matrix; fedidb, April 2025, 2,650 servers, as a proxy',
    );
  assume('pushGateway', pushGatewayHost, '', 'the one gateway of all clients, beside matrix.org');
  assume('addressTtlSeconds', addressTtlSeconds, 's', "time to live of homeservers' address records");
}

/** What every setting has in common, for descriptions. */
export const matrixCores =
  'Events, hashes, signatures, authorisation and ' +
  'state resolution are real; federation queues, back-off and catch-up follow Synapse, or Dendrite where a scenario ' +
  'says so, clients Element X, Element Web and FluffyChat; Filament and Beeper’s client, where a scenario has them, are ' +
  'generic ones. Room keys travel as to-device messages, and a message without its key is not delivered. Left out: ' +
  'the ciphers themselves (payloads have their size), typing notices where people.writingSeconds is 0, and ' +
  'fetching pictures.';

/** The public federation. */
export const matrix = matrixIn({
  id: 'matrix',
  title: 'Matrix',
  description:
    'A large matrix.org and a long tail of homeservers over many providers; every server keeps its own copy of the rooms ' +
    `of its users and sends its events to every other server in the room. ${matrixCores}`,
  fidelity: 'A',
  setUp(deployment) {
    const parameters = readPublicParameters(deployment);
    const { notaryShare } = parameters;
    const { servers: listed } = deployment.world;
    const settled = settleImportedRoom(deployment);
    const servers =
      listed === undefined
        ? planServers(deployment, parameters)
        : withNotary(withMembersAtHome(listedServers(deployment, listed), settled), notaryShare > 0);
    listAssumptions(deployment, servers);
    // It runs beside matrix.org: a shared dependency in a federated network.
    const site = servers.find(({ name }) => name === matrixOrg)?.site ?? matrixOrgSite;
    return {
      servers,
      notaryShare,
      gateways: [{ host: pushGatewayHost, site }],
      gatewayOf: () => pushGatewayHost,
      settled,
    };
  },
});
