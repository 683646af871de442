// Replays for tests: traces and messages written by hand, and those of The ONE with its answers.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createEpidemicRouter } from '../../protocol/dtn/epidemic.ts';
import type { CreateDtnRouter } from '../../protocol/dtn/router.ts';
import { never, seconds, type Duration } from '../../protocol/time.ts';
import { meshReport, type MeshReport } from '../../reports/mesh-report.ts';
import { readContactTrace } from '../../scenarios/contact-trace.ts';
import { readMessageList } from '../../scenarios/message-list.ts';
import { packageFile } from '../../scenarios/package-file.ts';
import type { MeshLimits } from '../../sim/mesh/limits.ts';
import type { MessageList } from '../../sim/mesh/message-list.ts';
import { replay } from '../../sim/mesh/replay.ts';
import type { ReplayOutcome } from '../../sim/mesh/replay-outcome.ts';
import type { ContactTrace } from '../../sim/radio/contact-trace.ts';

/** No limits: a copy crosses every contact at once. */
export const unlimited: MeshLimits = {
  bytesPerSecond: Infinity,
  bufferBytes: Infinity,
  lifetime: undefined,
  step: 0 as Duration,
  until: never,
};

/** `[seconds, left, right, begins]`, in order of time. */
export type ContactRow = readonly [at: number, left: number, right: number, begins: boolean];
/** `[seconds, source, destination, bytes]`, in order of time; messages are called M1, M2, … */
export type MessageRow = readonly [at: number, source: number, destination: number, bytes: number];

export function traceOf(nodes: number, rows: readonly ContactRow[]): ContactTrace {
  return {
    nodes: Array.from({ length: nodes }, (_, node) => `${node}`),
    at: Float64Array.from(rows, ([at]) => seconds(at)),
    left: Int32Array.from(rows, ([, left]) => left),
    right: Int32Array.from(rows, ([, , right]) => right),
    begins: Uint8Array.from(rows, ([, , , begins]) => (begins ? 1 : 0)),
  };
}

export function messagesOf(rows: readonly MessageRow[]): MessageList {
  return {
    ids: rows.map((_, index) => `M${index + 1}`),
    at: Float64Array.from(rows, ([at]) => seconds(at)),
    source: Int32Array.from(rows, ([, source]) => source),
    destination: Int32Array.from(rows, ([, , destination]) => destination),
    bytes: Float64Array.from(rows, ([, , , bytes]) => bytes),
  };
}

export interface Replayed {
  readonly outcome: ReplayOutcome;
  readonly report: MeshReport;
}

export function replayed(
  trace: ContactTrace,
  messages: MessageList,
  limits: Partial<MeshLimits> = {},
  createRouter: CreateDtnRouter = createEpidemicRouter,
): Replayed {
  const outcome = replay({ trace, messages, limits: { ...unlimited, ...limits }, createRouter });
  return { outcome, report: meshReport(trace.nodes, messages, outcome) };
}

const vector = (name: string): string => packageFile('test', 'vectors', 'the-one', name);

/** Replays one of The ONE's profiles (test/vectors/the-one/PROVENANCE.md). */
export async function theOneReplayed(
  profile: string,
  limits: Partial<MeshLimits>,
  createRouter?: CreateDtnRouter,
): Promise<Replayed> {
  const met = await readContactTrace(vector('contacts.gz'));
  const { trace, messages } = await readMessageList(vector(`${profile}.messages.gz`), met);
  return replayed(trace, messages, limits, createRouter);
}

/** Lines of an answer, split at blanks. */
export function theOneAnswer(name: string): readonly (readonly string[])[] {
  const text = gunzipSync(readFileSync(vector(name))).toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '));
}
