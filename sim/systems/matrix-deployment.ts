// A Matrix deployment: homeservers, push gateways and people's devices put onto a world, in one setting or another.
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
import { matrixStoredForm } from '../../protocol/matrix/stored-events.ts';
import { PduCache } from '../../protocol/matrix/federation/pdu-checks.ts';
import { dendriteProfile, synapseProfile } from '../../protocol/matrix/federation/profiles.ts';
import { createHomeserver } from '../../protocol/matrix/homeserver.ts';
import { serverNameOf, type ServerName, type UserId } from '../../protocol/matrix/ids.ts';
import type { LocalUser, WarmRoom } from '../../protocol/matrix/homeserver-config.ts';
import type { PushPlatform } from '../../protocol/matrix/client-messages.ts';
import { createPushGateway } from '../../protocol/matrix/push-gateway.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import { pushCodec } from '../../protocol/push.ts';
import { taskKinds } from '../../protocol/task.ts';
import type { ComponentId } from '../world.ts';
import { addServerNames, addressOf, makeDelegationKnowledge } from './matrix-delegation.ts';
import { planEncryption } from './matrix-encryption.ts';
import { readMatrixParameters, type MatrixParameters } from './matrix-parameters.ts';
import { listPatience } from './matrix-patience.ts';
import type { SettledRoom } from './matrix-imported-room.ts';
import { makeKeyKnowledge } from './matrix-keys.ts';
import { matrixFindings } from './matrix-findings.ts';
import {
  administeredRooms,
  makeDirectory,
  makeRooms,
  roomsByServer,
  type MatrixDirectory,
} from './matrix-rooms.ts';
import { addHost, beeperServer, addName, matrixOrg, type ServerPlan } from './matrix-servers.ts';
import { roomStates } from './matrix-states.ts';
import { makeGroups, planTasks } from './matrix-tasks.ts';
import { addPushServices } from './push-services.ts';
import type { Deployment, System } from './system.ts';

const deviceId = 'PHONE';
const computerDeviceId = 'COMPUTER';
const nodeName = (person: PersonId): string => `phone/${person}`;

/** One push gateway: its name, where it stands, and whose notifications it hands on where not Apple's and Google's services do. */
export interface GatewayPlan {
  readonly host: string;
  readonly site: ComponentId;
  readonly services?: Readonly<Record<PushPlatform, Address>>;
}

/** Who runs what where in one deployment of Matrix. */
export interface Setup {
  /** Every server with its people. */
  readonly servers: readonly ServerPlan[];
  /** Share of the servers, matrix.org apart, that ask matrix.org for others' signing keys before they ask those. */
  readonly notaryShare: number;
  readonly gateways: readonly GatewayPlan[];
  /** Name of the gateway that a server's users are woken through. */
  readonly gatewayOf: (server: ServerName) => string;
  /** The room that the world imports, where these are its servers; elsewhere its people talk in a room of the usual kind. */
  readonly settled?: SettledRoom | undefined;
}

/** What sets one deployment of Matrix apart from another: the same servers and clients on other ground. */
export interface MatrixSetting extends Pick<System, 'id' | 'title' | 'description' | 'fidelity'> {
  setUp(deployment: Deployment): Setup;
}

/** Everything that more than one part of the deployment looks at. */
interface MatrixPlan {
  readonly deployment: Deployment;
  readonly setup: Setup;
  readonly parameters: MatrixParameters;
  readonly directory: MatrixDirectory;
  /** Where clients find each server. */
  readonly addresses: ReadonlyMap<ServerName, Address>;
  readonly rooms: ReadonlyMap<ConversationId, WarmRoom>;
  readonly administered: ReadonlyMap<ConversationId, AdministeredRoom>;
  readonly encryptionOf: ReturnType<typeof planEncryption>;
  readonly groups: ReadonlyMap<PersonId, WarmRoom>;
  readonly tasksOf: ReturnType<typeof planTasks>;
}

function localUsers(
  { deployment, directory, setup }: MatrixPlan,
  server: ServerName,
  people: readonly PersonId[],
): readonly LocalUser[] {
  return people.map((id): LocalUser => {
    const { device, computer } = present(deployment.workload.people[id], `person ${id}`);
    const gateway = setup.gatewayOf(server) as Address;
    const pusher = { gateway, platform: device.platform, pushKey: nodeName(id) };
    const computers = computer === undefined ? [] : [{ deviceId: computerDeviceId, pusher: undefined }];
    return { userId: directory.userOf(id), devices: [{ deviceId, pusher }, ...computers] };
  });
}

/** Guests who say something have an account; others are only names. */
export function guestUsers(
  { deployment, administered }: Pick<MatrixPlan, 'deployment' | 'administered'>,
  server: ServerName,
): readonly LocalUser[] {
  const { changes = [] } = deployment.workload;
  if (!changes.some(({ change }) => change.kind === 'guest-speaks')) return [];
  const guests = [...administered.values()].flatMap((room) => room.guests);
  return guests
    .filter((userId) => serverNameOf(userId) === server)
    .map((userId) => ({ userId, devices: [{ deviceId: guestDevice, pusher: undefined }] }));
}

/** Groups that others may enter, on the servers of those who keep them. */
function groupsAt({ groups }: MatrixPlan, people: readonly PersonId[]): readonly WarmRoom[] {
  return people.map((person) => groups.get(person)).filter((group) => group !== undefined);
}

/** Servers know the devices of everybody whom they have met, as lists were exchanged long ago. */
function makeDeviceKnowledge({ deployment, directory }: MatrixPlan): (userId: UserId) => readonly string[] {
  let devices: ReadonlyMap<UserId, readonly string[]> | undefined;
  return (userId) => {
    devices ??= new Map(
      deployment.workload.people.map(({ id }) => [directory.userOf(id), deviceIdsOf(deployment, id)]),
    );
    return devices.get(userId) ?? [];
  };
}

function deviceIdsOf({ workload }: Deployment, person: PersonId): readonly string[] {
  return workload.people[person]?.computer === undefined ? [deviceId] : [deviceId, computerDeviceId];
}

function addHomeservers(plan: MatrixPlan): void {
  const { deployment, parameters, setup, directory } = plan;
  const rooms = roomsByServer(deployment, directory, plan.rooms, setup.settled);
  const keyKnowledge = makeKeyKnowledge(deployment, directory, setup.notaryShare);
  const delegations = makeDelegationKnowledge(deployment, setup.servers);
  const knownDevices = makeDeviceKnowledge(plan);
  const pdus = new PduCache();
  const costs = {
    sendEvent: parameters.sendCost,
    receivePdu: parameters.receiveCost,
    sync: parameters.syncCost,
    request: parameters.requestCost,
  };
  const { asksOtherServers, takesIncompleteStates } = parameters;
  const ownSynapse = { ...synapseProfile, asksOtherServers, takesIncompleteStates };
  for (const [index, server] of setup.servers.entries()) {
    const { name, site, people, software } = server;
    const known = delegations(name);
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
      ...(known === undefined ? {} : { delegations: known }),
      users: [...localUsers(plan, name, people), ...guestUsers(plan, name)],
      knownDevices,
      rooms: [...(rooms.get(name) ?? []), ...groupsAt(plan, people)],
      costs,
      profile: runsDendrite ? dendriteProfile : ownSynapse,
      random: deployment.random(`hs/${name}`),
      pdus,
    });
    const part = 'homeserver';
    const { queue, cache } = parameters;
    const node = deployment.addNode({ name: `hs/${name}`, component, parts: { [part]: core }, queue, cache });
    addServerNames(deployment, server, { node, part });
  }
}

function addPushGateways({ deployment, setup, parameters }: MatrixPlan): void {
  const part = 'gateway';
  for (const { host, site, services } of setup.gateways) {
    const component = addHost(deployment, host, site);
    const core = createPushGateway({
      cost: parameters.pushGatewayCost,
      ...(services === undefined ? {} : { services }),
    });
    const node = deployment.addNode({ name: `push/${host}`, component, parts: { [part]: core } });
    addName(deployment, host, { node, part });
  }
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
  { deployment, directory, parameters, rooms, administered, encryptionOf, addresses, tasksOf }: MatrixPlan,
  person: PersonId,
  device: string,
  profile: ClientProfile,
): CoreFactory {
  const { writing } = deployment.workload;
  return createClient({
    person,
    userId: directory.userOf(person),
    deviceId: device,
    homeserver: present(
      addresses.get(present(directory.serverOf.get(person), `server of person ${person}`)),
      'address',
    ),
    profile,
    since: sinceToken(0),
    sendsReceipts: parameters.sendsReceipts,
    tellsPresence: parameters.tellsPresence,
    ...(writing === undefined ? {} : { usesTyping: true }),
    ...(tasksOf === undefined ? {} : { tasks: tasksOf(person, device) }),
    encryption: encryptionOf(person, device),
    roomOf: (conversation) => rooms.get(conversation)?.roomId,
    administration: {
      roomOf: (conversation) => administered.get(conversation),
      accountsOf: (someone) => [directory.userOf(someone)],
    },
  });
}

/** Matrix in one setting. */
export function matrixIn(setting: MatrixSetting): System {
  const { id, title, description, fidelity } = setting;
  return {
    id,
    title,
    description,
    fidelity,
    tasks: taskKinds,
    codec: composeCodecs({ matrix: matrixCodec, push: pushCodec }),
    usesRadio: false,
    live: { storedForm: matrixStoredForm, sharedObjects: roomStates },
    deploy: (deployment) => deploy(deployment, setting),
    conclude: matrixFindings,
  };
}

function deploy(deployment: Deployment, setting: MatrixSetting): void {
  const parameters = readMatrixParameters(deployment);
  listPatience(deployment);
  const setup = setting.setUp(deployment);
  const { settled } = setup;
  const directory = makeDirectory(deployment, setup.servers, settled);
  const rooms = makeRooms(deployment, directory, parameters.roomVersion12Share, settled?.room);
  const administered = administeredRooms(deployment, directory, rooms, settled);
  const encryptionOf = planEncryption({
    deployment,
    directory,
    rooms,
    encryptedPublicShare: parameters.encryptedPublicShare,
    strangerShare: parameters.strangerDeviceShare,
    devicesOf: (person) => deviceIdsOf(deployment, person),
  });
  const groups = makeGroups(deployment, directory);
  const tasksOf = planTasks(deployment, directory, groups, parameters.keyBackupShare);
  const addresses = new Map(setup.servers.map((server) => [server.name, addressOf(server)]));
  const plan = {
    deployment,
    setup,
    parameters,
    directory,
    addresses,
    rooms,
    administered,
    encryptionOf,
    groups,
    tasksOf,
  };
  addPushServices(deployment);
  addHomeservers(plan);
  addPushGateways(plan);
  addDevices(plan);
}
