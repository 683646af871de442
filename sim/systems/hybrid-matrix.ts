// Homeservers in the cloud and on phones in the same rooms: who cannot reach the one writes from the other.
import { present } from '../../protocol/assert.ts';
import { toHex } from '../../protocol/bytes.ts';
import { composeCodecs } from '../../protocol/codec.ts';
import type { Address, Core, CoreFactory } from '../../protocol/core.ts';
import { ed25519Signer, sha256 } from '../../protocol/crypto.ts';
import type { AdministeredRoom } from '../../protocol/matrix/client-administration.ts';
import { elementWeb, elementX } from '../../protocol/matrix/client-profiles.ts';
import { createClient, type ClientConfig } from '../../protocol/matrix/client.ts';
import { matrixCodec } from '../../protocol/matrix/codec.ts';
import { serverKeyOf } from '../../protocol/matrix/federation/key-ring.ts';
import { PduCache } from '../../protocol/matrix/federation/pdu-checks.ts';
import {
  knownForEver,
  type LocalUser,
  type ServerKey,
  type WarmRoom,
} from '../../protocol/matrix/homeserver-config.ts';
import { createHomeserver } from '../../protocol/matrix/homeserver.ts';
import { serverNameOf, type ServerName, type UserId } from '../../protocol/matrix/ids.ts';
import type { SigningKey } from '../../protocol/matrix/signing.ts';
import { sinceToken } from '../../protocol/matrix/sync-position.ts';
import { createPushGateway } from '../../protocol/matrix/push-gateway.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import { linkCodec } from '../../protocol/pinecone/codec.ts';
import { everyPeer } from '../../protocol/pinecone/peer-questions.ts';
import { createP2pNode, innerCores } from '../../protocol/pinecone/p2p-node.ts';
import { pushCodec } from '../../protocol/push.ts';
import {
  applicationsOn,
  createSeveralApplications,
  type Application,
} from '../../protocol/several-applications.ts';
import { taskKinds, type TaskKind } from '../../protocol/task.ts';
import { idealSignatures, realSignatures, type Signer } from '../../protocol/signatures.ts';
import type { Person } from '../workload/workload.ts';
import { readHybridParameters, type HybridParameters } from './hybrid-matrix-parameters.ts';
import { guestUsers } from './matrix-deployment.ts';
import { planEncryption } from './matrix-encryption.ts';
import { matrixFindings } from './matrix-findings.ts';
import { administeredRooms, makeRooms, roomsByServer, type MatrixDirectory } from './matrix-rooms.ts';
import { addHost, addName, listedServers, planServers, type ServerPlan } from './matrix-servers.ts';
import { p2pRadioDefaults } from './p2p-matrix-parameters.ts';
import { makeGroups, planTasks } from './matrix-tasks.ts';
import { createPhone, keyId, nodeConfig, overlayProfile, peerAnswers, type NodePlan } from './p2p-phone.ts';
import { addPushServices } from './push-services.ts';
import type { Deployment, System } from './system.ts';

const id = 'hybrid-matrix';
const part = 'hybrid';
/** Names of a person's devices: with the account in the cloud, and with that on the phone. */
const phoneDevice = 'PHONE';
const computerDevice = 'COMPUTER';
const ownDevice = 'OWN';
const gatewayHost = 'push.matrix.org';
/** Other servers that a server dials, so that the overlay among them outlives any one of them. Assumed. */
const peersOfServer = 3;

const phoneName = (person: PersonId): string => `phone/${person}`;

/** Somebody's homeserver, wherever it runs: its name is its key. */
interface Server {
  readonly name: ServerName;
  readonly seed: Uint8Array;
  readonly signer: Signer;
}

interface CloudServer extends Server {
  readonly plan: ServerPlan;
}

/** Everything that more than one part of the deployment looks at. */
interface Plan {
  readonly deployment: Deployment;
  readonly parameters: HybridParameters;
  readonly nodes: NodePlan;
  readonly cloud: readonly CloudServer[];
  readonly cloudOf: ReadonlyMap<PersonId, CloudServer>;
  readonly phones: ReadonlyMap<PersonId, Server>;
  readonly directory: MatrixDirectory & Required<Pick<MatrixDirectory, 'accountsOf'>>;
  readonly keys: ReadonlyMap<ServerName, ServerKey>;
  readonly rooms: ReadonlyMap<ConversationId, WarmRoom>;
  readonly roomsAt: ReadonlyMap<ServerName, readonly WarmRoom[]>;
  readonly administered: ReadonlyMap<ConversationId, AdministeredRoom>;
  readonly encryptionOf: ReturnType<typeof planEncryption>;
  readonly tasks: TaskPlan | undefined;
  readonly pdus: PduCache;
}

/** What clients know for what people do beyond writing, whichever account they do it with. */
interface TaskPlan {
  readonly inCloud: NonNullable<ReturnType<typeof planTasks>>;
  readonly onPhone: NonNullable<ReturnType<typeof planTasks>>;
}

/** Who is asked is asked by the account of the kind that the asking one is, where they have one. */
function planBoth(
  deployment: Deployment,
  directory: Plan['directory'],
  { usesDirectory, keyBackupShare }: HybridParameters,
  groups: ReadonlyMap<PersonId, WarmRoom>,
): TaskPlan | undefined {
  const onPhone = (person: PersonId): UserId => present(directory.accountsOf(person).at(-1), 'an account');
  const inCloud = planTasks(deployment, directory, groups, keyBackupShare, usesDirectory);
  const phone = planTasks(deployment, { userOf: onPhone }, groups, 0, usesDirectory);
  return inCloud === undefined || phone === undefined ? undefined : { inCloud, onPhone: phone };
}

/** Rooms and groups on each server. */
function roomsAtServers(
  deployment: Deployment,
  directory: Plan['directory'],
  rooms: Plan['rooms'],
  groups: ReadonlyMap<PersonId, WarmRoom>,
): Plan['roomsAt'] {
  const at = new Map(roomsByServer(deployment, directory, rooms));
  for (const [host, group] of groups)
    for (const server of directory.accountsOf(host).flatMap((account) => serverNameOf(account) ?? []))
      at.set(server, [...(at.get(server) ?? []), group]);
  return at;
}

/** People are on the servers on which `matrix` with as many servers has them. */
function serversOf(
  deployment: Deployment,
  { servers, matrixOrgShare }: HybridParameters,
): readonly ServerPlan[] {
  if (deployment.world.servers !== undefined) return listedServers(deployment, deployment.world.servers);
  return planServers(deployment, {
    servers,
    matrixOrgShare,
    sizeExponent: 1,
    loadBalancedShare: 0,
    notaryShare: 0,
    wellKnownShare: 0,
    beeperShare: 0,
  });
}

function makePlan(deployment: Deployment): Plan {
  const parameters = readHybridParameters(deployment);
  const { phones: phoneParameters, p2pShare, cloudShare } = parameters;
  const scheme = phoneParameters.realSignatures
    ? realSignatures()
    : idealSignatures(sha256(deployment.random('ideal-signatures').bytes(32)));
  const signingSeeds = new Map<ServerName, Uint8Array>();
  const signingKeys = new Map<ServerName, SigningKey>();
  const keys = new Map<ServerName, ServerKey>();
  const makeServer = (label: string | number): Server => {
    const seed = deployment.random(`p2p/key/${label}`).bytes(32);
    const signer = scheme.signer(seed);
    const name = toHex(signer.publicKey) as ServerName;
    const signingKey = { server: name, keyId, signer: ed25519Signer(seed) };
    signingSeeds.set(name, seed);
    signingKeys.set(name, signingKey);
    keys.set(name, serverKeyOf(keyId, signingKey.signer));
    return { name, seed, signer };
  };
  const hasPhone = (person: PersonId): boolean => deployment.exogenous('hybrid-p2p', person) < p2pShare;
  const hasCloud = (person: PersonId): boolean =>
    !hasPhone(person) || deployment.exogenous('hybrid-cloud', person) < cloudShare;
  const cloud = serversOf(deployment, parameters).map((plan): CloudServer => ({
    ...makeServer(plan.name),
    plan,
  }));
  const cloudOf = new Map<PersonId, CloudServer>();
  for (const server of cloud)
    for (const person of server.plan.people) if (hasCloud(person)) cloudOf.set(person, server);
  const phones = new Map<PersonId, Server>();
  const serverOf = new Map<PersonId, ServerName>();
  const accounts = new Map<PersonId, readonly UserId[]>();
  for (const { id: person } of deployment.workload.people) {
    const own: (Server | undefined)[] = [cloudOf.get(person)];
    if (hasPhone(person)) {
      const phone = makeServer(person);
      phones.set(person, phone);
      own.push(phone);
    }
    const names = own.flatMap((server) => (server === undefined ? [] : [server.name]));
    serverOf.set(person, present(names[0], `server of person ${person}`));
    accounts.set(
      person,
      names.map((name) => `@person${person}:${name}` as UserId),
    );
  }
  const accountsOf = (person: PersonId): readonly UserId[] =>
    present(accounts.get(person), `accounts of person ${person}`);
  const userOf = (person: PersonId): UserId => present(accountsOf(person)[0], 'an account');
  const directory = { userOf, accountsOf, serverOf, signingSeeds, keys: signingKeys };
  const rooms = makeRooms(deployment, directory, phoneParameters.roomVersion12Share);
  const groups = makeGroups(deployment, directory);
  const encryptionOf = planEncryption({
    deployment,
    directory,
    rooms,
    encryptedPublicShare: phoneParameters.encryptedPublicShare,
    strangerShare: 0,
    devicesOf: (person, account) => {
      if (!cloudOf.has(person) || account !== userOf(person)) return [ownDevice];
      const { computer } = present(deployment.workload.people[person], `person ${person}`);
      return computer === undefined ? [phoneDevice] : [phoneDevice, computerDevice];
    },
  });
  return {
    deployment,
    parameters,
    nodes: { deployment, parameters: phoneParameters, scheme },
    cloud,
    cloudOf,
    phones,
    directory,
    keys,
    rooms,
    roomsAt: roomsAtServers(deployment, directory, rooms, groups),
    administered: administeredRooms(deployment, directory, rooms),
    encryptionOf,
    tasks: planBoth(deployment, directory, parameters, groups),
    pdus: new PduCache(),
  };
}

// --- In the cloud ---

/** People's devices with their accounts on a server, and guests of rooms there. */
function usersAt(plan: Plan, server: CloudServer): readonly LocalUser[] {
  const { deployment, cloudOf, directory } = plan;
  const people = deployment.workload.people.filter(({ id: person }) => cloudOf.get(person) === server);
  const users = people.map(({ id: person, device, computer }): LocalUser => {
    const gateway = gatewayHost as Address;
    const pusher = { gateway, platform: device.platform, pushKey: phoneName(person) };
    const computers = computer === undefined ? [] : [{ deviceId: computerDevice, pusher: undefined }];
    return { userId: directory.userOf(person), devices: [{ deviceId: phoneDevice, pusher }, ...computers] };
  });
  return [...users, ...guestUsers(plan, server.name)];
}

function addCloud(plan: Plan): void {
  const { deployment, parameters, nodes, cloud, roomsAt, keys, pdus } = plan;
  const { sendCost, receiveCost, syncCost, requestCost, queue, cache } = parameters;
  for (const [index, server] of cloud.entries()) {
    const {
      name,
      seed,
      signer,
      plan: { name: host, site, loadBalancer },
    } = server;
    const component = addHost(deployment, host, site);
    const homeserver = createHomeserver({
      serverName: name,
      keyId,
      signingSeed: seed,
      keyKnowledge: knownForEver(keys),
      users: usersAt(plan, server),
      rooms: roomsAt.get(name) ?? [],
      costs: { sendEvent: sendCost, receivePdu: receiveCost, sync: syncCost, request: requestCost },
      profile: overlayProfile,
      directoriesNearby: everyPeer,
      random: deployment.random(`hs/${host}`),
      pdus,
    });
    const core = createP2pNode({
      ...nodeConfig(nodes, host, signer),
      applications: { homeserver },
      userApplication: undefined,
      servingApplication: 'homeserver',
      publicApplication: 'homeserver',
      staticPeers: cloud.slice(0, Math.min(index, peersOfServer)).map(addressOf),
      peerAnswers,
      isAlwaysOn: true,
    });
    const node = deployment.addNode({ name: `hs/${host}`, component, parts: { [part]: core }, queue, cache });
    addName(deployment, host, { node, part }, loadBalancer);
  }
  addGateway(plan);
}

/** Where clients and nodes find a server. */
function addressOf({ plan: { name } }: CloudServer): Address {
  return name as string as Address;
}

/** The one gateway of the application, beside the first server. */
function addGateway({ deployment, parameters, cloud }: Plan): void {
  const { site } = present(cloud[0], 'a server').plan;
  const component = addHost(deployment, gatewayHost, site);
  const core = createPushGateway({ cost: parameters.pushGatewayCost });
  const node = deployment.addNode({ name: `push/${gatewayHost}`, component, parts: { gateway: core } });
  addName(deployment, gatewayHost, { node, part: 'gateway' });
}

// --- In people's hands ---

/** What all clients of a person know, whatever their account. */
type Knowledge = Required<Pick<ClientConfig, 'person' | 'roomOf' | 'administration' | 'otherAccounts'>>;

function knowledgeOf({ rooms, administered, directory }: Plan, person: PersonId): Knowledge {
  return {
    person,
    roomOf: (conversation) => rooms.get(conversation)?.roomId,
    administration: {
      roomOf: (conversation) => administered.get(conversation),
      accountsOf: directory.accountsOf,
    },
    otherAccounts: directory.accountsOf(person),
  };
}

/** A client of the account in the cloud. */
function cloudClient(plan: Plan, person: PersonId, deviceId: string, server: CloudServer): CoreFactory {
  return createClient({
    ...knowledgeOf(plan, person),
    userId: plan.directory.userOf(person),
    deviceId,
    homeserver: addressOf(server),
    profile: deviceId === computerDevice ? elementWeb : elementX,
    since: sinceToken(0),
    sendsReceipts: plan.parameters.sendsReceipts,
    ...(plan.tasks === undefined ? {} : { tasks: plan.tasks.inCloud(person, deviceId) }),
    encryption: plan.encryptionOf(person, deviceId),
  });
}

/** The phone's own homeserver with its client. */
function ownServer(plan: Plan, person: PersonId, { name, seed, signer }: Server): CoreFactory {
  const { cloud, cloudOf, roomsAt, keys, encryptionOf, tasks, pdus } = plan;
  const first = Math.max(
    0,
    cloud.findIndex((server) => server === cloudOf.get(person)),
  );
  const dialled = [...cloud.slice(first), ...cloud.slice(0, first)].slice(0, plan.parameters.staticPeers);
  return createPhone(plan.nodes, {
    ...knowledgeOf(plan, person),
    name: phoneName(person),
    server: name,
    signer,
    signingSeed: seed,
    userId: `@person${person}:${name}` as UserId,
    deviceId: ownDevice,
    keys,
    rooms: roomsAt.get(name) ?? [],
    ...(tasks === undefined ? {} : { tasks: tasks.onPhone(person, ownDevice) }),
    encryption: encryptionOf(person, ownDevice),
    staticPeers: dialled.map(addressOf),
    pdus,
  });
}

/** Devices are of an account in the cloud; that on the phone is of the phone. */
const ofDevices: ReadonlySet<TaskKind> = new Set<TaskKind>(['link-device', 'log-in']);

function phoneOf(plan: Plan, person: PersonId): CoreFactory {
  const server = plan.cloudOf.get(person);
  const cloud = server && cloudClient(plan, person, phoneDevice, server);
  const phone = plan.phones.get(person);
  if (phone === undefined) return present(cloud, `an account of person ${person}`);
  const carries = (): boolean => true;
  const own: Application = {
    name: 'own',
    factory: ownServer(plan, person, phone),
    carries,
    serves: ({ kind }) => !ofDevices.has(kind),
    takesLinks: true,
    // Guests of a room are accounts on servers in the cloud.
    administers: ({ kind }) => kind !== 'guest-speaks',
  };
  const inCloud: readonly Application[] =
    cloud === undefined
      ? []
      : [{ name: 'cloud', factory: cloud, carries, serves: () => true, needsNetwork: true }];
  return createSeveralApplications({
    applications: [...inCloud, own],
    patience: () => plan.parameters.patience,
  });
}

function addDevices(plan: Plan): void {
  const { deployment, phones, cloudOf } = plan;
  for (const { id: person, computer } of deployment.workload.people) {
    const parts = { [part]: phoneOf(plan, person) };
    const radio = phones.has(person) ? { radioPart: part } : {};
    deployment.addNode({ name: phoneName(person), person, parts, userPart: part, ...radio });
    const server = cloudOf.get(person);
    if (computer !== undefined && server !== undefined) addComputer(plan, person, server);
  }
}

function addComputer(plan: Plan, person: Person['id'], server: CloudServer): void {
  const client = cloudClient(plan, person, computerDevice, server);
  const name = `computer/${person}`;
  plan.deployment.addNode({ name, person, device: 'computer', parts: { [part]: client }, userPart: part });
}

function listAssumptions({ deployment }: Plan): void {
  const assume = (name: string, value: string | number | boolean, meaning: string): void =>
    deployment.assume({ path: `systems.${id}.${name}`, value, unit: '', meaning });
  assume(
    'accounts',
    'two for each person, both in every room',
    'one on a server in the cloud, one on the phone’s own; nobody has published an application that does so',
  );
  assume(
    'handover',
    'the account in the cloud first',
    'the application sends from the phone’s account when the other has let it wait, at once while the phone has no network, ' +
      'and goes back as soon as the other has sent what waited; the first copy is not taken back',
  );
  assume(
    'serversAreNodes',
    true,
    'servers in the cloud are nodes of the overlay, named by their keys, as the demo can be run',
  );
  assume('peersOfServer', peersOfServer, 'other servers that a server in the cloud dials');
  assume(
    'background',
    false,
    'the homeserver on a phone works while the application is open; the account in the cloud wakes the phone by push',
  );
  assume(
    'rooms',
    'as after long use',
    'servers know each other’s keys, and rooms are on all servers of their members',
  );
}

/** Homeservers of both kinds. */
export const hybridMatrix: System = {
  id,
  title: 'Matrix, cloud and phones',
  description:
    'Homeservers in the cloud that are nodes of the Pinecone overlay as well, and a homeserver on every phone (`p2pShare`). ' +
    'A person has an account on each (`cloudShare`), and rooms have both as members: the same real rooms on servers of both ' +
    'kinds, by ordinary federation over the overlay. The application sends from the account in the cloud; from the phone’s ' +
    'when that has waited for `patienceSeconds` or the phone has no network; it shows what either gets. Phones nearby go on in the rooms ' +
    'over Bluetooth and in local networks while there is no Internet, and state resolution merges what was said and changed apart. The overlay, ' +
    'federation and clients are those of P2P Matrix and Matrix; the two accounts and the handover are invented: nobody has ' +
    'run such a thing. Left out: what P2P Matrix leaves out, servers that are not nodes of the overlay, relays, typing ' +
    'notices.',
  fidelity: 'C',
  tasks: taskKinds,
  codec: composeCodecs({ pinecone: linkCodec, matrix: matrixCodec, push: pushCodec }),
  usesRadio: true,
  usesLocalNetworks: true,
  radioDefaults: p2pRadioDefaults,
  deploy(deployment) {
    const plan = makePlan(deployment);
    addPushServices(deployment);
    addCloud(plan);
    addDevices(plan);
    listAssumptions(plan);
  },
  conclude: (nodes) =>
    matrixFindings(nodes.map(({ cores, ...rest }) => ({ ...rest, cores: cores.flatMap(coresWithin) }))),
};

/** The cores of a node or of one application on a phone, as deep as they are. */
function coresWithin(core: Core): readonly Core[] {
  return [core, ...applicationsOn(core)].flatMap(innerCores);
}
