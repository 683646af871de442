// The radio with real phones on it: discovery, limits, streams, and messages from end to end.
import { describe, expect, it } from 'vitest';
import type { Address, Input } from '../../../protocol/core.ts';
import type { Message, UserMessageId } from '../../../protocol/message.ts';
import { noCause, type CauseToken } from '../../../protocol/failure.ts';
import { carriesNothing } from '../../../protocol/message.ts';
import { minutes, seconds, type Duration, type Instant } from '../../../protocol/time.ts';
import { createSimulation } from '../../../sim/create-simulation.ts';
import { Kernel } from '../../../sim/kernel/kernel.ts';
import type { MediumHost, Port, RadioMedium, Transit } from '../../../sim/network/medium.ts';
import type { Observation } from '../../../sim/observation.ts';
import { airMicroseconds } from '../../../sim/radio/air-time.ts';
import { createRadio } from '../../../sim/radio/bluetooth-radio.ts';
import type { RadioFaults } from '../../../sim/radio/radio-faults.ts';
import { radioParameters } from '../../../sim/radio/radio-parameters.ts';
import { afterScanning } from '../../../sim/radio/scan-schedule.ts';
import { createAddressedDraw } from '../../../sim/random/addressed.ts';
import { bitchat } from '../../../sim/systems/bitchat.ts';
import type { Person, Position, Workload } from '../../../sim/workload/workload.ts';
import { keepingSink, planOf, workloadOf } from '../../support/worlds.ts';

const at = (duration: number): Instant => duration as Instant;

/** The people of a workload, moved to these places; a second place is reached between the first and the second minute. */
function placed(workload: Workload, places: readonly (readonly Position[])[]): Workload {
  const people = workload.people.map((person, index): Person => {
    const [from, to] = places[index]!;
    const stay = person.stays[0]!;
    if (from === undefined || to === undefined)
      return { ...person, stays: [{ ...stay, from: from!, to: from! }] };
    return {
      ...person,
      stays: [
        { ...stay, from, to: from },
        { ...stay, start: at(minutes(1)), from, to },
        { ...stay, start: at(minutes(2)), from: to, to },
      ],
    };
  });
  return { ...workload, people };
}

const inRow = (count: number, metres: number): Position[][] =>
  Array.from({ length: count }, (_, index) => [{ x: index * metres, y: 0 }]);

interface Delivered {
  readonly at: Instant;
  readonly node: number;
  readonly input: Input;
  readonly transit: Transit | undefined;
}

/** A radio with a host that writes down what it is handed. `faults`: what a jammer does. */
function radioOn(
  places: readonly (readonly Position[])[],
  platform: 'ios' | 'android',
  faults?: RadioFaults,
): {
  radio: RadioMedium;
  handed: Delivered[];
  counted: { bytes: number; air: number };
  runFor: (duration: Duration) => void;
} {
  const devices = Object.fromEntries(places.map((_, index) => [index, { platform }]));
  const workload = placed(workloadOf({ people: places.length, messages: [], devices }), places);
  const kernel = new Kernel({ horizon: at(minutes(60)), limits: { events: 1e6, eventsPerInstant: 1e5 } });
  const handed: Delivered[] = [];
  const counted = { bytes: 0, air: 0 };
  const host: MediumHost = {
    scheduler: kernel,
    causeInHand: 0 as MediumHost['causeInHand'],
    deliver: (port, input, transit) => void handed.push({ at: kernel.now, node: port.node, input, transit }),
    isUp: () => true,
    pressedBy: () => noCause,
    nodeName: (node) => `phone/${node}`,
    byteLength: () => 500,
    carry: (message) => message,
    hindered: () => undefined,
    draw: createAddressedDraw('radio'),
    countScanning: () => undefined,
    countBytes(_medium, bytes, air = 0) {
      counted.bytes += bytes;
      counted.air += air;
    },
  };
  const nodes = workload.people.map(({ id }) => ({
    name: `phone/${id}`,
    person: id,
    parts: {},
    radioPart: 'bitchat',
  }));
  // Without shadowing ranges are all 30 m.
  const parameters = radioParameters(new Map([['radioShadowingDb', 0]]));
  const radio = createRadio({
    host,
    workload,
    nodes,
    parameters,
    ...(faults === undefined ? {} : { faults }),
  });
  const runFor = (duration: Duration): void => {
    const end = at(kernel.now + duration);
    for (let next = kernel.next; next !== undefined && next <= end; next = kernel.next)
      expect(kernel.step()).toBe('event');
    kernel.advanceTo(end);
  };
  return { radio, handed, counted, runFor };
}

const jammer = 5 as CauseToken;

/** One jammer that drowns everything near these phones while it is on. */
function jammerAt(jammedPhones: ReadonlySet<number>): { faults: RadioFaults; turn: (on: boolean) => void } {
  let isOn = false;
  const listeners: (() => void)[] = [];
  const jams = (left: number, right: number): boolean =>
    isOn && (jammedPhones.has(left) || jammedPhones.has(right));
  const faults: RadioFaults = {
    onChange: (listener) => void listeners.push(listener),
    jammed: (left, right) => (jams(left, right) ? 1 : 0),
    causeOf: (left, right) => (jams(left, right) ? jammer : noCause),
    union: (left, right) => (left === noCause ? right : left),
    duplicated: () => 0,
  };
  return {
    faults,
    turn: (on) => {
      isOn = on;
      for (const listener of listeners) listener();
    },
  };
}

const port = (node: number): Port => ({ node, part: 'bitchat' });
const links = (handed: readonly Delivered[], kind: 'link-up' | 'link-down', node?: number): Delivered[] =>
  handed.filter((each) => each.input.kind === kind && (node === undefined || each.node === node));
const text = (carries: readonly UserMessageId[] = carriesNothing): Message => ({ kind: 'test', carries });

describe('the radio', () => {
  it('connects phones within range, tells both, and tells the one that connected', () => {
    const { radio, handed, runFor } = radioOn(inRow(3, 29), 'ios');
    for (const node of [0, 1, 2]) radio.radioChanged(node, true);
    runFor(seconds(60));
    const up = links(handed, 'link-up');
    expect(up.map(({ node }) => node).sort()).toEqual([0, 1, 1, 2]); // 58 m are too far
    const tags = up.map(({ input }) => (input.kind === 'link-up' ? input.tag : undefined));
    expect(tags.filter((tag) => tag === 'central')).toHaveLength(2);
    for (const { at: when } of up) expect(when).toBeGreaterThan(seconds(0.1));
  });

  it('keeps order, charges queue and air, and accounts for the way', () => {
    const { radio, handed, counted, runFor } = radioOn(inRow(2, 10), 'ios');
    radio.radioChanged(0, true);
    radio.radioChanged(1, true);
    runFor(seconds(60));
    const { input } = links(handed, 'link-up', 0)[0]!;
    const link = (input as Extract<Input, { kind: 'link-up' }>).link;
    const messages = Array.from({ length: 40 }, () => text([0 as UserMessageId]));
    for (const message of messages) radio.send(port(0), link, message);
    runFor(seconds(10));
    const arrived = handed.filter((each) => each.input.kind === 'message');
    expect(arrived.map((each) => (each.input as Extract<Input, { kind: 'message' }>).message)).toEqual(
      messages,
    );
    // 500 bytes at 20 kB/s: 25 ms each.
    expect(arrived.at(-1)!.at - seconds(60)).toBeGreaterThan(seconds(40 * 0.025));
    expect(counted.bytes).toBeGreaterThanOrEqual(40 * 500);
    expect(counted.air).toBeGreaterThanOrEqual(40 * airMicroseconds(500));
    for (const { transit, at: when } of arrived) {
      let until = transit!.sentAt;
      for (const leg of transit!.legs) {
        expect(leg.until).toBeGreaterThanOrEqual(until);
        until = leg.until;
      }
      expect(until).toBe(when);
    }
  });

  it('loses a connection some seconds after its ends have parted, and what was on the way with it', () => {
    const { radio, handed, runFor } = radioOn(
      [
        [{ x: 0, y: 0 }],
        [
          { x: 0, y: 0 },
          { x: 600, y: 0 },
        ],
      ],
      'ios',
    );
    radio.radioChanged(0, true);
    radio.radioChanged(1, true);
    runFor(seconds(64)); // out of range after 3 s at 10 m/s
    const { input } = links(handed, 'link-up', 0)[0]!;
    const link = (input as Extract<Input, { kind: 'link-up' }>).link;
    radio.send(port(0), link, text());
    expect(links(handed, 'link-down')).toHaveLength(0);
    runFor(seconds(10));
    expect(links(handed, 'link-down').map(({ at: when }) => when)).toEqual([
      seconds(67) + 1,
      seconds(67) + 1,
    ]);
    expect(handed.some((each) => each.input.kind === 'message')).toBe(false);
    radio.send(port(0), link, text()); // to nobody
  });

  it('lets late frames through when the ends come back before the time-out', () => {
    // Out of range at x = 30, which the turning point lies just beyond.
    const places = [
      [{ x: 0, y: 0 }],
      [
        { x: 0, y: 0 },
        { x: 31, y: 0 },
      ],
    ];
    const { radio, handed, runFor } = radioOn(places, 'ios');
    radio.radioChanged(0, true);
    radio.radioChanged(1, true);
    runFor(seconds(121)); // 31 m in a minute: out of range for two seconds, then it stays there
    expect(links(handed, 'link-down')).toHaveLength(0);
    runFor(seconds(4));
    expect(links(handed, 'link-down')).toHaveLength(2);
  });

  it('ends at once when an application is closed', () => {
    const { radio, handed, runFor } = radioOn(inRow(2, 10), 'android');
    radio.radioChanged(0, true);
    radio.radioChanged(1, true);
    runFor(seconds(30));
    radio.radioChanged(1, false);
    expect(links(handed, 'link-down', 0).map(({ at: when }) => when)).toEqual([seconds(30)]);
    runFor(seconds(60));
    expect(links(handed, 'link-up', 0)).toHaveLength(1);
    radio.radioChanged(1, true);
    runFor(seconds(60));
    expect(links(handed, 'link-up', 0)).toHaveLength(2);
  });

  it.each([
    ['android', 8],
    ['ios', 12],
  ] as const)('gives an %s phone in a crowd at most %i connections', (platform, most) => {
    const crowd = Array.from({ length: 30 }, (_, index) => [{ x: index % 6, y: Math.floor(index / 6) }]);
    const { radio, handed, runFor } = radioOn(crowd, platform);
    for (const node of crowd.keys()) radio.radioChanged(node, true);
    runFor(minutes(5));
    const counts = [...crowd.keys()].map((node) => links(handed, 'link-up', node).length);
    expect(Math.max(...counts)).toBe(most);
    const begun = [...crowd.keys()].map(
      (node) =>
        links(handed, 'link-up', node).filter(
          ({ input }) => input.kind === 'link-up' && input.tag !== undefined,
        ).length,
    );
    expect(Math.max(...begun)).toBeLessThanOrEqual(platform === 'ios' ? 6 : 8);
    // A slot that becomes free is taken.
    const before = links(handed, 'link-up').length;
    const first = links(handed, 'link-up')[0]!;
    radio.disconnect(port(first.node), (first.input as { link: Address }).link);
    runFor(minutes(1));
    expect(links(handed, 'link-up').length).toBeGreaterThan(before);
  });
});

describe('scanning part of the time', () => {
  const duty = { on: seconds(5), off: seconds(10) };
  it.each([
    [0, 3, 3],
    [0, 5, 5],
    [0, 6, 16],
    [4, 3, 17],
    [7, 1, 16],
    [7, 5, 20],
    [7, 11, 46],
    [15, 1, 16],
  ])('from second %i until %i s have been scanned: second %i', (from, needed, expected) => {
    expect(afterScanning(at(seconds(from)), seconds(needed), duty, seconds(0))).toBe(seconds(expected));
    // A phase moves everything with it.
    const phase = seconds(2);
    expect(afterScanning(at(seconds(from + 2)), seconds(needed), duty, phase)).toBe(seconds(expected + 2));
  });

  it('without pauses takes what it takes', () => {
    expect(afterScanning(at(7), seconds(3), { on: seconds(5), off: seconds(0) }, seconds(0))).toBe(
      seconds(3) + 7,
    );
  });
});

describe('bitchat from end to end', () => {
  const session = [{ start: at(0), end: at(minutes(20)) }];
  const people = 6;
  const devices = Object.fromEntries(
    Array.from({ length: people }, (_, index) => [index, { foreground: session, meshOpen: session }]),
  );
  const options = {
    people,
    conversations: [
      [0, 5],
      [0, 1, 2, 3, 4, 5],
    ],
    messages: [
      { sender: 0, conversation: 0, at: seconds(0.5) }, // before anybody was discovered
      { sender: 0, conversation: 0, at: minutes(5) },
      { sender: 3, conversation: 1, at: minutes(6) },
      { sender: 2, conversation: 1, at: minutes(30) }, // every application is closed
    ],
    devices,
  };
  const workload = placed(workloadOf(options), inRow(people, 20));
  const parameters = new Map([['radioShadowingDb', 0]]);
  const simulate = (changes = {}): { observations: Observation[]; digest: string; outcome: string } => {
    const sink = keepingSink();
    const { digest, outcome } = createSimulation(
      planOf(bitchat, workload, { parameters, ...changes }),
      sink,
    ).finish();
    return { observations: sink.observations, digest, outcome };
  };
  const { observations, digest, outcome } = simulate();
  const of = <K extends Observation['kind']>(kind: K): Extract<Observation, { kind: K }>[] =>
    observations.filter((each): each is Extract<Observation, { kind: K }> => each.kind === kind);

  it('delivers over five hops within seconds, and to every member', () => {
    const delivered = of('delivered');
    expect(
      delivered
        .filter(({ message }) => message === 2)
        .map(({ person }) => person)
        .sort(),
    ).toEqual([0, 1, 2, 4, 5]);
    const second = delivered.find(({ message }) => message === 1)!;
    expect(second.at - minutes(5)).toBeLessThan(seconds(2));
    expect(new Set(second.spans.map(({ holder }) => holder)).size).toBe(5);
    expect(second.spans.some(({ reason }) => reason === 'radio-jitter')).toBe(true);
    expect(of('accepted').map(({ message }) => message)).toEqual([0, 1]);
  });

  it('keeps what has no route at its sender, and blames nobody', () => {
    const first = of('delivered').find(({ message }) => message === 0)!;
    // Said half a second after the applications were opened.
    expect(first.at).toBeGreaterThan(seconds(1));
    expect(first.spans[0]).toMatchObject({ reason: 'no-route', start: seconds(0.5), cause: 0 });
    const missing = of('undelivered');
    expect(missing.map(({ message }) => message)).toEqual([3, 3, 3, 3, 3]);
    for (const { spans } of missing) {
      expect(spans).toHaveLength(1);
      expect(spans[0]).toMatchObject({ holder: 2, reason: 'no-route', cause: 0 });
    }
  });

  it('is a function of its plan, bytes or not', () => {
    expect(simulate().digest).toBe(digest);
    expect(simulate({ encodeEverything: true }).digest).toBe(digest);
    expect(simulate({ seed: 'other' }).digest).not.toBe(digest);
  });

  it('comes to the same with ideal signatures', () => {
    const ideal = simulate({ parameters: new Map([...parameters, ['realSignatures', 0]]) });
    expect(ideal.digest).not.toBe(digest);
    expect(ideal.outcome).toBe(outcome);
  });
});

describe('what a jammer leaves', () => {
  // 0 and 1 are near it; 2 reaches 1 alone; 3 reaches nobody else than 4.
  const places = [...inRow(3, 25), [{ x: 500, y: 0 }], [{ x: 510, y: 0 }]];

  it('is behind what a phone cannot pass on, until its radio was off', () => {
    const { faults, turn } = jammerAt(new Set([0, 1]));
    const { radio, runFor } = radioOn(places, 'android', faults);
    for (const node of [0, 1, 3, 4]) radio.radioChanged(node, true);
    runFor(minutes(2));
    expect([0, 1, 3].map((node) => radio.disturbedBy(node))).toEqual([noCause, noCause, noCause]);
    turn(true);
    runFor(minutes(1));
    turn(false);
    runFor(minutes(1));
    expect([0, 1, 3].map((node) => radio.disturbedBy(node))).toEqual([jammer, jammer, noCause]);
    radio.radioChanged(1, false);
    radio.radioChanged(1, true);
    expect(radio.disturbedBy(1)).toBe(noCause);
  });

  it('meets who comes later as well: the others have made their connections', () => {
    const { faults, turn } = jammerAt(new Set([0, 1]));
    const { radio, handed, runFor } = radioOn(places, 'android', faults);
    for (const node of [0, 1]) radio.radioChanged(node, true);
    runFor(minutes(1));
    turn(true);
    runFor(minutes(1));
    turn(false);
    radio.radioChanged(2, true);
    expect(radio.disturbedBy(2)).toBe(noCause);
    runFor(minutes(2));
    expect(links(handed, 'link-up', 2)).toHaveLength(1);
    expect(radio.disturbedBy(2)).toBe(jammer);
  });

  it('is behind the queue of a phone that has to tell its new neighbours everything', () => {
    const { faults, turn } = jammerAt(new Set([0, 1]));
    const { radio, handed, runFor } = radioOn(places.slice(0, 2), 'android', faults);
    for (const node of [0, 1]) radio.radioChanged(node, true);
    runFor(minutes(1));
    const queuedBecause = (): readonly CauseToken[] => {
      const link = links(handed, 'link-up', 0).at(-1)!.input as Extract<Input, { kind: 'link-up' }>;
      handed.length = 0;
      for (const message of [1, 2]) radio.send(port(0), link.link, text([message as UserMessageId]));
      runFor(seconds(5));
      const legs = handed.flatMap(({ transit }) => transit?.legs ?? []);
      return legs.flatMap(({ reason, cause }) => (reason === 'link-queue' ? [cause] : []));
    };
    expect(queuedBecause()).toEqual([noCause]);
    turn(true);
    runFor(minutes(1));
    turn(false);
    runFor(minutes(1));
    expect(queuedBecause()).toEqual([jammer]);
  });
});
