// Room versions and checks on receipt with one protective rule off, made of data that the core takes anyway: hooks around
// the authorisation rules, and the cache that looks at the bytes of PDUs.
import { accept, type Outcome } from '../../protocol/outcome.ts';
import type { MatrixEvent } from '../../protocol/matrix/event.ts';
import { parseEvent, trustedEvent } from '../../protocol/matrix/event-format.ts';
import { eventIdOf } from '../../protocol/matrix/hashes.ts';
import type { AuthRuleHooks, JudgedAgainst } from '../../protocol/matrix/experiment.ts';
import type { Pdu } from '../../protocol/matrix/federation/messages.ts';
import { PduCache, type SignedPdu } from '../../protocol/matrix/federation/pdu-checks.ts';
import type { RoomVersionRules } from '../../protocol/matrix/room-version.ts';
import { resolveFaultily, type Fault } from './faulty-resolution.ts';

function withHooks(rules: RoomVersionRules, authRules: AuthRuleHooks): RoomVersionRules {
  return { ...rules, authRules };
}

/** What these authorisation rules refuse is let in, and nothing else. */
export function withoutAuthRules(rules: RoomVersionRules, off: readonly string[]): RoomVersionRules {
  const unless = (event: MatrixEvent, outcome: Outcome<MatrixEvent>): Outcome<MatrixEvent> =>
    !outcome.ok && off.includes(outcome.rule) ? accept(event) : outcome;
  return withHooks(rules, {
    stateIndependent: (event, _cited, specified) => unless(event, specified()),
    stateDependent: (event, _state, specified) => unless(event, specified()),
  });
}

/** Tells which rule refuses what. */
export function withWitness(rules: RoomVersionRules, note: (rule: string) => void): RoomVersionRules {
  const tell = (outcome: Outcome<MatrixEvent>): Outcome<MatrixEvent> => {
    if (!outcome.ok) note(outcome.rule);
    return outcome;
  };
  return withHooks(rules, {
    stateIndependent: (_event, _cited, specified) => tell(specified()),
    stateDependent: (_event, _state, specified) => tell(specified()),
  });
}

/** Events are not held against their auth events, the state before them, the current state, or in resolutions at all. */
export function withoutCheckAgainst(rules: RoomVersionRules, against: JudgedAgainst): RoomVersionRules {
  return withHooks(rules, {
    stateDependent: (event, _state, specified, now) => (now === against ? accept(event) : specified()),
  });
}

/** Nobody looks how long an event is, if it is its `destinations` that make it long: no hash and no signature covers them. */
export class Sizeless extends PduCache {
  override parse({ pdu }: Pdu, rules: RoomVersionRules): Outcome<MatrixEvent> {
    const { destinations: _, ...rest } = pdu;
    const short = parseEvent(rest, rules);
    return short.ok ? trustedEvent(pdu, short.value.eventId, rules, 0) : short;
  }
}

/** What one limit on the form of an event refuses is let in. */
export class Limitless extends PduCache {
  readonly #off: string;

  constructor(off: string) {
    super();
    this.#off = off;
  }

  override parse({ pdu, byteLength }: Pdu, rules: RoomVersionRules): Outcome<MatrixEvent> {
    const parsed = parseEvent(pdu, rules);
    const eventId = parsed.ok || parsed.rule !== this.#off ? undefined : eventIdOf(pdu, rules);
    return eventId === undefined ? parsed : trustedEvent(pdu, eventId, rules, byteLength);
  }
}

/** Nobody looks which events are cited as authority. */
export function withoutCitationCheck(rules: RoomVersionRules): RoomVersionRules {
  return withHooks(rules, { stateIndependent: (event) => accept(event) });
}

/** Signatures are good whoever made them. */
export class Credulous extends PduCache {
  override checkSignatures(event: MatrixEvent): Outcome<MatrixEvent> {
    return accept(event);
  }
}

/** Contents are what was hashed, whatever they are. */
export class Hashless extends PduCache {
  override checkHash(event: MatrixEvent): Outcome<SignedPdu> {
    return accept({ event, wasRedacted: false });
  }
}

/** State resolution with a fault. */
export function withFaultyResolution(rules: RoomVersionRules, fault: Fault): RoomVersionRules {
  const algorithm = rules.stateResolution === 'v2.1' ? 'v2.1' : 'v2';
  return {
    ...rules,
    stateResolution: {
      name: 'faulty',
      resolve: (states, context) => resolveFaultily(states, { ...context, rules }, algorithm, fault),
    },
  };
}
