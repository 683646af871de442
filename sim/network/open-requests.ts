// Requests that wait for their end, by number.
import type { RequestId } from '../../protocol/core.ts';
import type { Request } from './connection.ts';

const firstCapacity = 256;

/**
 * A request lies in the place that the last digits of its number say. Numbers whose place is taken are left out, so that
 * what is asked for lies in its place or is no more: numbers ascend, and none is given twice.
 */
export class OpenRequests {
  #places: (Request | undefined)[] = new Array<Request | undefined>(firstCapacity).fill(undefined);
  #open = 0;
  #last = 0;

  /** The number of the request that is added next. */
  nextId(): RequestId {
    if (this.#open * 2 >= this.#places.length) this.#grow();
    do this.#last++;
    while (this.#places[this.#placeOf(this.#last)] !== undefined);
    return this.#last as RequestId;
  }

  add(request: Request): void {
    this.#places[this.#placeOf(request.id)] = request;
    this.#open++;
  }

  get(id: RequestId): Request | undefined {
    const request = this.#places[this.#placeOf(id)];
    return request?.id === id ? request : undefined;
  }

  delete(request: Request): void {
    if (this.get(request.id) === undefined) return;
    this.#places[this.#placeOf(request.id)] = undefined;
    this.#open--;
  }

  #placeOf(id: number): number {
    return id % this.#places.length;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Array<Request | undefined>(before.length * 2).fill(undefined);
    for (const request of before)
      if (request !== undefined) this.#places[this.#placeOf(request.id)] = request;
  }
}
