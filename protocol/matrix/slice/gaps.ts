// Every kind of gap that leaves something unknown, in words.
import type { EventId } from '../ids.ts';
import type { Unknown } from './known-state.ts';

const gap = (kind: string, detail: string): Unknown => ({ rule: `slice.${kind}`, detail });

/** A predecessor is missing, and nobody has told the state there. */
export function missingPredecessor(id: EventId, of: EventId): Unknown {
  return gap('prev-event', `${id}, a predecessor of ${of}, is missing, and no state is given there`);
}

/** An event that was cited as authority is missing. */
export function missingAuthority(id: EventId): Unknown {
  return gap('auth-event', `${id} of its auth events is missing`);
}

/** The verdict on an event that was cited as authority is unknown. */
export function undecidedAuthority(id: EventId): Unknown {
  return gap('auth-event', `the verdict on ${id} of its auth events is unknown`);
}

/** The create event that the room id names is missing, or its verdict is unknown. */
export function missingCreate(id: EventId): Unknown {
  return gap('create', `${id}, the create event that the room id names, is missing or undecided`);
}

/** A state event may have been accepted or not: nobody can tell what its key has from there on. */
export function undecidedEntry(id: EventId): Unknown {
  return gap('verdict', `the verdict on ${id} is unknown, and with it what its key has`);
}

/** The state has an entry of which no more than the id is known. */
export function missingEntry(id: EventId): Unknown {
  return gap('state-entry', `${id}, which is in force in the state before it, is missing`);
}

/** A given state names events of which not even type and state key are known. */
export function unplacedEntry(id: EventId): Unknown {
  return gap('state-entry', `the state given names ${id}, and neither says its type nor holds it`);
}

/** An event of the states or their auth chains is missing. */
export function missingFromChain(id: EventId): Unknown {
  return gap('auth-chain', `${id}, which the resolution of the states needs, is missing`);
}

/** An event of the states or their auth chains may have been accepted or not. */
export function undecidedInChain(id: EventId): Unknown {
  return gap('auth-chain', `the verdict on ${id}, which the resolution of the states needs, is unknown`);
}

/** Unknown verdicts decide which events nothing follows. */
export function undecidedExtremities(possible: readonly EventId[]): Unknown {
  const some = possible.slice(0, 3).join(', ');
  return gap('extremities', `which events the slice ends with is unknown: perhaps ${some}`);
}
