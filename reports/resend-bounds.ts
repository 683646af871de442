// The headline if nobody sent again what their client shows as failed, and if everybody did. Whether people do is the same
// for all systems and assumed; systems that leave sending again to people depend on it, and a comparison must show how much.
import type { SystemRecord, ResendBound } from './record-system.ts';
import { neverResendPath } from './summarise.ts';
import { RunInterrupted, runScenario, type FinishedRun, type RunOptions } from './runner.ts';

function boundOf({ delivery, twin }: SystemRecord): ResendBound {
  return {
    within1m: delivery.within['1m'],
    ratio: delivery.ratio,
    twinWithin1m: twin.delivery.within['1m'],
    twinRatio: twin.delivery.ratio,
  };
}

/**
 * The run with its bounds: every system and its twin are simulated twice more, the same people saying the same things at the
 * same instants. Nothing is simulated again for a system that showed nobody a failure, in the run or in its twin, and
 * offers no tasks: the habit was never asked for. The run as it is, when it or a bound was interrupted or met a limit.
 */
export async function withResendBounds(finished: FinishedRun, options: RunOptions): Promise<FinishedRun> {
  const { record, evidence } = finished;
  const dependent = [...evidence].flatMap(([id, { run, twin }]) => {
    const failures = run.fates.counts.failedVisibly + twin.fates.counts.failedVisibly;
    return failures > 0 || record.systems[id]?.tasks.length !== 0 ? [id] : [];
  });
  const never = await systemsWith(1, dependent, options);
  const always = await systemsWith(0, dependent, options);
  if (!record.complete || never === undefined || always === undefined) return finished;
  const systems = Object.fromEntries(
    Object.entries(record.systems).map(([id, system]) => [
      id,
      {
        ...system,
        resend: {
          never: boundOf(never.systems[id] ?? system),
          always: boundOf(always.systems[id] ?? system),
        },
      },
    ]),
  );
  return {
    ...finished,
    resend: {
      never: new Map([...evidence, ...never.evidence]),
      always: new Map([...evidence, ...always.evidence]),
    },
    record: { ...record, systems, reproduce: `${record.reproduce} ${resendOption}` },
  };
}

/** What one habit makes of the systems that depend on it. */
interface Bound {
  readonly systems: Readonly<Record<string, SystemRecord>>;
  readonly evidence: FinishedRun['evidence'];
}

/** These systems where nobody (1) or everybody (0) sends again; undefined when they did not come to their end. */
async function systemsWith(
  neverShare: 0 | 1,
  systems: readonly string[],
  options: RunOptions,
): Promise<Bound | undefined> {
  if (systems.length === 0) return { systems: {}, evidence: new Map() };
  if (options.signal?.aborted === true) return undefined;
  const { onStart: _told, ...rest } = options;
  const overrides = [...(options.scenario.overrides ?? []), `${neverResendPath}=${neverShare}`];
  const scenario = { ...options.scenario, overrides };
  try {
    const { record, evidence } = await runScenario({ ...rest, scenario, systems });
    return record.complete ? { systems: record.systems, evidence } : undefined;
  } catch (error) {
    if (error instanceof RunInterrupted) return undefined;
    throw error;
  }
}

/** Of the command line. */
export const resendOption = '--resend-bounds';
