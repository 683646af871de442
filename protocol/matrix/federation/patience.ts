// How long a server waits for another one: for the answer, and before that for a connection.
import type { RequestOptions } from '../../core.ts';
import type { Duration } from '../../time.ts';
import type { FederationProfile } from './profiles.ts';

/** Every request to another server is made with this. `timeout`: for one attempt at an answer, connection included. */
export function patience(
  { connectTimeout }: Pick<FederationProfile, 'connectTimeout'>,
  timeout: Duration,
): RequestOptions {
  return connectTimeout === undefined ? { timeout } : { timeout, connectTimeout };
}
