// How the clients that people use send and retry. JS: github.com/matrix-org/matrix-js-sdk,
// RS: github.com/matrix-org/matrix-rust-sdk, DA: github.com/famedly/matrix-dart-sdk.
import type { Failure } from '../failure.ts';
import { milliseconds, seconds, type Duration } from '../time.ts';
import { clientPatience } from './assumed-patience.ts';
import type { TypingProfile } from './client-typing.ts';

/** What a client does about a send that failed. */
export type AfterFailure =
  | { readonly then: 'retry'; readonly wait: Duration }
  /** Shown as failed; the person may send it again. `everything`: and all that waited behind it. */
  | { readonly then: 'fail'; readonly everything: boolean };

/** One attempt that failed. */
export interface FailedAttempt {
  readonly failure: Failure;
  /** Attempts at this message so far, this one included. */
  readonly attempts: number;
  /** Since the first of them. */
  readonly age: Duration;
}

/** A client's ways. */
export interface ClientProfile {
  readonly name: 'element-x' | 'element-web' | 'fluffychat' | 'filament' | 'beeper';
  /** One queue for the whole account, or one for each room. */
  readonly queue: 'account' | 'room';
  /** Whether what is queued goes on by itself after a restart; otherwise it is shown as failed. */
  readonly resumesAfterRestart: boolean;
  /** A new network or the opened application ends a wait at once. */
  readonly resumesOnNetwork: boolean;
  readonly requestTimeout: Duration;
  afterFailure(attempt: FailedAttempt): AfterFailure;
  readonly sync: SyncProfile;
  readonly typing: TypingProfile;
}

/** A client's long poll. */
export interface SyncProfile {
  /** `timeout` parameter: how long the server may wait. */
  readonly poll: Duration;
  /** Silence beyond the poll that the client bears. */
  readonly slack: Duration;
  /** Wait after the n-th failure in a row. */
  waitAfterFailure(failures: number): Duration;
}

/** Refused for good: trying again cannot help. 429 says "later". */
function isPermanent(failure: Failure): boolean {
  return failure.kind === 'status' && failure.status >= 400 && failure.status < 500 && failure.status !== 429;
}

function retryAfter(failure: Failure): Duration | undefined {
  return failure.kind === 'status' && failure.retryAfterMs !== undefined
    ? milliseconds(failure.retryAfterMs)
    : undefined;
}

/** 0.5 s, doubling, at most 60 s. RS crates/matrix-sdk/src/http_client (exponential back-off of transient failures). */
function elementXWait(attempts: number): Duration {
  const doublings = Math.min(attempts - 1, 7);
  return Math.min(milliseconds(500) * 2 ** doublings, seconds(60)) as Duration;
}

/**
 * Element X (RS crates/matrix-sdk/src/send_queue/mod.rs): a persisted queue per room in strict order. A transient
 * failure keeps the message and the queue goes on by itself; a permanent one sets the message aside.
 */
export const elementX: ClientProfile = {
  name: 'element-x',
  queue: 'room',
  resumesAfterRestart: true,
  resumesOnNetwork: true,
  // RS crates/matrix-sdk/src/http_client/mod.rs (`DEFAULT_REQUEST_TIMEOUT`).
  requestTimeout: seconds(30),
  afterFailure({ failure, attempts }) {
    if (isPermanent(failure)) return { then: 'fail', everything: false };
    return { then: 'retry', wait: retryAfter(failure) ?? elementXWait(attempts) };
  },
  sync: { poll: seconds(30), slack: seconds(30), waitAfterFailure: elementXWait },
  // RS crates/matrix-sdk/src/room/mod.rs, with the first keystroke after that.
  typing: { lasts: seconds(4), again: seconds(3) },
};

/**
 * Element Web and Desktop (JS src/scheduler.ts, src/sync.ts): one queue per account. A connection that fails fails all
 * that is queued; an error status is retried after 2, 4, 8 and 16 s (JS src/http-api/utils.ts, `calculateRetryBackoff`).
 * Pending messages survive a restart as failed ones.
 */
export const elementWeb: ClientProfile = {
  name: 'element-web',
  queue: 'account',
  resumesAfterRestart: false,
  resumesOnNetwork: false,
  requestTimeout: clientPatience.elementWebSend,
  afterFailure({ failure, attempts }) {
    if (failure.kind !== 'status' || isPermanent(failure) || attempts > 4)
      return { then: 'fail', everything: true };
    return { then: 'retry', wait: retryAfter(failure) ?? seconds(2 ** attempts) };
  },
  // JS src/sync.ts: 30 s polls borne 80 s longer; after a failure `/versions` is asked for after 2 to 7 s, then each
  // 5 to 10 s. The middle of both ranges, as the client's own draw decides nothing else.
  sync: {
    poll: seconds(30),
    slack: seconds(80),
    waitAfterFailure: (failures) => (failures === 1 ? milliseconds(4_500) : milliseconds(7_500)),
  },
  // github.com/element-hq/element-web, src/stores/TypingStore.ts (`TYPING_SERVER_TIMEOUT`).
  typing: { lasts: seconds(30), again: seconds(30) },
};

/** Answers of what stands before a homeserver, without an error code of Matrix. */
const proxyStatuses: ReadonlySet<number> = new Set([502, 503, 504]);
/** FluffyChat lib/config/setting_keys.dart (`sendTimelineEventTimeout`). */
const fluffyChatTries = seconds(15);

/**
 * FluffyChat (DA lib/src/room.dart, `sendEvent`; github.com/krille-chan/fluffychat lib/utils/client_manager.dart): each
 * second, until fifteen have passed when an attempt fails. Nothing ends an attempt that is not answered: DA
 * lib/src/utils/http_timeout.dart bounds the time between two pieces of an answer's body only, and `dart:io` has no limit
 * of its own, so that the system's limits are the message's, and of all that waits behind it in the room.
 */
export const fluffyChat: ClientProfile = {
  name: 'fluffychat',
  queue: 'room',
  resumesAfterRestart: false,
  resumesOnNetwork: false,
  requestTimeout: clientPatience.fluffyChatSend,
  afterFailure({ failure, age }) {
    const asked = retryAfter(failure);
    if (asked !== undefined && age + asked <= fluffyChatTries) return { then: 'retry', wait: asked };
    // An answer with an error code (`MatrixException`) ends the attempts at once, one without is as good as none.
    const hasCode = failure.kind === 'status' && !proxyStatuses.has(failure.status);
    if (hasCode || age >= fluffyChatTries) return { then: 'fail', everything: false };
    return { then: 'retry', wait: seconds(1) };
  },
  // DA lib/src/client.dart, `_innerSync`.
  sync: { poll: seconds(30), slack: seconds(10), waitAfterFailure: () => seconds(3) },
  // FluffyChat lib/pages/chat/chat.dart, `onInputBarChanged`.
  typing: { lasts: seconds(30), again: seconds(30) },
};

/** 1 s, doubling, at most 60 s. */
function genericWait(attempts: number): Duration {
  return Math.min(seconds(1) * 2 ** Math.min(attempts - 1, 6), seconds(60)) as Duration;
}

/**
 * A client whose ways are not known, as a careful programmer would write it: a persisted queue per room that tries for a
 * day, then leaves it to the person. Every number is assumed.
 */
const generic: Omit<ClientProfile, 'name'> = {
  queue: 'room',
  resumesAfterRestart: true,
  resumesOnNetwork: true,
  requestTimeout: clientPatience.genericSend,
  afterFailure({ failure, attempts, age }) {
    if (isPermanent(failure) || age >= clientPatience.genericTries)
      return { then: 'fail', everything: false };
    return { then: 'retry', wait: retryAfter(failure) ?? genericWait(attempts) };
  },
  sync: { poll: seconds(30), slack: seconds(30), waitAfterFailure: genericWait },
  typing: { lasts: seconds(30), again: seconds(20) },
};

/** Filament: nothing about it is public, so that it is no more than the generic client under its name. */
export const filament: ClientProfile = { ...generic, name: 'filament' };

/**
 * Beeper's client, whose users are on Beeper's own homeserver: sync against one's own server and a local database are
 * described by its makers (https://blog.beeper.com/2024/04/09/how-beeper-android-works/), its outbox is not.
 */
export const beeper: ClientProfile = { ...generic, name: 'beeper' };
