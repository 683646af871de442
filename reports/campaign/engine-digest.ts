// What computed a result: hash over the code that simulates and measures, and the versions of what it builds on.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { packageFile } from '../../scenarios/package-file.ts';

/** Folders whose code decides a result; charts, the dashboard and the command line only show it. */
const deciding = ['protocol', 'sim', 'scenarios', 'reports'];
const showing = new Set([
  'comparison',
  'queue',

  'campaign',
  'charts',
  'dashboard',
  'documents',
  'room-drawing',
  'sensitivity',
  'statistics',
]);

const manifest = z.object({ dependencies: z.record(z.string(), z.string()) });

let known: string | undefined;

/**
 * SHA-256 over the code that is running, whatever the line ends of the checkout. Results of different engines are never
 * taken for one another.
 */
export function engineDigest(): string {
  if (known === undefined) {
    const here = fileURLToPath(import.meta.url);
    const root = dirname(dirname(dirname(here)));
    const hash = createHash('sha256');
    for (const folder of deciding)
      for (const path of codeBelow(root, folder, extname(here)))
        hash.update(JSON.stringify([path, readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n')]));
    const { dependencies } = manifest.parse(JSON.parse(readFileSync(packageFile('package.json'), 'utf8')));
    hash.update(JSON.stringify(dependencies));
    known = hash.digest('hex');
  }
  return known;
}

/** Paths from the root with slashes, sorted. */
function codeBelow(root: string, folder: string, extension: string): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory())
        return folder === 'reports' && showing.has(entry.name) ? [] : codeBelow(root, path, extension);
      return entry.name.endsWith(extension) && !entry.name.endsWith('.d.ts') ? [path] : [];
    })
    .sort();
}
