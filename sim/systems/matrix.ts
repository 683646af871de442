// Matrix: homeservers all over the hosting world, rooms replicated between them, phones on their own server.
import { present } from '../../protocol/assert.ts';
import { composeCodecs } from '../../protocol/codec.ts';
import type { Address, CoreFactory } from '../../protocol/core.ts';
import { createClient } from '../../protocol/matrix/client.ts';
import {
  elementWeb,
  elementX,
  fluffyChat,
  beeper,
  filament,
  type ClientProfile,
} from '../../protocol/matrix/client-profiles.ts';
import { guestDevice, type AdministeredRoom } from '../../protocol/matrix/client-administration.ts';
import { sinceToken } from '../../protocol/matrix/sync-position.ts';
import { matrixCodec } from '../../protocol/matrix/codec.ts';
import { PduCache } from '../../protocol/matrix/federation/pdu-checks.ts';
import { dendriteProfile, synapseProfile } from '../../protocol/matrix/federation/profiles.ts';
import { createHomeserver } from '../../protocol/matrix/homeserver.ts';
import { serverNameOf, type ServerName } from '../../protocol/matrix/ids.ts';
import type { LocalUser, WarmRoom } from '../../protocol/matrix/homeserver-config.ts';
import { createPushGateway } from '../../protocol/matrix/push-gateway.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import { pushCodec } from '../../protocol/push.ts';
import type { ComponentId } from '../world.ts';
import { planEncryption } from './matrix-encryption.ts';
import { readMatrixParameters, type MatrixParameters } from './matrix-parameters.ts';
import { makeKeyKnowledge } from './matrix-keys.ts';
import { matrixFindings } from './matrix-findings.ts';
import {
  administeredRooms,
  makeDirectory,
  makeRooms,
  roomsByServer,
  type MatrixDirectory,
} from './matrix-rooms.ts';
import {
  addHost,
  beeperServer,
  addName,
  addressTtlSeconds,
  listedServers,
  matrixOrg,
  matrixOrgSite,
  planServers,
  withNotary,
  type ServerPlan,
} from './matrix-servers.ts';
import { addPushServices } from './push-services.ts';
import type { Deployment, System } from './system.ts';

/** Element's applications are woken by this one gateway, whatever server their users are on. */
const pushGatewayHost = 'push.matrix.org';
const deviceId = 'PHONE';
const computerDeviceId = 'COMPUTER';
const nodeName = (person: PersonId): string => `phone/${person}`;

/** Everything that more than one part of the deployment looks at. */
interface MatrixPlan {
  readonly deployment: Deployment;
  readonly parameters: MatrixParameters;
  readonly servers: readonly ServerPlan[];
  readonly directory: MatrixDirectory;
  readonly rooms: ReadonlyMap<ConversationId, WarmRoom>;
  readonly administered: ReadonlyMap<ConversationId, AdministeredRoom>;
  readonly encryptionOf: ReturnType<typeof planEncryption>;
}

function localUsers(
  { deployment, directory }: MatrixPlan,
  people: readonly PersonId[],
): readonly LocalUser[] {
  return people.map((id): LocalUser => {
    const { device, computer } = present(deployment.workload.people[id], `person ${id}`);
    const pusher = { gateway: pushGatewayHost as Address, platform: device.platform, pushKey: nodeName(id) };
    const computers = computer === undefined ? [] : [{ deviceId: computerDeviceId, pusher: undefined }];
    return { userId: directory.userOf(id), devices: [{ deviceId, pusher }, ...computers] };
  });
}

/** Guests who say something have an account; others are only names. */
function guestUsers({ deployment, administered }: MatrixPlan, server: ServerName): readonly LocalUser[] {
  const { changes = [] } = deployment.workload;
  if (!changes.some(({ change }) => change.kind === 'guest-speaks')) return [];
  const guests = [...administered.values()].flatMap((room) => room.guests);
  return guests
    .filter((userId) => serverNameOf(userId) === server)
    .map((userId) => ({ userId, devices: [{ deviceId: guestDevice, pusher: undefined }] }));
}

function addHomeservers(plan: MatrixPlan): void {
  const { deployment, parameters, servers, directory } = plan;
  const rooms = roomsByServer(deployment, directory, plan.rooms);
  const keyKnowledge = makeKeyKnowledge(deployment, directory, parameters.notaryShare);
  const pdus = new PduCache();
  const costs = {
    sendEvent: parameters.sendCost,
    receivePdu: parameters.receiveCost,
    sync: parameters.syncCost,
    request: parameters.requestCost,
  };
  for (const [index, { name, site, loadBalancer, people, software }] of servers.entries()) {
    const runsDendrite =
      software === undefined
        ? name !== matrixOrg &&
          deployment.exogenous('matrix-implementation', index) < parameters.dendriteShare
        : software === 'dendrite';
    const component = addHost(deployment, name, site);
    const core = createHomeserver({
      serverName: name,
      keyId: present(directory.keys.get(name), `key of ${name}`).keyId,
      signingSeed: present(directory.signingSeeds.get(name), `seed of ${name}`),
      keyKnowledge: keyKnowledge(name),
      users: [...localUsers(plan, people), ...guestUsers(plan, name)],
      rooms: rooms.get(name) ?? [],
      costs,
      profile: runsDendrite ? dendriteProfile : synapseProfile,
      random: deployment.random(`hs/${name}`),
      pdus,
    });
    const part = 'homeserver';
    const { queue, cache } = parameters;
    const node = deployment.addNode({ name: `hs/${name}`, component, parts: { [part]: core }, queue, cache });
    addName(deployment, name, { node, part }, loadBalancer);
  }
}

/** The gateway runs beside matrix.org: a shared dependency in a federated network. */
function addPushGateway({ deployment, parameters, servers }: MatrixPlan): void {
  const site = servers.find(({ name }) => name === matrixOrg)?.site ?? matrixOrgSite;
  const component = addHost(deployment, pushGatewayHost, site);
  const part = 'gateway';
  const node = deployment.addNode({
    name: `push/${pushGatewayHost}`,
    component,
    parts: { [part]: createPushGateway({ cost: parameters.pushGatewayCost }) },
  });
  addName(deployment, pushGatewayHost, { node, part });
}

function profileOf({ deployment, parameters, directory }: MatrixPlan, person: PersonId): ClientProfile {
  if (directory.serverOf.get(person) === beeperServer) return beeper;
  const draw = deployment.exogenous('matrix-client', person);
  const { elementWebShare, fluffyChatShare, filamentShare } = parameters;
  if (draw < elementWebShare) return elementWeb;
  if (draw < elementWebShare + fluffyChatShare) return fluffyChat;
  return draw < elementWebShare + fluffyChatShare + filamentShare ? filament : elementX;
}

/** Phones, and the computers of those who have one: Element Desktop is Element Web in a window of its own. */
function addDevices(plan: MatrixPlan): void {
  const part = 'client';
  for (const { id, computer } of plan.deployment.workload.people) {
    const phone = { [part]: clientOf(plan, id, deviceId, profileOf(plan, id)) };
    plan.deployment.addNode({ name: nodeName(id), person: id, parts: phone, userPart: part });
    if (computer === undefined) continue;
    const parts = { [part]: clientOf(plan, id, computerDeviceId, elementWeb) };
    const name = `computer/${id}`;
    plan.deployment.addNode({ name, person: id, device: 'computer', parts, userPart: part });
  }
}

function clientOf(
  { directory, parameters, rooms, administered, encryptionOf }: MatrixPlan,
  person: PersonId,
  device: string,
  profile: ClientProfile,
): CoreFactory {
  return createClient({
    person,
    userId: directory.userOf(person),
    deviceId: device,
    homeserver: present(directory.serverOf.get(person), `server of person ${person}`) as string as Address,
    profile,
    since: sinceToken(0),
    sendsReceipts: parameters.sendsReceipts,
    encryption: encryptionOf(person, device),
    roomOf: (conversation) => rooms.get(conversation)?.roomId,
    administration: {
      roomOf: (conversation) => administered.get(conversation),
      userOf: (someone) => directory.userOf(someone),
    },
  });
}

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

/** Matrix as it is deployed today. */
export const matrix: System = {
  id: 'matrix',
  title: 'Matrix',
  description:
    'A large matrix.org and a long tail of homeservers over many providers; every server keeps its own copy of the rooms ' +
    'of its users and sends its events to every other server in the room. Events, hashes, signatures, authorisation and ' +
    'state resolution are real; federation queues, back-off and catch-up follow Synapse, or Dendrite where a scenario ' +
    'says so, clients Element X, Element Web and FluffyChat; Filament and Beeper’s client, where a scenario has them, are ' +
    'generic ones. Room keys travel as to-device messages, and a message without its key is not delivered. Left out: ' +
    'the ciphers themselves (payloads have their size), new devices and their one-time keys (every two devices have an ' +
    'Olm session), typing notices, presence, media.',
  fidelity: 'A',
  codec: composeCodecs({ matrix: matrixCodec, push: pushCodec }),
  usesRadio: false,
  deploy(deployment) {
    const parameters = readMatrixParameters(deployment);
    const listed = deployment.world.servers;
    const servers =
      listed === undefined
        ? planServers(deployment, parameters)
        : withNotary(listedServers(deployment, listed), parameters.notaryShare > 0);
    const directory = makeDirectory(deployment, servers);
    const rooms = makeRooms(deployment, directory, parameters.roomVersion12Share);
    const administered = administeredRooms(deployment, directory, rooms);
    const encryptionOf = planEncryption({
      deployment,
      directory,
      rooms,
      encryptedPublicShare: parameters.encryptedPublicShare,
      devicesOf: (person) =>
        deployment.workload.people[person]?.computer === undefined
          ? [deviceId]
          : [deviceId, computerDeviceId],
    });
    const plan: MatrixPlan = {
      deployment,
      parameters,
      servers,
      directory,
      rooms,
      administered,
      encryptionOf,
    };
    addPushServices(deployment);
    addHomeservers(plan);
    addPushGateway(plan);
    addDevices(plan);
    listAssumptions(deployment, servers);
  },
  conclude: matrixFindings,
};
