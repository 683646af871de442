// P2P Matrix: a whole homeserver on every phone, whose name is its key, over the Pinecone overlay.
import { present } from '../../protocol/assert.ts';
import { toHex } from '../../protocol/bytes.ts';
import type { Address } from '../../protocol/core.ts';
import { ed25519Signer, sha256 } from '../../protocol/crypto.ts';
import type { JsonObject } from '../../protocol/matrix/canonical-json.ts';
import { serverKeyOf } from '../../protocol/matrix/federation/key-ring.ts';
import type { Transaction } from '../../protocol/matrix/federation/messages.ts';
import { PduCache } from '../../protocol/matrix/federation/pdu-checks.ts';
import type { ServerKey } from '../../protocol/matrix/homeserver-config.ts';
import type { ServerName, UserId } from '../../protocol/matrix/ids.ts';
import type { SigningKey } from '../../protocol/matrix/signing.ts';
import { matrixStoredForm } from '../../protocol/matrix/stored-events.ts';
import { carriesNothing, type Message, type PersonId } from '../../protocol/message.ts';
import { nodeKey } from '../../protocol/pinecone/node-key.ts';
import { createRelay, keptByRelay } from '../../protocol/pinecone/relay.ts';
import type { RelayUse } from '../../protocol/pinecone/relay-client.ts';
import { linkCodec } from '../../protocol/pinecone/codec.ts';
import { createP2pNode, innerCores } from '../../protocol/pinecone/p2p-node.ts';
import {
  idealSignatures,
  realSignatures,
  type SignatureScheme,
  type Signer,
} from '../../protocol/signatures.ts';
import type { ComponentId } from '../world.ts';
import { planEncryption } from './matrix-encryption.ts';
import { matrixFindings } from './matrix-findings.ts';
import { makeRooms, roomsByServer, type MatrixDirectory } from './matrix-rooms.ts';
import { roomStates } from './matrix-states.ts';
import { makeGroups, planTasks } from './matrix-tasks.ts';
import { p2pRadioDefaults, readP2pParameters, type P2pParameters } from './p2p-matrix-parameters.ts';
import { createPhone, keyId, nodeConfig } from './p2p-phone.ts';
import type { Deployment, System } from './system.ts';

const part = 'p2p';
const deviceId = 'PHONE';
/** Where the public node stood is not published. Assumed: a large cloud's region, without needing that cloud. */
const staticPlace = 'aws/us-east-1' as ComponentId;

/** Everything that more than one part of the deployment looks at. */
interface Plan {
  readonly deployment: Deployment;
  readonly parameters: P2pParameters;
  readonly scheme: SignatureScheme;
  readonly signers: ReadonlyMap<PersonId, Signer>;
  readonly directory: MatrixDirectory;
  readonly staticPeers: readonly StaticPeer[];
}

/** A public node. */
interface StaticPeer {
  readonly name: Address;
  readonly signer: Signer;
  readonly isRelay: boolean;
}

/** Everybody's key, and the server that is named after it. */
function makePlan(deployment: Deployment): Plan {
  const parameters = readP2pParameters(deployment);
  const scheme = parameters.realSignatures
    ? realSignatures()
    : idealSignatures(sha256(deployment.random('ideal-signatures').bytes(32)));
  const signers = new Map<PersonId, Signer>();
  const serverOf = new Map<PersonId, ServerName>();
  const signingSeeds = new Map<ServerName, Uint8Array>();
  const keys = new Map<ServerName, SigningKey>();
  for (const { id } of deployment.workload.people) {
    const seed = deployment.random(`p2p/key/${id}`).bytes(32);
    const signer = scheme.signer(seed);
    const server = toHex(signer.publicKey) as ServerName;
    signers.set(id, signer);
    serverOf.set(id, server);
    signingSeeds.set(server, seed);
    keys.set(server, { server, keyId, signer: ed25519Signer(seed) });
  }
  const userOf = (person: PersonId): UserId =>
    `@person${person}:${present(serverOf.get(person), `server of person ${person}`)}` as UserId;
  const directory = { userOf, serverOf, signingSeeds, keys };
  const staticPeers = Array.from({ length: parameters.staticPeers }, (_, index): StaticPeer => {
    const name = (index === 0 ? 'pinecone.matrix.org' : `pinecone${index + 1}.matrix.org`) as Address;
    const signer = scheme.signer(deployment.random(`p2p/key/${name}`).bytes(32));
    return { name, signer, isRelay: index < parameters.relays };
  });
  return { deployment, parameters, scheme, signers, directory, staticPeers };
}

/** Public nodes: routers without anybody on top. */
function addStaticPeers(plan: Plan): void {
  const { deployment, staticPeers } = plan;
  for (const { name, signer, isRelay } of staticPeers) {
    const { components } = deployment.world;
    const location = present(components.get(staticPlace)?.location, `where ${staticPlace} is`);
    const country = `country/${location.country}` as ComponentId;
    const host = `host/p2p/${name}` as ComponentId;
    const zone = `dns/${name}` as ComponentId;
    const attributes = { system: 'p2p-matrix', provider: 'matrix.org' };
    deployment.addComponent({ id: zone, kind: 'dns-zone', attributes: { ...attributes, name }, needs: [] });
    deployment.addComponent({
      id: host,
      kind: 'host',
      attributes: { ...attributes, host: name },
      location,
      needs: components.has(country) ? [{ on: country, strength: 'hard' }] : [],
    });
    const core = createP2pNode({
      ...nodeConfig(plan, name, signer),
      applications: isRelay ? { relay: createRelay() } : {},
      userApplication: undefined,
      servingApplication: isRelay ? 'relay' : undefined,
      staticPeers: [],
      isAlwaysOn: true,
    });
    const node = deployment.addNode({ name: `static/${name}`, component: host, parts: { [part]: core } });
    const targets = [{ node, part }];
    deployment.addEndpoint({ name, dnsZone: zone, ttlSeconds: 300, targets });
  }
}

/** Everybody knows everybody's relays, which are the same: nobody has to be told. */
function relayUse({ staticPeers }: Plan): RelayUse {
  const relays = staticPeers.filter(({ isRelay }) => isRelay).map(({ signer }) => nodeKey(signer.publicKey));
  return {
    own: relays,
    relaysOf: () => relays,
    isRelayable: ({ kind }) => kind === 'matrix.transaction',
    answerFor: () => ({ kind: 'matrix.transaction-result', results: [], carries: carriesNothing }) as Message,
  };
}

function addPhones(plan: Plan): void {
  const { deployment, parameters, directory, signers, staticPeers } = plan;
  const rooms = makeRooms(deployment, directory, parameters.roomVersion12Share);
  const byServer = roomsByServer(deployment, directory, rooms);
  const groups = makeGroups(deployment, directory);
  const tasksOf = planTasks(deployment, directory, groups, 0, parameters.usesDirectory);
  const known = new Map<ServerName, ServerKey>();
  for (const [server, { signer }] of directory.keys) known.set(server, serverKeyOf(keyId, signer));
  const encryptionOf = planEncryption({
    deployment,
    directory,
    rooms,
    encryptedPublicShare: parameters.encryptedPublicShare,
    strangerShare: 0,
    devicesOf: () => [deviceId],
  });
  const relays = relayUse(plan);
  const pdus = new PduCache();
  for (const { id } of deployment.workload.people) {
    const name = `phone/${id}`;
    const server = present(directory.serverOf.get(id), `server of person ${id}`);
    const group = groups.get(id);
    const core = createPhone(plan, {
      person: id,
      name,
      server,
      signer: present(signers.get(id), `key of person ${id}`),
      signingSeed: present(directory.signingSeeds.get(server), `seed of ${server}`),
      userId: directory.userOf(id),
      deviceId,
      keys: known,
      rooms: [...(byServer.get(server) ?? []), ...(group === undefined ? [] : [group])],
      ...(tasksOf === undefined ? {} : { tasks: tasksOf(id, deviceId) }),
      roomOf: (conversation) => rooms.get(conversation)?.roomId,
      encryption: encryptionOf(id, deviceId),
      staticPeers: staticPeers.map(({ name: address }) => address),
      relays,
      pdus,
    });
    deployment.addNode({ name, person: id, parts: { [part]: core }, userPart: part, radioPart: part });
  }
}

function listAssumptions({ deployment }: Plan): void {
  const assume = (name: string, value: string | number | boolean, meaning: string): void =>
    deployment.assume({ path: `systems.p2p-matrix.${name}`, value, unit: '', meaning });
  assume(
    'background',
    false,
    'the homeserver on a phone works while the application is open: mobile systems suspend it otherwise',
  );
  assume('staticPeer', staticPlace, 'where the public Pinecone node stands; not published');
  assume(
    'sessions',
    'QUIC in shape and size',
    'handshake of one round trip, packets of 1,280 bytes, an acknowledgement for each, a window of ten, 15 s of silence; no ciphers',
  );
  assume(
    'rooms',
    'as after long use',
    'people know each other’s keys, and their rooms are on all their phones',
  );
}

/** P2P Matrix. */
export const p2pMatrix: System = {
  id: 'p2p-matrix',
  title: 'P2P Matrix',
  description:
    'Every phone runs a whole Matrix homeserver whose name is its public key; homeservers speak ordinary federation over ' +
    'the Pinecone overlay, on Bluetooth links to phones nearby, in local networks (where the scenario says that people share routers) and on one public node on the Internet that every phone ' +
    'dials, and which may be a relay (`relays`) that keeps transactions for absent phones. Tree, line of keys, next hops, broadcasts, queues and hop limit follow the published source; federation is ' +
    'Dendrite’s, with its queue, back-off and blacklist; events, authorisation and state resolution are real. Phones take ' +
    'part while the application is open: without a relay two people who are never online together never talk. "Accepted" is the word of ' +
    'the person’s own phone. Left out: the ciphers of QUIC, work in the background, ' +
    'the directory of users, push notifications.',
  fidelity: 'B',
  codec: linkCodec,
  usesRadio: true,
  usesLocalNetworks: true,
  tasks: ['first-contact', 'create-group', 'join-group', 'attachment', 'history'],
  withoutTask: {
    'link-device': 'a phone is its own homeserver, and the only device of its account',
    'log-in': 'the account is the key on the phone: there is nowhere to log in',
  },
  radioDefaults: p2pRadioDefaults,
  live: {
    storedForm: matrixStoredForm,
    without: 'Bluetooth and local networks: phones reach each other through the public Pinecone nodes alone',
    sharedObjects: (cores) => roomStates(cores.flatMap(innerCores)),
  },
  deploy(deployment) {
    const plan = makePlan(deployment);
    addStaticPeers(plan);
    addPhones(plan);
    listAssumptions(plan);
  },
  conclude(nodes) {
    const within = nodes.map(({ cores, ...rest }) => ({ ...rest, cores: cores.flatMap(innerCores) }));
    const kept = new Set<string>();
    for (const core of within.flatMap(({ cores }) => cores))
      for (const { recipient, message } of keptByRelay(core))
        if (message.kind === 'matrix.transaction')
          for (const { pdu } of (message as Transaction).pdus) kept.add(`${recipient} ${contentOf(pdu)}`);
    return matrixFindings(within, (server, { pdu }) => kept.has(`${server} ${contentOf(pdu)}`));
  },
};

/** What tells one PDU from another before anybody has worked out its id: the hash of its content. */
function contentOf(pdu: JsonObject): string {
  return JSON.stringify(pdu['hashes']);
}
