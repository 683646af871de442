// Matrix users whose contacts are on Signal and WhatsApp, by way of a bridge host ("Beeper-style").
import { present } from '../../protocol/assert.ts';
import { createBridge, type LinkedDevice } from '../../protocol/bridge/bridge.ts';
import { bridgeCodec } from '../../protocol/bridge/messages.ts';
import { ghostDevice } from '../../protocol/bridge/portal.ts';
import { composeCodecs } from '../../protocol/codec.ts';
import type { Address } from '../../protocol/core.ts';
import { appserviceCodec } from '../../protocol/matrix/appservice.ts';
import { createClient } from '../../protocol/matrix/client.ts';
import { elementX } from '../../protocol/matrix/client-profiles.ts';
import type { ClientTasksConfig } from '../../protocol/matrix/client-tasks.ts';
import { matrixCodec } from '../../protocol/matrix/codec.ts';
import { PduCache } from '../../protocol/matrix/federation/pdu-checks.ts';
import { synapseProfile } from '../../protocol/matrix/federation/profiles.ts';
import { createHomeserver } from '../../protocol/matrix/homeserver.ts';
import { knownForEver, type LocalUser, type WarmRoom } from '../../protocol/matrix/homeserver-config.ts';
import type { RoomId, ServerName, UserId } from '../../protocol/matrix/ids.ts';
import { createPushGateway } from '../../protocol/matrix/push-gateway.ts';
import { sinceToken } from '../../protocol/matrix/sync-position.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import { pushCodec } from '../../protocol/push.ts';
import { createSeveralApplications } from '../../protocol/several-applications.ts';
import { signalCodec } from '../../protocol/signal/codec.ts';
import { taskKinds, type Task } from '../../protocol/task.ts';
import { hours, milliseconds } from '../../protocol/time.ts';
import { whatsappCodec } from '../../protocol/whatsapp/messages.ts';
import type { NodeIndex } from '../observation.ts';
import type { ComponentId } from '../world.ts';
import { readRoles, type Roles } from './bridge-roles.ts';
import { byBridge, networkFor } from './bridge-tasks.ts';
import { CombinedDeployment, type SharedDevice } from './combined-deployment.ts';
import { planEncryption } from './matrix-encryption.ts';
import { makeDirectory, makeRooms, type MatrixDirectory } from './matrix-rooms.ts';
import { addHost, addName } from './matrix-servers.ts';
import { makeGroups, planTasks } from './matrix-tasks.ts';
import { addPushServices } from './push-services.ts';
import { signal } from './signal.ts';
import type { Deployment, System } from './system.ts';
import { whatsapp } from './whatsapp.ts';

const server = 'bridged.example' as ServerName;
const bridgeHost = 'bridge.bridged.example';
const gatewayHost = 'push.bridged.example';
/** Where such a service runs is not published. Assumed. */
const site = 'hetzner/falkenstein' as ComponentId;
const deviceId = 'PHONE';
const part = 'client';
const networks = ['signal', 'whatsapp'] as const;

/** Rooms of those conversations in which somebody is bridged. */
function portalRooms(
  deployment: Deployment,
  directory: MatrixDirectory,
  roles: Roles,
): ReadonlyMap<ConversationId, WarmRoom> {
  const rooms = makeRooms(deployment, directory, 0);
  const { conversations } = deployment.workload;
  return new Map(
    [...rooms].filter(
      ([id]) => conversations[id]?.members.some((member) => roles.isBridged(member)) === true,
    ),
  );
}

function addHomeserver(
  deployment: Deployment,
  directory: MatrixDirectory,
  rooms: readonly WarmRoom[],
  roles: Roles,
): void {
  const users = deployment.workload.people.map(({ id, device }): LocalUser => {
    const pusher = { gateway: gatewayHost as Address, platform: device.platform, pushKey: `phone/${id}` };
    // Everybody who is not on Matrix is a ghost there: an account by which the bridge speaks.
    const own = roles.isBridged(id) ? { deviceId, pusher } : { deviceId: ghostDevice, pusher: undefined };
    return { userId: directory.userOf(id), devices: [own] };
  });
  const component = addHost(deployment, server, site);
  const cost = (name: string, value: number, meaning: string): ReturnType<typeof milliseconds> =>
    milliseconds(deployment.parameter({ name, value, unit: 'ms', meaning, range: [0.5, 200] }));
  const request = cost('homeserverRequestMs', 5, 'processor time of the homeserver for a request');
  const sendEvent = cost('homeserverSendMs', 20, 'processor time of the homeserver for an event');
  const core = createHomeserver({
    serverName: server,
    keyId: present(directory.keys.get(server), 'server key').keyId,
    signingSeed: present(directory.signingSeeds.get(server), 'server seed'),
    keyKnowledge: knownForEver(new Map()),
    users,
    rooms,
    costs: { sendEvent, receivePdu: sendEvent, sync: request, request },
    profile: synapseProfile,
    random: deployment.random(`hs/${server}`),
    pdus: new PduCache(),
    appservice: bridgeHost as Address,
  });
  const parts = { homeserver: core };
  const node = deployment.addNode({ name: `hs/${server}`, component, parts, processors: 4 });
  addName(deployment, server, { node, part: 'homeserver' });
  const gateway = deployment.addNode({
    name: `push/${gatewayHost}`,
    component: addHost(deployment, gatewayHost, site),
    parts: { gateway: createPushGateway({ cost: request }) },
  });
  addName(deployment, gatewayHost, { node: gateway, part: 'gateway' });
}

/** The bridge host with a linked device for each of its users in each network. */
function addBridge(
  deployment: Deployment,
  directory: MatrixDirectory,
  rooms: ReadonlyMap<ConversationId, WarmRoom>,
  roles: Roles,
  bridged: readonly SharedDevice[],
): void {
  const { messages, people } = deployment.workload;
  const personOf = new Map<UserId, PersonId>(people.map(({ id }) => [directory.userOf(id), id]));
  const conversationOf = new Map<RoomId, ConversationId>();
  for (const [conversation, { roomId }] of rooms) conversationOf.set(roomId, conversation);
  const shares = bridged.flatMap(({ person, shares: own }) =>
    own.map((share) => ({ person, share, name: `${share.architecture}-${person}` })),
  );
  const devices = shares.map(({ person, share, name }): LinkedDevice => {
    return { name, network: share.architecture, person, factory: share.factory };
  });
  const core = createBridge({
    homeserver: server as string as Address,
    devices,
    portalBuffer: roles.portalBuffer,
    networkOf: (conversation) => roles.networkOf(conversation),
    roomOf: (conversation) => rooms.get(conversation)?.roomId,
    conversationOf: (room) => conversationOf.get(room),
    userOf: (person) => directory.userOf(person),
    bridgedPersonOf: (user) => {
      const person = personOf.get(user);
      return person !== undefined && roles.isBridged(person) ? person : undefined;
    },
    reveal: (message) => {
      const { conversation, sender } = present(messages[message], `message ${message}`);
      return { conversation, sender };
    },
  });
  const component = addHost(deployment, bridgeHost, site);
  const bridgePart = 'bridge';
  const node: NodeIndex = deployment.addNode({
    name: 'bridge/host',
    component,
    parts: { [bridgePart]: core },
    hostsDevices: true,
    processors: 4,
  });
  addName(deployment, bridgeHost, { node, part: bridgePart });
  for (const { name, share } of shares)
    for (const link of share.warmLinks)
      deployment.addWarmLink({ ...link, client: node, part: bridgePart, tag: `${name}/${link.tag}` });
}

function addMatrixPhone(
  deployment: Deployment,
  directory: MatrixDirectory,
  rooms: ReadonlyMap<ConversationId, WarmRoom>,
  encryptionOf: ReturnType<typeof planEncryption>,
  tasks: ClientTasksConfig | undefined,
  person: PersonId,
): void {
  const core = createClient({
    person,
    userId: directory.userOf(person),
    deviceId,
    homeserver: server as string as Address,
    profile: elementX,
    since: sinceToken(0),
    sendsReceipts: false,
    ...(tasks === undefined ? {} : { tasks }),
    // The bridge has its own keys to every room; what that costs is charged as an event of the same size.
    encryption: { ...encryptionOf(person, deviceId), isEncrypted: () => false },
    roomOf: (conversation) => rooms.get(conversation)?.roomId,
  });
  deployment.addNode({ name: `phone/${person}`, person, parts: { [part]: core }, userPart: part });
}

/** Beeper-style: a homeserver, a bridge, and two networks behind it. */
export const bridge: System = {
  id: 'bridge',
  title: 'Bridged Matrix',
  description:
    'A share of people uses Matrix and reaches everybody else, who use Signal or WhatsApp, by a bridge host with a linked ' +
    'device for each account; chats among Matrix users need no bridge. Homeserver to bridge: transactions in order, ' +
    'waits from 2 to 512 s, nothing lost. Bridge to homeserver: five attempts within a minute, then the message is ' +
    'dropped, although the network was told long before that it had come. Signal and WhatsApp are as in the systems of ' +
    'these names. Beyond writing, bridged people ask the bridge (its provisioning interface), which has a linked device do it ' +
    'and makes the room; to link a device is to log the bridge in to a network. Assumed: one homeserver and one bridge host ' +
    'at one site; linked devices try again as the networks’ own ' +
    'applications do; keys to rooms; chats are shared when several of their members are bridged. Left out: backfill, ' +
    'on-device bridges, log-outs of linked devices, message status checkpoints of text.',
  fidelity: 'C',
  tasks: taskKinds,
  codec: composeCodecs({
    matrix: matrixCodec,
    appservice: appserviceCodec,
    signal: signalCodec,
    whatsapp: whatsappCodec,
    push: pushCodec,
    bridge: bridgeCodec,
  }),
  usesRadio: false,
  deploy(deployment) {
    const roles = readRoles(deployment);
    const { people } = deployment.workload;
    const plan = { name: server, site, loadBalancer: undefined, people: people.map(({ id }) => id) };
    const directory = makeDirectory(deployment, [plan]);
    const rooms = portalRooms(deployment, directory, roles);
    const encryptionOf = planEncryption({
      strangerShare: 0,
      deployment,
      directory,
      rooms,
      encryptedPublicShare: 0,
      devicesOf: () => [deviceId],
    });
    const combined = new CombinedDeployment(deployment);
    const parts = { signal, whatsapp };
    for (const network of networks) parts[network].deploy(combined.part(network));
    addPushServices(combined.part('matrix'));
    const groups = new Map([...makeGroups(deployment, directory)].filter(([host]) => roles.isBridged(host)));
    // Who logs in anew finds no keys of rooms backed up: the bridge has its own to every room.
    const tasksOf = planTasks(deployment, directory, groups, 0);
    addHomeserver(deployment, directory, [...rooms.values(), ...groups.values()], roles);
    const bridged = combined.devices.filter(
      ({ person, device }) => device === 'phone' && roles.isBridged(person),
    );
    addBridge(deployment, directory, rooms, roles, bridged);
    for (const device of combined.devices) {
      if (roles.isBridged(device.person)) continue;
      const applications = device.shares.map(({ architecture, factory }) => ({
        name: architecture,
        factory,
        carries: (conversation: ConversationId) => roles.networkOf(conversation) === architecture,
        serves: (task: Task) => networkFor(task, device.person, roles) === architecture,
      }));
      combined.place(
        device,
        'applications',
        createSeveralApplications({ applications, patience: () => hours(1) }),
      );
    }
    for (const { person } of bridged) {
      const own = tasksOf?.(person, deviceId);
      const tasks =
        own === undefined ? undefined : { ...own, elsewhere: byBridge(person, bridgeHost as Address, roles) };
      addMatrixPhone(deployment, directory, rooms, encryptionOf, tasks, person);
    }
    deployment.assume({
      path: 'systems.bridge.site',
      value: site,
      unit: '',
      meaning: 'where homeserver and bridge stand; such services do not publish it',
    });
  },
};
