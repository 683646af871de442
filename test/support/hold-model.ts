// The hold model: a bench of event queues (take one event, schedule one, the number pending stays). Run it with
//   npx tsx test/support/hold-model.ts
// It prints millions of events per second of a bare typed heap that dispatches nothing, of the kernel, and of the
// kernel with its digest on; and of time-outs that are set and nearly all cancelled.
import { jsonCodec } from '../../protocol/codec.ts';
import type { Instant } from '../../protocol/time.ts';
import { Kernel } from '../../sim/kernel/kernel.ts';
import { Trace } from '../../sim/kernel/trace.ts';

const horizon = Number.MAX_SAFE_INTEGER as Instant;
const limits = { events: Infinity, eventsPerInstant: Infinity };

/** A cheap reproducible delay: the same for every contestant. */
function delays(): () => number {
  let state = 12_345;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    return 1 + ((state >>> 8) % 1_000_000);
  };
}

function bareHeap(pending: number, events: number): number {
  const capacity = pending + 2;
  const times = new Float64Array(capacity);
  const sequences = new Float64Array(capacity);
  const payloads = new Int32Array(capacity);
  let size = 0;
  let sequence = 0;
  const push = (at: number, payload: number): void => {
    let position = size++;
    const own = sequence++;
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const parentTime = times[parent]!;
      if (parentTime < at || (parentTime === at && sequences[parent]! < own)) break;
      times[position] = parentTime;
      sequences[position] = sequences[parent]!;
      payloads[position] = payloads[parent]!;
      position = parent;
    }
    times[position] = at;
    sequences[position] = own;
    payloads[position] = payload;
  };
  const pop = (): void => {
    size--;
    const at = times[size]!;
    const own = sequences[size]!;
    const payload = payloads[size]!;
    let position = 0;
    const half = size >> 1;
    while (position < half) {
      let child = 2 * position + 1;
      const right = child + 1;
      if (
        right < size &&
        (times[right]! < times[child]! ||
          (times[right] === times[child] && sequences[right]! < sequences[child]!))
      )
        child = right;
      if (times[child]! > at || (times[child] === at && sequences[child]! > own)) break;
      times[position] = times[child]!;
      sequences[position] = sequences[child]!;
      payloads[position] = payloads[child]!;
      position = child;
    }
    times[position] = at;
    sequences[position] = own;
    payloads[position] = payload;
  };
  const delay = delays();
  for (let index = 0; index < pending; index++) push(delay(), index);
  const start = process.hrtime.bigint();
  for (let index = 0; index < events; index++) {
    const now = times[0]!;
    const payload = payloads[0]!;
    pop();
    push(now + delay(), payload);
  }
  return rate(start, events);
}

function kernelHold(pending: number, events: number, digest: boolean): number {
  const codec = jsonCodec({ overheadBytes: () => 0, isMessage: () => true });
  const kernel = new Kernel({
    horizon,
    limits,
    ...(digest ? { trace: new Trace(codec, 65_536) } : {}),
  });
  const delay = delays();
  const kind = kernel.register('hold', (node, payload) => {
    kernel.schedule((kernel.now + delay()) as Instant, kind, node, payload);
  });
  for (let index = 0; index < pending; index++) kernel.schedule(delay() as Instant, kind, index & 1_023);
  const start = process.hrtime.bigint();
  for (let index = 0; index < events; index++) kernel.step();
  return rate(start, events);
}

/** Time-outs far away, of which one in a hundred is left to fire. */
function timeouts(pending: number, events: number): number {
  const kernel = new Kernel({ horizon, limits });
  const delay = delays();
  const fired = kernel.register('timeout', () => undefined);
  const kind = kernel.register('hold', (node) => {
    const handle = kernel.schedule((kernel.now + 5_000_000) as Instant, fired, node);
    if (delay() % 100 !== 0) kernel.cancel(handle);
    kernel.schedule((kernel.now + delay()) as Instant, kind, node);
  });
  for (let index = 0; index < pending; index++) kernel.schedule(delay() as Instant, kind, index & 1_023);
  const start = process.hrtime.bigint();
  for (let index = 0; index < events; index++) kernel.step();
  return rate(start, events);
}

function rate(start: bigint, events: number): number {
  return (events / Number(process.hrtime.bigint() - start)) * 1_000;
}

/** Median of five: single runs of a shared machine vary by a quarter. */
function median(run: () => number): number {
  return [1, 2, 3, 4, 5].map(run).toSorted((left, right) => left - right)[2]!;
}

console.log('pending   bare heap   kernel   ratio   with digest   set and cancel   (million events/s)');
for (const [pending, events] of [
  [1_000, 2_000_000],
  [100_000, 2_000_000],
  [1_000_000, 2_000_000],
] as const) {
  const bare = median(() => bareHeap(pending, events));
  const kernel = median(() => kernelHold(pending, events, false));
  const digest = median(() => kernelHold(pending, events, true));
  const cancel = median(() => timeouts(pending, events));
  const cells = [bare, kernel, kernel / bare, digest, cancel].map((value) => value.toFixed(2).padStart(9));
  console.log(String(pending).padEnd(8), ...cells);
}
