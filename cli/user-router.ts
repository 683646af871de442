// A user's own router: a module of theirs, TypeScript or JavaScript, that exports `createRouter`.
import type { CreateDtnRouter, DtnRouter } from '../protocol/dtn/router.ts';
import { UsageError } from './exit.ts';
import { loadUserModule } from './user-module.ts';

/** Whether a name on the command line means a module rather than a router of netsplit's. */
export function isModulePath(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name);
}

/**
 * Loads a user's router.
 * @throws UsageError when the module cannot be read or exports no `createRouter`
 */
export async function loadUserRouter(path: string): Promise<CreateDtnRouter> {
  const { createRouter } = await loadUserModule(path, '--router');
  if (typeof createRouter !== 'function')
    throw new UsageError(`--router: ${path} does not export a function createRouter`);
  return checked(createRouter as CreateDtnRouter, path);
}

/** What `createRouter` returns is asked `offers` for every copy; that it can be is checked once, before anything runs. */
function checked(createRouter: CreateDtnRouter, path: string): CreateDtnRouter {
  return (context) => {
    const router: Partial<DtnRouter> | undefined = createRouter(context);
    if (typeof router?.offers !== 'function')
      throw new UsageError(`--router: createRouter of ${path} returned no object with a function offers`);
    return router as DtnRouter;
  };
}
