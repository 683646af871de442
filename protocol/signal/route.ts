// Which of a service's sites a phone turns to: the nearest first, and the next one after a failure that another site may not
// have. With one site there is nothing to choose, as in Signal's own client.
import { present } from '../assert.ts';
import type { Address } from '../core.ts';
import type { Failure } from '../failure.ts';

export class Route {
  readonly #sites: readonly Address[];
  #current = 0;

  /** Sites by preference, at least one. */
  constructor(sites: readonly Address[]) {
    this.#sites = sites;
  }

  get hasChoice(): boolean {
    return this.#sites.length > 1;
  }

  get address(): Address {
    return present(this.#sites[this.#current], 'a site of the service');
  }

  /** Something asked of the current site failed. */
  failed(failure: Failure): void {
    if (failure.kind === 'offline' || (failure.kind === 'status' && failure.status < 500)) return;
    this.#current = (this.#current + 1) % this.#sites.length;
  }
}
