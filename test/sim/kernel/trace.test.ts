// The digest: what it sees, and how two runs are told apart.
import { describe, expect, it } from 'vitest';
import { jsonCodec } from '../../../protocol/codec.ts';
import { carriesNothing, type Message } from '../../../protocol/message.ts';
import { milliseconds, seconds, type Instant } from '../../../protocol/time.ts';
import type { EventKind } from '../../../sim/kernel/scheduler.ts';
import { scenarioTime } from '../../../sim/kernel/scenario-time.ts';
import { firstDifference } from '../../../sim/kernel/trace-diff.ts';
import { Trace } from '../../../sim/kernel/trace.ts';
import { createSimulationIn, type TracedSimulation } from '../../../sim/running-simulation.ts';
import { fakeSurroundings } from '../../support/fake-surroundings.ts';
import { relaySystem } from '../../support/relay-system.ts';
import { keepingSink, planOf, workloadOf } from '../../support/worlds.ts';

type Note = Message & { readonly text: string };
const codec = jsonCodec<Note>({ overheadBytes: () => 4, isMessage: () => true });
const note = (text: string): Note => ({ kind: 'note', text, carries: carriesNothing });

function digestOf(write: (trace: Trace) => void): string {
  const trace = new Trace(codec, 1_000);
  write(trace);
  return trace.digest();
}

describe('the digest', () => {
  const event = (trace: Trace, instant: number, kind = 0, node = 0, extra = 0): void =>
    trace.event(instant as Instant, kind as EventKind, node, extra);

  it('stays what it was', () => {
    const digest = digestOf((trace) => {
      trace.label('tick');
      event(trace, 1_500_000, 0, 3, 7);
      trace.input(3, 0, 3, 'message');
      trace.text('link:1');
      trace.message(note('hello'));
    });
    expect(digest).toMatchInlineSnapshot(
      `"1b9e5ba5c50d51e11b8625d65eae9225ec773b8c818a9ce95ef4b9bd4ea689d3"`,
    );
  });

  it.each<[string, (trace: Trace) => void]>([
    ['instant', (trace) => event(trace, 6)],
    ['kind', (trace) => event(trace, 5, 1)],
    ['node', (trace) => event(trace, 5, 0, 1)],
    ['number', (trace) => event(trace, 5, 0, 0, 1)],
    ['another event', (trace) => [5, 5].forEach((instant) => event(trace, instant))],
    [
      'input',
      (trace) => {
        event(trace, 5);
        trace.input(0, 0, 0, 'start');
      },
    ],
    [
      'content',
      (trace) => {
        event(trace, 5);
        trace.message(note('a'));
      },
    ],
  ])('sees the %s', (_what, write) => {
    expect(digestOf(write)).not.toBe(digestOf((trace) => event(trace, 5)));
  });

  it('tells texts apart however they are cut', () => {
    const cut = (...parts: string[]): string =>
      digestOf((trace) => parts.forEach((part) => trace.text(part)));
    expect(cut('ab', 'c')).not.toBe(cut('a', 'bc'));
    const long = 'x'.repeat(5_000);
    expect(cut(long)).not.toBe(cut(`${long}y`));
  });

  it('is the same whether or not it is asked on the way, and whatever the buffer holds', () => {
    const write = (ask: boolean): string =>
      digestOf((trace) => {
        for (let index = 0; index < 10_000; index++) {
          event(trace, index);
          if (ask && index % 97 === 0) trace.digest();
        }
      });
    expect(write(true)).toBe(write(false));
  });
});

describe('two runs', () => {
  const workload = workloadOf({
    people: 3,
    messages: Array.from({ length: 30 }, (_, index) => ({ sender: index % 3, at: seconds(1 + index) })),
  });
  const make = (work: number, latency = 50): TracedSimulation =>
    createSimulationIn(
      fakeSurroundings(milliseconds(latency)).create,
      planOf(relaySystem(milliseconds(work)), workload),
      keepingSink(),
    );

  it('that are the same have no first difference', () => {
    expect(
      firstDifference(
        () => make(1),
        () => make(1),
      ),
    ).toBeUndefined();
  });

  it('that part are told apart by their first different event, in words', () => {
    const difference = firstDifference(
      () => make(1),
      () => make(2),
    );
    expect(difference?.left?.node).toBe('relay');
    expect(difference?.words).toContain('T+0d 00:00:01.051000 relay: work-done');
    expect(difference?.words).toContain('T+0d 00:00:01.052000 relay: work-done');
  });

  it('have checkpoints that agree as far as the runs do', () => {
    const [one, two] = [make(1), make(1)];
    one.finish();
    two.finish();
    expect(one.checkpoints).toEqual(two.checkpoints);
  });
});

it('instants are told as scenario time', () => {
  expect(scenarioTime((86_400_000_000 + 3_723_000_250) as Instant)).toBe('T+1d 01:02:03.000250');
});
