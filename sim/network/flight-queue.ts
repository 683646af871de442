// Flights of one direction of a connection, in the order of its stream. A chain through the flights themselves: nearly always
// there is one or none, and a list of one would have to grow and shrink for each.
import type { Flight } from './connection.ts';

/** First in, first out. */
export class FlightQueue implements Iterable<Flight> {
  #first: Flight | undefined;
  #last: Flight | undefined;

  get first(): Flight | undefined {
    return this.#first;
  }

  get last(): Flight | undefined {
    return this.#last;
  }

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  push(flight: Flight): void {
    if (this.#last === undefined) this.#first = flight;
    else this.#last.next = flight;
    this.#last = flight;
  }

  shift(): Flight | undefined {
    const flight = this.#first;
    if (flight === undefined) return undefined;
    this.#first = flight.next;
    if (this.#first === undefined) this.#last = undefined;
    flight.next = undefined;
    return flight;
  }

  clear(): void {
    this.#first = undefined;
    this.#last = undefined;
  }

  *[Symbol.iterator](): Iterator<Flight> {
    for (let flight = this.#first; flight !== undefined; flight = flight.next) yield flight;
  }
}
