// How the sites through which people reach a provider are found.
import type { ComponentId } from '../world.ts';

/** The key of `World.access.sites` for people of a district who use a provider. */
export function accessSiteKey(city: string, district: string, isp: ComponentId): string {
  return `${city}/${district}/${isp}`;
}
