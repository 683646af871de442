// Fates as Parquet: one row per expected delivery and system, and one per span of the ways that were kept.
import { parquetWriteBuffer } from 'hyparquet-writer';
import { spansOf } from './fates.ts';
import { isMissingInBoth, whyMissing } from './missing.ts';
import { onlineThroughout } from './metrics/connected.ts';
import { cutOffIntervals } from './metrics/cut-off.ts';
import { deadlines } from './metrics/delivery.ts';
import type { Evidence } from './metrics/metric.ts';
import { keyWaits } from './metrics/undecryptable.ts';
import type { Series } from './record-system.ts';
import type { RunRecord } from './record.ts';

export type Column = Parameters<typeof parquetWriteBuffer>[0]['columnData'][number];

/** A whole number for INT64; null for none. */
export function whole(value: number | undefined): bigint | null {
  return value === undefined || Number.isNaN(value) ? null : BigInt(value);
}

/**
 * `fates.parquet`: who expected what from whom, and when it was sent, accepted and delivered, in run and twin.
 * Instants are microseconds since the epoch; enough to recompute every figure of delivery and delay. `connected_1m`: both
 * people had a network throughout the first minute; `missing_why`: of what neither run nor twin has.
 */
export function fatesFile(evidence: ReadonlyMap<string, Evidence>): Uint8Array {
  const system: string[] = [];
  const message: number[] = [];
  const sender: number[] = [];
  const recipient: number[] = [];
  const conversation: string[] = [];
  const distance: string[] = [];
  const country: string[] = [];
  const measured: boolean[] = [];
  const sent: (bigint | null)[] = [];
  const accepted: (bigint | null)[] = [];
  const delivered: (bigint | null)[] = [];
  const twinDelivered: (bigint | null)[] = [];
  const conversationNumber: number[] = [];
  const connected: boolean[] = [];
  const missingWhy: (string | null)[] = [];
  for (const [id, each] of evidence) {
    const { workload, expected, run, twin } = each;
    const isConnected = onlineThroughout(workload, expected, deadlines['1m']);
    for (const { id: row, at, sender: from, conversation: where } of workload.messages) {
      const { start, end } = expected.rowsOf(row);
      const sentAt = whole(at);
      const acceptedAt = whole(run.fates.acceptedAt[row]);
      const kind = workload.conversations[where]?.kind ?? 'unknown';
      for (let index = start; index < end; index++) {
        const to = workload.people[expected.recipients[index] ?? -1];
        if (to === undefined) continue;
        system.push(id);
        message.push(row);
        sender.push(from);
        recipient.push(to.id);
        conversation.push(kind);
        distance.push(workload.distanceClass(from, to.id));
        country.push(to.country);
        measured.push(index >= expected.measured.start && index < expected.measured.end);
        sent.push(sentAt);
        accepted.push(acceptedAt);
        delivered.push(whole(run.fates.deliveredAt[index]));
        twinDelivered.push(whole(twin.fates.deliveredAt[index]));
        conversationNumber.push(where);
        connected.push(isConnected(index));
        missingWhy.push(isMissingInBoth(each, index) ? whyMissing(each, index) : null);
      }
    }
  }
  return file([
    { name: 'system', data: system, type: 'STRING' },
    { name: 'message', data: message, type: 'INT32' },
    { name: 'sender', data: sender, type: 'INT32' },
    { name: 'recipient', data: recipient, type: 'INT32' },
    { name: 'conversation', data: conversation, type: 'STRING' },
    { name: 'distance', data: distance, type: 'STRING' },
    { name: 'country', data: country, type: 'STRING' },
    { name: 'measured', data: measured, type: 'BOOLEAN' },
    { name: 'sent_us', data: sent, type: 'INT64' },
    { name: 'accepted_us', data: accepted, type: 'INT64' },
    { name: 'delivered_us', data: delivered, type: 'INT64' },
    { name: 'twin_delivered_us', data: twinDelivered, type: 'INT64' },
    { name: 'conversation_id', data: conversationNumber, type: 'INT32' },
    { name: 'connected_1m', data: connected, type: 'BOOLEAN' },
    { name: 'missing_why', data: missingWhy, type: 'STRING' },
  ]);
}

/**
 * `spans.parquet`: where each message was and why, for deliveries that never came or whose fate differs from the twin's
 * and took longer than a second or had a fault on their way: all that blame looks at. The spans of a delivery cover its
 * delay without gap or overlap.
 */
export function spansFile(evidence: ReadonlyMap<string, Evidence>): Uint8Array {
  const system: string[] = [];
  const message: number[] = [];
  const recipient: number[] = [];
  const start: bigint[] = [];
  const end: bigint[] = [];
  const holder: string[] = [];
  const reason: string[] = [];
  const faults: string[] = [];
  for (const [id, { workload, expected, run, twin }] of evidence) {
    const causes = run.result.causes.map((set) => set.join(' '));
    for (let row = 0; row < expected.count; row++) {
      const deliveredAt = run.fates.deliveredAt[row] ?? NaN;
      if (deliveredAt === twin.fates.deliveredAt[row]) continue;
      const index = expected.messages[row] ?? -1;
      for (const span of spansOf(run.fates, row, workload.messages[index]?.at ?? 0)) {
        system.push(id);
        message.push(index);
        recipient.push(expected.recipients[row] ?? -1);
        start.push(BigInt(span.start));
        end.push(BigInt(span.end));
        holder.push(run.result.nodes[span.holder] ?? '');
        reason.push(span.reason);
        faults.push(causes[span.cause] ?? '');
      }
    }
  }
  return file([
    { name: 'system', data: system, type: 'STRING' },
    { name: 'message', data: message, type: 'INT32' },
    { name: 'recipient', data: recipient, type: 'INT32' },
    { name: 'start_us', data: start, type: 'INT64' },
    { name: 'end_us', data: end, type: 'INT64' },
    { name: 'holder', data: holder, type: 'STRING' },
    { name: 'reason', data: reason, type: 'STRING' },
    { name: 'faults', data: faults, type: 'STRING' },
  ]);
}

/**
 * `series.parquet`: what the curves of a run show, one row per system and bucket of time. Counts of deliveries go by
 * instant of sending and are null after the end of sending.
 */
export function seriesFile({ systems }: Pick<RunRecord, 'systems'>): Uint8Array {
  const rows = Object.entries(systems).flatMap(([system, { series }]) =>
    series.cutOff.map((_, bucket) => ({ system, series, bucket })),
  );
  const counts = (pick: (series: Series) => readonly number[]): (number | null)[] =>
    rows.map(({ series, bucket }) => pick(series)[bucket] ?? null);
  return file([
    { name: 'system', data: rows.map(({ system }) => system), type: 'STRING' },
    {
      name: 'start_us',
      data: rows.map(({ series, bucket }) =>
        BigInt(Math.round((series.start + bucket * series.bucketSeconds) * 1e6)),
      ),
      type: 'INT64',
    },
    { name: 'bucket_us', data: rows.map(({ series }) => BigInt(series.bucketSeconds * 1e6)), type: 'INT64' },
    { name: 'expected', data: counts(({ expected }) => expected), type: 'INT32' },
    { name: 'within_1m', data: counts(({ withinOneMinute }) => withinOneMinute), type: 'INT32' },
    { name: 'ever', data: counts(({ ever }) => ever), type: 'INT32' },
    { name: 'twin_within_1m', data: counts(({ twinWithinOneMinute }) => twinWithinOneMinute), type: 'INT32' },
    { name: 'twin_ever', data: counts(({ twinEver }) => twinEver), type: 'INT32' },
    { name: 'cut_off', data: counts(({ cutOff }) => cutOff), type: 'INT32' },
    { name: 'outstanding', data: counts(({ outstanding }) => outstanding), type: 'INT32' },
    { name: 'twin_outstanding', data: counts(({ twinOutstanding }) => twinOutstanding), type: 'INT32' },
    { name: 'undecryptable', data: counts(({ undecryptable }) => undecryptable), type: 'INT32' },
    {
      name: 'twin_undecryptable',
      data: counts(({ twinUndecryptable }) => twinUndecryptable),
      type: 'INT32',
    },
  ]);
}

/**
 * `incidents.parquet`: what no delivery tells of. `cut-off`: from a person's first failed to the next successful send or
 * receipt. `disagreement`: the copies of an object differed, in an aspect or (null) in any. `object`: there is such an
 * object, of which nodes have copies. `finding`: what was wrong with a node's copy at the end, and why. `key-wait`,
 * `twin-key-wait`: a delivery lay on its device before its key. A null end lies beyond the horizon.
 */
export function incidentsFile(evidence: ReadonlyMap<string, Evidence>): Uint8Array {
  const rows = [...evidence].flatMap(([system, each]) =>
    incidentsOf(each).map((incident): Incident & { system: string } => ({ ...incident, system })),
  );
  const text = (pick: (row: (typeof rows)[number]) => string | undefined): (string | null)[] =>
    rows.map((row) => pick(row) ?? null);
  return file([
    { name: 'system', data: rows.map(({ system }) => system), type: 'STRING' },
    { name: 'kind', data: rows.map(({ kind }) => kind), type: 'STRING' },
    { name: 'person', data: rows.map(({ person }) => person ?? null), type: 'INT32' },
    { name: 'object', data: text(({ object }) => object), type: 'STRING' },
    { name: 'start_us', data: rows.map(({ start }) => whole(start)), type: 'INT64' },
    { name: 'end_us', data: rows.map(({ end }) => whole(end)), type: 'INT64' },
    { name: 'aspect', data: text(({ aspect }) => aspect), type: 'STRING' },
    { name: 'node', data: text(({ node }) => node), type: 'STRING' },
    { name: 'cause', data: text(({ cause }) => cause), type: 'STRING' },
    { name: 'detail', data: text(({ detail }) => detail), type: 'STRING' },
  ]);
}

interface Incident {
  readonly kind: 'cut-off' | 'disagreement' | 'object' | 'finding' | 'key-wait' | 'twin-key-wait';
  readonly person?: number;
  readonly object?: string;
  readonly start?: number;
  readonly end?: number;
  readonly aspect?: string;
  readonly node?: string;
  readonly cause?: string;
  readonly detail?: string | undefined;
}

function incidentsOf(evidence: Evidence): readonly Incident[] {
  const { fates, result } = evidence.run;
  const aspects = Object.entries(fates.disagreementsByAspect);
  return [
    ...cutOffIntervals(evidence).map((each): Incident => ({ kind: 'cut-off', ...each })),
    ...fates.disagreements.map((each): Incident => ({ kind: 'disagreement', ...each })),
    ...aspects.flatMap(([aspect, list]) =>
      list.map((each): Incident => ({ kind: 'disagreement', aspect, ...each })),
    ),
    ...fates.objects.map((object): Incident => ({ kind: 'object', object })),
    ...result.findings.map((finding): Incident => ({ kind: 'finding', ...finding })),
    ...(['run', 'twin'] as const).flatMap((variant) =>
      keyWaits(evidence, evidence[variant].fates).map(({ start, end, isOpen }): Incident => ({
        kind: variant === 'run' ? 'key-wait' : 'twin-key-wait',
        start,
        end: isOpen ? NaN : end,
      })),
    ),
  ];
}

/** A Parquet file of these columns. */
export function file(columnData: Column[]): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: 'netsplit', statistics: false }));
}
