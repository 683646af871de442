// What an event must be by itself: of the room, within the limits, signed. Signatures of servers whose keys nobody has
// are not verified, which is not the same as false.
import { accept, reject, type Outcome } from '../../outcome.ts';
import type { MatrixEvent } from '../event.ts';
import { checkLimits } from '../event-format.ts';
import type { RoomId } from '../ids.ts';
import { redact } from '../redaction.ts';
import type { RoomVersionRules } from '../room-version.ts';
import {
  checkEventSignatures,
  hasRequiredSignatures,
  requiredSigners,
  verifyJson,
  type KeyLookup,
} from '../signing.ts';
import type { Decision } from './three-valued-checks.ts';

/** Keys of some servers, perhaps not of all. */
export interface KnownKeys {
  readonly find: KeyLookup;
  /** Whether the server's keys are known: then a key that is not found is not the server's. */
  readonly knows: (server: string) => boolean;
}

/** Which room, and whose signatures can be told. */
export interface FormContext {
  readonly rules: RoomVersionRules;
  readonly roomId: RoomId;
  readonly keys: KnownKeys | undefined;
  readonly areSketches: boolean;
}

/** Whether the form is refused, and whether every signature has been verified. */
export interface CheckedForm {
  readonly decision: Decision;
  readonly signatures: 'checked' | 'unchecked';
}

/** Checks an event without looking at any other. */
export function checkForm(event: MatrixEvent, context: FormContext): CheckedForm {
  const { keys, areSketches } = context;
  const signatures = areSignersKnown(event, keys) ? 'checked' : 'unchecked';
  const room = checkRoom(event, context);
  if (!room.ok) return { decision: refused('format', room), signatures };
  const limits = checkLimits(event);
  if (!limits.ok) return { decision: refused('format', limits), signatures };
  const signed = areSketches ? accept(event) : checkKnownSignatures(event, keys);
  return { decision: signed.ok ? { kind: 'allowed' } : refused('signature', signed), signatures };
}

function refused(
  stage: 'format' | 'signature',
  { rule, detail }: Extract<Outcome<never>, { ok: false }>,
): Decision {
  return { kind: 'refused', stage, rule, detail };
}

function checkRoom(event: MatrixEvent, { rules, roomId }: FormContext): Outcome<MatrixEvent> {
  // A create event that names a room although its version forbids it is judged by the rule that says so.
  const namesRoomInVain =
    rules.roomIdIsCreateEvent && event.type === 'm.room.create' && event.pdu['room_id'] !== undefined;
  return event.roomId === roomId || namesRoomInVain
    ? accept(event)
    : reject('room.other-room', `${event.eventId} is of ${event.roomId}`);
}

/** The second check on receipt as far as keys are known: the others' signatures must be there, good or not. */
export function checkKnownSignatures(event: MatrixEvent, keys: KnownKeys | undefined): Outcome<MatrixEvent> {
  if (keys === undefined) return hasRequiredSignatures(event);
  const signers = requiredSigners(event);
  const known = signers.filter((server) => keys.knows(server));
  if (known.length === signers.length) return checkEventSignatures(event, keys.find);
  const present = hasRequiredSignatures(event);
  if (!present.ok || known.length === 0) return present;
  const signed = redact(event.pdu, event.rules);
  const unsigned = known.find((server) => !verifyJson(signed, server, keys.find));
  return unsigned === undefined ? present : reject('signature.invalid', `no valid signature of ${unsigned}`);
}

/** Whether the keys of every server that must have signed the event are known. */
export function areSignersKnown(event: MatrixEvent, keys: KnownKeys | undefined): boolean {
  return keys !== undefined && requiredSigners(event).every((server) => keys.knows(server));
}
