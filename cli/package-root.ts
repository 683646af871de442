// Files that travel with the package, found from the source tree and from dist/ alike.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('netsplit is not inside its package');
  return findRoot(above);
}

/** Absolute path of a file of the package. */
export function packageFile(name: string): string {
  return join(findRoot(dirname(fileURLToPath(import.meta.url))), name);
}
