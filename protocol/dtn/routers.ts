// The routers that come with netsplit, by name.
import { createDirectRouter } from './direct.ts';
import { createEpidemicRouter } from './epidemic.ts';
import { createProphetRouter } from './prophet.ts';
import type { CreateDtnRouter } from './router.ts';
import { createSprayAndWaitRouter, defaultCopies } from './spray-and-wait.ts';

/** What can be set of routers. */
export interface DtnRouterOptions {
  /** Copies per message of spray-and-wait. */
  readonly copies?: number;
}

const routers: ReadonlyMap<string, (options: DtnRouterOptions) => CreateDtnRouter> = new Map([
  ['epidemic', () => createEpidemicRouter],
  ['spray-and-wait', ({ copies = defaultCopies }: DtnRouterOptions) => createSprayAndWaitRouter(copies)],
  ['prophet', () => createProphetRouter],
  ['direct', () => createDirectRouter],
]);

/** Names of the routers. */
export const dtnRouterNames: readonly string[] = [...routers.keys()];

/** The router of this name; undefined when there is none. */
export function dtnRouterCalled(name: string, options: DtnRouterOptions = {}): CreateDtnRouter | undefined {
  return routers.get(name)?.(options);
}
