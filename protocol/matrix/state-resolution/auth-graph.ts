// The events of one resolution as small numbers, so that walks over auth chains touch arrays and not strings.
import type { MatrixEvent } from '../event.ts';
import { createEventId, type EventId } from '../ids.ts';
import type { ResolutionContext } from '../state-resolution.ts';

/** Stands for "no such event". */
export const noEvent = -1;

/** Events by number, each with the events it cites as its authority. Filled as they are asked for. */
export class AuthGraph {
  readonly context: ResolutionContext;
  readonly #numbers = new Map<EventId, number>();
  readonly #events: MatrixEvent[] = [];
  readonly #auth: (readonly number[])[] = [];

  constructor(context: ResolutionContext) {
    this.context = context;
  }

  /** How many events have a number so far. */
  get size(): number {
    return this.#events.length;
  }

  /** The event's number; {@link noEvent} for one that is not to be had. */
  numberOf(id: EventId): number {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    const event = this.context.find(id);
    const number = event === undefined ? noEvent : this.#events.push(event) - 1;
    this.#numbers.set(id, number);
    return number;
  }

  /** Numbers of events; those that are not to be had are left out. */
  numbersOf(ids: Iterable<EventId>): number[] {
    const numbers: number[] = [];
    for (const id of ids) {
      const number = this.numberOf(id);
      if (number !== noEvent) numbers.push(number);
    }
    return numbers;
  }

  event(number: number): MatrixEvent {
    return this.#events[number] as MatrixEvent;
  }

  /** The events that this one cites as its authority. */
  authOf(number: number): readonly number[] {
    let auth = this.#auth[number];
    if (auth === undefined) {
      auth = this.numbersOf(this.event(number).authEvents);
      this.#auth[number] = auth;
    }
    return auth;
  }

  /** The cited event with this place in the state, the last when there are several. */
  cited(number: number, key: string): number {
    const auth = this.authOf(number);
    for (let index = auth.length - 1; index >= 0; index--) {
      const cited = auth[index] ?? noEvent;
      if (cited !== noEvent && this.event(cited).stateMapKey === key) return cited;
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
