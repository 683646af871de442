// Two faults on one component behave as the set of both, however they are declared and whichever begins or ends first.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Fault } from '../../../sim/faults/fault.ts';
import { createTestNetwork, fault, id } from '../../support/network.ts';

const target = 'host=eu-1';
const client = 'isp/DE/one';

/** What holds at the machine, and on the way to it from somebody's home, each second. */
interface Moment {
  readonly crashed: boolean;
  readonly silent: boolean;
  readonly refused: boolean;
  readonly toServer: boolean;
  readonly toClient: boolean;
  readonly factor: number;
  readonly addedMs: number;
  readonly passes: number;
  readonly errors: number;
  readonly blamed: readonly string[];
}

const seconds = 60;

function moments(faults: readonly Fault[]): readonly Moment[] {
  const network = createTestNetwork({ faults });
  const { field, causes, health } = network;
  const server = field.places.of(id('host/eu-1'));
  const home = field.places.of(id(client), id('city/Berlin'));
  const seen: Moment[] = [];
  for (let second = 0; second < seconds; second++)
    network.plan(second + 0.5, () => {
      const outage = field.outage(server);
      const path = field.path(home, server, server);
      const { extraDelay, lossProbability, cause } = field.hindrance(path, 1_000_000);
      const behind = [
        outage.crash,
        outage.blackHole,
        outage.refuse,
        path.deadCause,
        path.refusedCause,
        cause,
      ];
      const blamed = new Set(behind.flatMap((token) => causes.faults(token)));
      seen.push({
        crashed: outage.crash !== 0,
        silent: outage.blackHole !== 0,
        refused: path.refused,
        toServer: path.deadToServer,
        toClient: path.deadToClient,
        factor: health.workFactor(id('host/eu-1')),
        addedMs: extraDelay / 1_000,
        passes: 1 - lossProbability,
        errors: path.errors.length,
        blamed: [...blamed].sort(),
      });
    });
  network.runUntil(seconds + 1);
  return seen;
}

const kinds: readonly (readonly [Fault['kind'], object])[] = [
  ['down', { manner: 'crash' }],
  ['down', { manner: 'black-hole' }],
  ['down', { manner: 'refuse' }],
  ['slow', { factor: 3 }],
  ['latency', { addMs: 40, multiply: 1 }],
  ['loss', { probability: 0.3 }],
  ['corruption', { probability: 0.2 }],
  ['error-rate', { probability: 0.5, status: 503 }],
  ['partition', { from: 'isp=one', oneWay: false }],
  ['partition', { from: 'isp=one', oneWay: true }],
];

const anyFault = (name: string): fc.Arbitrary<Fault> =>
  fc
    .record({
      kind: fc.constantFrom(...kinds),
      start: fc.integer({ min: 0, max: 50 }),
      length: fc.integer({ min: 1, max: 40 }),
      flaps: fc.boolean(),
    })
    .map(({ kind: [kind, fields], start, length, flaps }) =>
      fault(kind, target, start, start + length, {
        ...fields,
        ...(flaps ? { flap: { period: 4_000_000, duty: 0.5 } } : {}),
        id: name,
      }),
    );

it('is the set of what holds', () => {
  fc.assert(
    fc.property(anyFault('one'), anyFault('two'), (one, two) => {
      const both = moments([one, two]);
      expect(moments([two, one])).toEqual(both);
      const left = moments([one]);
      const right = moments([two]);
      for (const [second, moment] of both.entries()) {
        const a = left[second] as Moment;
        const b = right[second] as Moment;
        expect(moment).toMatchObject({
          crashed: a.crashed || b.crashed,
          silent: a.silent || b.silent,
          refused: a.refused || b.refused,
          toServer: a.toServer || b.toServer,
          toClient: a.toClient || b.toClient,
          factor: a.factor * b.factor,
          errors: a.errors + b.errors,
        });
        // What is dead is asked for nothing more.
        if (moment.toServer || moment.refused) continue;
        expect(moment.addedMs).toBeCloseTo(a.addedMs + b.addedMs, 3);
        expect(moment.passes).toBeCloseTo(a.passes * b.passes, 9);
        expect(moment.blamed).toEqual([...new Set([...a.blamed, ...b.blamed])].sort());
      }
    }),
    { numRuns: 150 },
  );
});

it('is the same with factors on delays in any order', () => {
  const twice = fault('latency', target, 0, 60, { addMs: 10, multiply: 2, id: 'twice' });
  const thrice = fault('latency', target, 0, 60, { addMs: 5, multiply: 3, id: 'thrice' });
  expect(moments([twice, thrice])).toEqual(moments([thrice, twice]));
  expect(moments([twice, thrice])[30]?.addedMs).toBeCloseTo(1_000 * 5 + 15, 3);
});
