// The file by which a server name says where its server is. https://spec.matrix.org/v1.16/server-server-api/#getwell-knownmatrixserver
import type { Address } from '../../core.ts';
import type { Message } from '../../message.ts';
import type { ServerName } from '../ids.ts';

/** `GET https://<server>/.well-known/matrix/server` */
export interface GetWellKnown extends Message {
  readonly kind: 'matrix.get-well-known';
  readonly server: ServerName;
}

/** Its answer. */
export interface WellKnown extends Message {
  readonly kind: 'matrix.well-known';
  /** `m.server`: a host name, with a port or without. */
  readonly delegatedTo: Address;
  /** `max-age` of its Cache-Control header, in seconds; undefined when it has none. */
  readonly maxAgeSeconds: number | undefined;
}

export type DiscoveryQuestion = GetWellKnown;
export type DiscoveryAnswer = WellKnown;
