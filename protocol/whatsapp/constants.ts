// Numbers of WhatsApp. The service is closed: what is known of clients comes from an interoperable open one, "whatsmeow"
// (github.com/tulir/whatsmeow, commit 33cfac51); what is known of the service from its published policy. The rest is
// assumed by analogy, and listed.
import type { ConnectOptions } from '../core.ts';
import type { ConnectionPolicy } from '../mobile-connection.ts';
import { days, hours, milliseconds, minutes, seconds, type Duration } from '../time.ts';

/** The service. */
export const service = {
  /** Undelivered messages are deleted after this. WhatsApp's privacy policy ("30 days"). */
  queueLife: days(30),
  /** Stanzas that a queue's machine hands a front end at a time. Assumed (50 to 500). */
  pageSize: 100,
  /** How long a front end waits for a queue's machine to take a stanza. Assumed (1 to 30 s). */
  enqueueTimeout: seconds(10),
  /** Wait before a front end connects to a queue's machine anew. Assumed (0.1 to 10 s). */
  storeReconnect: seconds(1),
  /** How a front end notices that a queue's machine is gone. Assumed. */
  storeLink: {
    timeout: seconds(5),
    keepAlive: { every: seconds(15), giveUpAfter: seconds(15), pingBytes: 40 },
  } satisfies ConnectOptions,
  /** Companions of an account. WhatsApp help centre, "About linked devices". */
  companionsMost: 4,
  /** Push services' HTTP clients. Assumed (5 to 60 s). */
  pushTimeout: seconds(10),
  /** Wait before a notification that failed is sent again. Assumed (5 s to 10 min). */
  pushRetry: seconds(30),
  /** How often expired stanzas are looked for. Assumed; they are never handed out late whatever it is. */
  expiryScan: hours(1),
} as const;

/** The clients. */
export const client = {
  /**
   * A ping each 20 to 30 s (the mean is used), forced reconnection after 3 min of failures, 30 s to dial and 20 s for
   * the Noise handshake. whatsmeow keepalive.go, client.go, handshake.go.
   */
  connection: {
    timeout: seconds(50),
    keepAlive: { every: seconds(25), giveUpAfter: minutes(3), pingBytes: 60 },
  } satisfies ConnectOptions,
  /** Reconnection waits so long for each failure before: linear, no cap, no jitter. whatsmeow client.go. */
  reconnectStep: seconds(2),
  /** A fetch in the background stays for what comes right after it. Assumed (0 to 30 s); without it bursts fetch in circles. */
  staysAfterFetch: seconds(20),
  /** Without an answer for so long a stanza is sent again, under the same id. whatsmeow request.go. */
  answerTimeout: seconds(75),
  /** Uploads and downloads of pictures. Assumed: clients go on as long as bytes move (1 to 15 min). */
  transferTimeout: minutes(5),
  /** Attempts to fetch a picture by itself. Assumed, as of other messengers (1 to 10). */
  downloadAttempts: 3,
  /** What a phone gives a new companion of its recent chats (whatsmeow: history sync notifications). Assumed (50 kB to 20 MB). */
  historyBytes: 1_000_000,
} as const;

/** Wait before the next connection attempt after `failures` in a row: the first one is answered at once. */
export function reconnectWait(failures: number): Duration {
  return ((failures - 1) * client.reconnectStep) as Duration;
}

/** Wait before an upload or a question is tried again: as connections, up to the answer time-out. Assumed. */
export function jobWait(failures: number): Duration {
  return Math.min(reconnectWait(failures), client.answerTimeout) as Duration;
}

/** What differs between the platforms. Official clients' timers are not published: assumed, as those of other messengers. */
export interface PlatformPolicy extends ConnectionPolicy {
  /** Whether messages that wait keep the application connecting in the background. */
  readonly sendsInBackground: boolean;
}

/** Android: a minute after closing (0.5 to 10 min), then push; what waits is sent in the background. Assumed. */
export const android: PlatformPolicy = {
  linger: minutes(1),
  fetchWindow: minutes(5),
  fetchRetry: { backoff: seconds(30), most: hours(5), window: minutes(1) },
  connectFailuresForgottenAfter: undefined,
  sendsInBackground: true,
};

/**
 * iOS: about 25 s after closing (5 to 30 s), about 30 s for a notification service extension (developer.apple.com,
 * UNNotificationServiceExtension); a suspended application runs nothing. Assumed.
 */
export const ios: PlatformPolicy = {
  linger: seconds(25),
  fetchWindow: seconds(30),
  fetchRetry: undefined,
  connectFailuresForgottenAfter: undefined,
  sendsInBackground: false,
};

/** A linked computer: connected as long as it is in use, woken by nobody. */
export const companion: PlatformPolicy = {
  ...android,
  linger: milliseconds(0),
  fetchWindow: milliseconds(0),
  fetchRetry: undefined,
  sendsInBackground: false,
};
