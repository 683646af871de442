// A module of the user's own, TypeScript or JavaScript, named on the command line.
import { statSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure } from 'esbuild';
import { UsageError } from './exit.ts';

/**
 * Loads a module. What it imports of its own is bundled with it, so that it runs on every Node that netsplit runs on,
 * also those that cannot read TypeScript.
 * @param option what names the module on the command line, for messages
 * @throws UsageError when the module cannot be read, or fails as it is loaded
 */
export async function loadUserModule(
  path: string,
  option: string,
): Promise<Readonly<Record<string, unknown>>> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw new UsageError(`${option}: there is no file ${path}`);
  const code = await bundled(path, option);
  const folder = await mkdtemp(join(tmpdir(), 'netsplit-module-'));
  try {
    const file = join(folder, 'module.mjs');
    await writeFile(file, code);
    return (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new UsageError(`${option}: ${path}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function bundled(path: string, option: string): Promise<string> {
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
    throw new UsageError(`${option}: ${place}: ${first?.text ?? String(error)}`);
  }
}
