// Surroundings for tests of the host: the fake Internet and a world whose components a test takes down by hand.
import { noCause, type CauseToken } from '../../protocol/failure.ts';
import type { Duration } from '../../protocol/time.ts';
import type { DiskFate, HealthListener, NodeHealth } from '../../sim/host/node-health.ts';
import type { CreateSurroundings } from '../../sim/host/surroundings.ts';
import type { ComponentId } from '../../sim/world.ts';
import { FakeInternet } from './fake-internet.ts';

/** Health that a test sets. */
export class FakeHealth implements NodeHealth {
  readonly mayRollBack = true;
  readonly #down = new Map<ComponentId, { cause: CauseToken; disk: DiskFate }>();
  readonly #slow = new Map<ComponentId, number>();
  readonly #listeners: HealthListener[] = [];
  /** Attempts that fail before one succeeds. */
  failingStarts = 0;

  isUp(component: ComponentId): boolean {
    return !this.#down.has(component);
  }

  isReachable(component: ComponentId): boolean {
    return !this.#down.has(component);
  }

  causeOf(component: ComponentId): CauseToken {
    return this.#down.get(component)?.cause ?? noCause;
  }

  canStart(_component: ComponentId, _node: number, attempt: number): boolean {
    return attempt >= this.failingStarts;
  }

  workFactor(component: ComponentId): number {
    return this.#slow.get(component) ?? 1;
  }

  diskAfterCrash(component: ComponentId): DiskFate {
    return this.#down.get(component)?.disk ?? 'kept';
  }

  onChange(listener: HealthListener): void {
    this.#listeners.push(listener);
  }

  takeDown(component: ComponentId, cause: CauseToken = noCause, disk: DiskFate = 'kept'): void {
    this.#down.set(component, { cause, disk });
    for (const listener of this.#listeners) listener(component);
  }

  bringUp(component: ComponentId): void {
    this.#down.delete(component);
    for (const listener of this.#listeners) listener(component);
  }

  slowDown(component: ComponentId, factor: number): void {
    this.#slow.set(component, factor);
  }
}

/** Fake surroundings, and the health to play with. */
export function fakeSurroundings(latency?: Duration): { create: CreateSurroundings; health: FakeHealth } {
  const health = new FakeHealth();
  return {
    health,
    create: ({ host }) => ({
      health,
      internet: new FakeInternet(host, latency),
      radio: undefined,
      settle: () => undefined,
      faultContacts: () => new Map(),
    }),
  };
}
