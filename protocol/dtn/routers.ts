// The routers that come with netsplit, by name.
import { createDirectRouter } from './direct.ts';
import { createEpidemicRouter } from './epidemic.ts';
import type { CreateDtnRouter } from './router.ts';

/** Routers by the name that the command line gives them. */
export const dtnRouters: ReadonlyMap<string, CreateDtnRouter> = new Map([
  ['epidemic', createEpidemicRouter],
  ['direct', createDirectRouter],
]);
