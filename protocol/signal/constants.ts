// Numbers of Signal's server and clients, each with the file it stands in. "Signal-Server" abbreviates
// github.com/signalapp/Signal-Server, path prefix service/src/main/java/org/whispersystems/textsecuregcm/;
// "Signal-Android" and "Signal-iOS" are the repositories of these names, "libsignal" likewise.
import type { ConnectionPolicy } from '../mobile-connection.ts';
import { days, hours, milliseconds, minutes, seconds, type Duration } from '../time.ts';

/** What the chat service and its stores are made of. */
export const service = {
  /** Largest message. Signal-Server push/MessageSender.java (MAX_MESSAGE_SIZE). */
  maximumContentBytes: 96 * 1024,
  /** Sends from one account to another: bucket and refill, failing open. Signal-Server limits/RateLimiters.java. */
  sendBucket: { size: 60, refillEvery: seconds(1) },
  /** Pre-key fetches from one account for another. Signal-Server limits/RateLimiters.java. */
  preKeyBucket: { size: 6, refillEvery: minutes(10) },
  /** Upload forms for one account. Signal-Server limits/RateLimiters.java (ATTACHMENT). */
  uploadBucket: { size: 50, refillEvery: seconds(1.2) },
  /** One-time pre-keys: what a client uploads, and how few make it do so. Signal-Android crypto/PreKeyUtil (BATCH_SIZE, PREKEY_MINIMUM). */
  oneTimeKeys: { batch: 100, least: 10 },
  /** Devices that have not been seen for so long are removed. Signal-Server storage/Device.java. */
  idleDaysMost: { linked: 45, primary: 180 },
  /** Entries of a device's Redis queue expire. Signal-Server resources/lua/insert_item.lua. */
  cachedMessageLife: days(46),
  /** Messages in DynamoDB expire (`expiration`). Signal-Server config/sample.yml: P30D. */
  persistedMessageLife: days(30),
  /** Age at which a queue moves from Redis to DynamoDB. Signal-Server configuration/MessageCacheConfiguration.java. */
  persistDelay: minutes(10),
  /** Messages per read or move. Signal-Server storage/MessagePersister.java, storage/MessagesCache.java. */
  pageSize: 100,
  /** Pause of the persister after an error, its attempts per queue (three retries) and their first wait. storage/MessagePersister.java. */
  persisterErrorPause: seconds(3),
  persisterAttempts: 4,
  persisterFirstWait: seconds(1),
  /** How often the persister asks for queues to move. storage/MessagePersister.java sleeps so long between nodes. */
  persisterPoll: seconds(5),
  /** Accounts stay in the Redis cache. Signal-Server storage/AccountsManager.java. */
  accountCacheLife: days(2),
  /** DynamoDB: one attempt, the whole call. Signal-Server configuration/DynamoDbClientConfiguration.java. */
  tableAttemptTimeout: seconds(10),
  tableCallTimeout: seconds(30),
  /**
   * Attempts per DynamoDB call and the wait before a further one. Assumed: the AWS SDK's standard mode (docs.aws.amazon.com/sdkref,
   * feature-retry-behavior). Signal-Server leaves the SDK's default, which retries DynamoDB up to eight times until a bucket of
   * retries is empty, as it soon is in an outage; plausible 1 to 9 attempts, 25 to 500 ms.
   */
  tableAttempts: 3,
  tableAttemptPause: milliseconds(100),
  /**
   * Redis commands, and the wait before a further attempt after one that was not answered in time: resilience4j's default. Signal-Server
   * configuration/RedisClusterConfiguration.java, configuration/RetryConfiguration.java and util/ResilienceUtil.java.
   */
  cacheTimeout: seconds(1),
  cacheAttempts: 3,
  cacheAttemptPause: milliseconds(500),
  /** How long a dependency that failed is passed over, where another site has it too. Assumed; plausible 5 to 120 s. */
  avoidSiteFor: seconds(30),
  /** Push services. Assumed: the HTTP clients' usual limit (5 to 60 s). */
  pushTimeout: seconds(10),
  /** Unacknowledged messages per WebSocket. Signal-Server websocket/WebSocketConnection.java. */
  messagesInFlight: 256,
  /** Push for a device whose WebSocket closed with messages pending. Signal-Server push/PushNotificationScheduler.java. */
  pushAfterClose: minutes(1),
  /** Close codes. Signal-Server websocket/WebSocketConnection.java, WebSocketDisconnectionRequestListener.java. */
  closeCode: { reAuthenticate: 4401, connectedElsewhere: 4409, retrievalFailed: 1011 },
  /** Wait before the subscription to Redis pub/sub is opened anew. Lettuce's default reconnect delay begins below 1 s. */
  subscriptionRetry: seconds(1),
} as const;

/** What both phone clients share. */
export const client = {
  /** WebSocket keep-alive and route attempt. libsignal rust/net (ping 31 s, idle limit 45 s, attempt 60 s). */
  keepAlive: { every: seconds(31), giveUpAfter: seconds(45), pingBytes: 68 },
  connectTimeout: seconds(60),
  /** One request. Signal-Android util/RemoteConfig and libsignal rust/net: read time-outs of 30 s. */
  requestTimeout: seconds(30),
  /** Uploads and downloads of attachments. Assumed: clients go on as long as bytes move (1 to 15 min). */
  transferTimeout: minutes(5),
  /** Attempts to fetch an attachment. Signal-Android jobs/AttachmentDownloadJob.java (setMaxAttempts). */
  downloadAttempts: 3,
  /** Content is padded to blocks. Signal-Android (libsignal-service) push/internal/push/PushTransportDetails.java. */
  paddingBlock: 80,
  /** Jitter: waits are multiplied by [0.75, 1.25). Signal-Android jobmanager/impl/BackoffUtil; Signal-iOS OWSOperation.swift. */
  jitter: { least: 0.75, most: 1.25 },
} as const;

/** What differs between the two platforms. */
export interface PlatformPolicy extends ConnectionPolicy {
  /** Connection attempts: waits grow from 2 s to this, or follow a list. */
  readonly connectBackoffMost: Duration;
  readonly connectWaits?: { readonly list: readonly Duration[]; readonly jitter: Duration };
  /** Send jobs: longest wait after failures of the connection and after 5xx answers. */
  readonly jobBackoffMost: Duration;
  readonly jobBackoffMostAfterServerError: Duration;
  /** Send jobs end after this age, or after so many attempts. */
  readonly jobLifespan: Duration | undefined;
  readonly jobAttempts: number | undefined;
  /** Whether a network that comes back ends the wait after a failure of the network, and a restart every wait. */
  readonly networkEndsBackoff: boolean;
  /** Whether send jobs are retried while the app is in the background. */
  readonly retriesInBackground: boolean;
}

/**
 * Signal-Android: messages/IncomingMessageObserver.kt (2 min, connect back-off to 30 s), gcm/FcmFetchManager.kt (5 min),
 * gcm/FcmJobService.java (JobScheduler, linear, 10 s least and 5 h most by android.app.job.JobInfo, 1 min by
 * messages/WebSocketDrainer.kt), jobs/IndividualSendJob.java and PushGroupSendJob.java (1 day, unlimited attempts),
 * util/RemoteConfig (`defaultMaxBackoff` 60 s, `serverErrorMaxBackoff` 6 h), jobs/FastJobStorage.kt (`hasEligibleRunTime`: a
 * back-off is kept in the database, and neither a network nor a restart ends it), jobmanager/JobRunner.java (a job's age is
 * looked at when it runs).
 */
export const android: PlatformPolicy = {
  linger: minutes(2),
  fetchWindow: minutes(5),
  fetchRetry: { backoff: seconds(10), most: hours(5), window: minutes(1) },
  connectBackoffMost: seconds(30),
  connectFailuresForgottenAfter: undefined,
  jobBackoffMost: seconds(60),
  jobBackoffMostAfterServerError: hours(6),
  jobLifespan: days(1),
  jobAttempts: undefined,
  networkEndsBackoff: false,
  retriesInBackground: true,
};

/**
 * Android without Google's push service: a foreground service keeps the WebSocket open all the time (Signal-Android
 * messages/IncomingMessageObserver.kt, which needs no push when the account has no FCM token).
 */
export const androidWithoutPush: PlatformPolicy = { ...android, linger: days(365) };

/**
 * Signal-iOS: SignalServiceKit/Network/OWSChatConnection.swift (socketReconnectDelay 5 s, first reconnect at once,
 * failures forgotten after 10 s), MessageSenderJobQueue.swift (110 retries after the first attempt, about a day;
 * a network that becomes reachable ends waits after failures of the network, never one after an answer of 5xx), OWSOperation.swift (2^n s,
 * 14.1 min). A notification service extension has about 30 s (developer.apple.com, UNNotificationServiceExtension);
 * background time after the app closes: assumed 25 s (5 to 30 s, beginBackgroundTask gives about 30 s).
 * A suspended app runs nothing: retries wait until it is opened.
 */
export const ios: PlatformPolicy = {
  linger: seconds(25),
  fetchWindow: seconds(30),
  fetchRetry: undefined,
  connectBackoffMost: seconds(5),
  connectFailuresForgottenAfter: seconds(10),
  jobBackoffMost: minutes(14.1),
  jobBackoffMostAfterServerError: minutes(14.1),
  jobLifespan: undefined,
  jobAttempts: 111,
  networkEndsBackoff: true,
  retriesInBackground: false,
};

/**
 * Signal-Desktop, connected as long as it runs: ts/util/BackOff.std.ts (FIBONACCI_TIMEOUTS, jitter of up to 5 s on
 * waits that are longer than it). It sends
 * nothing here, and nobody wakes it.
 */
export const desktop: PlatformPolicy = {
  ...android,
  linger: seconds(0),
  fetchWindow: seconds(0),
  fetchRetry: undefined,
  connectBackoffMost: seconds(60),
  connectWaits: { list: [1, 2, 3, 5, 8, 13, 21, 34, 55].map(seconds), jitter: seconds(5) },
};
