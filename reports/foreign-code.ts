// Other people's code for systems that run it: brought here, since nothing in sim/ may reach for it.
import { createHyperdht } from '../sim/foreign/hyperdht/driver.ts';
import { checkPackages } from '../sim/foreign/hyperdht/packages.ts';
import type { CreateForeignCode } from '../sim/foreign-code.ts';
import type { System } from '../sim/systems/system.ts';

/**
 * What the system's plan needs; undefined for most systems.
 * @throws ForeignPackagesMissing
 */
export function foreignCodeOf({ runsForeignCode }: System): CreateForeignCode | undefined {
  if (runsForeignCode !== true) return undefined;
  checkPackages();
  return createHyperdht;
}
