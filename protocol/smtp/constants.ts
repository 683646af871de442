// Numbers of mail: RFC 5321, and Postfix's defaults (github.com/vdukhovni/postfix, commit 17830e5c1, postfix/src/global/
// mail_params.h and postfix/src/qmgr/qmgr_active.c) where the standard leaves room.
import type { ConnectOptions } from '../core.ts';
import type { ConnectionPolicy } from '../mobile-connection.ts';
import { days, hours, minutes, seconds, microseconds, type Duration } from '../time.ts';

/** A mail server's queue. */
export const queue = {
  /** How often deferred mail is looked at. mail_params.h: queue_run_delay. */
  scanEvery: seconds(300),
  /** A deferred message waits as long as it is old, within these. mail_params.h: minimal_backoff_time, maximal_backoff_time. */
  leastWait: seconds(300),
  mostWait: seconds(4_000),
  /** Older mail is returned to its sender; returns themselves are dropped. mail_params.h: maximal_queue_lifetime; RFC 5321 §4.5.4.1. */
  lifetime: days(5),
  /** Sessions with one destination: at first, at most. mail_params.h: initial_destination_concurrency, default_destination_concurrency_limit. */
  firstConcurrency: 5,
  mostConcurrency: 20,
  /** Hosts of a domain that are tried for one delivery, and sessions of them. mail_params.h: smtp_mx_address_limit, smtp_mx_session_limit. */
  hostsTried: 5,
  sessionsTried: 2,
  /** Connection, greeting and EHLO. mail_params.h: smtp_connect_timeout; the greeting's own limit of 300 s is not waited for. */
  helloTimeout: seconds(30),
  /** From MAIL to the answer to the final dot. mail_params.h: smtp_data_done_timeout; RFC 5321 §4.5.3.2.6 (10 min). */
  mailTimeout: seconds(600),
  /** Largest message. mail_params.h: message_size_limit. */
  mostBytes: 10_240_000,
} as const;

/** Reply codes. RFC 5321 §4.2. */
export const reply = { unknownUser: 550, tooLarge: 552 } as const;

/** When a message that has waited for `age` is tried again: after as long again, within limits (qmgr_active.c). */
export function nextWait(age: Duration): Duration {
  return microseconds(Math.min(Math.max(age, queue.leastWait), queue.mostWait));
}

/** Mail applications. None of their timers is published: assumed. */
export const client = {
  /** IMAP with IDLE, RFC 2177: the client re-issues it at least every 29 min; applications ping sooner. */
  connection: {
    timeout: seconds(30),
    keepAlive: { every: minutes(5), giveUpAfter: seconds(60), pingBytes: 80 },
  } satisfies ConnectOptions,
  /** Reconnection: 2^n s up to this. Assumed (1 to 15 min). */
  mostConnectWait: minutes(2),
  /** Submission: one attempt (RFC 5321 §4.5.3.2 allows minutes; applications wait less), and waits 30 s to 15 min. Assumed. */
  submitTimeout: seconds(60),
  firstSubmitWait: seconds(30),
  mostSubmitWait: minutes(15),
  /** A fetch in the background stays for what comes right after it. */
  staysAfterFetch: seconds(20),
  /** Logging in to an account, or reading back in it. Assumed (20 to 120 s). */
  askTimeout: seconds(60),
  /** Mails that an application fetches at a time when it reads back. Assumed (10 to 100). */
  listed: 25,
} as const;

/** Wait before mail is handed in again after so many failures in a row. */
export function submitWait(failures: number): Duration {
  return microseconds(
    Math.min(client.firstSubmitWait * 2 ** Math.min(failures - 1, 10), client.mostSubmitWait),
  );
}

/** Push services' HTTP clients, and the wait before a notification that failed is sent again. Assumed (5 to 60 s; 5 s to 10 min). */
export const push = { timeout: seconds(10), retry: seconds(30) } as const;

/** What differs between the platforms; assumed, as of other applications. */
export interface PlatformPolicy extends ConnectionPolicy {
  /** Whether mail that waits is sent in the background. */
  readonly sendsInBackground: boolean;
}

export const android: PlatformPolicy = {
  linger: minutes(1),
  fetchWindow: minutes(5),
  fetchRetry: { backoff: seconds(30), most: hours(5), window: minutes(1) },
  connectFailuresForgottenAfter: undefined,
  sendsInBackground: true,
};

export const ios: PlatformPolicy = {
  linger: seconds(25),
  fetchWindow: seconds(30),
  fetchRetry: undefined,
  connectFailuresForgottenAfter: undefined,
  sendsInBackground: false,
};
