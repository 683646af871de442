// A sketched room as one that was sent: hashed, signed with new keys, in the form that the other room commands read.
import { toBase64, utf8 } from '../../protocol/bytes.ts';
import { ed25519Signer, sha256, sha256Base64Url } from '../../protocol/crypto.ts';
import type { JsonObject, JsonValue } from '../../protocol/matrix/canonical-json.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import { eventSignedBy } from '../../protocol/matrix/event-builder.ts';
import { referenceHash } from '../../protocol/matrix/hashes.ts';
import { createEventId, serverNameOf, type EventId, type ServerName } from '../../protocol/matrix/ids.ts';
import { requiredSigners, type SigningKey } from '../../protocol/matrix/signing.ts';
import { sketchOf } from '../search/rooms/sketched-event.ts';
import type { Outcome } from '../../protocol/outcome.ts';
import type { ResolutionProblem } from '../search/resolution/problem.ts';

/** A room to be read by others, and what its events are called now. */
export interface SignedRoom {
  readonly document: JsonObject;
  readonly idOf: (sketched: EventId) => EventId;
}

/** When invented rooms begin: 2023-11-14. */
const beginning = 1_700_000_000_000;
const millisecondsPerTick = 1_000;
const keyId = 'ed25519:1';

/**
 * Signs a room. Events of `rejected` are signed with a key that is not their server's.
 * @param attempt ids are hashes, and ids decide ties: another attempt gives other ids
 */
export function signedRoom(room: ResolutionProblem, attempt: number): SignedRoom {
  const { rules, events, rejected, stateSets } = room;
  const keys = new Map<string, SigningKey>();
  const keyOf = (server: string): SigningKey => {
    let key = keys.get(server);
    if (key === undefined) keys.set(server, (key = signingKey(server, `server ${server}`, attempt)));
    return key;
  };
  const sent = new Map<EventId, MatrixEvent>();
  const taken = new Set<EventId>();
  const idOf = (id: EventId): EventId => sent.get(id)?.eventId ?? id;
  const root = rules.roomIdIsCreateEvent ? events[0]?.roomId : undefined;
  const rootId = (id: EventId): EventId => (sent.has(id) ? idOf(id) : unknownId(id));
  for (const event of events) {
    const pdu = pduOf(
      event,
      sent,
      root === undefined ? event.roomId : `!${rootId(createEventId(root)).slice(1)}`,
      attempt,
    );
    const servers = new Set([serverNameOf(event.sender) ?? '', ...requiredSigners(event)]);
    const signers = [...servers].map((server) =>
      rejected.has(event.eventId) ? { ...signingKey(server, 'somebody else', attempt) } : keyOf(server),
    );
    for (const server of servers) keyOf(server);
    const signed = eventUnlike(taken, pdu, (each) => eventSignedBy(each, rules, signers));
    if (!signed.ok) throw new RangeError(`${event.eventId} cannot be signed: ${signed.detail}`);
    taken.add(signed.value.eventId);
    sent.set(event.eventId, signed.value);
  }
  const servers = [...keys.values()].map(({ server, signer }): [string, JsonObject] => [
    server,
    { key_id: keyId, public_key: toBase64(signer.publicKey) },
  ]);
  const document: JsonObject = {
    room_version: rules.id,
    room_id: [...sent.values()][0]?.roomId ?? '',
    servers: Object.fromEntries(servers),
    events: [...sent.values()].map(({ eventId, pdu }): JsonObject => ({ event_id: eventId, pdu })),
    ...(stateSets.length === 0 ? {} : { state_sets: stateSets.map((state) => state.map(idOf)) }),
  };
  return { document: JSON.parse(JSON.stringify(document)) as JsonObject, idOf };
}

/** Two events that differed in what was said only would be one: ids are hashes. The second has a number, which no rule reads. */
function eventUnlike(
  taken: ReadonlySet<EventId>,
  pdu: JsonObject,
  signed: (pdu: JsonObject) => Outcome<MatrixEvent>,
): Outcome<MatrixEvent> {
  for (let number = 1; ; number++) {
    const content = pdu['content'] as JsonObject;
    const made = signed(number === 1 ? pdu : { ...pdu, content: { ...content, number } });
    if (!made.ok || !taken.has(made.value.eventId)) return made;
  }
}

function signingKey(server: string, whose: string, attempt: number): SigningKey {
  const seed = sha256(utf8(`netsplit room shrink: ${whose} ${attempt}`));
  return { server: server as ServerName, keyId, signer: ed25519Signer(seed) };
}

function pduOf(
  event: MatrixEvent,
  sent: ReadonlyMap<EventId, MatrixEvent>,
  roomId: string,
  attempt: number,
): JsonObject {
  const { rules, eventId } = event;
  const sketch = sketchOf(event);
  const idOf = (id: string): string => sent.get(id as EventId)?.eventId ?? unknownId(id);
  const references = (ids: readonly EventId[]): JsonValue =>
    ids.map((id) => {
      const cited = sent.get(id);
      if (rules.eventIdFormat !== 'explicit') return idOf(id);
      const hash = cited === undefined ? sha256(utf8(id)) : referenceHash(cited.pdu, rules);
      return [cited?.eventId ?? `$${attempt}-${id.slice(1)}`, { sha256: toBase64(hash) }];
    });
  const { redacts, ...content } = event.content;
  const isRoot = rules.roomIdIsCreateEvent && createEventId(event.roomId) === eventId;
  return {
    type: sketch.type,
    ...(isRoot ? {} : { room_id: roomId }),
    sender: sketch.sender,
    ...(sketch.stateKey === undefined ? {} : { state_key: sketch.stateKey }),
    content: typeof redacts === 'string' ? { ...content, redacts: idOf(redacts) } : content,
    depth: sketch.depth,
    origin_server_ts: beginning + sketch.originServerTs * millisecondsPerTick + attempt,
    prev_events: references(event.prevEvents),
    auth_events: references(event.authEvents),
    ...(sketch.redacts === undefined ? {} : { redacts: idOf(sketch.redacts) }),
    // Ids that are no hashes keep their order.
    ...(rules.eventIdFormat === 'explicit' ? { event_id: `$${attempt}-${eventId.slice(1)}` } : {}),
  };
}

/** An id of the right form for an event that the room does not hold. */
function unknownId(id: string): EventId {
  return `$${sha256Base64Url(id)}` as EventId;
}
