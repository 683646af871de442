// A load balancer whose health checks flap: in each period another part of its targets is out of service.
import { never, type Instant } from '../../protocol/time.ts';
import type { AddressedDraw } from '../random/addressed.ts';
import type { Fault } from './fault.ts';

export type LoadBalancerFlap = Extract<Fault, { readonly kind: 'load-balancer-flap' }>;

function lengthOf(fault: LoadBalancerFlap): number {
  return Math.max(1, Math.round(fault.periodSeconds * 1_000_000));
}

/** Number of the period that an instant falls into. */
export function flapPeriod(fault: LoadBalancerFlap, at: Instant): number {
  return Math.floor((at - fault.start) / lengthOf(fault));
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
  return draw('load-balancer-flap', fault.id, target, flapPeriod(fault, at)) < fault.fraction * severity;
}

/** The first change after `after`: the next period, unless the fault itself changes (at `change`) before. */
export function flapChangesAfter(
  fault: LoadBalancerFlap,
  end: Instant,
  after: Instant,
  change: Instant,
): Instant {
  if (after < fault.start || after >= end) return change;
  const next = fault.start + (flapPeriod(fault, after) + 1) * lengthOf(fault);
  return Math.min(change, next < end ? next : never) as Instant;
}
