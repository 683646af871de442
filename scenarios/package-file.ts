// Files that travel with the package, found from the source tree and from dist/ alike.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function packageRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('netsplit is not inside its package');
  return packageRoot(above);
}

/** Absolute path of a file of the package. */
export function packageFile(...names: readonly string[]): string {
  return join(packageRoot(dirname(fileURLToPath(import.meta.url))), ...names);
}
