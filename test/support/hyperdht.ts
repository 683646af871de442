// Whether the optional packages of the system `hyperswarm` are here.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { checkPackages, ForeignPackagesMissing } from '../../sim/foreign/hyperdht/packages.ts';

/** Says loudly when they are not. */
export function hyperdhtInstalled(): boolean {
  try {
    checkPackages();
    return true;
  } catch (error) {
    if (!(error instanceof ForeignPackagesMissing)) throw error;
    process.stderr.write(`\n  NOT TESTED: ${error.message}\n\n`);
    return false;
  }
}

/** What the driven packages stand on: those with code that runs in a simulation, or whose native code is replaced. */
const stoodOn = [
  'hyperdht',
  'hyperswarm',
  'dht-rpc',
  '@hyperswarm/secret-stream',
  'noise-handshake',
  'noise-curve-ed',
  'kademlia-routing-table',
  'streamx',
  'sodium-native',
  'sodium-secretstream',
  'udx-native',
];

/** Versions as installed, by name. */
export function installedVersions(): Readonly<Record<string, string>> {
  const modules = dirname(dirname(createRequire(import.meta.url).resolve('hyperdht')));
  const versionOf = (name: string): string =>
    (JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')) as { version: string }).version;
  return Object.fromEntries(stoodOn.map((name) => [name, versionOf(name)]));
}
