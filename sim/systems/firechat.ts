// FireChat-like: phones flood public rooms and carry private messages; a central service does the same over the Internet.
// FireChat was closed, never specified and has ended: this is a profile made of what was published about it.
import type { Address } from '../../protocol/core.ts';
import { sha256 } from '../../protocol/crypto.ts';
import { defaults } from '../../protocol/firechat/constants.ts';
import { firechatCodec, type Account, type Conversation } from '../../protocol/firechat/messages.ts';
import { createFirechatPeer, type FirechatSettings } from '../../protocol/firechat/peer.ts';
import { createFirechatService } from '../../protocol/firechat/service.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import { radioDeclarationsWith, type RadioDefaults } from '../radio/radio-parameters.ts';
import type { Workload } from '../workload/workload.ts';
import type { ComponentId } from '../world.ts';
import type { Deployment, System } from './system.ts';

const part = 'firechat';
const serviceName = 'firechat.example' as Address;
const zone = 'dns/firechat.example' as ComponentId;
const host = 'host/firechat' as ComponentId;
/** Where the service ran was never published. Assumed. */
const region = 'aws/us-east-1' as ComponentId;

/**
 * Assumed throughout, with the plausible ranges that the radio's own table gives. Multipeer Connectivity has at most 8
 * peers in a session, oneself included (MCSession.MaximumNumberOfPeers), a Bluetooth piconet 7 active slaves; ranges
 * claimed in the press are 10 to 70 m; rates lie between Bluetooth and peer-to-peer Wi-Fi.
 */
const radioDefaults: RadioDefaults = {
  radioRangeMetres: 30,
  radioTotalLinksIos: 7,
  radioBegunLinksIos: 7,
  radioTotalLinksAndroid: 7,
  radioBytesPerSecond: 100_000,
  radioHopLeastMs: 30,
  radioHopMostMs: 70,
  radioScansAlways: 1,
  radioDetectionSeconds: 4,
  radioConnectMs: 1_000,
};

const accountOf = (person: PersonId): Account => `person${person}`;

/** Rooms and friends of everybody, exchanged before the run. */
class Directory {
  readonly #conversations: readonly Workload['conversations'][number][];
  readonly #rooms = new Map<PersonId, Set<string>>();
  readonly #friends = new Map<PersonId, Set<Account>>();

  constructor({ conversations, people }: Workload) {
    this.#conversations = conversations;
    for (const { id } of people) {
      this.#rooms.set(id, new Set());
      this.#friends.set(id, new Set());
    }
    for (const { id, kind, members } of conversations) {
      for (const member of members) {
        if (kind !== 'direct' || members.length !== 2) this.#rooms.get(member)?.add(`room${id}`);
        else
          for (const friend of members)
            if (friend !== member) this.#friends.get(member)?.add(accountOf(friend));
      }
    }
  }

  rooms(person: PersonId): ReadonlySet<string> {
    return this.#rooms.get(person) ?? new Set();
  }

  conversation(person: PersonId, id: ConversationId): Conversation | undefined {
    const conversation = this.#conversations[id];
    if (conversation === undefined) return undefined;
    const { kind, members } = conversation;
    if (kind !== 'direct' || members.length !== 2) return { kind: 'room', room: `room${id}` };
    const friend = members.find((member) => member !== person);
    return friend === undefined ? undefined : { kind: 'private', account: accountOf(friend) };
  }

  isFriend(person: PersonId, account: Account): boolean {
    return this.#friends.get(person)?.has(account) === true;
  }
}

function readSettings(deployment: Deployment): FirechatSettings & { readonly usesInternet: boolean } {
  const read = (
    name: string,
    value: number,
    unit: string,
    range: readonly [number, number],
    meaning: string,
  ): number => deployment.parameter({ name, value, unit, range, meaning });
  return {
    history: read(
      'history',
      defaults.history,
      'posts',
      [0, 100],
      'public posts that a phone keeps for new neighbours',
    ),
    carried: read(
      'carried',
      defaults.carried,
      'messages',
      [0, 1_000],
      'private messages of others that a phone carries',
    ),
    carriedHours: read(
      'carriedHours',
      defaults.carriedHours,
      'h',
      [1, 72],
      'how long a private message is carried',
    ),
    hopLimit: read(
      'hopLimit',
      defaults.hopLimit,
      'hops',
      [0, 30],
      'hops after which nobody passes on; 0: no limit',
    ),
    receipts:
      read(
        'receipts',
        defaults.receipts,
        '0 or 1',
        [0, 1],
        '1: recipients acknowledge private messages by a flood',
      ) === 1,
    usesInternet:
      read(
        'usesInternet',
        1,
        '0 or 1',
        [0, 1],
        '1: rooms and messages also go through the central service; 0: "nearby" only',
      ) === 1,
  };
}

function addService(deployment: Deployment): void {
  const attributes = { system: 'firechat' };
  deployment.addComponent({
    id: zone,
    kind: 'dns-zone',
    attributes: { ...attributes, name: 'firechat.example' },
    needs: [],
  });
  deployment.addComponent({
    id: host,
    kind: 'host',
    attributes: { ...attributes, provider: 'aws', region: 'us-east-1', host: 'firechat' },
    needs: [{ on: region, strength: 'hard' }],
  });
  const node = deployment.addNode({
    name: 'firechat/service',
    component: host,
    parts: { service: createFirechatService() },
  });
  deployment.addEndpoint({
    name: serviceName,
    dnsZone: zone,
    ttlSeconds: 60,
    targets: [{ node, part: 'service' }],
  });
  deployment.assume({
    path: 'systems.firechat.service',
    value: region,
    unit: '',
    meaning: 'the service is one machine in one region; where and how it really ran was never published',
  });
}

/** FireChat-like. */
export const firechat: System = {
  id: 'firechat',
  title: 'FireChat-like',
  description:
    'A profile of FireChat (2014 to about 2018), which was closed and never specified: every number is assumed. Phones ' +
    'with at most seven radio links flood public rooms without a hop limit, in clear and unsigned; private messages are ' +
    'sealed and copied to everybody who comes by, who carry them for a day; new neighbours are told what one has. While ' +
    'there is Internet, one central service does the same for everybody. The application must be open. Private messages ' +
    'have no acknowledgement unless `receipts` is set; "accepted" is the service’s word. Not modelled: Wi-Fi Direct ' +
    'groups and Multipeer sessions as such, pictures, the vendor’s unpublished algorithm for the graph of connections. ' +
    'Fidelity: radio 2 of 5, protocol 1 of 5; nothing here measures the real FireChat.',
  fidelity: 'C',
  codec: firechatCodec,
  usesRadio: true,
  radioDefaults,
  deploy(deployment) {
    const { workload } = deployment;
    const settings = readSettings(deployment);
    for (const declaration of radioDeclarationsWith(radioDefaults)) deployment.parameter(declaration);
    if (settings.usesInternet) addService(deployment);
    const directory = new Directory(workload);
    const secret = deployment.random('pair-keys').bytes(32);
    const keyOf = (left: Account, right: Account): Uint8Array =>
      sha256([...secret, left < right ? `${left}/${right}` : `${right}/${left}`].join());
    for (const { id } of workload.people) {
      const name = `phone/${id}`;
      const account = accountOf(id);
      const core = createFirechatPeer({
        person: id,
        account,
        rooms: directory.rooms(id),
        settings,
        random: deployment.random(name),
        service: settings.usesInternet ? serviceName : undefined,
        conversation: (conversation) => directory.conversation(id, conversation),
        keyWith: (other) => (directory.isFriend(id, other) ? keyOf(account, other) : undefined),
      });
      deployment.addNode({ name, person: id, parts: { [part]: core }, userPart: part, radioPart: part });
    }
  },
};
