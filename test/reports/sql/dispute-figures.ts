// Disagreement on entries of shared objects by SQL.
import type { DisputedState } from '../../../reports/record-system.ts';
import { nearestRank, type Recomputed } from './sql.ts';

/** Windows of a simulation, one row each. */
const windows = (id: string, variant = 'run'): string =>
  `(SELECT DISTINCT number, object, entry, split_part(entry, ' ', 1) AS type, start_us, end_us, coalesce(end_us, horizon_us) - start_us AS us FROM disputes JOIN runs USING (run) WHERE system = '${id}' AND variant = '${variant}')`;
/** What was refused because of an entry, one row per refusal and entry. */
const refused = (id: string, variant = 'run'): string =>
  `(SELECT *, split_part(entry, ' ', 1) AS type FROM refused WHERE system = '${id}' AND variant = '${variant}' AND entry IS NOT NULL)`;

const counted =
  'count(*) AS windows, count(DISTINCT object) AS objects, coalesce(max(us), 0) / 1e6 AS longest, coalesce(sum(us), 0) / 3.6e9 AS hours';
const refusals = 'count(DISTINCT id) AS refused, count(DISTINCT id) FILTER (is_speech) AS speech';

const countsSql = (id: string, variant: string): string =>
  `SELECT * FROM (SELECT ${counted} FROM ${windows(id, variant)}), (SELECT ${refusals} FROM ${refused(id, variant)})`;
const countsOf = (counts: DisputedState['twin'] | undefined): unknown[] => [
  counts?.windows,
  counts?.objects,
  counts?.longestSeconds,
  counts?.entryHours,
  counts?.refused,
  counts?.refusedSpeech,
];

/** The entries that a record lists, in its order. */
const listed = (id: string): string =>
  `(SELECT *, row_number() OVER (ORDER BY seconds DESC, object, entry) AS rank FROM
    (SELECT object, entry, count(number) AS windows, coalesce(sum(us), 0) / 1e6 AS seconds, min(start_us) / 1e6 AS first_start,
      CASE WHEN bool_or(end_us IS NULL) THEN NULL ELSE max(end_us) / 1e6 END AS last_end, arg_min(number, (-us, number)) AS longest
      FROM (SELECT object, entry FROM ${windows(id)} UNION SELECT object, entry FROM ${refused(id)}) LEFT JOIN ${windows(id)} USING (object, entry)
      GROUP BY object, entry) ORDER BY rank LIMIT 20)`;

export const disputeFigures: readonly Recomputed[] = [
  {
    figure: 'disputed entries',
    sql: (id) => countsSql(id, 'run'),
    recorded: ({ disputedState }) => [countsOf(disputedState)],
  },
  {
    figure: 'disputed entries of the twin',
    sql: (id) => countsSql(id, 'twin'),
    recorded: ({ disputedState }) => [countsOf(disputedState?.twin)],
  },
  {
    figure: 'how long entries are disputed',
    sql: (id) =>
      `SELECT (SELECT count(*) FILTER (end_us IS NULL) FROM ${windows(id)}), ${nearestRank(0.5, `SELECT us AS v FROM ${windows(id)}`)} / 1e6`,
    recorded: ({ disputedState }) => [[disputedState?.open, disputedState?.medianSeconds]],
  },
  {
    figure: 'disputed entries by type',
    sql: (id) =>
      `WITH w AS (SELECT type, ${counted} FROM ${windows(id)} GROUP BY type), r AS (SELECT type, ${refusals} FROM ${refused(id)} GROUP BY type)
      SELECT type, coalesce(windows, 0), coalesce(objects, 0), coalesce(longest, 0), coalesce(hours, 0), coalesce(refused, 0), coalesce(speech, 0)
      FROM w FULL JOIN r USING (type) ORDER BY type`,
    recorded: ({ disputedState }) =>
      (disputedState?.byType ?? []).map(({ type, ...counts }) => [type, ...countsOf(counts)]),
  },
  {
    figure: 'entries one by one',
    sql: (id) =>
      `SELECT object, entry, windows, seconds, first_start, last_end,
        (SELECT count(*) FILTER (fate = 'soft-failed') FROM ${refused(id)} r WHERE r.object = e.object AND r.entry = e.entry),
        (SELECT count(*) FILTER (fate = 'rejected') FROM ${refused(id)} r WHERE r.object = e.object AND r.entry = e.entry)
      FROM ${listed(id)} e ORDER BY rank`,
    recorded: ({ disputedState }) =>
      (disputedState?.entries ?? []).map((each) => [
        each.object,
        each.entry,
        each.windows,
        each.seconds,
        each.firstStart,
        each.lastEnd,
        each.softFailed,
        each.rejected,
      ]),
  },
  {
    figure: 'who held what',
    sql: (id) =>
      `SELECT e.entry, value, nodes FROM ${listed(id)} e JOIN disputes d ON d.number = e.longest WHERE system = '${id}' AND variant = 'run' ORDER BY rank, side`,
    recorded: ({ disputedState }) =>
      (disputedState?.entries ?? []).flatMap(({ entry, sides }) =>
        sides.map(({ value, nodes }) => [entry, value, [...nodes].join(' ')]),
      ),
  },
  {
    figure: 'what was refused because of each entry',
    sql: (id) =>
      `WITH each AS (SELECT rank, entry, id, message, fate, count(*) AS nodes, min(r.number) AS first
        FROM ${listed(id)} e JOIN ${refused(id)} r USING (object, entry) GROUP BY rank, entry, id, message, fate)
      SELECT entry, id, message, fate, nodes FROM (SELECT *, row_number() OVER (PARTITION BY rank ORDER BY first) AS nth FROM each)
      WHERE nth <= 10 ORDER BY rank, nth`,
    recorded: ({ disputedState }) =>
      (disputedState?.entries ?? []).flatMap(({ entry, refused: each }) =>
        each.map((row) => [entry, row.id, row.message, row.fate, row.nodes]),
      ),
  },
];
