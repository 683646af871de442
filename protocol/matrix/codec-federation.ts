// Wire forms of what servers say to each other. https://spec.matrix.org/v1.16/server-server-api/
import { utf8Length } from '../bytes.ts';
import { encodeCanonicalJson, type JsonObject } from './canonical-json.ts';
import type {
  AuthChain,
  Edu,
  Events,
  FederationRequest,
  GetBackfill,
  GetEvent,
  GetEventAuth,
  GetMissingEvents,
  DirectoryEntry,
  GetServerKeys,
  QueryDirectory,
  GetState,
  GetStateIds,
  KeyStatements,
  PduResult,
  QueryKeys,
  ServerKeys,
  State,
  StateIds,
  Transaction,
  TransactionResult,
} from './federation/messages.ts';
import type { EventId, RoomId, ServerName } from './ids.ts';
import {
  arrayOf,
  numberOf,
  objectOf,
  pdusLength,
  pdusText,
  plain,
  readPdus,
  smallForm,
  stringOf,
  stringsOf,
  type WireForm,
} from './wire-form.ts';

/**
 * `PUT /_matrix/federation/v1/send/... HTTP/1.1` with Host, User-Agent, Content-Type, Content-Length and
 * `Authorization: X-Matrix origin=...,destination=...,key=...,sig=...` (the signature alone is 86 characters): counted
 * on a request of Synapse with empty names. Signatures of requests are not made: the host's connections authenticate.
 */
export const requestBytes = 345;
/** Status line, Server, Date, Content-Type, Content-Length and Cache-Control of a Synapse answer. */
export const answerBytes = 190;

export const parties = ({ origin, destination }: FederationRequest): [string, string] => [
  origin,
  destination,
];

/** Origin and destination of a request, from its header. */
export function readParties(names: readonly string[]): { origin: ServerName; destination: ServerName } {
  return { origin: stringOf(names[0]), destination: stringOf(names[1]) };
}

function eduText(edus: readonly Edu[]): string {
  return encodeCanonicalJson(edus.map(({ eduType, content }) => ({ content, edu_type: eduType })));
}

/** Everything of a transaction's body but its PDUs and EDUs. */
function transactionFrame({ origin, originServerTs }: Transaction): [string, string, string] {
  return [
    '{"edus":',
    `,"origin":${JSON.stringify(origin)},"origin_server_ts":${originServerTs},"pdus":`,
    '}',
  ];
}

const transaction: WireForm<Transaction> = {
  headerBytes: requestBytes,
  names: (message) => [...parties(message), message.txnId],
  body(message) {
    const [start, middle, end] = transactionFrame(message);
    return start + eduText(message.edus) + middle + pdusText(message.pdus) + end;
  },
  bodyLength(message) {
    const [start, middle, end] = transactionFrame(message);
    const frame = start.length + utf8Length(middle) + end.length;
    const edus = message.edus.length === 0 ? 2 : utf8Length(eduText(message.edus));
    return frame + edus + pdusLength(message.pdus);
  },
  read(names, body, carries) {
    const { edus, origin_server_ts, pdus } = objectOf(body);
    return {
      kind: 'matrix.transaction',
      ...readParties(names),
      txnId: stringOf(names[2]),
      originServerTs: numberOf(origin_server_ts),
      pdus: readPdus(pdus),
      edus: arrayOf(edus).map((each): Edu => {
        const { edu_type, content } = objectOf(each);
        return { eduType: stringOf(edu_type), content: objectOf(content) };
      }),
      carries,
    };
  },
};

const transactionResult = smallForm<TransactionResult>({
  headerBytes: answerBytes,
  names: () => [],
  json: ({ results }) => ({
    pdus: Object.fromEntries(
      results.map(({ eventId, error }) => [eventId, error === undefined ? {} : { error }]),
    ),
  }),
  read(_names, body) {
    const results = Object.entries(objectOf(objectOf(body)['pdus'])).map(([eventId, value]): PduResult => {
      const { error } = objectOf(value);
      return { eventId: eventId as EventId, ...(error === undefined ? {} : { error: stringOf(error) }) };
    });
    return { kind: 'matrix.transaction-result', results, ...plain };
  },
});

const getMissingEvents = smallForm<GetMissingEvents>({
  headerBytes: requestBytes,
  names: (message) => [...parties(message), message.roomId],
  json: ({ earliestEvents, latestEvents, limit, minDepth }) => ({
    earliest_events: earliestEvents,
    latest_events: latestEvents,
    limit,
    min_depth: minDepth,
  }),
  read(names, body) {
    const { earliest_events, latest_events, limit, min_depth } = objectOf(body);
    return {
      kind: 'matrix.get-missing-events',
      ...readParties(names),
      roomId: stringOf<RoomId>(names[2]),
      earliestEvents: stringsOf<EventId>(earliest_events),
      latestEvents: stringsOf<EventId>(latest_events),
      limit: numberOf(limit),
      minDepth: numberOf(min_depth),
      ...plain,
    };
  },
});

const events: WireForm<Events> = {
  headerBytes: answerBytes,
  names: () => [],
  body: ({ pdus }) => `{"events":${pdusText(pdus)}}`,
  bodyLength: ({ pdus }) => 11 + pdusLength(pdus),
  read: (_names, body, carries) => ({
    kind: 'matrix.events',
    pdus: readPdus(objectOf(body)['events']),
    carries,
  }),
};

const getBackfill = smallForm<GetBackfill>({
  headerBytes: requestBytes,
  names: (message) => [...parties(message), message.roomId, String(message.limit), ...message.from],
  json: () => undefined,
  read: (names) => ({
    kind: 'matrix.get-backfill',
    ...readParties(names),
    roomId: stringOf<RoomId>(names[2]),
    limit: Number(names[3]),
    from: names.slice(4) as EventId[],
    ...plain,
  }),
});

const getEvent = smallForm<GetEvent>({
  headerBytes: requestBytes,
  names: (message) => [...parties(message), message.eventId],
  json: () => undefined,
  read: (names) => ({
    kind: 'matrix.get-event',
    ...readParties(names),
    eventId: stringOf<EventId>(names[2]),
    ...plain,
  }),
});

/** What an event rests on: `state_ids`, `state` and `event_auth` differ in the path only. */
function eventRequest<M extends GetStateIds | GetState | GetEventAuth>(kind: M['kind']): WireForm<M> {
  return smallForm<M>({
    headerBytes: requestBytes,
    names: (message) => [...parties(message), message.roomId, message.eventId],
    json: () => undefined,
    read: (names) =>
      ({
        kind,
        ...readParties(names),
        roomId: stringOf<RoomId>(names[2]),
        eventId: stringOf<EventId>(names[3]),
        ...plain,
      }) as unknown as M,
  });
}

const stateIds = smallForm<StateIds>({
  headerBytes: answerBytes,
  names: () => [],
  json: ({ pduIds, authChainIds }) => ({ auth_chain_ids: authChainIds, pdu_ids: pduIds }),
  read(_names, body) {
    const { pdu_ids, auth_chain_ids } = objectOf(body);
    return {
      kind: 'matrix.state-ids',
      pduIds: stringsOf<EventId>(pdu_ids),
      authChainIds: stringsOf<EventId>(auth_chain_ids),
      ...plain,
    };
  },
});

const state: WireForm<State> = {
  headerBytes: answerBytes,
  names: () => [],
  body: ({ pdus, authChain }) => `{"auth_chain":${pdusText(authChain)},"pdus":${pdusText(pdus)}}`,
  bodyLength: ({ pdus, authChain }) => 23 + pdusLength(authChain) + pdusLength(pdus),
  read(_names, body) {
    const { auth_chain, pdus } = objectOf(body);
    return { kind: 'matrix.state', pdus: readPdus(pdus), authChain: readPdus(auth_chain), ...plain };
  },
};

const authChain: WireForm<AuthChain> = {
  headerBytes: answerBytes,
  names: () => [],
  body: (message) => `{"auth_chain":${pdusText(message.authChain)}}`,
  bodyLength: (message) => 15 + pdusLength(message.authChain),
  read: (_names, body) => ({
    kind: 'matrix.auth-chain',
    authChain: readPdus(objectOf(body)['auth_chain']),
    ...plain,
  }),
};

const queryDirectory = smallForm<QueryDirectory>({
  headerBytes: requestBytes,
  names: (message) => [...parties(message), message.alias],
  json: () => undefined,
  read: (names) => ({
    kind: 'matrix.query-directory',
    ...readParties(names),
    alias: stringOf(names[2]),
    ...plain,
  }),
});

const directoryEntry = smallForm<DirectoryEntry>({
  headerBytes: answerBytes,
  names: () => [],
  json: ({ roomId, servers }) => ({ room_id: roomId, servers }),
  read(_names, body) {
    const { room_id, servers } = objectOf(body);
    return {
      kind: 'matrix.directory-entry',
      roomId: stringOf<RoomId>(room_id),
      servers: arrayOf(servers).map((server) => stringOf<ServerName>(server)),
      ...plain,
    };
  },
});

const getServerKeys = smallForm<GetServerKeys>({
  // Not authorised: everybody may ask for keys.
  headerBytes: 130,
  names: parties,
  json: () => undefined,
  read: (names) => ({ kind: 'matrix.get-server-keys', ...readParties(names), ...plain }),
});

const serverKeys = smallForm<ServerKeys>({
  headerBytes: answerBytes,
  names: () => [],
  json: ({ keys }): JsonObject => keys,
  read: (_names, body) => ({ kind: 'matrix.server-keys', keys: objectOf(body), ...plain }),
});

/** Asked by key id on the wire; a server has one key here, and its id has this many letters. */
const askedKeyId = 'ed25519:a_warm';

const queryKeys = smallForm<QueryKeys>({
  headerBytes: 160,
  names: (message) => [...parties(message), message.server, String(message.minimumValidUntil)],
  json: ({ server, minimumValidUntil }) => ({
    server_keys: { [server]: { [askedKeyId]: { minimum_valid_until_ts: minimumValidUntil } } },
  }),
  read: (names) => ({
    kind: 'matrix.query-keys',
    ...readParties(names),
    server: stringOf<ServerName>(names[2]),
    minimumValidUntil: Number(names[3]),
    ...plain,
  }),
});

const keyStatements = smallForm<KeyStatements>({
  headerBytes: answerBytes,
  names: () => [],
  json: ({ statements }): JsonObject => ({ server_keys: statements }),
  read: (_names, body) => ({
    kind: 'matrix.key-statements',
    statements: arrayOf(objectOf(body)['server_keys']).map(objectOf),
    ...plain,
  }),
});

export const federationForms = {
  'matrix.transaction': transaction,
  'matrix.transaction-result': transactionResult,
  'matrix.get-missing-events': getMissingEvents,
  'matrix.events': events,
  'matrix.get-backfill': getBackfill,
  'matrix.get-event': getEvent,
  'matrix.get-state-ids': eventRequest<GetStateIds>('matrix.get-state-ids'),
  'matrix.state-ids': stateIds,
  'matrix.get-state': eventRequest<GetState>('matrix.get-state'),
  'matrix.state': state,
  'matrix.get-event-auth': eventRequest<GetEventAuth>('matrix.get-event-auth'),
  'matrix.auth-chain': authChain,
  'matrix.query-directory': queryDirectory,
  'matrix.directory-entry': directoryEntry,
  'matrix.get-server-keys': getServerKeys,
  'matrix.server-keys': serverKeys,
  'matrix.query-keys': queryKeys,
  'matrix.key-statements': keyStatements,
};
