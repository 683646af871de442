// What `netsplit params` lists: every path can be set, and what it marks as assumed is what a run reports.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { present } from '../../protocol/assert.ts';
import { runScenario } from '../../reports/runner.ts';
import { energyAssumptions } from '../../reports/metrics/energy.ts';
import { simulationPlan } from '../../reports/simulation-plan.ts';
import { compileScenario, type CompiledScenario } from '../../scenarios/compile.ts';
import { libraryNames, loadScenario } from '../../scenarios/load.ts';
import { scenarioValues, type ScenarioValue } from '../../scenarios/settable-values.ts';
import { createSimulation } from '../../sim/create-simulation.ts';
import { systems } from '../../sim/systems/registry.ts';

describe.each(libraryNames())('the values of %s', (name) => {
  const scenario = loadScenario(name);
  const values = scenarioValues(scenario);

  it('are each listed once, with a meaning', () => {
    const paths = values.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(values.filter(({ meaning }) => meaning === '').map(({ path }) => path)).toEqual([]);
    expect(paths).toContain('people.count');
    const { document } = compileScenario(scenario);
    expect(paths.includes('systems.signal.sendCostMs')).toBe('signal' in document.systems);
    expect(paths).toEqual(expect.arrayContaining(document.faults.map(({ id }) => `faults.${id}.start`)));
  });

  it('can be set to what they are, and the scenario stays what it was', () => {
    const overrides = values
      .filter(({ settable }) => settable)
      .map(({ path, value }) => `${path}=${JSON.stringify(value)}`);
    expect(overrides.length).toBeGreaterThan(60);
    const again = compileScenario({ ...scenario, overrides });
    const before = compileScenario(scenario);
    expect(again.document.people).toEqual(before.document.people);
    expect(again.faults).toEqual(before.faults);
    expect(again.windows).toEqual(before.windows);
  });
});

it.each(['small-town', 'festival', 'disaster-camps'])(
  'the values of %s can be set to either end of what is plausible',
  (name) => {
    const scenario = loadScenario(name);
    const refused = scenarioValues(scenario)
      .filter(({ settable }) => settable)
      .flatMap(({ path, range = [] }) => range.map((end) => `${path}=${end}`))
      .filter((override) => {
        try {
          return compileScenario({ ...scenario, overrides: [override] }).document.name !== name;
        } catch {
          return true;
        }
      });
    expect(refused).toEqual([]);
  },
);

describe('turning', () => {
  /** What changes nothing while ten people of one house have thirty quiet minutes and one fault, and why. */
  const unused: readonly (readonly [RegExp, string])[] = [
    [/^limits\./, 'limits that are not reached'],
    [/^people\.cities\.berlin\.share$/, 'the only city'],
    [/^people\.(groupSizeMost|roomSize|peoplePerRoom)$/, 'there are not enough people'],
    [/^people\.groupSize(Median|Most)$/, 'all that is written is written in direct chats'],
    [/^people\.friendsInSame(City|Country)$/, 'all live in one district'],
    [/^people\.(roomChanges|moderators|guests|guestMessages)Per/, 'there is no large room'],
    [/\.(encryptedPublicShare|publicRooms)$/, 'there is no large room'],
    [
      /^people\.(firstContacts|deviceLinks|logins|groups(Created|Joined)|attachments|historyReads)PerDay$/,
      'nobody happens to do in a quarter of an hour what is done now and then',
    ],
    [/^people\.(attachmentMedian|task)/, 'nobody does anything but write'],
    [/\.keyBackupShare$/, 'nobody logs in anew'],
    [/^people\.(resendMedianMinutes|neverResendShare)$/, 'no client shows a message as failed so soon'],
    [/\.strangerShare$/, 'a fifth of few pairs happens to be nobody who writes'],
    [/\.strangerDeviceShare$/, 'nobody begins a new session within half an hour'],
    [/\.radioAdvertisingMs$/, 'advertisements cost air time and no events'],
    [/\.radioSupervisionSeconds$/, 'nobody goes out of range'],
    [/^people\.computer/, 'nobody has a computer'],
    [/^people\.(offAtNightShare|phoneBatteryHours)$/, 'it is afternoon, and there is power'],
    [/^world\.access\.(cell|mobile\.loss)/, 'no blackout; everybody is at home'],
    [/negativeTtlSeconds$/, 'the empty answer is kept for other reasons as well'],
    [/\.boot(Retry)?Seconds$/, 'no machine is switched off'],
    [
      /\.(processorsPerInstance|\w+QueueLimit|\w+NewestFirst|\w+ChecksClient|\w+Admitted\w+)$/,
      'no machine is busy',
    ],
    [/(ColdFactor|WarmAfterRequests)$/, 'no machine starts anew'],
    [/\.(tableConnectionLifetime|replaceAfter|gracePeriod)Seconds$/, 'eight minutes are too short for it'],
    [/\.notaryShare$/, 'no key that somebody needs runs out'],
    [/\.(takesIncompleteStates|asksOtherServers)$/, 'every state that is asked for can be had whole'],
    [/\.loadBalancedShare$/, 'no homeserver stands in the region'],
    [/^systems\.matrix\.(elementWeb|fluffyChat)Share$/, 'applications differ where something fails'],
    [/\.flooder/, 'nobody floods'],
    [/\.radio(\w+Links\w+|ScansAlways)$/, 'nobody has that many neighbours'],
    [/^systems\.bitchat\.pushDelay/, 'a mesh has no push services'],
  ];
  const brief = ['people.count=10', 'windows.sending=15m', 'windows.horizon=30m'];
  const fault = ['faults.table-store-dns.start=12m', 'faults.table-store-dns.end=20m'];
  const base = { ...loadScenario('small-town'), overrides: [...brief, ...fault] };

  /** Another value within what is plausible, as `--set` takes it. */
  function otherThan({ path, value, range }: ScenarioValue): string | undefined {
    if (typeof value === 'boolean') return String(!value);
    if (typeof value !== 'number') return undefined;
    const isWhole = value === 1 && path.endsWith('Share');
    if (range === undefined) return String(value === 0 ? 1 : isWhole ? 0 : value * 2);
    return String(value === range[1] ? range[0] : range[1]);
  }

  const systemsOf = ({ document }: CompiledScenario): readonly string[] => Object.keys(document.systems);

  function fingerprintOf(compiled: CompiledScenario, id: string): string {
    const system = present(systems.get(id), id);
    const workload = compiled.workload('1');
    const plan = simulationPlan({ compiled, workload, seed: 1, system, variant: 'run' });
    const { digest, outcome } = createSimulation(plan, { record: () => undefined }).finish();
    return `${digest} ${outcome}`;
  }

  it('any of fifty values drawn from the list is accepted, and changes what happens where it is in use', () => {
    const listed = scenarioValues(base).filter((value) => value.settable && otherThan(value) !== undefined);
    const fifty = fc.sample(fc.shuffledSubarray([...listed], { minLength: 50, maxLength: 50 }), {
      seed: 4,
      numRuns: 1,
    })[0];
    const unset = compileScenario(base);
    const before = new Map(systemsOf(unset).map((id) => [id, fingerprintOf(unset, id)]));
    const changes = (value: ScenarioValue): boolean => {
      const override = `${value.path}=${otherThan(value) ?? ''}`;
      const set = compileScenario({ ...base, overrides: [...base.overrides, override] });
      const affected = value.system === undefined ? systemsOf(set) : [value.system];
      return affected.some((id) => fingerprintOf(set, id) !== before.get(id));
    };
    const unchanged = (fifty ?? []).filter((value) => !changes(value)).map(({ path }) => path);
    expect(fifty).toHaveLength(50);
    expect(unchanged.filter((path) => !unused.some(([paths]) => paths.test(path)))).toEqual([]);
  });
});

describe('what is assumed', () => {
  it('is what a run reports as assumed', async () => {
    const scenario = {
      ...loadScenario('small-town'),
      overrides: ['people.count=10', 'windows.sending=20m', 'windows.horizon=40m', 'faults=[]'],
    };
    const { record } = await runScenario({ scenario, name: 'small-town', seed: 1 });
    const reported = record.assumptions.filter(({ source }) => source === undefined).map(({ path }) => path);
    const values = scenarioValues(scenario, energyAssumptions);
    const listed = values.filter(({ standing }) => standing === 'assumed');
    expect([...new Set(listed.map(({ reportedAs }) => reportedAs))].sort()).toEqual(
      [...new Set(reported)].sort(),
    );
  });
});
