// What a scenario expects, with the SQL that measures it again: one expectation per metric that reads more than a record.
import { nearestRank } from './sql.ts';

/** An expectation of a scenario, beside its SQL. */
export interface MeasuredExpectation {
  readonly id: string;
  readonly system: string;
  /** What stands in the scenario beside id, text, basis and source. */
  readonly fields: string;
  readonly sql: string;
}

/** Instants of the windows below, in microseconds. */
const from = 10 * 60e6;
const until = 40 * 60e6;
const window = 'sentBetween: [10m, 40m]';

const rows = (system: string, where = 'true'): string =>
  `(SELECT * FROM fates WHERE system = '${system}' AND sent_us >= ${from} AND sent_us < ${until} AND ${where})`;
const share = (condition: string): string => `avg(coalesce(${condition}, false)::INT)`;
const excess = (system: string, rank: number): string =>
  `SELECT ${nearestRank(rank, `SELECT coalesce((delivered_us - twin_delivered_us)::DOUBLE, 'infinity'::DOUBLE) AS v FROM ${rows(system, 'twin_delivered_us IS NOT NULL')}`)} / 6e7`;
const tasksDone = (variant: string): string =>
  `(SELECT ${share('done_us - begun_us <= 60000000')} FROM tasks WHERE system = 'signal' AND variant = '${variant}' AND kind = 'log-in' AND begun_us >= ${from} AND begun_us < ${until})`;
const tasks = 'task: log-in, begunBetween: [10m, 40m], within: 1m';

export const measuredExpectations: readonly MeasuredExpectation[] = [
  ...(['signal', 'matrix', 'bitchat'] as const).flatMap((system): MeasuredExpectation[] => [
    {
      id: `${system}-ratio`,
      system,
      fields: `metric: ratio, ${window}, within: 5m`,
      sql: `SELECT ${share('delivered_us - sent_us <= 300000000')} FROM ${rows(system)}`,
    },
    {
      id: `${system}-loss-nearby`,
      system,
      fields: `metric: ratio-loss, ${window}, within: 1m, distance: walking`,
      sql: `SELECT ${share('twin_delivered_us - sent_us <= 60000000')} - ${share('delivered_us - sent_us <= 60000000')} FROM ${rows(system, "distance = 'walking'")}`,
    },
    {
      id: `${system}-read`,
      system,
      fields: `metric: read-in-window, ${window}`,
      sql: `SELECT ${share(`delivered_us < ${until}`)} FROM ${rows(system)}`,
    },
    {
      id: `${system}-late`,
      system,
      fields: `metric: late-share, ${window}`,
      sql: `SELECT ${share('twin_delivered_us IS NOT NULL AND (delivered_us IS NULL OR delivered_us - twin_delivered_us > 1000000)')} FROM ${rows(system)}`,
    },
    {
      id: `${system}-accepted`,
      system,
      fields: 'metric: lost-after-acceptance',
      sql: `SELECT count(*) FROM fates WHERE system = '${system}' AND measured AND accepted_us IS NOT NULL AND delivered_us IS NULL AND twin_delivered_us IS NOT NULL`,
    },
    {
      id: `${system}-cut-off`,
      system,
      fields: 'metric: cut-off-share',
      sql: `SELECT count(*) / (SELECT any_value(people) FROM runs) FROM (SELECT sum(end_us - start_us) AS t FROM incidents WHERE system = '${system}' AND kind = 'cut-off' GROUP BY person) WHERE t > 60000000`,
    },
  ]),
  {
    id: 'half',
    system: 'signal',
    fields: `metric: excess-p50-minutes, ${window}`,
    sql: excess('signal', 0.5),
  },
  {
    id: 'most',
    system: 'signal',
    fields: `metric: excess-p99-minutes, ${window}`,
    sql: excess('signal', 0.99),
  },
  {
    id: 'logins',
    system: 'signal',
    fields: `metric: task-ratio, ${tasks}`,
    sql: `SELECT ${tasksDone('run')}`,
  },
  {
    id: 'logins-lost',
    system: 'signal',
    fields: `metric: task-loss, ${tasks}`,
    sql: `SELECT ${tasksDone('twin')} - ${tasksDone('run')}`,
  },
  {
    id: 'rejected',
    system: 'matrix',
    fields: 'metric: refused, fate: rejected',
    sql: "SELECT coalesce(sum(times), 0) FROM counts WHERE system = 'matrix' AND variant = 'run' AND kind = 'refusal' AND name = 'rejected'",
  },
  {
    id: 'backed-off',
    system: 'matrix',
    fields: 'metric: situation, situation: matrix.federation.backoff',
    sql: "SELECT coalesce(sum(times), 0) FROM counts WHERE system = 'matrix' AND variant = 'run' AND kind = 'situation' AND name = 'matrix.federation.backoff'",
  },
];

/** They as a scenario has them; the bound is wide, since it is the measured value that is looked at. */
export const expectationsText = measuredExpectations
  .map(
    ({ id, system, fields }) =>
      `  - { id: ${id}, text: Measured again., basis: derived, system: ${system}, ${fields}, least: -1000000, source: invented }`,
  )
  .join('\n');
