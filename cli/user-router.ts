// A user's own router: a module of theirs, TypeScript or JavaScript, that exports `createRouter`.
import { statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure } from 'esbuild';
import type { CreateDtnRouter, DtnRouter } from '../protocol/dtn/router.ts';
import { UsageError } from './exit.ts';

/** Whether a name on the command line means a module rather than a router of netsplit's. */
export function isModulePath(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name);
}

/**
 * Loads a user's router. What the module imports of its own is bundled with it, so that it runs on every Node that
 * netsplit runs on, also those that cannot read TypeScript.
 * @throws UsageError when the module cannot be read or exports no `createRouter`
 */
export async function loadUserRouter(path: string): Promise<CreateDtnRouter> {
  if (statSync(path, { throwIfNoEntry: false }) === undefined)
    throw new UsageError(`--router: there is no file ${path}`);
  const code = await bundled(path);
  const folder = await mkdtemp(join(tmpdir(), 'netsplit-router-'));
  try {
    const file = join(folder, 'router.mjs');
    await writeFile(file, code);
    const { createRouter } = (await import(pathToFileURL(file).href)) as { createRouter?: unknown };
    if (typeof createRouter !== 'function')
      throw new UsageError(`--router: ${path} does not export a function createRouter`);
    return checked(createRouter as CreateDtnRouter, path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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

async function bundled(path: string): Promise<string> {
  const { build } = await import('esbuild');
  try {
    const { outputFiles } = await build({
      entryPoints: [resolve(path)],
      bundle: true,
      write: false,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      sourcemap: 'inline',
      logLevel: 'silent',
    });
    return outputFiles[0]?.text ?? '';
  } catch (error) {
    const [first] = (error as BuildFailure).errors ?? [];
    const place = first?.location ? `${path}:${first.location.line}:${first.location.column + 1}` : path;
    throw new UsageError(`--router: ${place}: ${first?.text ?? String(error)}`);
  }
}
