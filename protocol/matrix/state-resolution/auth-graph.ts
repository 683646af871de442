// The events of a room as small numbers, so that walks over auth chains touch arrays and not strings.
import type { MatrixEvent } from '../event.ts';
import type { EventLookup } from '../auth-state.ts';
import { createEventId, type EventId } from '../ids.ts';
import type { ResolutionContext } from '../state-resolution.ts';
import { NumberSet } from './number-set.ts';

/** Stands for "no such event". */
export const noEvent = -1;

/** Events by number, each with the events it cites as its authority. */
export class EventNumbers {
  readonly #find: EventLookup;
  readonly #numbers = new Map<EventId, number>();
  readonly #events: MatrixEvent[] = [];
  readonly #auth: (readonly number[] | undefined)[] = [];
  #lastNumber = noEvent;
  /** The events cited by the event whose references were read last, and their numbers. */
  #lastIds: readonly EventId[] = [];
  #lastNumbers: readonly number[] = [];
  /** Sets that earlier resolutions have given back, empty: a set costs more to make than most resolutions put in. */
  readonly #spareSets: NumberSet[] = [];

  /** `find` is asked for events that have no number yet. */
  constructor(find: EventLookup) {
    this.#find = find;
  }

  /** All of these events, and no others; of two with one id the later. */
  static of(events: readonly MatrixEvent[]): EventNumbers {
    const numbers = new EventNumbers(() => undefined);
    for (const event of events) numbers.#numbers.set(event.eventId, numbers.#events.push(event) - 1);
    return numbers;
  }

  /** How many events have a number so far. */
  get size(): number {
    return this.#events.length;
  }

  /** An empty set for numbers of events. */
  takeSet(): NumberSet {
    return this.#spareSets.pop() ?? new NumberSet(this.size);
  }

  /** Gives back a set that nobody will look at again. */
  giveBack(set: NumberSet): void {
    set.clear();
    this.#spareSets.push(set);
  }

  /** The event's number; {@link noEvent} for one that is not to be had. */
  numberOf(id: EventId): number {
    // States list their events mostly in the order in which these got their numbers: comparing is cheaper than a look-up.
    const next = this.#lastNumber + 1;
    if (next < this.#events.length && this.event(next).eventId === id) return (this.#lastNumber = next);
    const number = this.#numbers.get(id) ?? this.#add(id);
    if (number !== noEvent) this.#lastNumber = number;
    return number;
  }

  #add(id: EventId): number {
    const event = this.#find(id);
    if (event === undefined) return noEvent;
    const number = this.#events.push(event) - 1;
    this.#numbers.set(id, number);
    return number;
  }

  event(number: number): MatrixEvent {
    return this.#events[number] as MatrixEvent;
  }

  /** The events that this one cites as its authority; those that are not to be had are left out. */
  authOf(number: number): readonly number[] {
    return (this.#auth[number] ??= this.#readAuth(this.event(number).authEvents));
  }

  /** Neighbours in a state mostly cite the same create event, power levels and join rules. */
  #readAuth(ids: readonly EventId[]): readonly number[] {
    const numbers: number[] = [];
    for (let index = 0; index < ids.length; index++) {
      const id = ids[index] as EventId;
      const number = id === this.#lastIds[index] ? (this.#lastNumbers[index] as number) : this.numberOf(id);
      if (number !== noEvent) numbers.push(number);
    }
    // With one left out the places no longer fit.
    if (numbers.length === ids.length) {
      this.#lastIds = ids;
      this.#lastNumbers = numbers;
    }
    return numbers;
  }
}

/** The auth graph of one resolution: numbered events, seen by what the resolution knows of them. */
export class AuthGraph {
  readonly context: ResolutionContext;
  readonly #numbers: EventNumbers;
  readonly #sets: NumberSet[] = [];

  constructor(context: ResolutionContext) {
    this.context = context;
    this.#numbers = context.numbers ?? new EventNumbers(context.find);
  }

  get size(): number {
    return this.#numbers.size;
  }

  /** An empty set for numbers of events, good until {@link AuthGraph.end}. */
  newSet(): NumberSet {
    const set = this.#numbers.takeSet();
    this.#sets.push(set);
    return set;
  }

  /** The resolution is over: its sets may serve the next. */
  end(): void {
    for (const set of this.#sets.splice(0)) this.#numbers.giveBack(set);
  }

  numberOf(id: EventId): number {
    return this.#numbers.numberOf(id);
  }

  /** Numbers of events; those that are not to be had are left out. */
  numbersOf(ids: Iterable<EventId>): number[] {
    const numbers: number[] = [];
    for (const id of ids) {
      const number = this.#numbers.numberOf(id);
      if (number !== noEvent) numbers.push(number);
    }
    return numbers;
  }

  event(number: number): MatrixEvent {
    return this.#numbers.event(number);
  }

  /** The events that this one cites as its authority. */
  authOf(number: number): readonly number[] {
    return this.#numbers.authOf(number);
  }

  /** The cited event with this place in the state, the last when there are several. */
  cited(number: number, key: string): number {
    const auth = this.#numbers.authOf(number);
    for (let index = auth.length - 1; index >= 0; index--) {
      const cited = auth[index] as number;
      if (this.#numbers.event(cited).stateMapKey === key) return cited;
    }
    return noEvent;
  }

  /** The create event that the room id of an event implies; {@link noEvent} in versions where events cite it. */
  impliedCreate(number: number): number {
    const { rules } = this.context;
    return rules.roomIdIsCreateEvent ? this.numberOf(createEventId(this.event(number).roomId)) : noEvent;
  }

  isRejected(number: number): boolean {
    return this.context.isRejected(this.event(number).eventId);
  }
}
