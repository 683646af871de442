// One store-carry-forward phone and its neighbours, without a simulator: what it hands to whom, and what it refuses.
import { describe, expect, it } from 'vitest';
import type { Address, Core, CoreFact, Effects, StoredState } from '../../../protocol/core.ts';
import { dtnCodec, type DtnBundle, type DtnMessage } from '../../../protocol/dtn/messages.ts';
import { createDtnPeer } from '../../../protocol/dtn/peer.ts';
import { dtnRouterCalled } from '../../../protocol/dtn/routers.ts';
import type { ConversationId, Message, PersonId, UserMessageId } from '../../../protocol/message.ts';
import { hours, type Instant, type WallTime } from '../../../protocol/time.ts';
import { createRandomStream } from '../../../sim/random/streams.ts';

const link = (number: number): Address => `link:radio/${number}` as Address;
const carries = [7 as UserMessageId];
const idOf = (number: number): string => number.toString(16).padStart(13, '0');

interface Phone {
  readonly core: Core;
  readonly facts: CoreFact[];
  readonly sent: { readonly to: Address; readonly message: Message }[];
  readonly disk: Map<string, unknown>;
  readonly hear: (from: Address, message: object, now?: number) => void;
  readonly meet: (number: number, has?: readonly string[], now?: number) => void;
  readonly write: () => void;
  readonly bundlesTo: (to: Address) => DtnBundle[];
}

/** Person 0 of ten; whoever is written to is person 5. */
function phone(routerName: string, bufferBytes = 1_000, stored?: StoredState): Phone {
  const facts: CoreFact[] = [];
  const sent: Phone['sent'] = [];
  const disk = new Map<string, unknown>(stored);
  const unused = (): void => undefined;
  const out: Effects = {
    persist: (key, value) => {
      if (value === undefined) disk.delete(key);
      else disk.set(key, value);
    },
    send: (to, message) => void sent.push({ to, message }),
    request: unused,
    abandon: unused,
    respond: unused,
    refuse: unused,
    connect: unused,
    disconnect: unused,
    setTimer: unused,
    cancelTimer: unused,
    spend: unused,
    observe: (fact) => void facts.push(fact),
  };
  const core = createDtnPeer({
    person: 0 as PersonId,
    nodes: 10,
    settings: { bufferBytes, lifetimeHours: 1 },
    random: createRandomStream('phone'),
    createRouter: dtnRouterCalled(routerName, { copies: 4 })!,
    recipients: () => [5 as PersonId],
  })(stored);
  const clock = (now: number) => ({ now: now as Instant, wall: 1_760_000_000_000 as WallTime });
  const hear = (from: Address, message: object, now = 0): void =>
    core.step(clock(now), { kind: 'message', from, message: message as Message }, out);
  core.step(clock(0), { kind: 'user', action: { kind: 'open-app' } }, out);
  return {
    core,
    facts,
    sent,
    disk,
    hear,
    meet(number, has = [], now = 0) {
      core.step(clock(now), { kind: 'link-up', link: link(number), peer: 'x' as Address }, out);
      hear(link(number), { kind: 'dtn.hello', carries: [], node: number, has }, now);
    },
    write() {
      const action = {
        kind: 'send',
        message: carries[0]!,
        conversation: 0 as ConversationId,
        text: 'hello',
      } as const;
      core.step(clock(0), { kind: 'user', action }, out);
    },
    bundlesTo: (to) =>
      sent.flatMap((each) =>
        each.to === to && each.message.kind === 'dtn.bundle' ? [each.message as DtnBundle] : [],
      ),
  };
}

const bundle = (number: number, destination: number, fields: Partial<DtnBundle> = {}): DtnBundle => ({
  kind: 'dtn.bundle',
  carries,
  id: idOf(number),
  source: 3,
  destination,
  createdAt: 0,
  text: 'x'.repeat(400),
  note: 2,
  ...fields,
});

describe('what a phone hands to whom', () => {
  it.each([
    { router: 'epidemic', stranger: 1, recipient: 1 },
    { router: 'direct', stranger: 0, recipient: 1 },
    { router: 'spray-and-wait', stranger: 1, recipient: 1 },
  ])('$router', ({ router, stranger, recipient }) => {
    const { write, meet, bundlesTo } = phone(router);
    meet(1);
    write();
    meet(5);
    expect(bundlesTo(link(1))).toHaveLength(stranger);
    expect(bundlesTo(link(5))).toHaveLength(recipient);
  });

  it('spray-and-wait halves its copies and keeps the last one for the recipient', () => {
    const { write, meet, bundlesTo } = phone('spray-and-wait');
    write();
    for (const number of [1, 2, 3]) meet(number);
    expect([1, 2, 3].map((number) => bundlesTo(link(number)).map(({ note }) => note))).toEqual([
      [2],
      [1],
      [],
    ]);
    meet(5);
    expect(bundlesTo(link(5))).toHaveLength(1);
  });

  it('nothing that the neighbour has, nothing twice, and what is for it first', () => {
    const { meet, hear, bundlesTo } = phone('epidemic', 10_000);
    meet(1);
    for (const [number, destination] of [
      [1, 6],
      [2, 6],
      [3, 2],
    ] as const)
      hear(link(1), bundle(number, destination));
    meet(2, [idOf(1)]);
    hear(link(1), bundle(2, 6));
    expect(bundlesTo(link(2)).map(({ id }) => id)).toEqual([idOf(3), idOf(2)]);
    expect(bundlesTo(link(1))).toEqual([]);
  });

  it('nothing after its time, and the oldest gives way where room is short', () => {
    const { meet, hear, bundlesTo } = phone('epidemic', 1_000);
    meet(1);
    for (const number of [1, 2, 3]) hear(link(1), bundle(number, 6));
    meet(2);
    expect(bundlesTo(link(2)).map(({ id }) => id)).toEqual([idOf(2), idOf(3)]);
    meet(3, [], hours(1));
    expect(bundlesTo(link(3))).toEqual([]);
  });
});

describe('PRoPHET', () => {
  const summary = (...numbers: readonly number[]): object => ({ kind: 'dtn.summary', carries: [], numbers });

  it('hands a copy to whoever is likelier to meet the recipient, and to nobody who has not said so', () => {
    const { write, meet, hear, bundlesTo } = phone('prophet');
    write();
    meet(1);
    meet(2);
    meet(3);
    expect(bundlesTo(link(1))).toEqual([]);
    hear(link(1), summary(5, 400_000_000));
    // Now this phone is 0.5 · 0.9 · 0.4 likely to meet person 5 by way of 1: somebody at 0.1 is no better, at 0.2 is.
    hear(link(2), summary(5, 100_000_000));
    hear(link(3), summary(5, 200_000_000));
    expect([1, 2, 3].map((number) => bundlesTo(link(number)).length)).toEqual([1, 0, 1]);
  });

  it('tells each new neighbour what it knows, itself met included, and gives the likeliest first', () => {
    const { meet, hear, sent, bundlesTo } = phone('prophet', 10_000);
    meet(4);
    meet(1);
    hear(link(1), bundle(1, 6));
    hear(link(1), bundle(2, 7));
    hear(link(1), bundle(3, 8));
    const told = sent.find(({ to, message }) => to === link(1) && message.kind === 'dtn.summary');
    expect((told?.message as unknown as { numbers: number[] }).numbers).toEqual([
      1, 500_000_000, 4, 500_000_000,
    ]);
    meet(2);
    hear(link(2), summary(6, 100_000_000, 7, 900_000_000, 8, 500_000_000));
    expect(bundlesTo(link(2)).map(({ id }) => id)).toEqual([idOf(2), idOf(3), idOf(1)]);
  });

  it.each([
    ['an odd number of numbers', [5]],
    ['somebody who does not exist', [10, 5]],
    ['more than certainty', [5, 1_000_000_001]],
    ['less than nothing', [5, -1]],
  ])('learns nothing of a neighbour that tells of %s', (_what, numbers) => {
    const { write, meet, hear, bundlesTo } = phone('prophet');
    write();
    meet(1);
    hear(link(1), summary(...numbers));
    expect(bundlesTo(link(1))).toEqual([]);
    hear(link(1), summary(5, 400_000_000));
    expect(bundlesTo(link(1))).toHaveLength(1);
  });
});

it('reads what is for its person once, also after a restart, and carries on what it held', () => {
  const before = phone('epidemic');
  before.meet(1);
  before.hear(link(1), bundle(1, 0));
  before.hear(link(1), bundle(2, 6));
  expect(before.facts.filter(({ kind }) => kind === 'delivered')).toHaveLength(1);
  const after = phone('epidemic', 1_000, before.disk);
  after.meet(1);
  after.hear(link(1), bundle(1, 0));
  expect(after.facts.filter(({ kind }) => kind === 'delivered')).toEqual([]);
  after.meet(2);
  expect(after.bundlesTo(link(2)).map(({ id }) => id)).toEqual([idOf(2)]);
});

it.each([
  ['an id that is none', bundle(1, 0, { id: 'zz' })],
  ['no text', { ...bundle(1, 0), text: undefined }],
  ['a destination below nought', bundle(1, -1)],
  ['a hello of somebody who does not exist', { kind: 'dtn.hello', carries: [], node: 10, has: [] }],
  ['a hello in its own name', { kind: 'dtn.hello', carries: [], node: 0, has: [] }],
  ['another kind', { kind: 'dtn.unknown', carries: [] }],
])('a neighbour that says %s changes nothing', (_what, message) => {
  const { meet, hear, core, facts } = phone('epidemic');
  meet(1);
  const before = core.inspect();
  hear(link(1), message);
  expect(core.inspect()).toEqual(before);
  expect(facts).toEqual([]);
});

it('what is on the air reads back as what was sent', () => {
  const messages: DtnMessage[] = [
    bundle(1, 5),
    { kind: 'dtn.hello', carries: [], node: 3, has: [idOf(1), idOf(2)] },
    { kind: 'dtn.summary', carries: [], numbers: [3, 500_000_000] },
  ];
  for (const message of messages) {
    const bytes = dtnCodec.encode(message);
    expect(bytes.length).toBe(dtnCodec.byteLength(message));
    expect(dtnCodec.decode(bytes, message.carries)).toEqual(message);
  }
});
