// Disagreement on entries of shared objects as Parquet, and what was kept without effect.
import { file, whole } from './columns.ts';
import type { KeptWithoutEffect } from './disputes-fold.ts';
import type { Evidence } from './metrics/metric.ts';

type AllEvidence = ReadonlyMap<string, Evidence>;

/** Rows of run and twin of every system, made one simulation at a time. */
function rowsOf<Row>(
  evidence: AllEvidence,
  make: (simulated: Evidence['run']) => readonly Row[],
): readonly (Row & { readonly system: string; readonly variant: 'run' | 'twin' })[] {
  return [...evidence].flatMap(([system, each]) =>
    (['run', 'twin'] as const).flatMap((variant) =>
      make(each[variant]).map((row) => ({ ...row, system, variant })),
    ),
  );
}

/**
 * `disputes.parquet`: one row per stretch longer than a minute in which copies of an object did not all hold the same for
 * an entry (`number`, in order of beginning), and per side of it: what it held (null: no such entry), and which nodes they
 * were, separated by spaces, for the longest time in which nobody changed sides. A null end lies beyond the horizon.
 */
export function disputesFile(evidence: AllEvidence): Uint8Array {
  const rows = rowsOf(evidence, ({ fates, result }) =>
    fates.disputes.flatMap(({ sides, ...dispute }, number) =>
      sides.map(({ value, nodes }, side) => ({
        ...dispute,
        number,
        side,
        value,
        nodes: nodes.map((node) => result.nodes[node] ?? '').join(' '),
        copies: nodes.length,
      })),
    ),
  );
  return file([
    { name: 'system', data: rows.map(({ system }) => system), type: 'STRING' },
    { name: 'variant', data: rows.map(({ variant }) => variant), type: 'STRING' },
    { name: 'number', data: rows.map(({ number }) => number), type: 'INT32' },
    { name: 'object', data: rows.map(({ object }) => object), type: 'STRING' },
    { name: 'entry', data: rows.map(({ entry }) => entry), type: 'STRING' },
    { name: 'start_us', data: rows.map(({ start }) => whole(start)), type: 'INT64' },
    { name: 'end_us', data: rows.map(({ end }) => whole(end)), type: 'INT64' },
    { name: 'side', data: rows.map(({ side }) => side), type: 'INT32' },
    { name: 'value', data: rows.map(({ value }) => value ?? null), type: 'STRING' },
    { name: 'copies', data: rows.map(({ copies }) => copies), type: 'INT32' },
    { name: 'nodes', data: rows.map(({ nodes }) => nodes), type: 'STRING' },
  ]);
}

/**
 * `refused.parquet`: everything that a node rejected or soft-failed (`fate`, by `rule`), each time, with the message of a
 * person that it is, and one row per entry on which node and sender differed (null: on none, it was wrong by itself).
 */
export function refusedFile(evidence: AllEvidence): Uint8Array {
  const rows = rowsOf(evidence, ({ fates, result }) =>
    fates.refused.flatMap((kept, number) =>
      entriesOf(kept).map((entry) => ({ ...kept, number, entry, name: result.nodes[kept.node] ?? '' })),
    ),
  );
  return file([
    { name: 'system', data: rows.map(({ system }) => system), type: 'STRING' },
    { name: 'variant', data: rows.map(({ variant }) => variant), type: 'STRING' },
    { name: 'number', data: rows.map(({ number }) => number), type: 'INT32' },
    { name: 'at_us', data: rows.map(({ at }) => whole(at)), type: 'INT64' },
    { name: 'node', data: rows.map(({ name }) => name), type: 'STRING' },
    { name: 'peer', data: rows.map(({ from }) => from), type: 'STRING' },
    { name: 'object', data: rows.map(({ object }) => object), type: 'STRING' },
    { name: 'id', data: rows.map(({ id }) => id), type: 'STRING' },
    { name: 'is_speech', data: rows.map(({ isSpeech }) => isSpeech), type: 'BOOLEAN' },
    { name: 'message', data: rows.map(({ message }) => message ?? null), type: 'INT32' },
    { name: 'fate', data: rows.map(({ fate }) => fate), type: 'STRING' },
    { name: 'rule', data: rows.map(({ rule }) => rule), type: 'STRING' },
    { name: 'entry', data: rows.map(({ entry }) => entry), type: 'STRING' },
  ]);
}

function entriesOf({ disputed }: KeptWithoutEffect): readonly (string | null)[] {
  return disputed.length === 0 ? [null] : disputed;
}
