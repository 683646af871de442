// A slice as a trace that Perfetto (ui.perfetto.dev) and Chrome's about:tracing read.
// Form: "Trace Event Format" of the Chromium project (JSON object format).
import type { Happening, Slice, Stay, Transfer } from './slice.ts';

/** One entry of `traceEvents`. Times are microseconds, which is netsplit's own unit. */
interface TraceEvent {
  /** `X` complete, `i` instant, `s` and `f` ends of a flow, `b` and `e` ends of an asynchronous slice, `M` metadata. */
  readonly ph: 'X' | 'i' | 's' | 'f' | 'b' | 'e' | 'M';
  readonly name: string;
  readonly cat?: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly id?: string;
  /** A flow ends at the slice that encloses it. */
  readonly bp?: 'e';
  readonly s?: 't';
  readonly args?: Readonly<Record<string, unknown>>;
}

/** The three rows of tracks. */
const processes = { faults: 1, nodes: 2, messages: 3 } as const;
/** Sending and taking a message have no length of their own; a flow needs something to begin and end in. */
const moment = 1;

/** The trace as JSON text. `about` goes into its metadata: where it comes from and what to know of it. */
export function chromeTrace(slice: Slice, about: Readonly<Record<string, string>>): string {
  const threads = new Map(slice.nodes.map((node, index) => [node, index + 1]));
  const events = [
    ...metadata(slice),
    ...slice.faults.map(({ id, title, start, end }, index): TraceEvent => ({
      ph: 'X',
      name: title,
      cat: 'fault',
      pid: processes.faults,
      tid: index + 1,
      ts: start,
      dur: end - start,
      args: { id },
    })),
    ...slice.transfers.flatMap((transfer, index) => transferEvents(transfer, index, threads)),
    ...slice.happenings.flatMap((happening) => happeningEvents(happening, threads)),
    ...downTimes(slice, threads),
    ...slice.stays.flatMap(stayEvents),
  ];
  return `${JSON.stringify({ displayTimeUnit: 'ms', otherData: about, traceEvents: events })}\n`;
}

function metadata({ faults, nodes }: Slice): readonly TraceEvent[] {
  const named = (ph: string, pid: number, tid: number, name: string): TraceEvent => ({
    ph: 'M',
    name: ph,
    pid,
    tid,
    args: { name },
  });
  return [
    ...Object.entries(processes).map(([name, pid]) => named('process_name', pid, 0, name)),
    ...faults.map(({ id }, index) => named('thread_name', processes.faults, index + 1, id)),
    ...nodes.map((name, index) => named('thread_name', processes.nodes, index + 1, name)),
  ];
}

function transferEvents(
  { from, to, sentAt, takenAt, kind, form, carries, legs }: Transfer,
  index: number,
  threads: ReadonlyMap<string, number>,
): readonly TraceEvent[] {
  const [sender, taker] = [threads.get(from) ?? 0, threads.get(to) ?? 0];
  const end = (tid: number, ts: number, verb: string): TraceEvent => ({
    ph: 'X',
    name: `${verb} ${kind}`,
    cat: form,
    pid: processes.nodes,
    tid,
    ts,
    dur: moment,
    args: { from, to, carries, way: legs.map(({ reason, faults }) => [reason, ...faults].join(' ← ')) },
  });
  const flow = { name: kind, cat: 'transfer', pid: processes.nodes, id: `t${index}` } as const;
  return [
    end(sender, sentAt, 'send'),
    end(taker, takenAt, 'take'),
    { ...flow, ph: 's', tid: sender, ts: sentAt },
    { ...flow, ph: 'f', bp: 'e', tid: taker, ts: takenAt },
  ];
}

function happeningEvents(
  { at, node, what, message, faults }: Happening,
  threads: ReadonlyMap<string, number>,
): readonly TraceEvent[] {
  const tid = threads.get(node);
  if (tid === undefined) return [];
  const name = message === undefined ? what : `${what} ${message}`;
  return [{ ph: 'i', name, cat: what, s: 't', pid: processes.nodes, tid, ts: at, args: { faults } }];
}

/** A node that stopped is down until it starts, or to the end of the slice. */
function downTimes(
  { happenings, until }: Slice,
  threads: ReadonlyMap<string, number>,
): readonly TraceEvent[] {
  return happenings.flatMap(({ at, node, what, faults }, index): TraceEvent[] => {
    if (what !== 'stopped') return [];
    const start = happenings.slice(index).find((each) => each.node === node && each.what === 'started');
    const dur = (start?.at ?? until) - at;
    const tid = threads.get(node) ?? 0;
    return [{ ph: 'X', name: 'down', cat: 'down', pid: processes.nodes, tid, ts: at, dur, args: { faults } }];
  });
}

/** Where a message was, one track per recipient. */
function stayEvents({ message, recipient, start, end, holder, reason, faults }: Stay): readonly TraceEvent[] {
  const common = {
    name: `${reason} (${holder})`,
    cat: 'message',
    pid: processes.messages,
    tid: 0,
    id: `${message} to ${recipient}`,
  } as const;
  return [
    { ...common, ph: 'b', ts: start, args: { message, recipient, faults } },
    { ...common, ph: 'e', ts: end },
  ];
}
