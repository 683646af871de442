// How long two phones within range take to find each other, and to connect once one has heard the other.
import { milliseconds, seconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import { exponential, logNormal } from '../random/distributions.ts';
import type { RadioPhone } from './encounter.ts';
import { sparedAdvertisements } from './interference.ts';
import { radioConstants, type RadioParameters } from './radio-parameters.ts';
import { afterScanning, scanDuty, withoutPause, type ScanDuty } from './scan-schedule.ts';

/** When a phone listens for others. */
export function dutyOf(
  { radioScansAlways }: RadioParameters,
  { platform, connections, inHand }: RadioPhone,
): ScanDuty {
  return radioScansAlways === 1 ? withoutPause : scanDuty(platform, connections, inHand);
}

/** Never. */
export const unheard = Infinity as Instant;

/**
 * Whether a listener can understand what a phone advertises. An iPhone's application in the background advertises in the overflow area,
 * which only iPhones look at, and only while their application is open.
 * Apple, Core Bluetooth Programming Guide, “Core Bluetooth Background Processing for iOS Apps”.
 */
function understands(listener: RadioPhone, advertiser: RadioPhone): boolean {
  if (advertiser.inHand || advertiser.platform === 'android') return true;
  return listener.platform === 'ios' && listener.inHand;
}

/** How many times as long as usual it takes to hear a phone: in the background it advertises less often. */
function rarerBy({ radioAdvertisingMs }: RadioParameters, { inHand }: RadioPhone): number {
  return inHand ? 1 : Math.max(1, radioConstants.backgroundAdvertisingMs / radioAdvertisingMs);
}

/** When `listener`, which scans for part of the time, hears `advertiser`, or `unheard`: both are on and within range since `from`. `jammed`: share of advertisements that are drowned. */
export function heardBy(
  parameters: RadioParameters,
  draw: AddressedDraw,
  listener: RadioPhone,
  advertiser: RadioPhone,
  from: Instant,
  jammed = 0,
): Instant {
  if (!understands(listener, advertiser)) return unheard;
  const duty = dutyOf(parameters, listener);
  const phase = Math.floor(draw('radio-scan-phase', listener.name) * (duty.on + duty.off)) as Duration;
  const uniform = draw('radio-discovery', listener.name, advertiser.name, from);
  const needed = Math.round(
    (rarerBy(parameters, advertiser) * exponential(uniform, seconds(parameters.radioDetectionSeconds))) /
      ((1 - jammed) * sparedAdvertisements(parameters, listener.encounters.size)),
  ) as Duration;
  return afterScanning(from, needed, duty, phase);
}

/** From the decision to connect until both applications can send. */
export function setUpTime(
  parameters: RadioParameters,
  draw: AddressedDraw,
  left: RadioPhone,
  right: RadioPhone,
  from: Instant,
): Duration {
  const uniform = draw('radio-connect', left.name, right.name, from);
  return logNormal(uniform, milliseconds(parameters.radioConnectMs), radioConstants.connectSigma) as Duration;
}
