// A run against the record, in words: a line per phase.
import { durationInWords } from '../figures-in-words.ts';
import type { RunRecord } from '../record.ts';
import { fewestForTiming, type PhaseError } from './against-record.ts';
import type { ObservedPoint } from './observed-series.ts';

/** `2025-10-20 15:30 to 2025-10-20 15:50 (dns): simulated 0.0 %, observed 35.0 %; level: …; timing: …`. */
export function phaseInWords(
  phase: PhaseError,
  { epoch }: Pick<RunRecord, 'epoch'>,
  isShare: boolean,
): string {
  const value = (number: number): string => (isShare ? `${(number * 100).toFixed(1)} %` : number.toFixed(1));
  const during = phase.faults.length === 0 ? 'no fault' : phase.faults.join(', ');
  return (
    `${clock(epoch, phase.start)} to ${clock(epoch, phase.end)} (${during}): simulated ${value(phase.simulated)}, ` +
    `observed ${value(phase.observed)}; level: ${levelInWords(phase, isShare)}; timing: ${timingInWords(phase)}`
  );
}

function levelInWords({ level, rootMeanSquare }: PhaseError, isShare: boolean): string {
  const size = (number: number): string =>
    isShare ? `${(Math.abs(number) * 100).toFixed(1)} points` : Math.abs(number).toFixed(1);
  const fits = Number.parseFloat(size(level)) === 0;
  return `${fits ? 'fits' : `${size(level)} too ${level < 0 ? 'low' : 'high'}`} (rms ${size(rootMeanSquare)})`;
}

function timingInWords({ lateSeconds, points }: PhaseError): string {
  if (points < fewestForTiming) return `too few observations (${points})`;
  if (lateSeconds === null) return 'nothing changes';
  if (lateSeconds === 0) return 'fits';
  return `${durationInWords(Math.abs(lateSeconds))} ${lateSeconds > 0 ? 'late' : 'early'}`;
}

/** From the beginning of a run's sending window to its horizon. */
export function spanInWords({ epoch, windows }: Pick<RunRecord, 'epoch' | 'windows'>): string {
  return `${clock(epoch, windows.sendingStart)} to ${clock(epoch, windows.horizon)}`;
}

/** From the first to the last observation. */
export function observedSpan(points: readonly ObservedPoint[], { epoch }: Pick<RunRecord, 'epoch'>): string {
  return `${clock(epoch, points[0]?.at ?? 0)} to ${clock(epoch, points.at(-1)?.at ?? 0)}`;
}

function clock(epoch: string, seconds: number): string {
  return new Date(Date.parse(epoch) + seconds * 1_000).toISOString().slice(0, 16).replace('T', ' ');
}
