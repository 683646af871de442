// Whether the optional packages of the system `hyperswarm` are here.
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
