// The ways in which the world says no. They differ in what a sender may conclude, so they are different inputs.
import type { Brand } from './brand.ts';

/**
 * Which faults of the world stand behind something, as the host knows them. Opaque to a core: it may keep the
 * token and hand it back in a `hold` fact, so that a wait that outlives the fault is still charged to it.
 */
export type CauseToken = Brand<number, 'CauseToken'>;

/** No fault stands behind it. */
export const noCause = 0 as CauseToken;

/**
 * Why a request, a connection attempt or a connection failed.
 * - `offline`: this device has no network itself.
 * - `unresolved`: the name has no address (`answer` says what the resolver said).
 * - `refused`: the other end answered that nobody listens.
 * - `tls`: certificate or handshake.
 * - `reset`: an established connection was torn down.
 * - `timed-out`: silence. `phase` tells a connect time-out (certainly not delivered) from a missing answer.
 * - `status`: an answer that is an error (HTTP status), from the peer or from something in front of it.
 * - `closed`: the other side closed the connection in order.
 */
export type Failure = {
  /** True when the request was certainly not carried out. */
  readonly definite: boolean;
  readonly cause: CauseToken;
} & (
  | { readonly kind: 'offline' }
  | { readonly kind: 'unresolved'; readonly answer: 'nxdomain' | 'servfail' | 'empty' | 'silence' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'tls' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'timed-out'; readonly phase: 'connect' | 'response' | 'keep-alive' }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterMs?: number }
  | { readonly kind: 'closed'; readonly code?: number }
);
