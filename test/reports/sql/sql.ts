// Pieces of SQL over the Parquet files of a run, and what they are held against.
import type { SystemRecord } from '../../../reports/record-system.ts';

export const measured = (system: string): string =>
  `(SELECT *, horizon_us, sending_start_us, sending_end_us, last_fault_end_us FROM fates JOIN runs USING (run) WHERE system = '${system}' AND measured)`;
export const within = (column: string, limit: number): string =>
  `avg(CASE WHEN horizon_us - sent_us >= ${limit} THEN CASE WHEN ${column} - sent_us <= ${limit} THEN 1.0 ELSE 0.0 END END)`;
export const deliverySql = (system: string, column: string, where = 'true'): string =>
  `SELECT count(DISTINCT message), count(*), count(${column}), count(${column}) / nullif(count(*), 0),
    ${within(column, 1e7)}, ${within(column, 6e7)}, ${within(column, 3.6e9)} FROM ${measured(system)} WHERE ${where}`;
export const deliveryFigures = ({
  sent,
  expected,
  delivered,
  ratio,
  within,
}: SystemRecord['delivery']): unknown[] => [
  sent,
  expected,
  delivered,
  ratio,
  within['10s'],
  within['1m'],
  within['1h'],
];
export const nearestRank = (share: number, rows: string): string =>
  `(SELECT min(v) FROM (SELECT v, row_number() OVER (ORDER BY v) AS rank, count(*) OVER () AS n FROM (${rows})) WHERE rank >= greatest(1, ceil(round(${share} * n, 6))))`;
export const delays = (system: string, column: string): string =>
  `SELECT coalesce((${column} - sent_us)::DOUBLE, 'infinity'::DOUBLE) AS v FROM ${measured(system)}`;
export const percentiles = ({ p50, p90, p99, beyondHorizon }: SystemRecord['latencyMs']): unknown[] =>
  (['p50', 'p90', 'p99'] as const).map((name) =>
    beyondHorizon.includes(name) ? Infinity : { p50, p90, p99 }[name],
  );
export const late = 'delivered_us - twin_delivered_us > 1000000';
export const lost = 'delivered_us IS NULL AND twin_delivered_us IS NOT NULL';

/** A figure of a system's record beside the SQL that computes it again. */
export interface Recomputed {
  readonly figure: string;
  readonly sql: (system: string) => string;
  readonly recorded: (system: SystemRecord, id: string) => unknown;
}

export const windowsSql = (system: string, aspect: string): string =>
  `(SELECT object, start_us, coalesce(end_us, horizon_us) AS end_us, end_us IS NULL AS is_open, last_fault_end_us FROM incidents JOIN runs USING (run) WHERE system = '${system}' AND kind = 'disagreement' AND ${aspect})`;
