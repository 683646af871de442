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
  { platform, connections }: RadioPhone,
): ScanDuty {
  return radioScansAlways === 1 ? withoutPause : scanDuty(platform, connections);
}

/** When `listener`, which scans for part of the time, hears `advertiser`: both are on and within range since `from`. `jammed`: share of advertisements that are drowned. */
export function heardBy(
  parameters: RadioParameters,
  draw: AddressedDraw,
  listener: RadioPhone,
  advertiser: RadioPhone,
  from: Instant,
  jammed = 0,
): Instant {
  const duty = dutyOf(parameters, listener);
  const phase = Math.floor(draw('radio-scan-phase', listener.name) * (duty.on + duty.off)) as Duration;
  const uniform = draw('radio-discovery', listener.name, advertiser.name, from);
  const needed = Math.round(
    exponential(uniform, seconds(parameters.radioDetectionSeconds)) /
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
