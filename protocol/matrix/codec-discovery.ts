// Wire forms of the file that says where a server is. https://spec.matrix.org/v1.16/server-server-api/#server-discovery
import type { Address } from '../core.ts';
import type { GetWellKnown, WellKnown } from './federation/discovery-messages.ts';
import type { ServerName } from './ids.ts';
import { objectOf, plain, smallForm, stringOf } from './wire-form.ts';

/** `GET /.well-known/matrix/server HTTP/1.1` with Host and User-Agent as Synapse sends them. */
const requestBytes = 110;
/** Status line, Server, Date, Content-Type, Content-Length and ETag of a web server with few headers (nginx). */
const answerBytes = 220;

const getWellKnown = smallForm<GetWellKnown>({
  headerBytes: requestBytes,
  names: ({ server }) => [server],
  json: () => undefined,
  read: (names) => ({ kind: 'matrix.get-well-known', server: stringOf<ServerName>(names[0]), ...plain }),
});

const wellKnown = smallForm<WellKnown>({
  headerBytes: answerBytes,
  names: ({ maxAgeSeconds }) => (maxAgeSeconds === undefined ? [] : [String(maxAgeSeconds)]),
  json: ({ delegatedTo }) => ({ 'm.server': delegatedTo }),
  read: (names, body) => ({
    kind: 'matrix.well-known',
    delegatedTo: stringOf<Address>(objectOf(body)['m.server']),
    maxAgeSeconds: names[0] === undefined ? undefined : Number(names[0]),
    ...plain,
  }),
});

export const discoveryForms = {
  'matrix.get-well-known': getWellKnown,
  'matrix.well-known': wellKnown,
};
