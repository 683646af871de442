// When a system was as good as its twin again, its backlog drained, its replicas one: the same words wherever they are shown.
import { durationInWords } from './figures-in-words.ts';
import type { SystemRecord } from './record-system.ts';

/** From the end of the last fault; a dash where nothing failed or nothing was to be delivered. */
export function recoveryInWords({ recovery, delivery }: Pick<SystemRecord, 'recovery' | 'delivery'>): string {
  if (delivery.expected === 0) return '–';
  switch (recovery.status) {
    case 'no-faults':
      return '–';
    case 'never-left':
      return 'never left';
    case 'not-recovered':
      return 'not while sending';
    case 'recovered':
      return recovery.seconds === 0 ? 'before its end' : durationInWords(recovery.seconds ?? 0);
  }
}

/** Likewise; a dash where there was no backlog. */
export function drainInWords({ backlog }: Pick<SystemRecord, 'backlog'>): string {
  if (backlog.peakAt === null) return '–';
  if (backlog.drainSeconds === null) return '> horizon';
  return backlog.drainSeconds === 0 ? 'before its end' : durationInWords(backlog.drainSeconds);
}

/** From the end of the last fault until replicas agree, in all or in one aspect. */
export function agreementInWords({
  converged,
  diverged,
  seconds,
}: Pick<SystemRecord['convergence'], 'converged' | 'diverged' | 'seconds'>): string {
  if (converged === null) return '–';
  if (!converged) return '> horizon';
  if (diverged === 0) return 'never apart';
  if (seconds === null) return 'agree';
  return seconds === 0 ? 'before its end' : durationInWords(seconds);
}
