// Servers that are not where their names are: a file on the web server behind the name, often at another provider, says where, or a
// service record in the name's zone does.
import { present } from '../../protocol/assert.ts';
import type { Address } from '../../protocol/core.ts';
import type { DelegationKnowledge } from '../../protocol/matrix/federation/discovery.ts';
import type { ServerName } from '../../protocol/matrix/ids.ts';
import { createWebServer } from '../../protocol/matrix/web-server.ts';
import { milliseconds } from '../../protocol/time.ts';
import type { NodeIndex } from '../observation.ts';
import type { ComponentId, ServerDelegation } from '../world.ts';
import { addMachine, addName, addressTtlSeconds, type ServerPlan } from './matrix-servers.ts';
import type { Deployment, EndpointSpec } from './system.ts';

interface Target {
  readonly node: NodeIndex;
  readonly part: string;
}

/** Where clients find a server, and where a file leads to it. */
export function addressOf({ name, delegation }: Pick<ServerPlan, 'name' | 'delegation'>): Address {
  return (delegation === undefined ? name : `synapse.${name}:443`) as Address;
}

/** Work of handing out a small file. Assumed (0.1 to 5 ms): nothing waits for it. */
const fileCost = milliseconds(1);

/** The names by which a server is found. */
export function addServerNames(deployment: Deployment, server: ServerPlan, target: Target): void {
  const { name, delegation, loadBalancer } = server;
  if (delegation === undefined) return addName(deployment, name, target, loadBalancer);
  const host = `synapse.${name}`;
  const zone = `dns/${name}` as ComponentId;
  const hostZone = `dns/${host}` as ComponentId;
  // The host's name lies within the server's: whoever answers for the one answers for the other.
  deployment.addComponent({
    id: hostZone,
    kind: 'dns-zone',
    attributes: { name: host, system: 'matrix' },
    needs: [{ on: zone, strength: 'hard' }],
  });
  const certificate = `cert/${name}` as ComponentId;
  const ttlSeconds = addressTtlSeconds;
  const there: Omit<EndpointSpec, 'name'> = {
    dnsZone: hostZone,
    ttlSeconds,
    certificate,
    ...(loadBalancer === undefined ? {} : { loadBalancer }),
    targets: [target],
  };
  deployment.addEndpoint({ ...there, name: addressOf(server) });
  if (delegation.by === 'service-record')
    deployment.addEndpoint({ ...there, name: `_matrix-fed._tcp.${name}` as Address, serviceZone: zone });
  const { file, closedPort } = addWebServer(deployment, server, delegation);
  const behindName = { dnsZone: zone, ttlSeconds };
  deployment.addEndpoint({ ...behindName, name: `${name}:443` as Address, targets: [file] });
  deployment.addEndpoint({ ...behindName, name: name as string as Address, targets: [closedPort] });
}

/** What stands behind the bare name: a web server, and nobody at the port of federation. */
function addWebServer(
  deployment: Deployment,
  server: ServerPlan,
  { by, site, maxAgeSeconds }: ServerDelegation,
): { readonly file: Target; readonly closedPort: Target } {
  const component = addMachine(deployment, `www.${server.name}`, site);
  const delegatesTo = by === 'well-known' ? addressOf(server) : undefined;
  const part = 'web';
  const core = createWebServer({ delegatesTo, maxAgeSeconds, cost: fileCost });
  const name = `web/${server.name}`;
  const file = { node: deployment.addNode({ name, component, parts: { [part]: core } }), part };
  const nobody = { name: `${name}:8448`, component, parts: { [part]: core }, startsStopped: true };
  return { file, closedPort: { node: deployment.addNode(nobody), part } };
}

/** What each server knows of the others' whereabouts after long quiet use: undefined when all are where their names are. */
export function makeDelegationKnowledge(
  deployment: Deployment,
  servers: readonly ServerPlan[],
): (asker: ServerName) => DelegationKnowledge | undefined {
  const elsewhere = new Map(
    servers.flatMap((server) => (server.delegation === undefined ? [] : [[server.name, server] as const])),
  );
  if (elsewhere.size === 0) return () => undefined;
  return (asker) => ({
    isElsewhere: (server) => elsewhere.has(server),
    remembered(name) {
      const server = present(elsewhere.get(name), `delegation of ${name}`);
      const { by, maxAgeSeconds } = present(server.delegation, 'delegation');
      const delegatedTo = by === 'well-known' ? addressOf(server) : undefined;
      return { delegatedTo, maxAgeSeconds, age: deployment.exogenous('matrix-well-known-age', asker, name) };
    },
  });
}
