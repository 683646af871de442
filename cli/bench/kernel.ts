// `netsplit bench kernel`: the hold model of event queues (take one event, schedule one, the number pending stays), and
// time-outs that are set and nearly all cancelled. Beside the kernel, which dispatches every event to a handler, runs
// a bare typed heap that dispatches nothing.
import { jsonCodec } from '../../protocol/codec.ts';
import type { Instant } from '../../protocol/time.ts';
import { Kernel } from '../../sim/kernel/kernel.ts';
import { Trace } from '../../sim/kernel/trace.ts';
import { BareHold, delays } from './bare-heap.ts';
import type { Bench, BenchPart, Row } from './bench.ts';
import { milliseconds, Rounds } from './measure.ts';

const horizon = Number.MAX_SAFE_INTEGER as Instant;
const limits = { events: Infinity, eventsPerInstant: Infinity };
/** Events per measurement. */
const events = 2_000_000;

function kernelHold(pending: number, digest: boolean): () => void {
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
  return () => step(kernel);
}

/** Every event sets a time-out far away, of which one in a hundred is left to fire. */
function kernelTimeouts(pending: number): () => void {
  const kernel = new Kernel({ horizon, limits });
  const delay = delays();
  const fired = kernel.register('timeout', () => undefined);
  const kind = kernel.register('hold', (node) => {
    const handle = kernel.schedule((kernel.now + 5_000_000) as Instant, fired, node);
    if (delay() % 100 !== 0) kernel.cancel(handle);
    kernel.schedule((kernel.now + delay()) as Instant, kind, node);
  });
  for (let index = 0; index < pending; index++) kernel.schedule(delay() as Instant, kind, index & 1_023);
  return () => step(kernel);
}

function step(kernel: Kernel): void {
  for (let index = 0; index < events; index++) kernel.step();
}

function bareHold(pending: number): () => void {
  const hold = new BareHold(pending);
  return () => hold.run(events);
}

/** Events per second of a run on a queue of its own. */
function eventsPerSecond(prepare: () => () => void): () => number {
  return () => (events * 1_000) / milliseconds(prepare());
}

function holdAt(pending: number): BenchPart {
  return {
    name: `${pending} pending`,
    run() {
      const measured = new Rounds(5, {
        'bare typed heap': eventsPerSecond(() => bareHold(pending)),
        hold: eventsPerSecond(() => kernelHold(pending, false)),
        'hold, digest on': eventsPerSecond(() => kernelHold(pending, true)),
        'set and cancel time-outs': eventsPerSecond(() => kernelTimeouts(pending)),
      });
      type Name = Parameters<typeof measured.of>[0];
      const row = (name: Name, reference: Name, least?: number): Row => {
        const { value, other } = measured.beside(name, reference);
        return {
          name,
          value,
          unit: '/s',
          size: { series: name, value: pending },
          comparison: { name: reference, value: other },
          ...(least === undefined ? {} : { goal: { of: 'ratio', bound: least } }),
        };
      };
      return [
        row('hold', 'bare typed heap', 0.75),
        row('hold, digest on', 'bare typed heap'),
        row('set and cancel time-outs', 'hold', 0.5),
      ];
    },
  };
}

export const kernelBench: Bench = {
  name: 'kernel',
  description: 'Events per second of the simulation kernel, by the number pending.',
  parts: [1_000, 100_000, 1_000_000].map(holdAt),
};
