// The SQL of each figure of a system's record: first those of deliveries, people, objects and servers.
import {
  delays,
  deliveryFigures,
  deliverySql,
  late,
  lost,
  measured,
  nearestRank,
  percentiles,
  windowsSql,
  type Recomputed,
} from './sql.ts';

/** Figures of deliveries, people, objects and servers. */
export const figures: readonly Recomputed[] = [
  {
    figure: 'delivery',
    sql: (id) => deliverySql(id, 'delivered_us'),
    recorded: ({ delivery }) => [deliveryFigures(delivery)],
  },
  {
    figure: 'delivery of the twin',
    sql: (id) => deliverySql(id, 'twin_delivered_us'),
    recorded: ({ twin }) => [deliveryFigures(twin.delivery)],
  },
  {
    figure: 'delivery of people with a network',
    sql: (id) => deliverySql(id, 'delivered_us', 'connected_1m'),
    recorded: ({ whenConnected }) => [deliveryFigures(whenConnected)],
  },
  ...(['delivered_us', 'twin_delivered_us'] as const).map((column): Recomputed => ({
    figure: `percentiles of ${column}`,
    sql: (id) =>
      `SELECT ${[0.5, 0.9, 0.99].map((share) => `${nearestRank(share, delays(id, column))} / 1000`).join(', ')}`,
    recorded: ({ latencyMs, twin }) => [percentiles(column === 'delivered_us' ? latencyMs : twin.latencyMs)],
  })),
  {
    figure: 'percentiles of what was delivered',
    sql: (id) =>
      `SELECT ${[0.5, 0.9, 0.99].map((share) => `${nearestRank(share, `SELECT v FROM (${delays(id, 'delivered_us')}) WHERE v < 'infinity'::DOUBLE`)} / 1000`).join(', ')}`,
    recorded: ({ latencyDeliveredOnlyMs }) => [percentiles(latencyDeliveredOnlyMs)],
  },
  {
    figure: 'the curve of the delay at 10.24 s',
    sql: (id) => `SELECT count(*) FILTER (v <= 10000000), count(*) FROM (${delays(id, 'delivered_us')})`,
    recorded: ({ latencyCurve }) => [
      [latencyCurve.delivered[latencyCurve.edgesMs.indexOf(10_000)], latencyCurve.expected],
    ],
  },
  {
    figure: 'recovery',
    sql: (id) => `WITH f AS (SELECT floor((sent_us - sending_start_us) / 1e7)::INT + 1 AS i,
        coalesce(delivered_us - sent_us <= 6e7, false)::INT AS ours, coalesce(twin_delivered_us - sent_us <= 6e7, false)::INT AS twins FROM ${measured(id)}),
      steps AS (SELECT unnest(range(0, ceil((sending_end_us - sending_start_us) / 1e7)::INT + 1)) AS i, sending_start_us, last_fault_end_us FROM runs),
      sums AS (SELECT i, any_value(sending_start_us) AS s, any_value(last_fault_end_us) AS healed, count(ours) AS e, coalesce(sum(ours), 0) AS o, coalesce(sum(twins), 0) AS t FROM steps LEFT JOIN f USING (i) GROUP BY i),
      rolling AS (SELECT i, s, healed, abs(sum(o) OVER w - sum(t) OVER w) <= 0.01 * sum(e) OVER w + 1e-9 AS alike FROM sums WINDOW w AS (ORDER BY i ROWS 29 PRECEDING)),
      after AS (SELECT *, i - row_number() OVER (PARTITION BY alike ORDER BY i) AS island FROM rolling WHERE i >= greatest(0, ceil((healed - s) / 1e7))),
      islands AS (SELECT min(i) AS i, any_value(s) AS s, any_value(healed) AS healed, count(*) AS n FROM after WHERE alike GROUP BY island),
      answer AS (SELECT (SELECT bool_and(alike) FROM rolling) AS same, (SELECT CASE WHEN count(*) > 0 THEN greatest(0, min(s + i * 1e7 - healed)) / 1e6 END FROM islands WHERE n >= 181) AS seconds)
      SELECT CASE WHEN same THEN 'never-left' WHEN seconds IS NULL THEN 'not-recovered' ELSE 'recovered' END, CASE WHEN same THEN 0 ELSE seconds END, CASE WHEN same THEN 0 ELSE seconds END FROM answer`,
    recorded: ({ recovery, recoverySeconds }) => [[recovery.status, recovery.seconds, recoverySeconds]],
  },
  {
    figure: 'cut off',
    sql: (
      id,
    ) => `WITH p AS (SELECT person, sum(end_us - start_us) AS t FROM incidents WHERE system = '${id}' AND kind = 'cut-off' GROUP BY person)
      SELECT count(*), count(*) FILTER (t > 6e7), count(*) FILTER (t > 3.6e9), max(t) / 1e6, coalesce(sum(t) / 3.6e9, 0), ${nearestRank(0.5, 'SELECT t AS v FROM p')} / 1e6 FROM p`,
    recorded: ({ cutOff }) => [
      [
        cutOff.people,
        cutOff.overOneMinute,
        cutOff.overOneHour,
        cutOff.longestSeconds,
        cutOff.personHours,
        cutOff.medianSeconds,
      ],
    ],
  },
  {
    figure: 'backlog',
    sql: (
      id,
    ) => `WITH steps AS (SELECT unnest([twin_delivered_us, delivered_us]) AS t, unnest([1, -1]) AS step, horizon_us FROM ${measured(id)} WHERE delivered_us IS DISTINCT FROM twin_delivered_us),
      sums AS (SELECT t, sum(step) AS step FROM steps WHERE t < horizon_us GROUP BY t),
      levels AS (SELECT t, sum(step) OVER (ORDER BY t) AS level FROM sums),
      peak AS (SELECT greatest(0, coalesce(max(level), 0)) AS peak, arg_max(t, level) FILTER (level > 0) AS t FROM levels),
      above AS (SELECT max(levels.t) AS t FROM levels, peak WHERE level > greatest(1, 0.01 * peak)),
      drained AS (SELECT CASE WHEN above.t IS NULL THEN peak.t ELSE (SELECT min(levels.t) FROM levels, above WHERE levels.t > above.t) END AS t FROM peak, above)
      SELECT peak, peak.t / 1e6, (SELECT CASE WHEN drained.t IS NOT NULL THEN greatest(0, drained.t - last_fault_end_us) / 1e6 END FROM runs, drained) FROM peak`,
    recorded: ({ backlog }) => [[backlog.peak, backlog.peakAt, backlog.drainSeconds]],
  },
  {
    figure: 'late, lost and their excess',
    sql: (id) =>
      `SELECT count(*) FILTER (${late}), count(*) FILTER (${lost}), coalesce(sum(delivered_us - twin_delivered_us) FILTER (${late}), 0) / 1e6 FROM ${measured(id)}`,
    recorded: ({ blameAccount: { late, lost, excessSeconds } }) => [[late, lost, excessSeconds]],
  },
  {
    figure: 'the lines of blame',
    sql: (
      id,
    ) => `SELECT fault, reason, holder, count(DISTINCT (message, recipient)), sum(excess_us) / 1e6, sum(consequence_us) / 1e6, sum(never_delivered) FROM charges
      WHERE system = '${id}' GROUP BY ALL ORDER BY 7 DESC, 5 DESC, fault, reason, holder`,
    recorded: ({ blame }) =>
      blame.map((line) => [
        line.fault,
        line.reason,
        line.holder,
        line.deliveries,
        line.excessSeconds,
        line.consequenceSeconds,
        line.neverDelivered,
      ]),
  },
  {
    figure: 'what blame does not explain',
    sql: (id) =>
      `SELECT count(DISTINCT (message, recipient)), coalesce(sum(excess_us), 0) / 1e6, (SELECT coalesce(sum(consequence_us), 0) / 1e6 FROM charges WHERE system = '${id}') FROM charges WHERE system = '${id}' AND fault = 'unexplained'`,
    recorded: ({ blameAccount }) => [
      [blameAccount.unexplainedDeliveries, blameAccount.unexplainedSeconds, blameAccount.consequenceSeconds],
    ],
  },
  {
    figure: 'what is missing in the twin, too',
    sql: (id) =>
      `SELECT missing_why, count(*) FROM ${measured(id)} WHERE missing_why IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1`,
    recorded: ({ blameAccount }) =>
      blameAccount.missingInTwinToo.map(({ why, deliveries }) => [why, deliveries]),
  },
  {
    figure: 'where each fault bit',
    sql: (id) =>
      `SELECT count(DISTINCT (message, recipient)) FROM spans WHERE system = '${id}' AND list_contains(string_split(faults, ' '), 'table-store-dns')`,
    recorded: ({ faults }) => [[faults[0]?.bit]],
  },
  {
    figure: 'bytes, air time and energy',
    sql: (id) => `WITH d AS (SELECT count(delivered_us) AS n FROM fates WHERE system = '${id}'),
      t AS (SELECT sum(internet_bytes) AS i, sum(radio_bytes) AS r, sum(radio_air_us) / 1e6 AS a, sum(radio_scan_us) / 1e6 AS s FROM traffic WHERE system = '${id}' AND variant = 'run')
      SELECT i, r, a, s, (i + r) / nullif(n, 0), a * 0.2 + s * 0.1, s * 0.1, i * 1.96e-6, (a * 0.2 + s * 0.1 + i * 1.96e-6) / nullif(n, 0) FROM d, t`,
    recorded: ({ bytes, energy }) => [
      [
        bytes.internet,
        bytes.radio,
        bytes.airSeconds,
        bytes.scanSeconds,
        bytes.perDelivery,
        energy?.radioJoules,
        energy?.scanJoules,
        energy?.internetJoules,
        energy?.perDeliveryJoules,
      ],
    ],
  },
  {
    figure: 'bytes of the twin',
    sql: (id) =>
      `SELECT sum(internet_bytes), sum(radio_bytes), sum(radio_air_us) / 1e6, sum(radio_scan_us) / 1e6 FROM traffic WHERE system = '${id}' AND variant = 'twin'`,
    recorded: ({ twin: { bytes } }) => [[bytes.internet, bytes.radio, bytes.airSeconds, bytes.scanSeconds]],
  },
  {
    figure: 'counts',
    sql: (id) =>
      `SELECT sum(resent), sum(attempts_failed), sum(failed_visibly), sum(duplicates) FROM messages WHERE system = '${id}' AND variant = 'run'`,
    recorded: ({ counts }) => [
      [counts['resent'], counts['attemptsFailed'], counts['failedVisibly'], counts['duplicates']],
    ],
  },
  {
    figure: 'classes of distance, conversation and country',
    sql: (id) =>
      (['distance', 'conversation', 'country'] as const)
        .map(
          (dimension, index) =>
            `SELECT ${index} AS d, ${dimension} AS name, count(*) AS expected, count(delivered_us) / count(*), avg(coalesce(delivered_us - sent_us <= 6e7, false)::INT), avg(coalesce(twin_delivered_us - sent_us <= 6e7, false)::INT), avg(coalesce(delivered_us - sent_us <= 3.6e9, false)::INT), count(*) FILTER (${late}), count(*) FILTER (${lost}) FROM ${measured(id)} GROUP BY ${dimension}`,
        )
        .join(' UNION ALL ') + ' ORDER BY d, expected DESC, name',
    recorded: ({ byClass }) =>
      byClass.map((row) => [
        ['distance', 'conversation', 'country'].indexOf(row.dimension),
        row.name,
        row.expected,
        row.delivered,
        row.withinOneMinute,
        row.twinWithinOneMinute,
        row.withinOneHour,
        row.late,
        row.lost,
      ]),
  },
  {
    figure: 'availability by person',
    sql: (
      id,
    ) => `WITH pairs AS (SELECT unnest([sender, recipient]) AS person, coalesce(delivered_us - sent_us <= 6e7, false)::INT AS came FROM ${measured(id)} WHERE horizon_us - sent_us >= 6e7),
      a AS (SELECT person, avg(came) AS v FROM pairs GROUP BY person)
      SELECT count(*), ${nearestRank(0.5, 'SELECT v FROM a')}, ${nearestRank(0.1, 'SELECT v FROM a')}, min(v), count(*) FILTER (v < 0.99), count(*) FILTER (v < 0.9), count(*) FILTER (v < 0.5) FROM a`,
    recorded: ({ availability }) => [Object.values(availability ?? {})],
  },
  {
    figure: 'the blast radius',
    sql: (id) => `WITH f AS (SELECT *, coalesce(${late}, false) OR (${lost}) AS hit FROM ${measured(id)}),
      p AS (SELECT unnest([sender, recipient]) AS person, hit FROM f),
      changes AS (SELECT unnest([start_us, end_us]) AS t, unnest([1, -1]) AS step FROM incidents WHERE system = '${id}' AND kind = 'cut-off' AND end_us > start_us),
      sums AS (SELECT t, sum(step) AS step FROM changes GROUP BY t),
      levels AS (SELECT sum(step) OVER (ORDER BY t) AS level FROM sums)
      SELECT (SELECT count(DISTINCT person) FILTER (hit) / count(DISTINCT person) FROM p), count(DISTINCT conversation_id) FILTER (hit) / count(DISTINCT conversation_id),
        count(DISTINCT country) FILTER (hit) / count(DISTINCT country), avg(hit::INT), (SELECT coalesce(max(level), 0) FROM levels) FROM f`,
    recorded: ({ blastRadius }) => [Object.values(blastRadius ?? {})],
  },
  {
    figure: 'order',
    sql: (
      id,
    ) => `WITH f AS (SELECT *, min(delivered_us) OVER (PARTITION BY recipient, conversation_id ORDER BY message ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS later FROM ${measured(id)} WHERE delivered_us IS NOT NULL)
      SELECT count(*) FILTER (later < delivered_us), count(*) FILTER (later < delivered_us) / nullif(count(*), 0), (SELECT sum(duplicates) FROM messages WHERE system = '${id}' AND variant = 'run') FROM f`,
    recorded: ({ order }) => [Object.values(order ?? {})],
  },
  {
    figure: 'agreement and divergence windows',
    sql: (
      id,
    ) => `SELECT (SELECT count(*) FROM incidents WHERE system = '${id}' AND kind = 'object'), count(*) FILTER (end_us - start_us > 6e7), count(DISTINCT object) FILTER (end_us - start_us > 6e7),
      coalesce(sum(end_us - start_us) FILTER (end_us - start_us > 6e7), 0) / 3.6e9, coalesce(bool_or(is_open), false), CASE WHEN bool_or(is_open) THEN NULL ELSE coalesce(greatest(0, max(end_us - last_fault_end_us)) / 1e6, 0) END FROM ${windowsSql(id, 'aspect IS NULL')}`,
    recorded: ({ convergence, divergence }) => [
      [
        convergence.objects,
        divergence?.windows,
        divergence?.objects,
        divergence?.objectHours,
        convergence.converged === false,
        convergence.objects === 0 ? 0 : convergence.strictSeconds,
      ],
    ],
  },
  {
    figure: 'agreement on state',
    sql: (id) =>
      `SELECT count(DISTINCT object) FILTER (end_us - start_us > 6e7), coalesce(max(end_us - start_us) FILTER (end_us - start_us > 6e7), 0) / 1e6 FROM ${windowsSql(id, "aspect = 'state'")}`,
    recorded: ({ convergence: { aspects } }) => [
      [aspects['state']?.diverged ?? 0, aspects['state']?.longestSeconds ?? 0],
    ],
  },
  {
    figure: 'findings',
    sql: (id) =>
      `SELECT aspect, cause, count(*) FROM incidents WHERE system = '${id}' AND kind = 'finding' GROUP BY ALL ORDER BY ALL`,
    recorded: ({ convergence }) =>
      convergence.causes
        .map(({ aspect, cause, replicas }) => [aspect, cause, replicas])
        .toSorted((left, right) => (left.join() < right.join() ? -1 : 1)),
  },
  {
    figure: 'waits for keys, in run and twin',
    sql: (id) =>
      `SELECT count(*) FILTER (kind = 'key-wait'), count(*) FILTER (kind = 'key-wait' AND end_us IS NULL), count(*) FILTER (kind = 'twin-key-wait') FROM incidents WHERE system = '${id}'`,
    recorded: ({ undecryptable }) => [
      [undecryptable?.deliveries, undecryptable?.never, undecryptable?.twin.deliveries],
    ],
  },
  {
    figure: 'tasks',
    sql: (id) =>
      `SELECT kind, count(*), count(*) FILTER (done_us <= due_us), count(*) FILTER (done_us > due_us), count(*) FILTER (done_us IS NULL AND shown_failed), count(*) FILTER (done_us IS NULL AND NOT shown_failed) FROM tasks WHERE system = '${id}' AND variant = 'run' GROUP BY kind ORDER BY kind`,
    recorded: ({ tasks }) =>
      tasks
        .filter(({ offered, attempted }) => offered && attempted > 0)
        .map((each) => [each.kind, each.attempted, each.inTime, each.late, each.failed, each.open])
        .toSorted((left, right) => (left.join() < right.join() ? -1 : 1)),
  },
  {
    figure: 'server load',
    sql: (
      id,
    ) => `WITH l AS (SELECT * FROM load WHERE system = '${id}' AND variant = 'run'), d AS (SELECT count(delivered_us) AS n FROM fates WHERE system = '${id}')
      SELECT count(*), coalesce(sum(busy_us), 0) / 1e6, coalesce(sum(inputs), 0) / (SELECT nullif(n, 0) FROM d), max(busiest_minute_us / (processors * 6e7)) FROM l`,
    recorded: ({ serverLoad }) => [
      [
        serverLoad?.servers,
        serverLoad?.busySeconds,
        serverLoad?.inputsPerDelivery,
        serverLoad?.busiestMinute,
      ],
    ],
  },
  {
    figure: 'the curves by instant of sending',
    sql: (
      id,
    ) => `SELECT count(message), count(*) FILTER (delivered_us - sent_us <= 6e7), count(delivered_us), count(*) FILTER (twin_delivered_us - sent_us <= 6e7), count(twin_delivered_us)
      FROM (SELECT start_us, bucket_us FROM series WHERE system = '${id}' AND expected IS NOT NULL) LEFT JOIN ${measured(id)} ON sent_us >= start_us AND sent_us < start_us + bucket_us GROUP BY start_us ORDER BY start_us`,
    recorded: ({ series }) =>
      series.expected.map((count, bucket) => [
        count,
        series.withinOneMinute[bucket],
        series.ever[bucket],
        series.twinWithinOneMinute[bucket],
        series.twinEver[bucket],
      ]),
  },
  {
    figure: 'the curves by instant',
    sql: (
      id,
    ) => `SELECT (SELECT count(*) FROM incidents i WHERE i.system = '${id}' AND i.kind = 'cut-off' AND i.start_us <= s.start_us + s.bucket_us AND i.end_us > s.start_us + s.bucket_us),
      (SELECT count(*) FROM ${measured(id)} f WHERE f.sent_us <= s.start_us + s.bucket_us AND (f.delivered_us IS NULL OR f.delivered_us > s.start_us + s.bucket_us))
      FROM (SELECT * FROM series WHERE system = '${id}') s ORDER BY start_us`,
    recorded: ({ series }) => series.cutOff.map((count, bucket) => [count, series.outstanding[bucket]]),
  },
];
