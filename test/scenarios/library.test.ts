// What travels with the package: scenarios that compile, data that is whole.
import { describe, expect, it } from 'vitest';
import { hours, type Instant } from '../../protocol/time.ts';
import { loadCatalogue } from '../../scenarios/catalogue.ts';
import { compileScenario } from '../../scenarios/compile.ts';
import { libraryNames, loadScenario } from '../../scenarios/load.ts';
import { simulationPlan } from '../../reports/simulation-plan.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import { systems } from '../../sim/systems/registry.ts';

describe.each(libraryNames())('%s', (name) => {
  const compiled = compileScenario(loadScenario(name));

  it('is called like its file and runs systems that exist', () => {
    expect(compiled.document.name).toBe(name);
    for (const id of compiled.systems.keys()) expect(systems.has(id), id).toBe(true);
  });

  it('also compiles without its faults', () => {
    expect(compileScenario({ ...loadScenario(name), overrides: ['faults=[]'] }).faults).toEqual([]);
  });

  it('says why where a fault may be idle, and from where it knows each one', () => {
    for (const { source, mayBeIdle } of compiled.document.faults) {
      expect(source.length).toBeGreaterThan(10);
      if (mayBeIdle !== undefined) expect(mayBeIdle.length).toBeGreaterThan(20);
    }
  });
});

describe('the AWS outage of 20 October 2025', () => {
  const { document, actions, faults, windows, world, expectations, assumptions, workload } = compileScenario(
    loadScenario('aws-us-east-1-2025-10-20'),
  );
  const clock = (instant: Instant): string =>
    new Date(world.epochWallMs + instant / 1_000).toISOString().slice(0, 16);
  const fault = (id: string) => {
    const found = faults.find((each) => each.id === id);
    if (found === undefined) throw new Error(`no fault ${id}`);
    return found;
  };

  it.each([
    ['dynamodb-dns', '06:48', '09:25'],
    ['sts-first', '06:51', '08:19'],
    ['lambda', '06:51', '09:24'],
    ['ec2-launches-fail', '06:48', '12:28'],
    ['ec2-launches-throttled', '12:28', '20:50'],
    ['nlb-flapping', '12:30', '17:36'],
    ['instances-without-network', '13:21', '17:36'],
    ['sts-second', '15:31', '16:59'],
  ])('has %s from %s to %s UTC, as published', (id, start, end) => {
    expect(clock(fault(id).start)).toBe(`2025-10-20T${start}`);
    expect(clock(fault(id).end)).toBe(`2025-10-20T${end}`);
  });

  it('ends the load balancer phase by the action that ended it, at 16:36 UTC', () => {
    const repair = actions.find(({ id }) => id === fault('nlb-flapping').endsWith);
    expect(repair).toMatchObject({ do: 'repair', because: 'nlb-flapping' });
    expect(repair?.when.kind === 'at' && clock(repair.when.at)).toBe('2025-10-20T16:36');
  });

  it('has no fault beside the published ones, and none without a source', () => {
    expect(faults).toHaveLength(8);
    for (const { source } of faults) expect(source).toMatch(/^AWS message\/101925: /);
  });

  it('lists what its author chose after a first result as calibrated on itself', () => {
    for (const path of [
      'people.districtRadiusMetres',
      'people.meshSessionsPerDay',
      'people.meshSessionMeanMinutes',
    ]) {
      const listed = assumptions.filter((each) => each.path === path);
      expect(listed, path).toMatchObject([{ calibratedOn: ['aws-us-east-1-2025-10-20'] }]);
    }
  });

  it.each([
    ['bitchat', /^radio\.(attemptGapSeconds|pauseAfterClosingSeconds|connectSigma)$/, 3],
    ['signal', /^systems\.signal\.(tableNameTtlSeconds|otherNamesTtlSeconds)$/, 2],
  ])('lists the constants of %s that nobody can set', (id, paths, count) => {
    const few = compileScenario({
      ...loadScenario('aws-us-east-1-2025-10-20'),
      overrides: ['people.count=4', 'windows.sending=1m', 'windows.horizon=25h'],
    });
    const system = systems.get(id);
    if (system === undefined) throw new Error(`no system ${id}`);
    const plan = simulationPlan({
      compiled: few,
      workload: few.workload('1'),
      seed: 1,
      system,
      variant: 'run',
    });
    const { assumptions: listed } = createSimulation(plan, { record: () => undefined }).finish();
    expect(listed.filter(({ path }) => paths.test(path))).toHaveLength(count);
  });

  it('takes the name away, not the machines: nothing that runs is stopped', () => {
    expect(faults.map(({ kind }) => kind)).not.toContain('down');
  });

  it('lets resolvers keep the empty answer until 09:40', () => {
    const dns = fault('dynamodb-dns');
    expect(dns.kind === 'dns' && clock((dns.end + dns.negativeTtlSeconds * 1_000_000) as Instant)).toBe(
      '2025-10-20T09:40',
    );
  });

  it('relaxes the throttling of launches from 18:23 on', () => {
    const { end, rampDown = 0 } = fault('ec2-launches-throttled');
    expect(clock((end - rampDown) as Instant)).toBe('2025-10-20T18:23');
  });

  it('watches a thousand people for a day of conversation', () => {
    expect(document.people.count).toBeGreaterThanOrEqual(1_000);
    expect(windows.sendingEnd).toBe(hours(24));
    const { people, conversations, messages } = workload('1');
    expect(people).toHaveLength(document.people.count);
    expect(new Set(conversations.map(({ kind }) => kind))).toEqual(new Set(['direct', 'group', 'room']));
    expect(messages.length).toBeGreaterThan(8_000);
  });

  it('holds every system to something, and the record to the system that the record speaks of', () => {
    expect(new Set(expectations.map(({ system }) => system))).toEqual(new Set(Object.keys(document.systems)));
    expect(
      new Set(expectations.filter(({ basis }) => basis === 'record').map(({ system }) => system)),
    ).toEqual(new Set(['signal']));
  });
});

describe('the catalogue', () => {
  const catalogue = loadCatalogue();
  const ids = new Set(catalogue.components.map(({ id }) => id as string));

  it('has a round trip between any two regions, in both directions', () => {
    const regions = [...catalogue.regions.keys()];
    expect(regions).toHaveLength(33);
    for (const from of regions) {
      for (const to of regions) {
        const { p50 = 0, p90 = 0 } = catalogue.regionRoundTrips.get(from)?.get(to) ?? {};
        expect(p50, `${from} to ${to}`).toBeGreaterThan(0);
        expect(p90, `${from} to ${to}`).toBeGreaterThanOrEqual(p50);
      }
    }
  });

  it('knows the table it was copied from', () => {
    expect(catalogue.regionRoundTrips.get('us-east-1')?.get('eu-central-1')?.p50).toBeCloseTo(93, 0);
    expect(catalogue.regionRoundTrips.get('af-south-1')?.get('ap-east-1')).toEqual({
      p50: 347.55,
      p90: 376.12,
    });
  });

  it('hosts servers where a component is, in shares that sum to 1, largest first', () => {
    const shares = catalogue.hosting.map(({ share }) => share);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(shares).toEqual(shares.toSorted((left, right) => right - left));
    for (const { site } of catalogue.hosting) expect(ids.has(site), site).toBe(true);
  });

  it('anchors every place to a region of the table', () => {
    for (const { location, id } of catalogue.components)
      if (location !== undefined)
        expect(catalogue.regionRoundTrips.has(location.anchorRegion), id).toBe(true);
  });

  it('gives every country of a city both kinds of access, over networks that exist', () => {
    const { world } = compileScenario(loadScenario('small-town'));
    for (const { location } of catalogue.cities) {
      for (const byCountry of [world.access.homeByCountry, world.access.mobileByCountry]) {
        const profiles = byCountry.get(location.country) ?? [];
        expect(profiles.length).toBeGreaterThan(0);
        for (const { isp } of profiles) expect(ids.has(isp), isp).toBe(true);
      }
    }
  });

  it.each([
    'aws/us-east-1/dynamodb',
    'aws/us-east-1/nlb',
    'aws/us-east-1/b',
    'dns/dynamodb.us-east-1.amazonaws.com',
    'mythic-beasts/cambridge',
    'apple/apns',
    'google/fcm',
  ])('has %s', (id) => {
    expect(ids.has(id)).toBe(true);
  });
});
