// The way of a message as it will be told in the account of blame: parts of the time between sender and receiver.
import { assert } from '../../protocol/assert.ts';
import type { CauseToken } from '../../protocol/failure.ts';
import type { Instant } from '../../protocol/time.ts';
import type { NetworkReason } from '../observation.ts';
import type { Cargo, Flight } from './connection.ts';
import type { Transit } from './medium.ts';

/** The way of what carries nobody's words: blame never asks for it. */
export const noLegs: Flight['legs'] = [];

/** Whether somebody's words are in it. */
export function carriesWords(cargo: Cargo): boolean {
  switch (cargo.kind) {
    case 'message':
      return cargo.message.carries.length > 0;
    case 'request':
      return cargo.request.message.carries.length > 0;
    case 'response':
      return (cargo.result.message?.carries.length ?? 0) > 0;
    default:
      return false;
  }
}

/** Adds a part of the way that ends at `until`, unless nothing happened in it. */
export function addLeg(
  { legs, sentAt }: Flight,
  until: Instant,
  reason: NetworkReason,
  cause: CauseToken,
): void {
  if (legs === noLegs) return;
  if (legs.length === 0 || until > (legs.at(-1)?.until ?? sentAt)) legs.push({ until, reason, cause });
}

/** The way of a flight that has arrived, for the account of blame; undefined when it carries nobody's words. */
export function transitOf(flight: Flight): Transit | undefined {
  if (flight.legs === noLegs) return undefined;
  const { connection, toServer, sentAt, legs } = flight;
  const sender = toServer ? connection.client : connection.server;
  assert(sender !== undefined, 'what arrived was sent');
  return { from: sender.port.node, sentAt, legs };
}
