// What `run --json` prints: the figures of a record that scripts build on, without what only pictures need.
import type { RunRecord } from './record.ts';
import type { SystemRecord } from './record-system.ts';

/** The document, ready for JSON.stringify. */
export interface JsonDocument {
  readonly scenario: string;
  readonly seed: number;
  readonly digest: string;
  readonly outcome: string;
  readonly systems: Readonly<Record<string, JsonSystem>>;
  readonly expectations: RunRecord['expectations'];
  readonly checks: RunRecord['checks'];
  readonly complete: boolean;
  readonly performance: RunRecord['performance'];
}

type JsonSystem = Omit<SystemRecord, 'series' | 'latencyCurve' | 'description' | 'busiestNodes'>;

/** Everything that a script may want to compare; series and curves stay in run.json. */
export function jsonDocument(record: RunRecord): JsonDocument {
  const { scenario, seed, digest, outcome, expectations, checks, complete, performance } = record;
  const systems = Object.fromEntries(
    Object.entries(record.systems).map(([id, system]) => {
      const {
        series: _series,
        latencyCurve: _curve,
        description: _words,
        busiestNodes: _busiest,
        ...figures
      } = system;
      return [id, figures];
    }),
  );
  return { scenario, seed, digest, outcome, systems, expectations, checks, complete, performance };
}
