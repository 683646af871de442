// A router as a core of its own, for networks that are studied without anybody on top of it.
import type { Core, CoreFactory } from '../core.ts';
import type { UpperLayer, RouterConfig } from './router.ts';
import { Router } from './router.ts';

/** A core that is nothing but a router. */
export interface RouterCore extends Core {
  readonly router: Router;
}

/** Makes the core; nothing of it survives a restart but its key, which is in the configuration. */
export function createRouterCore(config: RouterConfig, upper: UpperLayer): () => RouterCore {
  return (() => {
    const router = new Router(config, upper);
    return {
      router,
      step: (clock, input, out) => void router.step(input, { clock, out }),
      inspect: () => router.inspect(),
    };
  }) satisfies CoreFactory;
}
