// The SQL of further figures: of aspects, classes, twins, tasks, keys, and of what is only counted.
import {
  late,
  lost,
  measured,
  nearestRank,
  percentiles,
  windowsSql,
  within,
  type Recomputed,
} from './sql.ts';

const dimensions = ['distance', 'conversation', 'country'] as const;
const ranked = [0.5, 0.9, 0.99];

/** Rows of `[name, count]` as the record has them by name. */
const byName = (counts: Readonly<Record<string, number>>): unknown[] =>
  Object.entries(counts)
    .filter(([, count]) => count !== 0)
    .toSorted(([left], [right]) => (left < right ? -1 : 1));

const availabilitySql = (id: string, column: string): string =>
  `WITH pairs AS (SELECT unnest([sender, recipient]) AS person, coalesce(${column} - sent_us <= 6e7, false)::INT AS came FROM ${measured(id)} WHERE horizon_us - sent_us >= 6e7),
    a AS (SELECT person, avg(came) AS v FROM pairs GROUP BY person)
    SELECT count(*), ${nearestRank(0.5, 'SELECT v FROM a')}, ${nearestRank(0.1, 'SELECT v FROM a')}, min(v), count(*) FILTER (v < 0.99), count(*) FILTER (v < 0.9), count(*) FILTER (v < 0.5) FROM a`;

const keyWaitSql = (id: string, kind: string): string =>
  `WITH w AS (SELECT coalesce((end_us - start_us)::DOUBLE, 'infinity'::DOUBLE) AS v FROM incidents WHERE system = '${id}' AND kind = '${kind}'),
    f AS (SELECT count(*) AS n, count(*) FILTER (v = 'infinity') AS never, ${nearestRank(0.5, 'SELECT v FROM w')} AS median, max(v) AS longest FROM w)
    SELECT n, never, CASE WHEN median < 'infinity' THEN median / 1e6 END, CASE WHEN longest < 'infinity' THEN longest / 1e6 END FROM f`;

const twinOf = (id: string): string => `(SELECT count(twin_delivered_us) FROM fates WHERE system = '${id}')`;

const resendSql = (id: string, table: string): string =>
  `SELECT ${within('delivered_us', 6e7)}, count(delivered_us) / nullif(count(*), 0), ${within('twin_delivered_us', 6e7)}, count(twin_delivered_us) / nullif(count(*), 0)
    FROM ${table} JOIN runs USING (run) WHERE system = '${id}' AND measured`;

/** The figures that `figures.ts` does not have. */
export const moreFigures: readonly Recomputed[] = [
  {
    figure: 'the whole curve of the delay, and the twin’s',
    sql: (id) =>
      `WITH edges AS (SELECT round(pow(10, 1 + unnest(range(0, 65)) / 8)) AS ms), d AS (SELECT delivered_us - sent_us AS ours, twin_delivered_us - sent_us AS twins FROM ${measured(id)})
      SELECT ms, count(*) FILTER (ours <= ms * 1000), count(*) FILTER (twins <= ms * 1000), count(*) FROM edges, d GROUP BY ms ORDER BY ms`,
    recorded: ({ latencyCurve: { edgesMs, delivered, twin, expected } }) =>
      edgesMs.map((edge, index) => [edge, delivered[index], twin[index], expected]),
  },
  {
    figure: 'shares and percentiles of classes',
    sql: (id) =>
      dimensions
        .map(
          (dimension, index) =>
            `SELECT ${index} AS d, name, n, n / total, ten, twins, ${ranked.map((share) => `v[greatest(1, ceil(round(${share} * n, 6)))::INT] / 1000`).join(', ')}
            FROM (SELECT ${dimension} AS name, count(*) AS n, any_value(total) AS total, avg(coalesce(delivered_us - sent_us <= 1e7, false)::INT) AS ten, count(twin_delivered_us) / count(*) AS twins,
              list(coalesce((delivered_us - sent_us)::DOUBLE, 'infinity'::DOUBLE) ORDER BY coalesce((delivered_us - sent_us)::DOUBLE, 'infinity'::DOUBLE)) AS v
              FROM (SELECT *, count(*) OVER () AS total FROM ${measured(id)}) GROUP BY ${dimension})`,
        )
        .join(' UNION ALL ') + ' ORDER BY d, n DESC, name',
    recorded: ({ byClass }) =>
      byClass.map((row) => [
        dimensions.indexOf(row.dimension),
        row.name,
        row.expected,
        row.shareOfExpected,
        row.withinTenSeconds,
        row.twinDelivered,
        ...(row.latencyMs === undefined ? [] : percentiles(row.latencyMs)),
      ]),
  },
  {
    figure: 'availability in the twin',
    sql: (id) => availabilitySql(id, 'twin_delivered_us'),
    recorded: ({ twin }) => [Object.values(twin.availability ?? {})],
  },
  {
    figure: 'order in the twin',
    sql: (id) =>
      `WITH f AS (SELECT *, min(twin_delivered_us) OVER (PARTITION BY recipient, conversation_id ORDER BY message ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS later FROM ${measured(id)} WHERE twin_delivered_us IS NOT NULL)
      SELECT count(*) FILTER (later < twin_delivered_us), count(*) FILTER (later < twin_delivered_us) / nullif(count(*), 0), (SELECT sum(duplicates) FROM messages WHERE system = '${id}' AND variant = 'twin') FROM f`,
    recorded: ({ twin }) => [Object.values(twin.order ?? {})],
  },
  {
    figure: 'bytes per delivery and energy of the twin',
    sql: (id) =>
      `WITH t AS (SELECT sum(internet_bytes) AS i, sum(radio_bytes) AS r, sum(radio_air_us) / 1e6 AS a, sum(radio_scan_us) / 1e6 AS s FROM traffic WHERE system = '${id}' AND variant = 'twin')
      SELECT (i + r) / nullif(${twinOf(id)}, 0), a * 0.2 + s * 0.1, s * 0.1, i * 1.96e-6, (a * 0.2 + s * 0.1 + i * 1.96e-6) / nullif(${twinOf(id)}, 0) FROM t`,
    recorded: ({ twin: { bytes, energy } }) => [
      [
        bytes.perDelivery,
        energy?.radioJoules,
        energy?.scanJoules,
        energy?.internetJoules,
        energy?.perDeliveryJoules,
      ],
    ],
  },
  ...(['run', 'twin'] as const).map((variant): Recomputed => ({
    figure: `server load of the ${variant}, with the busiest server`,
    sql: (id) =>
      `WITH l AS (SELECT * FROM load WHERE system = '${id}' AND variant = '${variant}'), peak AS (SELECT max(busiest_minute_us / (processors * 6e7)) AS share FROM l)
      SELECT count(*), coalesce(sum(busy_us), 0) / 1e6, coalesce(sum(inputs), 0) / (SELECT nullif(count(${variant === 'run' ? '' : 'twin_'}delivered_us), 0) FROM fates WHERE system = '${id}'),
        (SELECT first(node) FROM l, peak WHERE busiest_minute_us / (processors * 6e7) = peak.share), (SELECT share FROM peak) FROM l`,
    recorded: (system) => {
      const load = variant === 'run' ? system.serverLoad : system.twin.serverLoad;
      return [
        [load?.servers, load?.busySeconds, load?.inputsPerDelivery, load?.busiest, load?.busiestMinute],
      ];
    },
  })),
  {
    figure: 'waits for keys',
    sql: (id) => keyWaitSql(id, 'key-wait'),
    recorded: ({ undecryptable: u }) => [[u?.deliveries, u?.never, u?.medianSeconds, u?.longestSeconds]],
  },
  {
    figure: 'waits for keys in the twin',
    sql: (id) => keyWaitSql(id, 'twin-key-wait'),
    recorded: ({ undecryptable }) => [Object.values(undecryptable?.twin ?? {})],
  },
  {
    figure: 'outstanding and unreadable by instant',
    sql: (id: string): string => {
      const at = 's.start_us + s.bucket_us';
      const waiting = (kind: string): string =>
        `(SELECT count(*) FROM incidents i WHERE i.system = '${id}' AND i.kind = '${kind}' AND i.start_us <= ${at} AND (i.end_us IS NULL OR i.end_us > ${at}))`;
      return `SELECT (SELECT count(*) FROM ${measured(id)} f WHERE f.sent_us <= ${at} AND (f.twin_delivered_us IS NULL OR f.twin_delivered_us > ${at})), ${waiting('key-wait')}, ${waiting('twin-key-wait')}
        FROM (SELECT * FROM series WHERE system = '${id}') s ORDER BY start_us`;
    },
    recorded: ({ series }) =>
      series.twinOutstanding.map((count, bucket) => [
        count,
        series.undecryptable[bucket],
        series.twinUndecryptable[bucket],
      ]),
  },
  {
    figure: 'tasks with their medians and the twin’s',
    sql: (id) =>
      `WITH t AS (SELECT *, coalesce((done_us - begun_us)::DOUBLE, 'infinity'::DOUBLE) AS v FROM tasks WHERE system = '${id}'),
      k AS (SELECT kind, list(v ORDER BY v) FILTER (variant = 'run') AS v, any_value(due_us - begun_us) / 1e6 AS deadline, count(*) FILTER (variant = 'twin') AS twins, count(*) FILTER (variant = 'twin' AND done_us <= due_us) AS ended FROM t GROUP BY kind)
      SELECT kind, deadline, CASE WHEN v[ceil(0.5 * len(v))::INT] < 'infinity' THEN v[ceil(0.5 * len(v))::INT] / 1e6 END, twins, ended FROM k WHERE len(v) > 0 ORDER BY kind`,
    recorded: ({ tasks }) =>
      tasks
        .filter(({ offered, attempted }) => offered && attempted > 0)
        .map((each) => [
          each.kind,
          each.deadlineSeconds,
          each.medianSeconds,
          each.twinAttempted,
          each.twinInTime,
        ])
        .toSorted((left, right) => (String(left[0]) < String(right[0]) ? -1 : 1)),
  },
  {
    figure: 'why tasks were not done in time',
    sql: (id) =>
      `SELECT kind, reason, count(*) AS n FROM tasks WHERE system = '${id}' AND variant = 'run' AND (done_us IS NULL OR done_us > due_us) GROUP BY ALL ORDER BY kind, n DESC, reason`,
    recorded: ({ tasks }) =>
      tasks
        .toSorted((left, right) => (left.kind < right.kind ? -1 : 1))
        .flatMap(({ kind, reasons }) => reasons.map((each) => [kind, each.reason, each.tasks])),
  },
  {
    figure: 'whose fault it was that tasks were not done in time',
    sql: (id) =>
      `WITH r AS (SELECT * FROM tasks WHERE system = '${id}' AND variant = 'run' AND (done_us IS NULL OR done_us > due_us)),
      b AS (SELECT r.kind AS kind, unnest(string_split(r.faults, ' ')) AS fault FROM r JOIN tasks t ON t.system = '${id}' AND t.variant = 'twin' AND t.task = r.task AND t.done_us <= t.due_us)
      SELECT kind, fault, count(*) AS n FROM b GROUP BY ALL ORDER BY kind, n DESC, fault`,
    recorded: ({ tasks }) =>
      tasks
        .toSorted((left, right) => (left.kind < right.kind ? -1 : 1))
        .flatMap(({ kind, blame }) => blame.map((each) => [kind, each.fault, each.tasks])),
  },
  ...(['situation', 'counter'] as const).map((kind): Recomputed => ({
    figure: `${kind}s`,
    sql: (id) =>
      `SELECT name, times FROM counts WHERE system = '${id}' AND variant = 'run' AND kind = '${kind}' AND times <> 0 ORDER BY name`,
    recorded: ({ situations, counters }) => byName(kind === 'situation' ? situations : counters),
  })),
  {
    figure: 'refusals',
    sql: (id) =>
      `SELECT node, peer, name, rule, sum(times) FILTER (variant = 'run'), sum(times) FILTER (variant = 'twin') FROM counts WHERE system = '${id}' AND kind = 'refusal' GROUP BY ALL ORDER BY name, peer, rule, node`,
    recorded: ({ refusals }) =>
      refusals.map((each) => [
        each.node,
        each.from,
        each.fate,
        each.rule,
        each.times === 0 ? null : each.times,
        each.twinTimes === 0 ? null : each.twinTimes,
      ]),
  },
  ...(['never', 'always'] as const).map((bound): Recomputed => ({
    figure: `had people ${bound} sent again`,
    sql: (id) => resendSql(id, `resend_${bound}`),
    recorded: ({ resend }) => [Object.values(resend?.[bound] ?? {})],
  })),
  {
    figure: 'agreement as a whole',
    sql: (id) =>
      `SELECT count(DISTINCT object) FILTER (end_us - start_us > 6e7), coalesce(max(end_us - start_us) FILTER (end_us - start_us > 6e7), 0) / 1e6,
        CASE WHEN bool_or(is_open AND end_us - start_us > 6e7) THEN NULL ELSE coalesce(greatest(0, max(end_us - last_fault_end_us) FILTER (end_us - start_us > 6e7)) / 1e6, 0) END,
        ${nearestRank(0.5, `SELECT end_us - start_us AS v FROM ${windowsSql(id, 'aspect IS NULL')} WHERE end_us - start_us > 6e7`)} / 1e6 FROM ${windowsSql(id, 'aspect IS NULL')}`,
    recorded: ({ convergence, divergence }) => [
      [
        convergence.diverged,
        convergence.longestSeconds,
        convergence.objects === 0 ? 0 : convergence.seconds,
        divergence?.medianSeconds,
      ],
    ],
  },
  ...['state', 'extremities'].map((aspect): Recomputed => ({
    figure: `agreement and divergence in ${aspect}`,
    sql: (id) =>
      `SELECT NOT coalesce(bool_or(is_open), false), count(DISTINCT object) FILTER (end_us - start_us > 6e7), coalesce(max(end_us - start_us) FILTER (end_us - start_us > 6e7), 0) / 1e6,
        CASE WHEN bool_or(is_open AND end_us - start_us > 6e7) THEN NULL ELSE coalesce(greatest(0, max(end_us - last_fault_end_us) FILTER (end_us - start_us > 6e7)) / 1e6, 0) END,
        CASE WHEN bool_or(is_open) THEN NULL ELSE coalesce(greatest(0, max(end_us - last_fault_end_us)) / 1e6, 0) END,
        count(*) FILTER (end_us - start_us > 6e7), ${nearestRank(0.5, `SELECT end_us - start_us AS v FROM ${windowsSql(id, `aspect = '${aspect}'`)} WHERE end_us - start_us > 6e7`)} / 1e6,
        coalesce(sum(end_us - start_us) FILTER (end_us - start_us > 6e7), 0) / 3.6e9, count(DISTINCT object) FILTER (end_us - start_us > 6e7) FROM ${windowsSql(id, `aspect = '${aspect}'`)}`,
    recorded: ({ convergence, divergence }) => {
      const agreement = convergence.aspects[aspect];
      const windows = divergence?.aspects[aspect];
      return [
        [
          agreement?.converged ?? true,
          agreement?.diverged ?? 0,
          agreement?.longestSeconds ?? 0,
          agreement === undefined ? 0 : agreement.seconds,
          agreement === undefined ? 0 : agreement.strictSeconds,
          windows?.windows ?? 0,
          windows?.medianSeconds ?? null,
          windows?.objectHours ?? 0,
          windows?.objects ?? 0,
        ],
      ];
    },
  })),
  {
    figure: 'what was found at the end',
    sql: (id) =>
      `SELECT coalesce(bool_and(aspect <> 'history'), true), count(*) FILTER (aspect = 'state-reset'), count(detail) FROM incidents WHERE system = '${id}' AND kind = 'finding'`,
    recorded: ({ convergence }) => [
      [convergence.historyComplete ?? true, convergence.resets, convergence.details.length],
    ],
  },
  {
    figure: 'findings of which there is more to say',
    sql: (id) =>
      `SELECT object, aspect, node, detail FROM incidents WHERE system = '${id}' AND kind = 'finding' AND detail IS NOT NULL ORDER BY ALL`,
    recorded: ({ convergence: { details } }) =>
      details
        .map(({ object, aspect, node, detail }) => [object, aspect, node, detail])
        .toSorted((left, right) => (left.join() < right.join() ? -1 : 1)),
  },
  {
    figure: 'how many objects each cause has',
    sql: (id) =>
      `SELECT aspect, cause, count(DISTINCT object) FROM incidents WHERE system = '${id}' AND kind = 'finding' GROUP BY ALL ORDER BY ALL`,
    recorded: ({ convergence }) =>
      convergence.causes
        .map(({ aspect, cause, objects }) => [aspect, cause, objects])
        .toSorted((left, right) => (left.join() < right.join() ? -1 : 1)),
  },
  {
    figure: 'the share that blame leaves unexplained',
    sql: (id) =>
      `WITH f AS (SELECT count(*) FILTER (${late}) AS late, count(*) FILTER (${lost}) AS lost, coalesce(sum(delivered_us - twin_delivered_us) FILTER (${late}), 0) AS excess FROM ${measured(id)}),
      u AS (SELECT count(DISTINCT (message, recipient)) AS n, coalesce(sum(excess_us), 0) AS excess FROM charges WHERE system = '${id}' AND fault = 'unexplained')
      SELECT greatest(coalesce(n / nullif(late + lost, 0), 0), coalesce(u.excess / nullif(f.excess, 0), 0)) FROM f, u`,
    recorded: ({ blameAccount }) => [[blameAccount.unexplainedShare]],
  },
];
