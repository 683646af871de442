// Which packages the driver drives: exact versions, since it stands on what their authors never promised.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Versions that a run was made to work with; package.json pins the same. */
export const drivenVersions = {
  hyperdht: '6.34.0',
  hyperswarm: '4.17.2',
} as const;

/** The packages are not there, or are other ones than those that the driver knows. */
export class ForeignPackagesMissing extends Error {
  override readonly name = 'ForeignPackagesMissing';
}

const require = createRequire(import.meta.url);

/**
 * Where the packages are found from: this file, or the first of `paths` that has them.
 * @throws ForeignPackagesMissing
 */
export function checkPackages(from: (name: string) => string = (name) => require.resolve(name)): void {
  for (const [name, wanted] of Object.entries(drivenVersions)) {
    const version = installedVersion(name, from);
    const install = Object.entries(drivenVersions).map(([each, exact]) => `${each}@${exact}`);
    if (version === undefined)
      throw new ForeignPackagesMissing(
        `the system \`hyperswarm\` runs the real packages, and ${name} is not installed here: \`npm install ${install.join(' ')}\``,
      );
    if (version !== wanted)
      throw new ForeignPackagesMissing(
        `the system \`hyperswarm\` drives ${name} ${wanted} by parts that are not its public interface, and ${version} is installed here: \`npm install ${install.join(' ')}\``,
      );
  }
}

function installedVersion(name: string, from: (name: string) => string): string | undefined {
  let file: string;
  try {
    file = from(name);
  } catch {
    return undefined;
  }
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    try {
      const found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, unknown>;
      if (found['name'] === name) return String(found['version']);
    } catch {
      // No package begins here.
    }
  }
  return undefined;
}
