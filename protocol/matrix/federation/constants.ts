// Numbers of federation as Synapse and Dendrite have them. Paths are in github.com/element-hq/synapse, below synapse/, and
// in github.com/element-hq/dendrite.
import { days, hours, milliseconds, minutes, seconds } from '../../time.ts';

export const synapse = {
  /** Per transaction; more is answered 400. https://spec.matrix.org/v1.16/server-server-api/#transactions */
  maximumPdus: 50,
  maximumEdus: 100,
  /** Read-receipt EDUs per transaction. federation/sender/per_destination_queue.py (`_get_receipt_edus(limit=5)`). */
  maximumReceiptEdus: 5,
  /** A receipt goes out at once to fewer servers than this, or for an event no older. federation/sender/__init__.py. */
  promptReceiptServers: 10,
  promptReceiptAge: minutes(1),
  /** Others are told one after the other, with this pause. config/ratelimiting.py (`federation_rr_transactions_per_room_per_second`). */
  receiptPause: milliseconds(20),
  /**
   * One attempt of a request, unless said otherwise: transactions, `/state_ids`, `/event`, `/event_auth`, `/backfill`, the
   * second half of a handshake. config/federation.py (`client_timeout`), federation/transport/client.py.
   */
  requestTimeout: seconds(60),
  /**
   * One address, until a TCP connection stands: Twisted's default, which Synapse leaves. http/federation/matrix_federation_agent.py
   * (`HostnameEndpoint(self._reactor, host, port)`); github.com/twisted/twisted, src/twisted/internet/endpoints.py (`timeout=30`).
   * There it begins when the name is known.
   */
  connectTimeout: seconds(30),
  /** Further attempts within one long request, and the cap of the wait between them. config/federation.py. */
  longRetries: 10,
  longRetryDelayMost: seconds(60),
  /** The same of a short request: from this, twice as long each time, to that. config/federation.py. */
  shortRetries: 3,
  shortRetryDelayFirst: milliseconds(500),
  shortRetryDelayMost: seconds(2),
  /** Back-off between requests to a server that failed. util/retryutils.py, config/federation.py. */
  backoffFirst: minutes(10),
  backoffMultiplier: 2,
  backoffMost: days(7),
  /** Waits are multiplied by a uniform draw from this range. util/retryutils.py, http/matrixfederationclient.py. */
  jitter: { least: 0.8, most: 1.4 },
  /** A back-off longer than this makes a destination catch up later. federation/sender/per_destination_queue.py. */
  catchUpInterval: hours(1),
  /** Rooms per look-up while catching up. storage/databases/main/transactions.py (`LIMIT 50`). */
  catchUpRooms: 50,
  /** Scan for destinations that are due, and the pause between two of them. federation/sender/__init__.py. */
  wakeUpScan: minutes(1),
  wakeUpPause: seconds(5),
  /** handlers/federation_event.py (`limit=10`, `timeout=60000`). */
  missingEventsLimit: 10,
  missingEventsTimeout: seconds(60),
  /** federation/transport/client.py (`get_room_state`, `timeout=600_000`). */
  stateTimeout: seconds(600),
  /** Events that wait in one room before the queue is pruned. storage/databases/main/event_federation.py. */
  stagedBeforePruning: 100,
  /** A whole state is asked for when at least one in so many of its events is missing. handlers/federation_event.py. */
  wholeStateShare: 10,
  /** `make_join` and its kin, not `send_join`. federation/transport/client.py (`make_membership_event`, `timeout=20000`). */
  membershipTimeout: seconds(20),
  /** federation/transport/client.py (`make_query`, `timeout=10000`). */
  directoryTimeout: seconds(10),
  /** crypto/keyring.py (`timeout=10000`). */
  keyTimeout: seconds(10),
  /** A claim of one-time keys may take as long as the client says, which is this. RS session_manager/sessions.rs. */
  keyClaimTimeoutMost: seconds(10),
  /** federation/federation_client.py (`query_user_devices`), and the pause between rounds of what failed. handlers/device.py. */
  userDevicesTimeout: seconds(30),
  deviceResyncPause: seconds(30),
  /** Updates of a list that waited so long give way to the newest of their user. storage/databases/main/devices.py. */
  deviceUpdateAge: days(1),
  /** A typing notice of another server's user holds so long, and is repeated after so long. handlers/typing.py. */
  typingTimeout: seconds(60),
  typingPing: seconds(40),
  /** Somebody else's presence holds so long without news, of which there is some so often. handlers/presence.py. */
  presenceTimeout: minutes(30),
  presencePing: minutes(25),
  /** People in one presence EDU. federation/sender/per_destination_queue.py (`MAX_PRESENCE_STATES_PER_EDU`). */
  maximumPresenceStates: 50,
  /** Events per page. handlers/federation.py. */
  backfillLimit: 100,
  /** Largest `limit` served to a peer. federation/federation_server.py (`on_get_missing_events`: min(limit, 20)). */
  missingEventsServed: 20,
  /** Pulls that failed for an event are not repeated for 2^n hours, n at most 8. storage/databases/main/event_federation.py. */
  pullBackoffUnit: hours(1),
  pullBackoffMostDoublings: 8,
  /** Answers to transactions are remembered. storage/databases/main/transactions.py. */
  transactionMemory: days(1),
  /** An event is redacted to its bare form, signed and sent with at most so many parents. handlers/message.py. */
  maximumPrevEvents: 10,
  /**
   * So often rooms with more extremities than this are looked for, the longest fronts first, so many at a time; where nobody
   * may make a dummy event a room is left alone for so long. handlers/message.py, config/server.py (`dummy_events_threshold`).
   */
  dummyEvents: { every: minutes(5), moreThan: 10, rooms: 5, excludedFor: days(7) },
  /** Answers to a client's send are remembered by (device, transaction id). rest/client/transactions.py; database: 24 h. */
  clientTransactionMemory: days(1),
  /** Timeline events per room in a sync answer. handlers/sync.py, api/filtering.py (`limit` 10). */
  syncTimelineLimit: 10,
  /** To-device messages in a sync answer. storage/databases/main/deviceinbox.py (`limit: int = 100`). */
  toDevicePerSync: 100,
  /** Ids of to-device messages are remembered. storage/databases/main/deviceinbox.py (seven days). */
  messageIdMemory: days(7),
  /** EDUs of a transaction that to-device messages leave to others. federation/sender/per_destination_queue.py. */
  edusBesideToDevice: 10,
  /** Longest answer to `/messages`. streams/config.py (`MAX_LIMIT`). */
  messagesLimit: 1_000,
  /** Push gateway: first wait after a failure and the longest; given up on an event after a day. push/httppusher.py. */
  pushBackoffFirst: seconds(1),
  pushBackoffMost: hours(1),
  pushGiveUp: days(1),
  /** A busy origin: `M_LIMIT_EXCEEDED` while one of its transactions is handled. federation/federation_server.py. */
  busyOriginStatus: 429,
  /** Questions of one origin: config/ratelimiting.py (`rc_federation`), util/ratelimitutils.py. */
  originLimits: { window: seconds(1), sleepLimit: 10, sleep: milliseconds(500), rejectLimit: 50 },
  /** The file that says where a server is. http/federation/well_known_resolver.py, in the order of its constants. */
  wellKnown: {
    /** An answer without `max-age` is kept so long, give or take this part of it; one with it at least and at most so long. */
    period: hours(24),
    jitter: 0.1,
    /** That there is none is kept so long; two minutes when there has been one. */
    missingPeriod: hours(1),
    downPeriod: minutes(2),
    /** A server counts as one that has a file until so long after the last one ran out. */
    rememberedAsValid: hours(2),
    longest: hours(48),
    shortest: minutes(5),
    /** It is asked for anew when this part of its life is left. */
    renewedBefore: 0.2,
    /** A file that has been there is asked for so often, with this pause. */
    attempts: 3,
    pause: milliseconds(500),
    /** Twisted's patience with a connection (`HostnameEndpoint`, 30 s); Go's `net/http` has the same. */
    connectTimeout: seconds(30),
  },
  /** Smallest step of the shown clock. */
  clockStep: milliseconds(1),
} as const;

export const dendrite = {
  /** Per transaction. federationapi/queue/destinationqueue.go, as are the next two. */
  maximumPdus: 50,
  maximumEdus: 100,
  requestTimeout: minutes(5),
  /** A dial, name and TCP; a request dials twice. gomatrixserverlib, fclient/client.go (`destinationTripperDialer`, `RoundTrip`). */
  connectTimeout: seconds(5),
  /** federationapi/storage/shared/storage_edus.go; to-device messages and device lists never grow old. */
  eduLifetimes: { typing: minutes(1), presence: minutes(10), other: days(1) },
  /** The failure that gives a destination up: `send_max_retries` (16) and one. setup/config/config_federationapi.go. */
  failuresUntilBlacklisted: 17,
  /** The n-th wait is 2^n s times a uniform draw from this range. federationapi/statistics/statistics.go. */
  jitter: { least: 0.8, most: 1.4 },
  /** A server that speaks again so soon is not believed anew to be there. federationapi/routing/routing.go (`Wakeup`). */
  wakeUpPause: minutes(1),
  /** After a start queues are woken one after the other, within two minutes. federationapi/queue/queue.go. */
  hydrationStart: seconds(5),
  hydrationStep: seconds(1),
  hydrationMost: seconds(120),
  /** `Limit: 20` of `get_missing_events`. roomserver/internal/input/input_missing.go. */
  missingEventsLimit: 20,
  /**
   * One server's patience for `state_ids` (roomserver/internal/input/input_missing.go), for any other question, and for
   * `send_join` (federationapi/internal/federationclient.go, `defaultTimeout`). That all questions for one event may take five
   * minutes together (`MaximumMissingProcessingTime`) is not modelled.
   */
  stateIdsTimeout: seconds(20),
  /** A whole state is asked for when more than so many of its events are missing, and more than this part. input_missing.go. */
  mostSingleEvents: 8,
  wholeStateShare: 0.5,
  questionTimeout: seconds(30),
  /** Where nobody answers; an hour after an answer with an error, which is not modelled. userapi/internal/device_list_update.go. */
  deviceResyncPause: minutes(10),
  sendJoinTimeout: minutes(5),
} as const;
