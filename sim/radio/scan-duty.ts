// When a phone listens for advertisements: a part of each period, to save its battery.
import { seconds, type Duration, type Instant } from '../../protocol/time.ts';
import type { Device } from '../workload/workload.ts';

/** Listening during the first `listen` of each `period`. */
export interface ScanDuty {
  readonly listen: Duration;
  readonly period: Duration;
}

const always: ScanDuty = { listen: seconds(1), period: seconds(1) };
/** permissionlesstech/bitchat, TransportConfig.swift: 5 s on and 10 s off; 3 s and 15 s with six peers or more. */
const iosUsual: ScanDuty = { listen: seconds(5), period: seconds(15) };
const iosDense: ScanDuty = { listen: seconds(3), period: seconds(18) };
/** permissionlesstech/bitchat-android, PowerManager.kt: 8 s on, 2 s off in its normal mode. */
const androidUsual: ScanDuty = { listen: seconds(8), period: seconds(10) };

/** How a phone with so many links scans: an iPhone without pause up to two (TransportConfig.swift). */
export function scanDuty(platform: Device['platform'], links: number): ScanDuty {
  if (platform === 'android') return androidUsual;
  if (links <= 2) return always;
  return links >= 6 ? iosDense : iosUsual;
}

/** When a phone whose periods begin at `phase` and repeat has listened for `listening` since `from`. */
export function afterListening(duty: ScanDuty, phase: Instant, from: Instant, listening: Duration): Instant {
  const { listen, period } = duty;
  const intoPeriod = (((from - phase) % period) + period) % period;
  const periodStart = from - intoPeriod;
  // Listening time since the start of the period in which `from` lies, up to the instant sought.
  const total = Math.min(intoPeriod, listen) + listening;
  const whole = Math.max(0, Math.ceil(total / listen) - 1);
  return Math.max(from, periodStart + whole * period + (total - whole * listen)) as Instant;
}
