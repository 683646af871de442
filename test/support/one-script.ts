// A program of tests as one script of plain JavaScript, for processes that are started again and again: none of them has to
// read TypeScript first.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { packageFile } from '../../scenarios/package-file.ts';

/** A script in a folder of its own below `node_modules`, where it finds the packages that it imports. */
export interface OneScript {
  readonly file: string;
  remove(): void;
}

/** Bundles a TypeScript file with everything that it imports of this repository. */
export async function oneScript(entry: string): Promise<OneScript> {
  const cache = packageFile('node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'netsplit-test-'));
  const file = join(folder, 'script.mjs');
  await build({
    entryPoints: [entry],
    outfile: file,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  });
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
