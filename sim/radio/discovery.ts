// How long two phones in range take to find each other: one advertises, the other listens for part of the time.
import type { Duration, Instant } from '../../protocol/time.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import { geometric, logNormal } from '../random/distributions.ts';
import type { RadioParameters } from './parameters.ts';
import type { RadioPhone } from './radio-phone.ts';
import { afterListening, scanDuty } from './scan-duty.ts';

/** Spread of connection set-up times: standard deviation of their logarithm. Assumed, range 0.2–1. */
const setUpSigma = 0.5;

/**
 * When `scanner` first hears `advertiser`, both in range and on since `from`. It hears each advertisement that falls
 * into its listening with the same probability; advertising intervals carry a random delay, so that what it missed
 * once tells nothing about the next (Bluetooth Core Specification 5.4, volume 6, part B §4.4.2.2.1).
 */
export function heardAt(
  parameters: RadioParameters,
  draw: AddressedDraw,
  scanner: RadioPhone,
  advertiser: RadioPhone,
  from: Instant,
): Instant {
  const { advertisingInterval, heardShare } = parameters;
  const uniform = draw('radio-discovery', scanner.person, advertiser.person, from);
  const missed = geometric(uniform, heardShare);
  const untilFirst = draw('radio-advertising', scanner.person, advertiser.person, from) * advertisingInterval;
  const listening = Math.round(untilFirst + missed * advertisingInterval) as Duration;
  return afterListening(
    scanDuty(scanner.platform, scanner.links),
    scanner.scanPhase,
    from,
    Math.max(1, listening) as Duration,
  );
}

/** From the decision to connect until both applications can send. */
export function setUpDuration(
  parameters: RadioParameters,
  draw: AddressedDraw,
  central: RadioPhone,
  peripheral: RadioPhone,
  from: Instant,
): Duration {
  const uniform = draw('radio-set-up', central.person, peripheral.person, from);
  return Math.max(1, logNormal(uniform, parameters.setUpTime, setUpSigma)) as Duration;
}
