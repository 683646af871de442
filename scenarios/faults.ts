// Faults with their times resolved: what the simulation injects.
import type { Instant } from '../protocol/time.ts';
import type { Fault } from '../sim/faults/fault.ts';
import type { Windows } from '../sim/workload/workload.ts';
import type { ParsedScenario } from './parse.ts';
import type { ScenarioError } from './scenario-error.ts';
import { parseInstant } from './time-notation.ts';

/**
 * Resolves times and checks that each fault has a name of its own and a stretch of the run to hold in.
 * @throws ScenarioError
 */
export function compileFaults(
  parsed: ParsedScenario,
  epochWallMs: number,
  windows: Windows,
): readonly Fault[] {
  const seen = new Set<string>();
  return parsed.document.faults.map((written, index) => {
    const complain = (field: string, message: string): ScenarioError =>
      parsed.problemAt(['faults', index, field], message);
    if (seen.has(written.id)) throw complain('id', `two faults are called "${written.id}"`);
    seen.add(written.id);
    const start = instantOf(written.start, epochWallMs);
    if (written.end === undefined && written.endsWith === undefined)
      throw parsed.problemAt(['faults', index], `expected "end" or "endsWith" for the fault "${written.id}"`);
    // Without an end of its own it lasts for as long as the run, if nobody ends it.
    const end = written.end === undefined ? windows.horizon : instantOf(written.end, epochWallMs);
    for (const [edge, value] of [
      ['start', start],
      ['end', end],
    ] as const) {
      if (value < 0)
        throw complain(
          edge,
          `expected an instant at or after the epoch ${parsed.document.epoch}, found "${written[edge] ?? ''}"`,
        );
    }
    if (end <= start)
      throw complain(
        'end',
        `expected an end after the start "${written.start}", found "${written.end ?? ''}"`,
      );
    if (start >= windows.horizon)
      throw complain(
        'start',
        `expected a start before the horizon of the run, ${parsed.document.epoch} + ${windows.horizon / 3_600_000_000} h, found "${written.start}"`,
      );
    const { rampUp = 0, rampDown = 0 } = written;
    if (rampUp + rampDown > end - start)
      throw complain(rampUp > 0 ? 'rampUp' : 'rampDown', 'expected ramps that fit between start and end');
    return { ...written, start, end };
  });
}

/** The schema has let nothing through that is no instant. */
function instantOf(written: string, epochWallMs: number): Instant {
  return (parseInstant(written, epochWallMs) ?? Number.NaN) as Instant;
}
