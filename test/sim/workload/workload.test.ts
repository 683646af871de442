// What holds of every workload, whatever the seed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hours, seconds, type Instant } from '../../../protocol/time.ts';
import { compileScenario } from '../../../scenarios/compile.ts';
import { hourlyActivity } from '../../../sim/workload/daily-rhythm.ts';
import { intervalAt } from '../../../sim/workload/intervals.ts';
import type { Interval, Person, Workload } from '../../../sim/workload/workload.ts';
import { scenarioText } from '../../support/scenario-text.ts';
import { property } from '../../support/property.ts';

const compile = (...overrides: readonly string[]) =>
  compileScenario({ text: scenarioText(), file: 'sample.yaml', overrides });

const workloadOf = (seed: string, ...overrides: readonly string[]): Workload =>
  compile(...overrides).workload(seed);

/** As data: functions compare by identity. */
const dataOf = ({ people, conversations, messages, windows }: Workload) => ({
  people,
  conversations,
  messages,
  windows,
});

const sample = compile('people.messagesPerPersonPerDay=15');
const anySeed = fc.nat().map((seed) => sample.workload(String(seed)));
const runs = { numRuns: 6 };

describe('a workload', () => {
  it('is a function of its seed', () => {
    expect(dataOf(workloadOf('7'))).toEqual(dataOf(workloadOf('7')));
    expect(workloadOf('7').messages).not.toEqual(workloadOf('8').messages);
    expect(workloadOf('7').people).not.toEqual(workloadOf('8').people);
  });

  it.each(['systems={bitchat: {}}', 'faults=[]', 'systems.signal.persistDelaySeconds=60'])(
    'does not change with %s',
    (override) => {
      expect(dataOf(workloadOf('7', override))).toEqual(dataOf(workloadOf('7')));
    },
  );

  it('changes where a habit says so, and nowhere else', () => {
    const before = workloadOf('7');
    const after = workloadOf('7', 'people.androidShare=0.1', 'people.employedShare=0');
    expect(after.messages).toEqual(before.messages);
    expect(after.conversations).toEqual(before.conversations);
    expect(after.people.map(({ device }) => device.offline)).toEqual(
      before.people.map(({ device }) => device.offline),
    );
    expect(after.people.map(({ device }) => device.platform)).not.toEqual(
      before.people.map(({ device }) => device.platform),
    );
    expect(after.people.every(({ stays }) => stays.every(({ place }) => place === 'home'))).toBe(true);
  });
});

describe('people', () => {
  property([anySeed], runs)(
    'are at one place at each instant and move without jumps',
    ({ people, windows }) => {
      for (const { stays, country } of people) {
        expect(stays[0]?.start).toBe(0);
        for (const [index, stay] of stays.entries()) {
          expect(stay.access.isp).toContain(`/${country}/`);
          const next = stays[index + 1];
          if (stay.place !== 'way') expect(stay.to).toEqual(stay.from);
          if (next === undefined) continue;
          expect(next.start).toBeGreaterThan(stay.start);
          expect(next.start).toBeLessThan(windows.horizon);
          expect(next.from).toEqual(stay.to);
        }
      }
    },
  );

  property([anySeed], runs)('have phones whose times are sorted, disjoint and within the run', (workload) => {
    const wellFormed = (intervals: readonly Interval[]): void => {
      for (const [index, { start, end }] of intervals.entries()) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThan(start);
        expect(end).toBeLessThanOrEqual(workload.windows.horizon);
        const next = intervals[index + 1];
        if (next !== undefined) expect(next.start).toBeGreaterThan(end);
      }
    };
    for (const { device } of workload.people) {
      wellFormed(device.offline);
      wellFormed(device.foreground);
      wellFormed(device.meshOpen);
      expect(Number.isInteger(device.clockSkewMs)).toBe(true);
      for (const { start, end } of device.foreground) {
        const open = intervalAt(device.meshOpen, start);
        expect(open !== undefined && open.end >= end).toBe(true);
      }
    }
  });

  it('live where the scenario says', () => {
    const { people } = workloadOf('1', 'people.count=30', 'people.cities.berlin.share=2');
    expect(people.map(({ id }) => id)).toEqual(people.map((_, row) => row));
    expect(people.filter(({ city }) => city.name === 'berlin')).toHaveLength(24);
  });

  const atWork = (people: readonly Person[], instant: number): number =>
    people.filter(({ stays }) => stays.findLast(({ start }) => start <= instant)?.place === 'work').length;

  it('are at work at noon from Monday to Friday, some already at the epoch', () => {
    const oneCity = 'people.cities=[{name: berlin, share: 1}]';
    const everybody = ['people.employedShare=1', 'people.count=60', 'faults=[]', 'expectations=[]', oneCity];
    const noonOf = (date: string) => workloadOf('1', `epoch=${date}T10:00Z`, ...everybody).people;
    expect(atWork(noonOf('2025-10-20'), 0)).toBeGreaterThan(55);
    expect(atWork(noonOf('2025-10-24'), 0)).toBeGreaterThan(55);
    expect(atWork(noonOf('2025-10-24'), hours(24))).toBe(0);
    expect(atWork(noonOf('2025-10-25'), 0)).toBe(0);
    expect(atWork(noonOf('2025-10-26'), 0)).toBe(0);
    expect(atWork(noonOf('2025-10-26'), hours(24))).toBeGreaterThan(55);
  });

  it('who are on the way at the epoch begin there', () => {
    const { people } = workloadOf(
      '1',
      'epoch=2025-10-20T05:55Z', // 7:55 in Berlin
      'people.employedShare=1',
      'people.count=200',
      'faults=[]',
      'expectations=[]',
      'people.cities=[{name: berlin, share: 1}]',
    );
    const onTheWay = people.filter(({ stays }) => stays[0]?.place === 'way');
    expect(onTheWay.length).toBeGreaterThan(30);
    // A way of x metres is walked at a constant pace: what is left of it takes at most 45 minutes.
    for (const { stays } of onTheWay) expect(stays[1]?.start).toBeLessThanOrEqual(hours(0.75));
  });
});

describe('conversations', () => {
  property([anySeed], runs)('have members who exist, each once', ({ people, conversations }) => {
    const pairs = new Set<string>();
    for (const [row, { id, kind, members }] of conversations.entries()) {
      expect(id).toBe(row);
      expect(new Set(members).size).toBe(members.length);
      for (const member of members) expect(people[member]).toBeDefined();
      if (kind === 'group') expect(members.length).toBeGreaterThanOrEqual(3);
      if (kind !== 'direct') continue;
      expect(members).toHaveLength(2);
      const pair = members.toSorted((left, right) => left - right).join();
      expect(pairs.has(pair)).toBe(false);
      pairs.add(pair);
    }
  });

  it.each([
    ['walking', 'friendsWithinWalkingDistance'],
    ['same-city', 'friendsInSameCity'],
    ['abroad', undefined],
  ])('are %s when all friends are', (distance, habit) => {
    const shares = ['friendsWithinWalkingDistance', 'friendsInSameCity', 'friendsInSameCountry'].map(
      (name) => `people.${name}=${name === habit ? 1 : 0}`,
    );
    const workload = workloadOf('1', 'people.count=200', ...shares);
    const { conversations } = workload;
    const direct = conversations.filter(({ kind }) => kind === 'direct');
    expect(direct.length).toBeGreaterThan(500);
    for (const { members } of direct) expect(workload.distanceClass(members[0]!, members[1]!)).toBe(distance);
  });

  it('know no difference between here and there', () => {
    const workload = workloadOf('1');
    const { people } = workload;
    for (const left of people)
      for (const right of people)
        expect(workload.distanceClass(left.id, right.id)).toBe(workload.distanceClass(right.id, left.id));
  });
});

describe('messages', () => {
  property([anySeed], runs)(
    'are sent by members, with the phone on and the application open',
    ({ people, conversations, messages, windows }) => {
      let last = 0;
      for (const [row, { id, sender, conversation, at, text }] of messages.entries()) {
        expect(id).toBe(row);
        expect(at).toBeGreaterThanOrEqual(last);
        expect(at).toBeLessThan(windows.sendingEnd);
        last = at;
        expect(conversations[conversation]?.members).toContain(sender);
        const { device } = people[sender]!;
        expect(intervalAt(device.offline, at)).toBeUndefined();
        expect(intervalAt(device.foreground, at)).toBeDefined();
        const stillThere = Math.min(at + seconds(40), windows.horizon - 1);
        expect(intervalAt(device.foreground, stillThere)).toBeDefined();
        expect(text.length).toBeGreaterThan(0);
        expect(text.length).toBeLessThanOrEqual(2_000);
      }
    },
  );

  it('are as many as the scenario says, within a tenth', () => {
    const { messages } = workloadOf('1', 'people.count=1000', 'people.messagesPerPersonPerDay=10');
    expect(messages.length).toBeGreaterThan(9_000);
    expect(messages.length).toBeLessThan(11_000);
  });

  it('follow the local day: many in the evening, few at night', () => {
    const { messages, people } = workloadOf('1', 'people.count=1000');
    const byHour = new Array<number>(24).fill(0);
    for (const { at, sender } of messages) {
      const local = at / hours(1) + people[sender]!.city.utcOffsetSeconds / 3_600 + 24;
      byHour[Math.floor(local) % 24]! += 1;
    }
    const share = (from: number, to: number, of: readonly number[]): number =>
      of.slice(from, to).reduce((sum, each) => sum + each, 0) / of.reduce((sum, each) => sum + each, 0);
    for (const [from, to] of [
      [1, 6],
      [8, 12],
      [12, 17],
      [18, 22],
    ] as const)
      expect(Math.abs(share(from, to, byHour) - share(from, to, hourlyActivity))).toBeLessThan(0.03);
  });

  it('are fewer in two hours of the night than in two of the evening', () => {
    const twoHoursFrom = (epoch: string): number =>
      workloadOf(
        '1',
        `epoch=${epoch}`,
        'windows={warmUp: 0s, sending: 2h, horizon: 26h}',
        'people.count=500',
        'people.cities=[{name: berlin, share: 1}]',
        'faults=[]',
        'expectations=[]',
      ).messages.length;
    const evening = twoHoursFrom('2025-10-20T17:00Z');
    const night = twoHoursFrom('2025-10-20T01:00Z');
    expect(evening).toBeGreaterThan(5 * night);
    expect(night).toBeGreaterThan(0);
  });

  it('of an exchange go back and forth', () => {
    const { messages } = workloadOf('1', 'people.shareInDirectChats=1', 'people.shareInGroups=0');
    const lastOf = new Map<number, { sender: number; at: Instant }>();
    let answers = 0;
    let repeated = 0;
    for (const { conversation, sender, at } of messages) {
      const before = lastOf.get(conversation);
      if (before !== undefined && at - before.at < hours(0.1)) {
        if (before.sender === sender) repeated++;
        else answers++;
      }
      lastOf.set(conversation, { sender, at });
    }
    expect(answers).toBeGreaterThan(1.5 * repeated);
    expect(repeated).toBeGreaterThan(0);
  });
});
