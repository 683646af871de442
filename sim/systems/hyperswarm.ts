// Hyperswarm: phones that find each other by a topic in a DHT and connect directly. The library is the real one, brought
// into the run by whoever starts it (sim/foreign/hyperdht/); what stands here is who runs it where.
import { present } from '../../protocol/assert.ts';
import { toHex, utf8 } from '../../protocol/bytes.ts';
import type { Address, CoreFactory } from '../../protocol/core.ts';
import { ed25519Signer, sha256 } from '../../protocol/crypto.ts';
import { datagramCodec } from '../../protocol/datagram.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import { minutes, type Duration } from '../../protocol/time.ts';
import { weightedIndex } from '../random/distributions.ts';
import type { ComponentId } from '../world.ts';
import type { AddressBook, HostAndPort, HyperswarmMachine, PeerMachine } from './hyperswarm-machines.ts';
import type { Deployment, System } from './system.ts';

const part = 'hyperswarm';
/** hyperdht/index.js. */
const dhtPort = 49_737;
/** lib/constants.js: BOOTSTRAP_NODES. */
const bootstrappers = 3;

/**
 * Phones were started at different times, long ago. Two that look for a topic at the same instant miss each other until one
 * looks again, so they begin one after the other within this.
 */
const mostJoinDelay = minutes(2);

interface Parameters {
  readonly dhtNodes: number;
  readonly filterSeconds: number;
  readonly background: boolean;
}

function readParameters(deployment: Deployment): Parameters {
  return {
    dhtNodes: Math.max(
      bootstrappers,
      Math.round(
        deployment.parameter({
          name: 'dhtNodes',
          value: 40,
          unit: 'nodes',
          range: [3, 2_000],
          meaning: `nodes of the DHT that are not phones, the ${bootstrappers} bootstrap nodes among them; the public DHT has more`,
        }),
      ),
    ),
    filterSeconds: deployment.parameter({
      name: 'filterSeconds',
      value: 120,
      unit: 's',
      range: [0, 600],
      meaning:
        'how long a router in front of a phone lets in answers to what was sent; it keeps the port; 0: a public address ' +
        '(RFC 4787 REQ-5 asks for 120 s or more)',
    }),
    background:
      deployment.parameter({
        name: 'background',
        value: 1,
        unit: '0 or 1',
        range: [0, 1],
        meaning:
          '1: the application works as long as the phone is on, as a foreground service or a desktop application does; ' +
          '0: it is suspended while it is not open',
      }) > 0,
  };
}

/** Row number of a machine as an address of its own. A block that routers forward: hyperdht treats reserved ones otherwise. */
function hostAt(row: number): string {
  return `20.${(row >> 16) & 255}.${(row >> 8) & 255}.${row & 255}`;
}

/** Nodes by row: first the DHT's, then phones. */
function addressBook(names: readonly string[]): AddressBook {
  const byHost = new Map(names.map((name, row) => [hostAt(row), `udp:${name}` as Address]));
  const byNode = new Map(names.map((name, row) => [`udp:${name}` as Address, hostAt(row)]));
  return { nodeAt: (host) => byHost.get(host), hostOf: (node) => byNode.get(node) };
}

/** The core that the run's foreign code makes of a machine, when the machine first runs. */
function coreOf(deployment: Deployment, machine: HyperswarmMachine): CoreFactory {
  let factory: CoreFactory | undefined;
  return (stored) => {
    factory ??= present(deployment.foreign?.(), 'foreign code of a run').core(machine);
    return factory(stored);
  };
}

/**
 * A node that has long been there knows others: so many at random, from which it completes its routing table at once. Its
 * table has 20 in each of its rows, of which it fills about as many as the logarithm of the number of nodes says.
 */
const mostAcquaintances = 128;

function acquaintances(deployment: Deployment, row: number, count: number): readonly HostAndPort[] {
  const others = Array.from({ length: count }, (_, other) => other).filter((other) => other !== row);
  const random = deployment.random(`dht-table/${row}`);
  const chosen = others.slice(0, mostAcquaintances);
  // Reservoir sampling: every set of so many is as likely.
  for (let index = mostAcquaintances; index < others.length; index++) {
    const place = random.integer(0, index);
    if (place < mostAcquaintances) chosen[place] = others[index] ?? 0;
  }
  return chosen.map((other) => ({ host: hostAt(other), port: dhtPort }));
}

function addDhtNodes(
  deployment: Deployment,
  count: number,
  book: AddressBook,
  bootstrap: readonly HostAndPort[],
): void {
  const { hosting } = deployment.world;
  const weights = hosting.map(({ share }) => share);
  for (let row = 0; row < count; row++) {
    const site = present(
      hosting[weightedIndex(deployment.exogenous('dht-site', row), weights)],
      'hosting site',
    ).site;
    const host = `host/hyperdht/${row}` as ComponentId;
    const isBootstrapper = row < bootstrappers;
    deployment.addComponent({
      id: host,
      kind: 'host',
      attributes: {
        system: 'hyperswarm',
        host: isBootstrapper ? `node${row + 1}.hyperdht.org` : `dht-${row}`,
        role: isBootstrapper ? 'bootstrap' : 'dht',
        // So that a fault can strike a fifth of them, wherever they stand.
        fifth: String((row % 5) + 1),
      },
      needs: [{ on: site, strength: 'hard' }],
    });
    const machine: HyperswarmMachine = {
      role: 'dht',
      host: hostAt(row),
      port: dhtPort,
      book,
      random: deployment.random(`dht/${row}`),
      bootstrap,
      nodes: acquaintances(deployment, row, count),
    };
    deployment.addNode({
      name: dhtName(row),
      component: host,
      parts: { [part]: coreOf(deployment, machine) },
    });
  }
}

const dhtName = (row: number): string => `dht/${row}`;
const phoneName = (person: PersonId): string => `phone/${person}`;

function conversationsOf(deployment: Deployment): ReadonlyMap<PersonId, PeerMachine['conversations']> {
  const byPerson = new Map<
    PersonId,
    Map<ConversationId, { topic: Uint8Array; others: readonly PersonId[] }>
  >();
  for (const { id } of deployment.workload.people) byPerson.set(id, new Map());
  for (const [row, { members }] of deployment.workload.conversations.entries()) {
    // 32 bytes that the members know and nobody else: an application would hash a secret of theirs.
    const topic = sha256(utf8(`conversation ${row}`));
    for (const person of members)
      byPerson
        .get(person)
        ?.set(row as ConversationId, { topic, others: members.filter((other) => other !== person) });
  }
  return byPerson;
}

function addPhones(
  deployment: Deployment,
  { filterSeconds, background, dhtNodes }: Parameters,
  book: AddressBook,
  bootstrap: readonly HostAndPort[],
): void {
  const { people } = deployment.workload;
  const seeds = people.map(({ id }) => deployment.random(`key/${id}`).bytes(32));
  const byKey = new Map(seeds.map((seed, row) => [toHex(ed25519Signer(seed).publicKey), row as PersonId]));
  const conversations = conversationsOf(deployment);
  for (const [row, { id }] of people.entries()) {
    const machine: PeerMachine = {
      role: 'peer',
      person: id,
      host: hostAt(dhtNodes + row),
      book,
      random: deployment.random(phoneName(id)),
      bootstrap,
      seed: present(seeds[row], `key of person ${id}`),
      filterSeconds: filterSeconds > 0 ? filterSeconds : undefined,
      joinsAfter: Math.floor(deployment.exogenous('hyperswarm-join', id) * mostJoinDelay) as Duration,
      runsInBackground: background,
      personWith: (publicKey) => byKey.get(toHex(publicKey)),
      conversations: present(conversations.get(id), `conversations of person ${id}`),
    };
    deployment.addNode({
      name: phoneName(id),
      person: id,
      parts: { [part]: coreOf(deployment, machine) },
      userPart: part,
    });
  }
}

/** A plain chat application on Hyperswarm. */
export const hyperswarm: System = {
  id: 'hyperswarm',
  title: 'Hyperswarm chat',
  description:
    'Phones that find each other by a topic for each conversation in a distributed hash table and connect directly, with ' +
    'the published packages hyperdht 6.34.0 and hyperswarm 4.17.2 as they are: routing table, announcements, look-ups, ' +
    'hole punching, Noise handshakes and encryption are the real code. Simulated below it: UDP, the reliable streams that ' +
    'are native code in the real thing (retransmission and time-outs as there, one fixed window), clock, timers and ' +
    'chance. Assumed above it: a chat application that joins a topic for each conversation, writes to whoever it is ' +
    'connected to, and keeps what is not acknowledged until it meets them again. Nobody stores messages for anybody ' +
    'else, and nothing says "accepted". Left out: relays for those who cannot connect, names of the bootstrap nodes ' +
    '(they are reached by address), changing addresses, processor time and push.',
  fidelity: 'B',
  codec: datagramCodec,
  usesRadio: false,
  isDeviceToDevice: true,
  runsForeignCode: true,
  withoutTask: {},
  deploy(deployment) {
    const parameters = readParameters(deployment);
    const { dhtNodes } = parameters;
    const { people } = deployment.workload;
    const names = [
      ...Array.from({ length: dhtNodes }, (_, row) => dhtName(row)),
      ...people.map(({ id }) => phoneName(id)),
    ];
    const book = addressBook(names);
    const bootstrap = Array.from({ length: bootstrappers }, (_, row) => ({
      host: hostAt(row),
      port: dhtPort,
    }));
    addDhtNodes(deployment, dhtNodes, book, bootstrap);
    addPhones(deployment, parameters, book, bootstrap);
    deployment.assume({
      path: 'systems.hyperswarm.application',
      value: 'outbox with acknowledgements',
      unit: '',
      meaning:
        'what a chat application does on top of the library, whose own examples write to open connections and keep ' +
        'nothing: it resends to each member on the next connection until they have acknowledged',
    });
    deployment.assume({
      path: 'systems.hyperswarm.sites',
      value: 'by hosting shares',
      unit: '',
      meaning: 'where the nodes of the DHT stand, bootstrap nodes among them: as servers of Matrix do',
    });
  },
};
