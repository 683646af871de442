// Numbers of mautrix bridges: github.com/mautrix/go, commit bdb58f2e ("bridgev2").
import { seconds } from '../time.ts';

export const bridge = {
  /** Events that wait for one chat, in memory. bridgev2/portal.go (64; 0: the network is answered only when Matrix has it). */
  portalBuffer: 64,
  /** Requests to the homeserver: limit of one, waits between attempts, attempts in all. client.go; mxmain/example-config.yaml (retry_limit 4). */
  requestTimeout: seconds(180),
  firstRetry: seconds(4),
  attempts: 5,
} as const;
