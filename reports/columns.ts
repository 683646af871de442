// Fates as Parquet: one row per expected delivery and system, and one per span of the ways that were kept.
import { parquetWriteBuffer } from 'hyparquet-writer';
import { spansOf } from './fates.ts';
import { cutOffIntervals } from './metrics/cut-off.ts';
import type { Evidence } from './metrics/metric.ts';
import type { Series } from './record-system.ts';
import type { RunRecord } from './record.ts';

type Column = Parameters<typeof parquetWriteBuffer>[0]['columnData'][number];

/** A whole number for INT64; null for none. */
function whole(value: number | undefined): bigint | null {
  return value === undefined || Number.isNaN(value) ? null : BigInt(value);
}

/**
 * `fates.parquet`: who expected what from whom, and when it was sent, accepted and delivered, in run and twin.
 * Instants are microseconds since the epoch; enough to recompute every figure of delivery and delay.
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
  for (const [id, { workload, expected, run, twin }] of evidence) {
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
 * `incidents.parquet`: stretches of time that no delivery tells of: `cut-off` (from a person's first failed to the next
 * successful send or receipt) with the person, and `disagreement` (replicas of one object
 * said different things) with the object. A null end lies beyond the horizon.
 */
export function incidentsFile(evidence: ReadonlyMap<string, Evidence>): Uint8Array {
  const rows = [...evidence].flatMap(([system, each]) => [
    ...cutOffIntervals(each).map(({ person, start, end }) => ({
      system,
      kind: 'cut-off',
      person,
      object: null,
      start: whole(start),
      end: whole(end),
    })),
    ...each.run.fates.disagreements.map(({ object, start, end }) => ({
      system,
      kind: 'disagreement',
      person: null,
      object,
      start: whole(start),
      end: whole(end),
    })),
  ]);
  return file([
    { name: 'system', data: rows.map(({ system }) => system), type: 'STRING' },
    { name: 'kind', data: rows.map(({ kind }) => kind), type: 'STRING' },
    { name: 'person', data: rows.map(({ person }) => person), type: 'INT32' },
    { name: 'object', data: rows.map(({ object }) => object), type: 'STRING' },
    { name: 'start_us', data: rows.map(({ start }) => start), type: 'INT64' },
    { name: 'end_us', data: rows.map(({ end }) => end), type: 'INT64' },
  ]);
}

function file(columnData: Column[]): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: 'netsplit', statistics: false }));
}
