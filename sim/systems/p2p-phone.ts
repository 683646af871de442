// Nodes of P2P Matrix, as every system that has them sets them up: what is common to all, and a phone with its homeserver.
import type { Address, CoreFactory } from '../../protocol/core.ts';
import type { Administration } from '../../protocol/matrix/client-administration.ts';
import type { ClientTasksConfig } from '../../protocol/matrix/client-tasks.ts';
import { elementX } from '../../protocol/matrix/client-profiles.ts';
import { createClient, type ClientConfig } from '../../protocol/matrix/client.ts';
import { matrixCodec } from '../../protocol/matrix/codec.ts';
import type { PduCache } from '../../protocol/matrix/federation/pdu-checks.ts';
import { dendriteProfile, type FederationProfile } from '../../protocol/matrix/federation/profiles.ts';
import { createHomeserver } from '../../protocol/matrix/homeserver.ts';
import { knownForEver, type ServerKey, type WarmRoom } from '../../protocol/matrix/homeserver-config.ts';
import type { ServerName, UserId } from '../../protocol/matrix/ids.ts';
import type { Encryption } from '../../protocol/matrix/outbound-sessions.ts';
import { mergedDirectories, type GetServerPublicRooms } from '../../protocol/matrix/room-directory.ts';
import { asMatrix } from '../../protocol/matrix/messages.ts';
import { sinceToken } from '../../protocol/matrix/sync-position.ts';
import type { PersonId } from '../../protocol/message.ts';
import { everyPeer, type PeerAnswers } from '../../protocol/pinecone/peer-questions.ts';
import { createP2pNode, type P2pNodeConfig } from '../../protocol/pinecone/p2p-node.ts';
import type { RelayUse } from '../../protocol/pinecone/relay-client.ts';
import type { SignatureScheme, Signer } from '../../protocol/signatures.ts';
import type { P2pPhoneParameters } from './p2p-matrix-parameters.ts';
import type { Deployment } from './system.ts';

/** The demo's name for a node's only key: it shares another demo's. Dendrite: cmd/dendrite-demo-yggdrasil/signing/fetcher.go. */
export const keyId = 'ed25519:dendrite-demo-yggdrasil';

/** Requests go over sessions of the overlay, by a transport without a dial time-out. Dendrite: cmd/dendrite-demo-pinecone/conn/client.go. */
export const overlayProfile: FederationProfile = {
  ...dendriteProfile,
  connectTimeout: undefined,
  dialsTwice: false,
};

/** What the nodes of a deployment have in common. */
export interface NodePlan {
  readonly deployment: Deployment;
  readonly parameters: P2pPhoneParameters;
  readonly scheme: SignatureScheme;
}

/** What every node is set up with. */
export function nodeConfig(
  { deployment, parameters, scheme }: NodePlan,
  name: string,
  signer: Signer,
): Omit<
  P2pNodeConfig,
  'applications' | 'userApplication' | 'servingApplication' | 'staticPeers' | 'isAlwaysOn'
> {
  return {
    signer,
    signatures: scheme,
    random: deployment.random(`p2p/${name}`),
    limitsHops: parameters.limitsHops,
    codec: matrixCodec,
    radioBytesPerSecond: parameters.radioBytesPerSecond,
  };
}

/** One phone and its only account. */
export interface PhonePlan {
  readonly person: PersonId;
  readonly name: string;
  readonly server: ServerName;
  readonly signer: Signer;
  readonly signingSeed: Uint8Array;
  readonly userId: UserId;
  readonly deviceId: string;
  /** Of all servers. */
  readonly keys: ReadonlyMap<ServerName, ServerKey>;
  readonly rooms: readonly WarmRoom[];
  readonly roomOf: ClientConfig['roomOf'];
  readonly administration?: Administration;
  /** The person's accounts elsewhere. */
  readonly otherAccounts?: readonly UserId[];
  readonly tasks?: ClientTasksConfig;
  readonly encryption: Encryption;
  readonly staticPeers: readonly Address[];
  readonly relays?: RelayUse;
  readonly pdus: PduCache;
}

/** Each peer is asked by its own name; a room that several of them list is one. */
export const peerAnswers: PeerAnswers = {
  addressed(question, to) {
    const addressed: GetServerPublicRooms = {
      ...(question as GetServerPublicRooms),
      destination: to as string as ServerName,
    };
    return addressed;
  },
  merged: (answers) =>
    mergedDirectories(answers.map(asMatrix).filter((answer) => answer?.kind === 'matrix.public-rooms')),
};

/** The homeserver on a phone, its client, and the router below them. */
export function createPhone(
  plan: NodePlan,
  { name, server, signer, signingSeed, keys, staticPeers, relays, ...phone }: PhonePlan,
): CoreFactory {
  const { sendCost, receiveCost, syncCost, requestCost } = plan.parameters;
  const { person, userId, deviceId, rooms, roomOf, encryption, pdus } = phone;
  const { administration, otherAccounts, tasks } = phone;
  const homeserver = createHomeserver({
    serverName: server,
    keyId,
    signingSeed,
    keyKnowledge: knownForEver(keys),
    users: [{ userId, devices: [{ deviceId, pusher: undefined }] }],
    rooms,
    costs: { sendEvent: sendCost, receivePdu: receiveCost, sync: syncCost, request: requestCost },
    profile: overlayProfile,
    directoriesNearby: everyPeer,
    random: plan.deployment.random(`hs/${name}`),
    pdus,
  });
  const client = createClient({
    person,
    userId,
    deviceId,
    homeserver: 'local:homeserver' as Address,
    profile: elementX,
    since: sinceToken(0),
    sendsReceipts: false,
    encryption,
    roomOf,
    ...(administration === undefined ? {} : { administration }),
    ...(otherAccounts === undefined ? {} : { otherAccounts }),
    ...(tasks === undefined ? {} : { tasks }),
  });
  return createP2pNode({
    ...nodeConfig(plan, name, signer),
    applications: { homeserver, client },
    userApplication: 'client',
    servingApplication: 'homeserver',
    staticPeers,
    peerAnswers,
    ...(relays === undefined ? {} : { relays }),
    isAlwaysOn: false,
  });
}
