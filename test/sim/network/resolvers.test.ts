// What one resolver says of a name, to the microsecond: the draw of every record's age is given.
import { describe, expect, it } from 'vitest';
import { milliseconds, seconds, type Duration, type Instant } from '../../../protocol/time.ts';
import type { Component } from '../../../sim/world.ts';
import type { Fault } from '../../../sim/faults/fault.ts';
import { Resolvers, type NamedZone, type Resolution } from '../../../sim/network/dns.ts';
import { at, component, createTestNetwork, fault, id, type TestNetwork } from '../../support/network.ts';

/** A microsecond earlier. */
const before = (instant: Instant): Instant => (instant - 1) as Instant;

interface Asking {
  readonly network: TestNetwork;
  readonly resolvers: Resolvers;
  readonly zone: NamedZone;
  /** Asks at these instants, in order: the answer, the seconds beyond those that asking takes, the faults to blame. */
  readonly ask: (
    ...instants: readonly Instant[]
  ) => readonly (readonly [string, number, readonly string[]])[];
}

/** A resolver of Berlin's first provider that is asked for a name with records of a minute; their age is half of that. */
function asking(
  faults: readonly Fault[],
  {
    components = [],
    rarelyAsked = false,
    ttl = seconds(60),
    age = 0.5,
  }: {
    readonly components?: readonly Component[];
    readonly rarelyAsked?: boolean;
    readonly ttl?: Duration;
    readonly age?: number;
  } = {},
): Asking {
  const network = createTestNetwork({ faults, components });
  const resolvers = new Resolvers(
    network.field,
    () => age,
    () => network.kernel.now,
  );
  const place = network.field.places.of(id('dns/eu.example'));
  const zone: NamedZone = { name: 'eu.example', zone: place, ttl, rarelyAsked };
  return {
    network,
    resolvers,
    zone,
    ask(...instants) {
      const answers: Resolution[] = [];
      for (const instant of instants)
        network.plan(instant / 1e6, () => answers.push(resolvers.resolve('isp/DE/one', zone, instant)));
      network.runUntil((instants.at(-1) ?? 0) / 1e6);
      return answers.map(({ answer, recursion, cause }) => [
        answer,
        recursion / 1e6,
        network.causes.faults(cause),
      ]);
    },
  };
}

const gone = (start: number, end: number, negativeTtlSeconds: number, more: object = {}): Fault =>
  fault('dns', 'name=eu.example', start, end, { answer: 'empty', negativeTtlSeconds, ...more });
const good = ['address', 0, []] as const;

describe('a resolver', () => {
  it('asks anew at the instant at which its record runs out, and keeps what it then hears as long', () => {
    // Records run out at 30, 90 and 150 s; negative ones at 190, 230, 270 and 310 s.
    const { ask, network } = asking([gone(100, 300, 40)]);
    const lost = ['empty', 0, ['dns']] as const;
    expect(ask(at(1), before(at(150)), at(150), at(300), before(at(310)), at(310), at(5_000))).toEqual([
      good,
      good,
      lost,
      lost,
      lost,
      good,
      good,
    ]);
    expect(network.field.contacts().get('dns')).toBe(3);
  });

  it('says the same whether it is asked all the time or only now and then', () => {
    const often = Array.from({ length: 400 }, (_, second) => at(second + 1));
    const all = asking([gone(100, 300, 40)]).ask(...often);
    for (const second of [149, 150, 200, 299, 309, 310, 400])
      expect(asking([gone(100, 300, 40)]).ask(at(second))).toEqual([all[second - 1]]);
  });

  it('notices a fault that begins at the instant at which it asks, and none that has just ended', () => {
    expect(asking([gone(150, 300, 40)]).ask(at(150))).toEqual([['empty', 0, ['dns']]]);
    expect(asking([gone(100, 150, 40)]).ask(at(150))).toEqual([good]);
  });

  it('has never a record of no time at all', () => {
    const { ask } = asking([gone(100, 300, 0)], { ttl: 0 as Duration });
    expect(ask(before(at(100)), at(100), before(at(300)), at(300))).toEqual([
      good,
      ['empty', 0, ['dns']],
      ['empty', 0, ['dns']],
      good,
    ]);
  });

  it('waits ten seconds for name servers that say nothing', () => {
    const silent = gone(100, 300, 40, { answer: 'silence' });
    expect(asking([silent]).ask(at(200))).toEqual([['silence', 10, ['dns']]]);
  });

  it('says what the first of two faults says, and blames both', () => {
    const first = gone(100, 300, 40, { answer: 'nxdomain', id: 'first' });
    const second = gone(100, 300, 7, { answer: 'servfail', id: 'second' });
    const both = ['first', 'second'];
    const { ask } = asking([first, second]);
    expect(ask(at(150), at(299), before(at(310)), at(310))).toEqual([
      ['nxdomain', 0, both],
      ['nxdomain', 0, both],
      ['nxdomain', 0, both],
      good,
    ]);
  });

  it('remembers for one second that name servers were gone', () => {
    const down = fault('down', 'id=dns/eu.example', 100, 200.5, { manner: 'black-hole' });
    // The record runs out at 150 s; from then on it asks each second.
    const { ask } = asking([down]);
    expect(ask(before(at(150)), at(150), before(at(201)), at(201))).toEqual([
      good,
      ['servfail', 0, ['down']],
      ['servfail', 0, ['down']],
      good,
    ]);
  });

  it('remembers a name whose servers have withdrawn themselves until its record runs out', () => {
    const part = (name: string, needs: Component['needs']): Component => ({
      ...component(name, 'service', { service: name }),
      needs,
    });
    const outlives = seconds(10);
    const servers = ['ns-a', 'ns-b'].map((name) =>
      part(name, [{ on: id('backbone'), strength: 'hard', outlives }]),
    );
    const zone: Component = {
      ...component('dns/eu.example', 'dns-zone', { name: 'eu.example' }),
      redundancy: { members: servers.map((one) => one.id), atLeast: 1, lost: 'black-hole' },
    };
    const components = [part('backbone', []), ...servers, zone];
    // Records run out at 30, 90 and 150 s; the servers withdraw themselves at 110 s, and are there again at 200 s.
    const { ask } = asking([fault('down', 'service=backbone', 100, 200, { manner: 'black-hole' })], {
      components,
    });
    const lost = ['servfail', 0, ['down']] as const;
    expect(ask(at(10), at(120), before(at(150)), at(150), before(at(200)), at(201))).toEqual([
      good,
      good,
      good,
      lost,
      lost,
      good,
    ]);
  });

  it('that blocks a name says so for a minute', () => {
    const own = component('resolver/isp/DE/one', 'service', { service: 'resolver' }, ['isp/DE/one']);
    const blocking = fault('blocking', 'isp=one', 100, 200, {
      service: 'name=eu.example',
      manner: 'nxdomain',
    } as never);
    const { ask } = asking([blocking], { components: [own] });
    // Its record runs out at 150 s, and what it says instead at 210 s.
    const blocked = ['nxdomain', 0, ['blocking']] as const;
    expect(ask(before(at(150)), at(150), before(at(210)), at(210))).toEqual([good, blocked, blocked, good]);
    // Blocked connections leave the name alone, and nothing else blocks it: not other providers' resolvers, nor who blocks another one.
    for (const other of [
      { ...blocking, manner: 'reset' },
      { ...blocking, target: 'isp=two' },
      { ...blocking, service: 'name=chat.example' },
    ] as Fault[])
      expect(asking([other], { components: [own] }).ask(at(150))).toEqual([good]);
  });

  it('that is down itself does not say what it remembers', () => {
    const own = component('resolver/isp/DE/one', 'service', { service: 'resolver' });
    const down = fault('down', 'service=resolver', 100, 110, { manner: 'black-hole' });
    const { ask, network } = asking([down, gone(5_000, 5_001, 1)], { components: [own] });
    expect(ask(before(at(100)), at(100), before(at(110)), at(110))).toEqual([
      good,
      ['silence', 10, ['down']],
      ['silence', 10, ['down']],
      good,
    ]);
    expect(network.field.contacts().get('down')).toBe(2);
  });
});

describe('a name that hardly anybody asks for', () => {
  const recursed = ['address', milliseconds(60) / 1e6, []] as const;

  it('is looked up by whoever asks first, and again when its record has run out', () => {
    const { ask } = asking([], { rarelyAsked: true });
    expect(ask(at(10), at(11), before(at(70)), at(70), before(at(130)), at(500), at(501))).toEqual([
      recursed,
      good,
      good,
      recursed,
      good,
      recursed,
      good,
    ]);
  });

  it('is lost at once in an outage of its zone, and not while somebody asked shortly before', () => {
    const lost = ['empty', 0, ['dns']] as const;
    expect(asking([gone(100, 300, 40)], { rarelyAsked: true }).ask(at(100), at(139), at(300))).toEqual([
      lost,
      lost,
      recursed,
    ]);
    expect(
      asking([gone(100, 300, 40)], { rarelyAsked: true }).ask(
        at(99),
        before(at(159)),
        at(159),
        before(at(199)),
      ),
    ).toEqual([recursed, good, lost, lost]);
  });
});

describe('a zone whose records are stale', () => {
  it('is so while the fault lasts, and its name goes on being answered', () => {
    const { network, resolvers, zone, ask } = asking([gone(100, 200, 40, { answer: 'stale' })]);
    const seen: (readonly string[] | undefined)[] = [];
    for (const second of [99, 101, 199, 201])
      network.plan(second, () => {
        const cause = resolvers.staleBy(zone, at(second));
        seen.push(cause === undefined ? undefined : network.causes.faults(cause));
      });
    expect(ask(at(150), at(199), at(300))).toEqual([good, good, good]);
    expect(seen).toEqual([undefined, ['dns'], ['dns'], undefined]);
  });

  it('is no other zone, nor one that is silent', () => {
    for (const other of [
      fault('dns', 'name=chat.example', 100, 200, { answer: 'stale', negativeTtlSeconds: 1 }),
      gone(100, 200, 1),
    ]) {
      const { network, resolvers, zone } = asking([other]);
      let stale: unknown = 'not asked';
      network.plan(150, () => (stale = resolvers.staleBy(zone, at(150))));
      network.runUntil(150);
      expect(stale).toBeUndefined();
    }
  });
});
