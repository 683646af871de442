// The digest: what it sees, and how two runs are told apart.
import { describe, expect, it } from 'vitest';
import { jsonCodec } from '../../../protocol/codec.ts';
import { sha256Hex } from '../../../protocol/crypto.ts';
import { carriesNothing, type Message } from '../../../protocol/message.ts';
import { milliseconds, seconds, type Instant } from '../../../protocol/time.ts';
import type { EventKind } from '../../../sim/kernel/scheduler.ts';
import { scenarioTime } from '../../../sim/kernel/scenario-time.ts';
import { firstDifference } from '../../../sim/kernel/trace-diff.ts';
import { Trace } from '../../../sim/kernel/trace.ts';
import {
  createSimulationIn,
  type EventDescription,
  type TracedSimulation,
} from '../../../sim/running-simulation.ts';
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

  it('takes no record for one of another sort with the same numbers', () => {
    const records: readonly ((trace: Trace) => void)[] = [
      (trace) => trace.label('a'),
      (trace) => trace.text('a'),
      (trace) => trace.text('ab'),
      (trace) => event(trace, 0),
      (trace) => trace.input(0, 0, 0, 'start'),
      (trace) => trace.input(1, 0, 0, 'start'),
      (trace) => trace.input(0, 1, 0, 'start'),
      (trace) => trace.input(0, 0, 1, 'start'),
      (trace) => trace.message(note('a')),
      (trace) => trace.message(note('b')),
      (trace) => trace.message(note('aa')),
      () => undefined,
    ];
    expect(new Set(records.map(digestOf)).size).toBe(records.length);
    const pairs = records.flatMap((one) =>
      records.map((other) =>
        digestOf((trace) => {
          one(trace);
          other(trace);
        }),
      ),
    );
    // Nothing before or after something is that alone; all other orders differ.
    expect(new Set(pairs).size).toBe((records.length - 1) ** 2 + records.length);
  });

  it.each([0, 1, 1_023, 1_024, 1_025, 2_048, 40_000])('sees every character of a text of %i', (length) => {
    const text = 'x'.repeat(length);
    const digest = digestOf((trace) => trace.text(text));
    expect(digestOf((trace) => trace.text(text))).toBe(digest);
    expect(digestOf((trace) => trace.text(`${text}x`))).not.toBe(digest);
    for (const at of [0, 1_023, 1_024, length - 1].filter((each) => each >= 0 && each < length))
      expect(digestOf((trace) => trace.text(`${text.slice(0, at)}y${text.slice(at + 1)}`))).not.toBe(digest);
  });

  it('sees the last byte of a message, however long, and knows its length', () => {
    for (const length of [0, 1, 2, 3, 65_000, 65_536, 200_000]) {
      const text = 'x'.repeat(length);
      const digest = digestOf((trace) => trace.message(note(`${text}a`)));
      expect(digestOf((trace) => trace.message(note(`${text}b`)))).not.toBe(digest);
      expect(digestOf((trace) => trace.message(note(`${text}a`)))).toBe(digest);
      const trace = new Trace(codec, 1_000);
      expect(trace.byteLength(note(text))).toBe(codec.byteLength(note(text)));
    }
  });

  it('encodes a message once, for as long as anybody speaks of it', () => {
    let encoded = 0;
    const counting = {
      ...codec,
      encodeInto: (...what: Parameters<NonNullable<typeof codec.encodeInto>>) => {
        encoded++;
        return codec.encodeInto?.(...what) ?? NaN;
      },
    };
    const trace = new Trace(counting, 1_000);
    const known = note('known');
    for (let index = 0; index < 3_000; index++) {
      trace.message(known);
      trace.message(note(String(index)));
    }
    expect(encoded).toBe(3_001);
    // Nobody speaks of it while two thousand others come: then it is read again, to the same result.
    for (let index = 0; index < 2_100; index++) trace.message(note(`more ${index}`));
    trace.message(known);
    expect(encoded).toBe(3_001 + 2_100 + 1);
  });

  it('is taken at checkpoints, before every so many events', () => {
    const trace = new Trace(codec, 10);
    const upTo = (events: number): string =>
      digestOf((each) => {
        for (let index = 0; index < events; index++) event(each, index * 5);
      });
    for (let index = 0; index < 25; index++) event(trace, index * 5);
    expect(trace.events).toBe(25);
    expect(trace.checkpoints).toEqual([
      { events: 10, instant: 50, digest: upTo(10) },
      { events: 20, instant: 100, digest: upTo(20) },
    ]);
  });

  it('tells in words what the event in hand did, once asked to, and is the same for it', () => {
    const write = (trace: Trace): void => {
      event(trace, 1);
      trace.text('forgotten');
      event(trace, 2);
      trace.input(0, 0, 3, 'message');
      trace.text('link:1');
      trace.message(note('hello'));
    };
    const silent = new Trace(codec, 1_000);
    write(silent);
    expect(silent.details).toEqual([]);
    const telling = new Trace(codec, 1_000);
    telling.explain();
    write(telling);
    expect(telling.details).toEqual([
      { what: 'input', content: 'message' },
      { what: 'content', content: 'link:1' },
      { what: 'note', content: sha256Hex(codec.encode(note('hello'))) },
    ]);
    expect(telling.digest()).toBe(silent.digest());
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

/** A simulation's own value: its methods know private fields, which a proxy does not have. */
function ownValue(simulation: TracedSimulation, name: string | symbol): unknown {
  const value: unknown = Reflect.get(simulation, name, simulation);
  return typeof value === 'function' ? (value.bind(simulation) as unknown) : value;
}

/** The same run, but it ends after so many events. */
function endingAfter(events: number, simulation: TracedSimulation): TracedSimulation {
  let left = events;
  return new Proxy(simulation, {
    get: (target, name) => (name === 'step' ? () => left-- > 0 && target.step() : ownValue(target, name)),
  });
}

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

  it('that part after many events are told how many are the same', () => {
    const block = 256;
    const many = workloadOf({
      people: 3,
      messages: Array.from({ length: 300 }, (_, index) => ({ sender: index % 3, at: seconds(1 + index) })),
    });
    const long = (): TracedSimulation =>
      createSimulationIn(
        fakeSurroundings(milliseconds(50)).create,
        planOf(relaySystem(milliseconds(1)), many),
        keepingSink(),
      );
    const whole = long();
    let events = 0;
    while (whole.step()) events++;
    expect(events).toBeGreaterThan(2 * block);
    const difference = firstDifference(long, () => endingAfter(events - 10, long()), block);
    expect(difference).toMatchObject({ eventsBefore: events - 10, right: undefined });
    expect(difference?.words).toContain(`${events - 10} events are the same.`);
    expect(difference?.words).toContain('right: the run has ended');
    const other = firstDifference(() => endingAfter(1, long()), long, block);
    expect(other?.words).toMatch(/^1 event is the same[^]*left: {2}the run has ended/);
  });

  it('that part are told what each did there: where, which event, its number, its details', () => {
    const told = (last: EventDescription): string | undefined => {
      const one = (): TracedSimulation => endingAfter(3, make(1));
      const other = (): TracedSimulation => {
        let steps = 0;
        return new Proxy(one(), {
          get: (target, name) => {
            if (name === 'step') return () => (steps++, target.step());
            if (name === 'digest') return () => `${target.digest()} ${steps >= 3}`;
            return name === 'last' && steps === 3 ? last : ownValue(target, name);
          },
        });
      };
      return firstDifference(one, other)?.words.split('\n').at(-1);
    };
    const instant = seconds(2) as number as Instant;
    const details = [
      { what: 'input', content: 'message' },
      { what: 'content', content: 'link:4' },
    ];
    expect(told({ instant, label: 'tick', node: undefined, extra: 0, details: [] })).toBe(
      '  right: T+0d 00:00:02.000000 world: tick',
    );
    expect(told({ instant, label: 'input', node: 'relay', extra: 7, details })).toBe(
      '  right: T+0d 00:00:02.000000 relay: input #7 (input message; content link:4)',
    );
  });

  it('that part at one node are told where, and with the world nowhere', () => {
    const words = firstDifference(
      () => make(1),
      () => make(2),
    )?.words.split('\n');
    expect(words).toHaveLength(3);
    expect(words?.[0]).toMatch(
      /^\d+ events are the same\. The first different one is at T\+0d 00:00:01\.\d{6}, at relay:$/,
    );
  });

  it('that only name their events differently are said to have begun so', () => {
    const renamed = (): TracedSimulation => {
      const one = make(1);
      return new Proxy(one, {
        get: (target, name) =>
          name === 'digest' ? () => `${target.digest()}, renamed` : ownValue(target, name),
      });
    };
    const difference = firstDifference(
      () => endingAfter(3, make(1)),
      () => endingAfter(3, renamed()),
    );
    expect(difference?.words).toBe(
      'The runs handle the same 3 events, but began differently (system, names of events or codec).',
    );
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
