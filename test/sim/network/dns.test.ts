// Names: positive answers outlive their source until their time to live ends, negative ones outlive the fault.
import { describe, expect, it } from 'vitest';
import type { Duration } from '../../../protocol/time.ts';
import type { Component, ComponentId } from '../../../sim/world.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import {
  address,
  createTestNetwork,
  euEndpoint,
  fault,
  note,
  phone,
  tenSeconds,
  type TestNetwork,
} from '../../support/network.ts';

/** Asks each second over a new connection; the outcomes by second. */
function outcomes(
  faults: readonly Fault[],
  ttlSeconds: number,
  seconds: number,
  seed: string,
  components: readonly Component[] = [],
): string[] {
  const network: TestNetwork = createTestNetwork({
    faults,
    components,
    seed,
    endpoints: [{ ...euEndpoint, ttlSeconds, connectionLifetime: 0 as never }],
  });
  for (let second = 0; second < seconds; second++)
    network.plan(second, () =>
      network.internet.request(phone, address('eu.example'), String(second), note('hello'), tenSeconds),
    );
  network.runUntil(seconds + 20);
  const results = new Map(
    network
      .inputs('phone/0', 'response')
      .map(({ input: { tag, result } }) => [
        Number(tag),
        result.ok ? 'ok' : result.failure.kind === 'unresolved' ? result.failure.answer : result.failure.kind,
      ]),
  );
  return Array.from({ length: seconds }, (_, second) => results.get(second) ?? 'none');
}

const firstNot = (list: readonly string[], value: string, from: number): number =>
  list.findIndex((entry, index) => index >= from && entry !== value);

describe('a resolver', () => {
  it('keeps a positive answer until its time to live ends, and a negative one likewise', () => {
    const seen = Array.from({ length: 12 }, (_, seed) => {
      const list = outcomes(
        [fault('dns', 'name=eu.example', 100, 300, { answer: 'empty', negativeTtlSeconds: 40 })],
        60,
        420,
        `s${seed}`,
      );
      const gone = firstNot(list, 'ok', 0);
      const back = firstNot(list, 'empty', gone);
      expect(list.slice(back)).toEqual(list.slice(back).map(() => 'ok'));
      return { gone, back };
    });
    for (const { gone, back } of seen) {
      expect(gone).toBeGreaterThanOrEqual(100);
      expect(gone).toBeLessThanOrEqual(160);
      expect(back).toBeGreaterThanOrEqual(300);
      expect(back).toBeLessThanOrEqual(340);
    }
    // Ages are spread over the time to live: resolvers do not lose the name together.
    expect(new Set(seen.map(({ gone }) => gone)).size).toBeGreaterThan(6);
  });

  it('never loses a name whose record lives longer than the outage, except where it runs out within', () => {
    const lost = Array.from({ length: 40 }, (_, seed) =>
      outcomes(
        [fault('dns', 'name=eu.example', 100, 130, { answer: 'nxdomain', negativeTtlSeconds: 5 })],
        300,
        150,
        `t${seed}`,
      ).includes('nxdomain'),
    ).filter(Boolean).length;
    // Uniform ages: 30 of 300 seconds, one in ten.
    expect(lost).toBeGreaterThan(0);
    expect(lost).toBeLessThan(12);
  });

  it('forgets at the pace of the time to live: after t seconds, t/TTL of the resolvers have lost the name', () => {
    // Resolvers that are asked all the time have records of every age, alike often: the share without is a straight line.
    const ttl = 60;
    const gone = Array.from({ length: 200 }, (_, seed) => {
      const faults = [fault('dns', 'name=eu.example', 100, 300, { answer: 'empty', negativeTtlSeconds: 40 })];
      return firstNot(outcomes(faults, ttl, 165, `curve${seed}`), 'ok', 0) - 100;
    }).sort((left, right) => left - right);
    // Kolmogorov-Smirnov: a distance that one uniform sample in a thousand exceeds.
    const distance = Math.max(
      ...gone.map((after, rank) => Math.abs((rank + 0.5) / gone.length - Math.min(1, after / ttl))),
    );
    expect(distance).toBeLessThan(1.95 / Math.sqrt(gone.length));
  });

  it('follows an outage closely when records live for a second', () => {
    const list = outcomes(
      [fault('dns', 'name=eu.example', 100, 120, { answer: 'servfail', negativeTtlSeconds: 1 })],
      1,
      140,
      'short',
    );
    expect(firstNot(list, 'ok', 0)).toBeLessThanOrEqual(101);
    expect(firstNot(list, 'servfail', 105)).toBeLessThanOrEqual(121);
  });

  it('gets SERVFAIL once every name server has withdrawn itself, its health checks having failed for long enough', () => {
    const part = (name: string, more: Partial<Component> = {}): Component => ({
      id: name as ComponentId,
      kind: 'service',
      attributes: { service: name },
      needs: [],
      ...more,
    });
    const withdraws = (name: string, seconds: number): Component =>
      part(name, {
        needs: [
          {
            on: 'backbone' as ComponentId,
            strength: 'hard',
            outlives: (tenSeconds.timeout * (seconds / 10)) as Duration,
          },
        ],
      });
    const servers = ['ns-a', 'ns-b'] as ComponentId[];
    const zone = part('dns/eu.example', {
      kind: 'dns-zone',
      attributes: { name: 'eu.example' },
      redundancy: { members: servers, atLeast: 1, lost: 'black-hole' },
    });
    const list = outcomes(
      [fault('down', 'service=backbone', 100, 200, { manner: 'black-hole' })],
      1,
      220,
      'withdrawn',
      [part('backbone'), withdraws('ns-a', 10), withdraws('ns-b', 30), zone],
    );
    const gone = firstNot(list, 'ok', 0);
    expect(gone).toBeGreaterThanOrEqual(130);
    expect(gone).toBeLessThanOrEqual(132);
    expect(list.slice(gone, 200)).toEqual(list.slice(gone, 200).map(() => 'servfail'));
    expect(list.slice(202)).toEqual(list.slice(202).map(() => 'ok'));
  });

  it('is not asked by connections that exist', () => {
    const network = createTestNetwork({
      faults: [fault('dns', 'name=eu.example', 10, 1_000, { answer: 'empty', negativeTtlSeconds: 5 })],
      endpoints: [{ ...euEndpoint, ttlSeconds: 1 }],
    });
    for (let second = 0; second < 500; second += 20)
      network.plan(second, () =>
        network.internet.request(phone, address('eu.example'), String(second), note('hello'), tenSeconds),
      );
    // Idle for longer than a pooled connection is kept: the next request needs the name.
    network.plan(900, () =>
      network.internet.request(phone, address('eu.example'), 'late', note('hello'), tenSeconds),
    );
    network.runUntil(950);
    const results = network.inputs('phone/0', 'response').map(({ input }) => input.result.ok);
    expect(results).toEqual([...Array.from({ length: 25 }, () => true), false]);
  });
});
