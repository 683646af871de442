// A load balancer whose health checks flap: in each period another part of its targets is out of service.
import { never, type Instant } from '../../protocol/time.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import type { Fault } from './fault.ts';

export type LoadBalancerFlap = Extract<Fault, { readonly kind: 'load-balancer-flap' }>;

function periodOf(fault: LoadBalancerFlap): number {
  return Math.max(1, Math.round(fault.periodSeconds * 1_000_000));
}

/** Whether a target is out of service at an instant at which the fault holds with this severity. */
export function isOutOfService(
  fault: LoadBalancerFlap,
  severity: number,
  target: string,
  at: Instant,
  draw: AddressedDraw,
): boolean {
  if (severity <= 0) return false;
  const period = Math.floor((at - fault.start) / periodOf(fault));
  return draw('load-balancer-flap', fault.id, target, period) < fault.fraction * severity;
}

/** The first change after `after`: the next period, unless the fault itself changes (at `change`) before. */
export function flapChangesAfter(fault: LoadBalancerFlap, after: Instant, change: Instant): Instant {
  if (after < fault.start || after >= fault.end) return change;
  const period = periodOf(fault);
  const next = fault.start + (Math.floor((after - fault.start) / period) + 1) * period;
  return Math.min(change, next < fault.end ? next : never) as Instant;
}
