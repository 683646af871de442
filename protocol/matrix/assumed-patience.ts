// How long clients and servers of Matrix wait, and how much they ask for at a time, where their sources leave it to the
// platform or say nothing: all assumed, and listed as such in the report.
import { hours, minutes, seconds } from '../time.ts';

/** Clients. Those whose ways are known have their own for sending and synchronising: client-profiles.ts. */
export const clientPatience = {
  /** A small request: 10 to 90 s by client. */
  request: seconds(30),
  /** A step of a task: an invitation and a join wait for other servers as well. 10 to 90 s. */
  step: seconds(60),
  /** A page of history, for which a server may have to ask others first. 30 to 180 s. */
  history: seconds(90),
  /** Uploads go on as long as bytes move. 1 to 15 min. */
  upload: minutes(5),
  /** A request of Element Web: the browser's own limit, 60 s in Firefox to 300 s in Chrome; JS sets none for sending. */
  elementWebSend: seconds(90),
  /**
   * An attempt of FluffyChat to send: nothing bounds it, and what the system bounds (a connection that does not come to
   * stand, bytes that nobody acknowledges) is over before. 16 min to a day.
   */
  fluffyChatSend: minutes(30),
  /** An attempt of a client whose ways are not known, and how long it goes on trying. */
  genericSend: seconds(30),
  genericTries: hours(24),
  /**
   * How long a phone's system lets an application finish what it does after it was closed: iOS grants about 30 s
   * (https://developer.apple.com/documentation/uikit/extending-your-app-s-background-execution-time), Android 5 s to minutes.
   */
  background: seconds(30),
} as const;

/** Events of a page: Element X's timeline asks for 20 to 50. */
export const clientPages = {
  /** Where a sync left a gap. */
  gap: 50,
  /** Where a person looks back. */
  task: 30,
} as const;

/** Servers. */
export const serverPatience = {
  /** One request to a push gateway: Synapse's http/client.py leaves it to the connection. 5 to 60 s. */
  push: seconds(60),
  /** A push gateway with a platform: github.com/matrix-org/sygnal, apnspushkin.py and gcmpushkin.py have 25 to 60 s. */
  platform: seconds(30),
  /** One transaction to an application service. */
  applicationService: seconds(60),
} as const;
