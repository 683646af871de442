// Events in the format of the client-server API: without hashes, signatures and the edges of the DAG.
// https://spec.matrix.org/v1.16/client-server-api/#room-event-format
import { inOnePiece, utf8Length } from '../bytes.ts';
import { encodeCanonicalJson, type JsonObject } from './canonical-json.ts';
import type { ClientEvent } from './client-messages.ts';
import type { MatrixEvent } from './event.ts';
import { numberOf, objectOf, stringOf } from './wire-form.ts';

/** A pure function of an immutable event, kept as long as the event. */
const byEvent = new WeakMap<MatrixEvent, ClientEvent>();
const texts = new WeakMap<ClientEvent, string>();

/** The event as clients get it. */
export function clientEventOf(event: MatrixEvent): ClientEvent {
  let made = byEvent.get(event);
  if (made === undefined) {
    const { eventId, type, sender, originServerTs, stateKey, content } = event;
    const state = stateKey === undefined ? {} : { stateKey };
    const withoutLength = { eventId, type, sender, originServerTs, ...state, content };
    const text = inOnePiece(textOf(withoutLength));
    made = { ...withoutLength, byteLength: utf8Length(text) };
    texts.set(made, text);
    byEvent.set(event, made);
  }
  return made;
}

/** Its JSON in a timeline or a page of history. */
export function clientEventText(event: ClientEvent): string {
  return texts.get(event) ?? textOf(event);
}

function textOf(event: Omit<ClientEvent, 'byteLength'>): string {
  const { eventId, type, sender, originServerTs, stateKey, content } = event;
  return encodeCanonicalJson({
    content,
    event_id: eventId,
    origin_server_ts: originServerTs,
    sender,
    ...(stateKey === undefined ? {} : { state_key: stateKey }),
    type,
  });
}

/** Reads it back. Throws when this is no event. */
export function readClientEvent(value: unknown): ClientEvent {
  const json: JsonObject = objectOf(value);
  const event = {
    eventId: stringOf<ClientEvent['eventId']>(json['event_id']),
    type: stringOf(json['type']),
    sender: stringOf<ClientEvent['sender']>(json['sender']),
    originServerTs: numberOf(json['origin_server_ts']),
    ...(json['state_key'] === undefined ? {} : { stateKey: stringOf(json['state_key']) }),
    content: objectOf(json['content']),
  };
  return { ...event, byteLength: utf8Length(textOf(event)) };
}
