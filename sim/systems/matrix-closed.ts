// A closed federation: an organisation's own servers in machine rooms of its own, one in each city, which know each other and
// nobody else. No default server, no public notary, no gateway of somebody else's. What remains outside are the platforms.
import type { Address } from '../../protocol/core.ts';
import type { ServerName } from '../../protocol/matrix/ids.ts';
import { createPushService, pushServices } from '../../protocol/push.ts';
import type { City, ComponentId } from '../world.ts';
import { matrixIn, type GatewayPlan } from './matrix-deployment.ts';
import { matrixCores } from './matrix.ts';
import { addHost, addName, type ServerPlan } from './matrix-servers.ts';
import type { Deployment } from './system.ts';

const domain = 'federation.example';
const gatewayOf = (server: string): string => `push.${server}`;

/** The operator's machine room in a city, on that country's network; a scenario may have declared it. */
function machineRoom(deployment: Deployment, { name, location }: City): ComponentId {
  const id = `own/${name}` as ComponentId;
  if (deployment.world.components.has(id)) return id;
  const { country } = location;
  deployment.addComponent({
    id,
    kind: 'region',
    attributes: { provider: 'own', region: name, country, system: 'matrix-closed' },
    needs: [{ on: `country/${country}` as ComponentId, strength: 'hard' }],
    location,
  });
  return id;
}

/** Each city's people on the server of their city. */
function serversOf(deployment: Deployment): readonly ServerPlan[] {
  return deployment.world.cities.map((city) => ({
    name: `${city.name}.${domain}` as ServerName,
    site: machineRoom(deployment, city),
    loadBalancer: undefined,
    people: deployment.workload.people.filter((person) => person.city === city).map(({ id }) => id),
    software: 'synapse',
  }));
}

/** A service of the operator's own that Android phones hold a connection to (UnifiedPush). iPhones can have none but Apple's. */
function ownPushService(deployment: Deployment, { name, site }: ServerPlan): GatewayPlan['services'] {
  const host = `notify.${name}`;
  const component = addHost(deployment, host, site);
  const node = deployment.addNode({
    name: `push/${host}`,
    component,
    parts: { push: createPushService },
  });
  addName(deployment, host, { node, part: 'push' });
  return { ios: pushServices.ios, android: host as Address };
}

/** A federation of nobody but its members. */
export const matrixClosed = matrixIn({
  id: 'matrix-closed',
  title: 'Matrix, a closed federation',
  description:
    "Homeservers of one organisation, in a machine room of its own in each city, with the city's people on it; they ask each other " +
    'for keys, and no server outside takes part. Each has a push gateway beside it; what wakes phones is Apple’s and Google’s, outside, ' +
    `unless pushInside is 1: then Android phones are woken by a service beside their server, and iPhones by Apple's still. ${matrixCores}`,
  fidelity: 'B',
  setUp(deployment) {
    const servers = serversOf(deployment);
    const pushInside =
      deployment.parameter({
        name: 'pushInside',
        value: 0,
        unit: '',
        meaning: 'Android phones are woken by a push service beside their server (1) or by Google (0)',
        range: [0, 1],
      }) > 0;
    deployment.assume({
      path: 'systems.matrix-closed.machineRooms',
      value: servers.length,
      unit: 'servers',
      meaning: 'machine rooms of the operator, one in each city, each with a homeserver and a push gateway',
    });
    const gateways = servers.map((server): GatewayPlan => {
      const services = pushInside ? ownPushService(deployment, server) : undefined;
      const { name, site } = server;
      return { host: gatewayOf(name), site, ...(services === undefined ? {} : { services }) };
    });
    return { servers, notaryShare: 0, gateways, gatewayOf };
  },
});
