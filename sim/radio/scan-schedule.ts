// How long it takes until a phone that scans part of the time hears one that advertises all the time.
import { seconds, type Duration, type Instant } from '../../protocol/time.ts';

/** Scans for `on`, pauses for `off`, again and again from `phase`. */
export interface ScanDuty {
  readonly on: Duration;
  readonly off: Duration;
}

/** A phone that never stops scanning. */
export const withoutPause: ScanDuty = { on: seconds(5), off: seconds(0) };

/**
 * Scan duty by platform and connected peers: bitchat-android PowerManager.kt, in hand and with more than a fifth of the battery;
 * permissionlesstech/bitchat BLEScanDutyPolicy.swift, where an iPhone pauses with more than two peers if it has heard nothing new
 * for ten seconds. Peers announce themselves more often than that, so that here it does not pause. In the background an iPhone is
 * assumed to do what PowerManager.kt says: how far iOS stretches the scans of applications there is not published.
 */
export function scanDuty(platform: 'ios' | 'android', peers: number, inHand: boolean): ScanDuty {
  if (!inHand) return { on: seconds(1), off: seconds(peers > 0 ? 29 : 59) };
  return platform === 'ios' ? withoutPause : { on: seconds(8), off: seconds(2) };
}

/** Shares of scanning are counted in so many parts: every duty above comes to a whole number of them. */
export const scanParts = 60;

/** How many of `scanParts` of the time a phone with this duty listens for others. */
export function scanningParts({ on, off }: ScanDuty): number {
  return Math.round((scanParts * on) / (on + off));
}

/** The instant at which `needed` of scanning time has passed since `from`, with windows that begin at `phase` + k periods. */
export function afterScanning(from: Instant, needed: Duration, duty: ScanDuty, phase: Duration): Instant {
  if (duty.off === 0) return (from + needed) as Instant;
  const period = duty.on + duty.off;
  const sincePhase = (((from - phase) % period) + period) % period;
  // The present window's rest, if it is open.
  const open = Math.max(0, duty.on - sincePhase);
  if (needed <= open) return (from + needed) as Instant;
  const left = needed - open;
  const windows = Math.ceil(left / duty.on);
  const nextWindow = from + period - sincePhase;
  return (nextWindow + (windows - 1) * period + (left - (windows - 1) * duty.on)) as Instant;
}
