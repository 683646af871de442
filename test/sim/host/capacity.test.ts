// Finite servers: waiting times against the closed forms of queueing theory, and overload that outlasts its cause.
import { describe, expect, it } from 'vitest';
import {
  hours,
  microseconds,
  milliseconds,
  minutes,
  seconds,
  type Duration,
  type Instant,
} from '../../../protocol/time.ts';
import type { QueueSpec } from '../../../sim/host/input-queue.ts';
import { createSimulationIn } from '../../../sim/running-simulation.ts';
import { fakeSurroundings } from '../../support/fake-surroundings.ts';
import {
  exponentialService,
  queueingSystem,
  type Experience,
  type Load,
} from '../../support/queueing-system.ts';
import { planOf, workloadOf } from '../../support/worlds.ts';

const seeds = ['one', 'two', 'three'];

function run(load: Load, horizon: Duration, seed = 'one'): Experience {
  const { system, experience } = queueingSystem(load);
  const plan = planOf(system, workloadOf({ people: 1, messages: [], horizon }), { seed });
  createSimulationIn(fakeSurroundings(0 as Duration).create, plan, { record: () => undefined }).finish();
  return experience;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean time from question to answer over all seeds, seconds. */
function sojourn(load: Load, horizon: Duration): number {
  return mean(
    seeds.flatMap((seed) => run(load, horizon, seed).answered.map(({ after }) => after / 1_000_000)),
  );
}

const tenth = milliseconds(100);

describe('a queue', () => {
  // Kleinrock, "Queueing Systems", vol. 1 (1975): M/M/1 in §3.2, M/M/m in §3.5, M/M/1/K in §3.6, M/G/1 in §5.7.
  it('of an M/M/1 server takes 1/(mu - lambda)', () => {
    for (const load of [0.3, 0.7]) {
      const measured = sojourn({ arrivals: () => load * 10, service: exponentialService(tenth) }, hours(2));
      expect(measured / (0.1 / (1 - load))).toBeCloseTo(1, 1);
    }
  });

  it('of an M/D/1 server is half as long as that of an M/M/1 server', () => {
    const load = 0.8;
    const measured = sojourn({ arrivals: () => load * 10, service: () => tenth }, hours(2));
    const waiting = (0.1 * load) / (2 * (1 - load));
    expect((measured - 0.1) / waiting).toBeCloseTo(1, 1);
  });

  it('of an M/M/2 server follows the Erlang C formula', () => {
    const load = 0.8; // of each processor
    const arrivals = (): number => 2 * load * 10;
    const measured = sojourn({ arrivals, service: exponentialService(tenth), processors: 2 }, hours(1));
    // With two servers the probability of waiting is 2 rho^2 / (1 + rho).
    const waiting = ((2 * load * load) / (1 + load)) * (0.1 / (2 * (1 - load)));
    expect((measured - 0.1) / waiting).toBeCloseTo(1, 1);
  });

  it('with room for four turns away the share of an M/M/1/5 server', () => {
    const load = 1.2;
    const experiences = seeds.map((seed) =>
      run(
        { arrivals: () => load * 10, service: exponentialService(tenth), queue: { limit: 4 } },
        hours(1),
        seed,
      ),
    );
    const turnedAway = experiences.reduce((sum, each) => sum + each.turnedAway.length, 0);
    const asked = experiences.reduce((sum, each) => sum + each.attempts, 0);
    const blocked = ((1 - load) * load ** 5) / (1 - load ** 6);
    expect(turnedAway / asked / blocked).toBeCloseTo(1, 1);
    expect(turnedAway).toBeGreaterThan(1_000);
  });

  it('in the order last in, first out is as long on average, and less even', () => {
    const load = { arrivals: () => 7, service: exponentialService(tenth) };
    const spread = (discipline: 'fifo' | 'lifo'): readonly [number, number] => {
      const times = run({ ...load, queue: { discipline } }, hours(3)).answered.map(({ after }) => after);
      const average = mean(times);
      return [average, mean(times.map((time) => (time - average) ** 2))];
    };
    const [fifoMean, fifoVariance] = spread('fifo');
    const [lifoMean, lifoVariance] = spread('lifo');
    expect(lifoMean / fifoMean).toBeCloseTo(1, 1);
    expect(lifoVariance).toBeGreaterThan(1.5 * fifoVariance);
  });

  it('that cannot be emptied serves some in time only if the newest goes first', () => {
    const inTime = (discipline: 'fifo' | 'lifo'): number =>
      run({ arrivals: () => 15, service: () => tenth, queue: { discipline } }, hours(1)).answered.filter(
        ({ after }) => after < seconds(1),
      ).length;
    expect(inTime('lifo')).toBeGreaterThan(10_000);
    expect(inTime('fifo')).toBeLessThan(1_000);
  });
});

describe('a token bucket', () => {
  const instant: Load['service'] = () => microseconds(0);

  it('in front of an idle server lets in what an Erlang loss system carries, where it holds one token', () => {
    // After each admitted request the bucket is empty for 1/r: arrivals in that time are lost, M/D/1/1 (Erlang B, 1 server).
    for (const [arrivals, perSecond] of [
      [5, 10],
      [10, 10],
      [40, 10],
    ] as const) {
      const load: Load = {
        arrivals: () => arrivals,
        service: instant,
        queue: { admission: { perSecond, burst: 1 } },
      };
      const shares = seeds.map((seed) => {
        const { answered, turnedAway } = run(load, minutes(20), seed);
        return answered.length / (answered.length + turnedAway.length);
      });
      const expected = 1 / (1 + arrivals / perSecond);
      expect(Math.abs(mean(shares) - expected) / expected).toBeLessThan(0.03);
    }
  });

  it('never lets in more than its burst and its rate, and exactly that much under overload', () => {
    const load: Load = {
      arrivals: (now) => (now < minutes(1) ? 1 : 200),
      service: instant,
      queue: { admission: { perSecond: 10, burst: 50 } },
    };
    const { answered } = run(load, minutes(3));
    const askedAt = answered.map((each) => each.askedAt);
    const tenSeconds = seconds(10);
    for (const [index, from] of askedAt.entries()) {
      let count = 0;
      while ((askedAt[index + count] ?? Infinity) < from + tenSeconds) count++;
      expect(count).toBeLessThanOrEqual(50 + 10 * 10 + 1);
    }
    const overloaded = askedAt.filter((at) => at >= minutes(1));
    const lasted = (minutes(3) - (overloaded[0] ?? 0)) / 1_000_000;
    expect(Math.abs(overloaded.length - (50 + 10 * lasted))).toBeLessThanOrEqual(2);
  });
});

describe('overload', () => {
  /** Eight of ten requests per second, and a minute of twice that from minute ten on. */
  const burst = (now: Instant): number => (now >= minutes(10) && now < minutes(11) ? 20 : 8);
  const impatient: Load = { arrivals: burst, service: () => tenth, patience: seconds(2), retries: 5 };
  const late = ({ answered }: Experience): number =>
    answered.filter(({ askedAt, after }) => askedAt > minutes(40) && after < seconds(2)).length;

  it('outlasts its cause when clients retry and the server works for those who have gone', () => {
    const storm = run(impatient, hours(1));
    expect(storm.attempts).toBeGreaterThan(3 * (storm.answered.length + storm.failed.length));
    expect(late(storm)).toBeLessThan(500);
    // Without the burst nothing of the kind happens, and it ends where nobody retries.
    const quiet = run({ ...impatient, arrivals: () => 8 }, hours(1));
    expect(late(quiet)).toBeGreaterThan(9_000);
    expect(late(run({ ...impatient, retries: 0 }, hours(1)))).toBeGreaterThan(9_000);
  });

  it('does not end by looking alone: whoever still waits at the front has almost given up', () => {
    expect(late(run({ ...impatient, queue: { checksClient: true } }, hours(1)))).toBeLessThan(500);
  });

  it.each<[string, QueueSpec]>([
    ['looks whether the client still waits, the newest first', { checksClient: true, discipline: 'lifo' }],
    ['takes no more than it can answer in time', { limit: 15 }],
    ['lets in no more than it can do', { admission: { perSecond: 9.5, burst: 10 } }],
  ])('ends with its cause when the server %s', (_how, queue) => {
    expect(late(run({ ...impatient, queue }, hours(1)))).toBeGreaterThan(9_000);
  });
});
