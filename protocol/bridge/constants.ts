// Numbers of mautrix bridges: github.com/mautrix/go, commit bdb58f2e ("bridgev2").
import { minutes, seconds } from '../time.ts';

export const bridge = {
  /** Events that wait for one chat, in memory. bridgev2/portal.go (64; 0: the network is answered only when Matrix has it). */
  portalBuffer: 64,
  /** Requests to the homeserver: limit of one, waits between attempts, attempts in all. client.go; mxmain/example-config.yaml (retry_limit 4). */
  requestTimeout: seconds(180),
  firstRetry: seconds(4),
  attempts: 5,
  /** For how long it does not ask the homeserver again whose access token it is. bridgev2/matrix/provisioning.go (matrixAuthCache). */
  tokenMemory: minutes(5),
  /** What a client waits for an answer: assumed, 10 to 180 s. */
  clientTimeout: seconds(60),
} as const;
