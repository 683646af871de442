// A run as a line of the list of runs.
import { verdictOf } from '../evaluate.ts';
import type { StoredRun } from '../store.ts';
import type { RunSummary } from './wire.ts';

/** The line of one stored run. */
export function summaryOf(stored: StoredRun): RunSummary {
  if ('problem' in stored) return { id: stored.id, problem: stored.problem };
  const { id, record } = stored;
  return {
    id,
    title: record.title,
    scenario: record.scenario,
    seed: record.seed,
    recordedAt: record.recordedAt,
    verdict: verdictOf(record),
    changed: record.overrides.length > 0,
    systems: Object.entries(record.systems).map(([system, { title, delivery, twin }]) => ({
      id: system,
      title,
      withinOneMinute: delivery.within['1m'],
      twin: twin.delivery.within['1m'],
    })),
  };
}
