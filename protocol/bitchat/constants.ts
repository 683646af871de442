// Every number of the protocol with where it comes from.
// iOS: permissionlesstech/bitchat at 9b84b361; `TransportConfig` is bitchat/Services/TransportConfig.swift there.
// Android: permissionlesstech/bitchat-android at 09b481f1.
import type { SeenFilterOptions } from '../seen-filter.ts';
import { hours, milliseconds, minutes, seconds, type Duration } from '../time.ts';

/** Packet types (localPackages/BitFoundation MessageType.swift). */
export const packetTypes = {
  announce: 0x01,
  message: 0x02,
  leave: 0x03,
  courierEnvelope: 0x04,
  noiseHandshake: 0x10,
  noiseEncrypted: 0x11,
  fragment: 0x20,
  requestSync: 0x21,
  file: 0x22,
  board: 0x23,
  prekeyBundle: 0x24,
  groupMessage: 0x25,
  ping: 0x26,
  pong: 0x27,
  nostrCarrier: 0x28,
  voice: 0x29,
  announceV2: 0x2c,
} as const;

/** First byte inside a decrypted `noiseEncrypted` (NoisePayloadType in BitchatProtocol.swift). */
export const noisePayloads = { privateMessage: 0x01, read: 0x02, delivered: 0x03 } as const;

/** The wire frame (BinaryProtocol.swift, MessagePadding.swift, CompressionUtil.swift). */
export const frame = {
  v1HeaderBytes: 14,
  v2HeaderBytes: 16,
  idBytes: 8,
  signatureBytes: 64,
  compressionThresholdBytes: 100,
  /** Compressed only below this share of distinct bytes among the first 256. */
  distinctBytesBelow: 0.9,
  /** Refused on receipt: a claim of a greater expansion is an attack. */
  mostCompressionRatio: 50_000,
  paddingBlocks: [256, 512, 1024, 2048],
  /** Added before a block is chosen. */
  paddingAllowance: 16,
  mostPaddingBytes: 255,
  /** FileTransferLimits.maxFramedFileBytes: 1 MiB with a name, a MIME type, tags and a frame. Android takes 10 MiB. */
  mostPayloadBytes: 1_048_576 + 18 + 2 * 65_535 + 96,
} as const;

/** Hops (TransportConfig.messageTTLDefault). */
export const originTtl = 7;

/** Connected peers from which a neighbourhood counts as dense (TransportConfig.bleHighDegreeThreshold). */
export const denseDegree = 6;

/**
 * When a phone tells who it is (TransportConfig.bleAnnounce*). Alone an iPhone does so each 4 s into the void; here it does not,
 * and announces as soon as somebody can hear it.
 */
export const announcing = {
  /** Least gap between two, also when something new asks for one. */
  forcedGap: milliseconds(150),
  mostNeighbours: 10,
  /** Older ones are refused (BLEAnnounceHandler.swift). */
  mostAge: minutes(15),
} as const;

/** Answers are let in up to this age (BLEPublicMessagePolicy.swift). */
export const mostMessageAgeMs = 6 * 3_600_000;

/** Where copies cancel relays that wait, they do so only with more peers than this (BLEReceivePipeline.swift). */
export const cancelAbovePeers = 2;

/** Fragmentation (BLEService.swift, BLEFragmentAssemblyBuffer.swift, TransportConfig.bleFragment*). */
export const fragments = {
  /** Frames longer than one write are cut (TransportConfig.bleDefaultFragmentSize and 512-byte attribute values). */
  longestWriteBytes: 512,
  chunkBytes: 469,
  headerBytes: 13,
  lifetime: seconds(30),
  /** Android refuses a new one beside 64 and fragments of more than 256. */
  mostAssemblies: 128,
  mostTotal: 10_000,
  mostTotalOnAndroid: 256,
  /** Of the whole frame (FileTransferLimits.maxPayloadBytes); of a file, sealed or not, `frame.mostPayloadBytes`. */
  mostBytes: 1_048_576,
  spacing: milliseconds(30),
  directedSpacing: milliseconds(25),
} as const;

/** Noise sessions (bitchat/Noise/NoiseSecurityConstants.swift, BLENoisePacketHandler.swift). */
export const noise = {
  /** An initiator whose message 1 or 2 is lost gives up, on both platforms. */
  initiatorTimeout: seconds(10),
  /** After a rollback to the old keys another unauthenticated message 1 is ignored for so long. */
  rollbackCooldown: seconds(60),
  /** Messages of handshakes begun, and of those that come; a handshake has two of either at each end. */
  handshakesPerPeer: 10,
  handshakes: 30,
  handshakeWindow: minutes(1),
  messagesPerPeer: 100,
  messages: 500,
  messageWindow: seconds(1),
  /** Frames of all peers that overtook the last message of a handshake. */
  mostDeferred: 32,
} as const;

/** Messages kept for absent friends (MessageRouter.swift). */
export const outbox = {
  mostPerPeer: 100,
  lifetime: hours(24),
  mostAttempts: 8,
  sweep: seconds(120),
} as const;

/**
 * On Android a handshake that messages wait for is begun anew after these times, the last one again and again, at the next look,
 * unless one is still under way (AppConstants.Router, MessageRouter.kickHandshake). Both keep as many messages as long.
 */
export const handshakeRetries = {
  waits: [seconds(5), seconds(15), seconds(30), seconds(60)],
  lookEvery: seconds(2),
} as const;

/**
 * Envelopes carried for others (CourierEnvelope.swift, Courier/CourierStore.swift, MessageRouter.swift, TransportConfig
 * courier*).
 */
export const courier = {
  prologue: 'bitchat-courier-v1',
  tagBytes: 16,
  mostCiphertextBytes: 16_384,
  lifetimeMs: 24 * 3_600_000,
  /** For a depositor whose clock is ahead. */
  lifetimeSlackMs: 3_600_000,
  copies: 4,
  mostCopies: 8,
  mostCouriersPerMessage: 3,
  mostEnvelopes: 40,
  mostVerifiedEnvelopes: 20,
  mostPerFavourite: 5,
  mostPerVerified: 2,
  /** Between two floods of one envelope towards a recipient who is heard over others. */
  remoteCooldown: minutes(10),
} as const;

/**
 * The way over the Internet (bitchat/Nostr/NostrRelayManager.swift, NostrProtocol.swift, NostrTransport.swift,
 * TransportConfig nostr*). Both applications have it.
 */
export const nostr = {
  /** NostrRelayManager.builtInRelays. */
  relays: ['relay.damus.io', 'nos.lol', 'relay.primal.net', 'offchain.pub'],
  /** Outer times are moved by up to so much, so that relays learn less. */
  blurSeconds: 900,
  /** How far back a phone asks relays for what it missed. */
  lookBackSeconds: 86_400,
  /** A rumour's own time may be so much ahead, or so much behind what was looked back for. */
  mostSkewSeconds: 900,
  fetchLimit: 100,
  /** Events that wait for relays; the oldest give way. */
  mostPending: 200,
  /** Event ids remembered, trimmed to three quarters. */
  mostSeen: 4_096,
  trimSeenTo: 3_072,
  acknowledgementGap: milliseconds(350),
  firstRetry: seconds(1),
  longestRetry: seconds(300),
  mostRetries: 10,
  retryJitter: 0.2,
  /** After the last retry, and after a name that does not exist, a relay is left alone for so long. */
  cooldown: seconds(600),
  mostCiphertextCharacters: 65_536,
  mostTags: 64,
} as const;

/** A private message's text has a one-byte length (Packets.swift, PrivateMessagePacket). */
export const mostPrivateTextBytes = 255;

/** Anti-entropy of broadcast messages (bitchat/Sync/GossipSyncManager.swift, GCSFilter.swift). */
export const gossip = {
  /** The 15 s schedule is looked at only in the 30 s maintenance pass (lines 71 and 668-688). */
  round: seconds(30),
  firstSync: seconds(1),
  /** Group messages have a shelf of their own (GossipSyncManager.swift line 76). */
  mostGroupMessages: 200,
  filterBytes: 400,
  /** ceil(log2(1 / 1 % false positives)). */
  filterBits: 7,
  /** floor(400 * 8 / (7 + 2)). */
  filterItems: 355,
  purgeEvery: seconds(60),
  /** Answers are accepted for so long after the request (BLEIngressPacketGuard.swift). */
  answerWindow: seconds(30),
  mostRequestsPerPeer: 8,
  requestWindow: seconds(30),
  /** Of remainder bits in a request (GCSFilter.maxP), and of bytes in its filter (RequestSyncPacket.swift and .kt). */
  mostFilterBits: 32,
  mostFilterBytes: 1_024,
} as const;

/** How far apart a phone's announces are while nothing new asks for one; `jitter` to both sides. */
export interface AnnounceInterval {
  readonly every: Duration;
  readonly jitter: Duration;
}

/** How an application deals with Noise sessions. */
export interface SessionPolicy {
  /** Whether messages of handshakes and in sessions are counted against the limits of {@link noise}. */
  readonly isLimited: boolean;
  /** A responder whose last message never comes gives up. */
  readonly responderTimeout: Duration;
  readonly lifetime: number;
  /** Old keys only receive until new ones are proven; otherwise they are as good as ever. */
  readonly pausesOldKeys: boolean;
  /** Frames of one peer that are kept while they have overtaken the handshake's last message. */
  readonly mostDeferred: number;
  /** Whether a frame for which there is no session begins a handshake. */
  readonly answersStrayFrames: boolean;
  /** So many frames in a row that a session cannot open end it, and begin another. */
  readonly mostUnopened: number;
  /**
   * A session over whose peer's present links no handshake went is made anew when its peer announces itself on one, so long
   * after the last attempt there. Undefined where a session does not belong to links.
   */
  readonly renewedAfter: Duration | undefined;
}

/** How an application keeps broadcasts for others, and tells them. */
export interface GossipPolicy {
  readonly mostMessages: number;
  /** What is older is not kept, told or asked about. */
  readonly mostMessageAgeMs: number;
  readonly mostAnnounceAgeMs: number;
  /** An author whose newest announce is older than this is forgotten with all its messages. */
  readonly staleAuthorMs: number;
  /** Whether requests say since when they are complete, and answers keep to that and to the types that were asked for. */
  readonly asksForRange: boolean;
  /** Whether answers are marked as such, marked ones have to have been asked for, and nobody gets more than a few. */
  readonly marksAnswers: boolean;
}

/** What differs between the two applications. */
export interface PlatformPolicy {
  readonly platform: 'ios' | 'android';
  readonly seen: SeenFilterOptions;
  /** The same of fragments. */
  readonly seenFragments: SeenFilterOptions;
  /** By how much the time of a packet may differ from the phone's own: that of an announce, and of anything else but answers. */
  readonly mostAnnounceSkewMs: number;
  readonly mostSkewMs: number;
  /** Announces in a sparse neighbourhood, and in a dense one. */
  readonly announces: Readonly<Record<'sparse' | 'dense', AnnounceInterval>>;
  /** Whether the application knows couriers: seals, carries, hands over and opens their envelopes. */
  readonly knowsCouriers: boolean;
  /** A peer counts as present on the mesh for so long after its last announce. */
  readonly reachableFor: Duration;
  /**
   * Whoever was connected and says nothing for so long after the last link broke is forgotten, and with it the session and what
   * gossip has of it, as with everybody who is not present any more. Undefined where nobody is forgotten because of a link.
   */
  readonly forgetsAfterLink: Duration | undefined;
  readonly sessions: SessionPolicy;
  readonly gossip: GossipPolicy;
  /** Whether a private message is kept, and sent again, until it is acknowledged; otherwise it is sent once and not kept on a disk. */
  readonly keepsUntilAcknowledged: boolean;
}

/** Lifetime of a key in the seen filter, on both. */
const seenFor = seconds(300);

/**
 * TransportConfig.messageDedupMaxCount, trimmed to three quarters (MessageDeduplicator.swift); bleReachability*. Fragments do not
 * get there, but nothing is let in twice within bleIngressRecordLifetimeSeconds, over whichever links it comes
 * (BLEIngressLinkRegistry.recordIfNew; without a bound there, so that this one is assumed).
 *
 * That is also why no copy cancels a relay that waits, as the white paper has it: BLEService.dropDuplicatePacketIfNeeded would, but
 * the longest wait is 220 ms, and a copy that comes within 3 s does not get so far.
 */
export const ios: PlatformPolicy = {
  platform: 'ios',
  seen: { capacity: 1_000, trimTo: 750, lifetime: seenFor },
  seenFragments: { capacity: 10_000, trimTo: 7_500, lifetime: seconds(3) },
  // BLEIngressPacketGuard.swift.
  mostAnnounceSkewMs: 120_000,
  mostSkewMs: 120_000,
  // TransportConfig.bleConnectedAnnounce*.
  announces: {
    sparse: { every: seconds(15), jitter: seconds(4) },
    dense: { every: seconds(30), jitter: seconds(8) },
  },
  knowsCouriers: true,
  reachableFor: seconds(60),
  forgetsAfterLink: undefined,
  sessions: {
    isLimited: true,
    responderTimeout: seconds(20),
    lifetime: hours(24),
    pausesOldKeys: true,
    mostDeferred: 4,
    answersStrayFrames: true,
    mostUnopened: Infinity,
    // BLENoiseReconnectPolicy.swift, BLEService.refreshNoiseSessionForVerifiedDirectLink.
    renewedAfter: seconds(60),
  },
  // GossipSyncManager.swift (lines 214-233, 698-711, 756-768), BLEIngressPacketGuard.swift.
  gossip: {
    mostMessages: 1_000,
    mostMessageAgeMs: 6 * 3_600_000,
    mostAnnounceAgeMs: 15 * 60_000,
    staleAuthorMs: 60_000,
    asksForRange: true,
    marksAnswers: true,
  },
  keepsUntilAcknowledged: true,
};

/** Looked at every five minutes only (SecurityManager.kt): in between there may be more, and older ones. */
const seenOnAndroid: SeenFilterOptions = { capacity: 10_000, trimTo: 7_500, lifetime: seenFor };

const everyHalfMinute: AnnounceInterval = { every: seconds(30), jitter: seconds(0) };

/**
 * AppConstants.kt (Security, STALE_PEER_TIMEOUT_MS); the trim is assumed to be the same. Fragments are looked up like everything else
 * (SecurityManager.generateMessageID). Its sources at this commit have no courier: an envelope deposited with an Android phone is
 * lost, and the depositor does not learn of it.
 */
export const android: PlatformPolicy = {
  platform: 'android',
  seen: seenOnAndroid,
  seenFragments: seenOnAndroid,
  // MessageHandler.kt (ANNOUNCE_CLOCK_SKEW_TOLERANCE_MS); SecurityManager.validatePacket looks at the time of nothing but leaves.
  mostAnnounceSkewMs: 600_000,
  mostSkewMs: Infinity,
  // PowerManager.kt, in hand and with more than a fifth of the battery.
  announces: { sparse: everyHalfMinute, dense: everyHalfMinute },
  knowsCouriers: false,
  reachableFor: seconds(180),
  // PEER_DISCONNECT_GRACE_MS; PeerManagerDelegate.onPeerRemoved in BluetoothMeshService.kt.
  forgetsAfterLink: seconds(10),
  // NoiseSessionManager.kt (HANDSHAKE_TIMEOUT_MS, looked at here when it is over and not every 2 s); MessageHandler.kt
  // (MAX_CONSECUTIVE_DECRYPT_FAILURES). Nothing asks which sessions are old.
  sessions: {
    isLimited: false,
    responderTimeout: seconds(10),
    lifetime: Infinity,
    pausesOldKeys: false,
    mostDeferred: 0,
    answersStrayFrames: false,
    mostUnopened: 3,
    renewedAfter: undefined,
  },
  // GossipSyncManager.kt, DebugSettingsManager.kt (seenPacketCapacity); RequestSyncPacket.kt.
  gossip: {
    mostMessages: 500,
    mostMessageAgeMs: Infinity,
    mostAnnounceAgeMs: 180_000,
    staleAuthorMs: 180_000,
    asksForRange: false,
    marksAnswers: false,
  },
  // MessageRouter.kt.
  keepsUntilAcknowledged: false,
};
