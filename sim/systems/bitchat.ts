// Bitchat: no servers. Phones pass messages on by Bluetooth while the application is open.
import { sha256, sha256Hex } from '../../protocol/crypto.ts';
import { utf8, toHex } from '../../protocol/bytes.ts';
import { bitchatCodec } from '../../protocol/bitchat/codec.ts';
import { android, ios, originTtl as applicationTtl } from '../../protocol/bitchat/constants.ts';
import type { Group } from '../../protocol/bitchat/group-message.ts';
import {
  createIdentity,
  type Contact,
  type Conversation,
  type Identity,
} from '../../protocol/bitchat/peer-config.ts';
import type { PeerId } from '../../protocol/bitchat/peer-id.ts';
import type { NostrConfig } from '../../protocol/bitchat/nostr/transport.ts';
import { createFlooder } from '../../protocol/bitchat/flooder.ts';
import { createPeer } from '../../protocol/bitchat/peer.ts';
import { idealSignatures, realSignatures, type SignatureScheme } from '../../protocol/signatures.ts';
import { present } from '../../protocol/assert.ts';
import type { ConversationId, PersonId } from '../../protocol/message.ts';
import { radioDeclarations } from '../radio/radio-parameters.ts';
import type { Conversation as WorldConversation } from '../workload/workload.ts';
import type { Deployment, System } from './system.ts';

const part = 'bitchat';
const bitchatId = 'bitchat';

/** Who is who, for all phones: contacts and groups were exchanged before the run. */
export class Directory {
  readonly #deployment: Deployment;
  readonly #identities: readonly Identity[];
  readonly #people = new Map<PeerId, PersonId>();
  readonly #groups = new Map<ConversationId, Group>();
  readonly #groupsById = new Map<string, { readonly group: Group; readonly people: ReadonlySet<PersonId> }>();
  /** Pairs that have a direct chat: mutual favourites. */
  readonly #friends = new Map<PersonId, Set<PersonId>>();

  constructor(deployment: Deployment, scheme: SignatureScheme) {
    this.#deployment = deployment;
    const { workload } = deployment;
    this.#identities = workload.people.map(({ id }) => {
      const secrets = deployment.random(`keys/${id}`);
      return createIdentity(secrets.bytes(32), secrets.bytes(32), scheme);
    });
    for (const { id } of workload.people) this.#people.set(this.identity(id).peerId, id);
    for (const conversation of workload.conversations) {
      if (isDirect(conversation)) this.#befriend(conversation.members);
      else this.#addGroup(conversation);
    }
  }

  identity(person: PersonId): Identity {
    return present(this.#identities[person], `identity of person ${person}`);
  }

  /** Whose id it is on the mesh. */
  personOf(peer: PeerId): PersonId | undefined {
    return this.#people.get(peer);
  }

  /** What a conversation of the world is for one of its members. */
  conversation(person: PersonId, id: ConversationId): Conversation | undefined {
    const group = this.#groups.get(id);
    if (group !== undefined) return { kind: 'group', group };
    const friend = this.#deployment.workload.conversations[id]?.members.find((member) => member !== person);
    return friend === undefined ? undefined : { kind: 'private', contact: this.identity(friend) };
  }

  contact(person: PersonId, peer: PeerId): Contact | undefined {
    const friend = this.#people.get(peer);
    if (friend === undefined || this.#friends.get(person)?.has(friend) !== true) return undefined;
    return this.identity(friend);
  }

  group(person: PersonId, id: string): Group | undefined {
    const entry = this.#groupsById.get(id);
    return entry?.people.has(person) === true ? entry.group : undefined;
  }

  #befriend([left, right]: readonly PersonId[]): void {
    if (left === undefined || right === undefined) return;
    for (const [person, friend] of [
      [left, right],
      [right, left],
    ] as const) {
      const friends = this.#friends.get(person) ?? new Set();
      friends.add(friend);
      this.#friends.set(person, friends);
    }
  }

  #addGroup({ id, members }: WorldConversation): void {
    const group: Group = {
      id: sha256Hex(utf8(`group/${id}`)).slice(0, 32),
      key: this.#deployment.random(`group-key/${id}`).bytes(32),
      members: new Set(members.map((member) => toHex(this.identity(member).signer.publicKey))),
    };
    this.#groups.set(id, group);
    this.#groupsById.set(group.id, { group, people: new Set(members) });
  }
}

function isDirect({ kind, members }: WorldConversation): boolean {
  return kind === 'direct' && members.length === 2;
}

function readScheme(deployment: Deployment): SignatureScheme {
  const real = deployment.parameter({
    name: 'realSignatures',
    value: 1,
    unit: '0 or 1',
    meaning: '1: real Ed25519 signatures; 0: tokens of the same length that only their owner can make',
    source: 'choice of the run; keys and signatures enter message ids, so single fan-out choices may differ',
  });
  return real === 1
    ? realSignatures()
    : idealSignatures(sha256(deployment.random('ideal-signatures').bytes(32)));
}

/** Phones that flood the mesh with packets of their own making: those of the first so many people. */
function readFlooders(deployment: Deployment): {
  readonly count: number;
  readonly packetsPerSecond: number;
  readonly bytes: number;
} {
  return {
    count: deployment.parameter({
      name: 'flooders',
      value: 0,
      unit: 'phones',
      meaning:
        'phones that send broadcasts of their own making without end, beside doing what the application does',
      range: [0, 10],
    }),
    packetsPerSecond: deployment.parameter({
      name: 'flooderPacketsPerSecond',
      value: 10,
      unit: '1/s',
      meaning: 'broadcasts of such a phone',
      range: [0.1, 100],
    }),
    bytes: deployment.parameter({
      name: 'flooderBytes',
      value: 100,
      unit: 'B',
      meaning: 'text in each of them',
      range: [1, 400],
    }),
  };
}

/** What is published of work in the background, and what the model makes of it. */
function readBackground(deployment: Deployment): boolean {
  return (
    deployment.parameter({
      name: 'worksInBackground',
      value: 0,
      unit: '0 or 1',
      meaning:
        '1: the application works whenever the phone is on, as its authors intend (a foreground service on Android, background modes on iOS): ' +
        'connections stay, Android phones scan 1 s of 30 or 60 and advertise once a second, iPhones are assumed to do the same, and are found only by ' +
        'iPhones in hand; pending connections to phones seen before, rarer announces and fewer decibels are left out. 0: the radio ' +
        'works while the application is open; systems end applications in the background often, and how often is not published',
      source:
        'permissionlesstech/bitchat-android PowerManager.kt, MeshForegroundService.kt; bitchat Info.plist, BLERadioController.swift; Apple, Core ' +
        'Bluetooth Programming Guide, background processing; that it is off is assumed',
    }) === 1
  );
}

/** Puts phones onto a world; `nostrOf` gives each its way over the Internet. */
export function deployPhones(
  deployment: Deployment,
  id: string,
  nostrOf: (directory: Directory) => (person: PersonId) => NostrConfig | undefined = () => () => undefined,
): void {
  const { workload } = deployment;
  const scheme = readScheme(deployment);
  const directory = new Directory(deployment, scheme);
  const purgeOnStale =
    deployment.parameter({
      name: 'purgeOnStale',
      value: 1,
      unit: '0 or 1',
      meaning:
        '1: a phone forgets the messages of authors whose announce is older than a minute; an Android phone after three minutes, or ten ' +
        'seconds after the last link to them broke',
      source:
        'permissionlesstech/bitchat bitchat/Sync/GossipSyncManager.swift, lines 698-711 and 756-768; bitchat-android ' +
        'GossipSyncManager.kt, BluetoothMeshService.kt (onPeerRemoved)',
    }) === 1;
  const originTtl = deployment.parameter({
    name: 'hops',
    value: applicationTtl,
    unit: 'hops',
    range: [1, applicationTtl],
    meaning: 'TTL of a phone’s own packets; relays lower it further where phones have many neighbours',
    source: 'permissionlesstech/bitchat TransportConfig.messageTTLDefault',
  });
  const relayCancel =
    deployment.parameter({
      name: 'relayCancel',
      value: 0,
      unit: '0 or 1',
      meaning:
        '1: an iPhone with more than two neighbours does not pass on what it hears a second time while it waits to do so, as the white ' +
        'paper has it; 0: as its published code, which drops such a copy before it gets so far',
      source:
        'permissionlesstech/bitchat WHITEPAPER.md (deduplication); BLEService.recordIngressIfNew and dropDuplicatePacketIfNeeded',
    }) === 1;
  const hasPublicRooms =
    deployment.parameter({
      name: 'publicRooms',
      value: 0,
      unit: '0 or 1',
      meaning:
        '1: what is said in rooms goes to the public channel, which every phone in reach reads; 0: rooms are groups with a key',
      source: 'choice of the run; permissionlesstech/bitchat BLEPublicMessageHandler.swift',
    }) === 1;
  const usesCouriers =
    deployment.parameter({
      name: 'couriers',
      value: 1,
      unit: '0 or 1',
      meaning:
        '1: iPhones seal private messages for absent friends and carry those of others; 0: the outbox alone',
      source: 'permissionlesstech/bitchat bitchat/Services/Courier/CourierStore.swift, MessageRouter.swift',
    }) === 1;
  const flooders = readFlooders(deployment);
  const worksInBackground = id === bitchatId && readBackground(deployment);
  for (const declaration of radioDeclarations) deployment.parameter(declaration);
  const nostr = nostrOf(directory);
  for (const { id: person, device } of workload.people) {
    const name = `phone/${person}`;
    const core = createPeer({
      person,
      nickname: `person${person}`,
      identity: directory.identity(person),
      policy: device.platform === 'ios' ? ios : android,
      signatures: scheme,
      random: deployment.random(name),
      purgeOnStale,
      originTtl,
      cancelsRelays: relayCancel && device.platform === 'ios',
      usesCouriers,
      nostr: nostr(person),
      conversation: (conversation) =>
        hasPublicRooms && workload.conversations[conversation]?.kind === 'room'
          ? { kind: 'public' }
          : directory.conversation(person, conversation),
      contact: (peer) => directory.contact(person, peer),
      group: (group) => directory.group(person, group),
    });
    const isFlooder = person < flooders.count;
    const identity = directory.identity(person);
    const whole = isFlooder
      ? createFlooder(core, { ...flooders, identity, random: deployment.random(`spam/${person}`) })
      : core;
    deployment.addNode({
      ...{ name, person, parts: { [part]: whole }, userPart: part, radioPart: part },
      ...(worksInBackground ? { worksInBackground } : {}),
    });
  }
  if (id !== bitchatId)
    deployment.assume({
      path: `systems.${id}.background`,
      value: false,
      unit: '',
      meaning:
        'radio works while the application is closed; platforms restrict it, and how much is not published',
    });
  deployment.assume({
    path: `systems.${id}.groupsOnAndroid`,
    value: true,
    unit: '',
    meaning:
      'Android phones read, keep and gossip group messages as they do public ones; the published Android application only ' +
      'relays them (bitchat-android at 09b481f1, MessageType in BinaryProtocol.kt)',
  });
  deployment.assume({
    path: `systems.${id}.sessionsAtStart`,
    value: 'none',
    unit: '',
    meaning:
      'no Noise session stands when the run begins: they live in memory, and mobile systems end applications often',
  });
  deployment.assume({
    path: `systems.${id}.friends`,
    value: 'mutual favourites',
    unit: '',
    meaning: 'people with a direct chat have exchanged keys, groups have shared theirs, before the run',
  });
}

/** What the mesh is and leaves out, with and without the Internet. */
export const meshDescription =
  'A mesh of phones without servers: packets flood over Bluetooth LE with at most seven hops, duplicates are ' +
  'suppressed, relays wait a random moment; private messages are sealed in Noise XX sessions and wait in the ' +
  'sender’s outbox for up to a day (on iPhones until they are acknowledged, and with up to three couriers); group messages spread by flood and by gossip between neighbours. Frames, relay policies (iOS and Android ' +
  'mixed), fan-out, outbox, couriers and gossip follow the published sources, each platform its own: an Android phone sends a private message once and keeps no copy. The radio works while the application is open; ' +
  'work in the background is off unless asked for (`worksInBackground`, without Nostr). "Accepted" means that the recipient’s phone has acknowledged a private ' +
  'message; group messages have no acknowledgement. Left out: ' +
  'one-time pre-keys, source routes, the spool for directed packets. Android phones have the group messages that so far only iPhones have. Private texts above 255 bytes are refused, as in the application.';

/** What a mesh of phones without accounts has no counterpart of. */
export const meshWithoutTask: NonNullable<System['withoutTask']> = {
  'first-contact': 'whoever is in reach needs no finding, and whoever is not cannot be found',
  'link-device': 'an identity is that of one phone',
  'log-in': 'there are no accounts',
  history: 'messages live in the memory of the application, and nobody keeps them for others',
};

/** Bitchat over Bluetooth LE. */
export const bitchat: System = {
  id: bitchatId,
  title: 'Bitchat',
  description: `${meshDescription} Its way over the Internet is the system bitchat-nostr.`,
  fidelity: 'B',
  withoutTask: meshWithoutTask,
  codec: bitchatCodec,
  usesRadio: true,
  deploy: (deployment) => deployPhones(deployment, bitchatId),
};
