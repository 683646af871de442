// A person with two messengers: when the next one is tried, what counts, and what a restart keeps.
import { describe, expect, it } from 'vitest';
import type { AdministrativeChange } from '../../protocol/administration.ts';
import type { Address, Core, CoreFact, CoreFactory, Effects, Input } from '../../protocol/core.ts';
import { noCause } from '../../protocol/failure.ts';
import {
  carriesNothing,
  type ConversationId,
  type PersonId,
  type UserMessageId,
} from '../../protocol/message.ts';
import { createSeveralApplications, type Application } from '../../protocol/several-applications.ts';
import type { TaskId } from '../../protocol/task.ts';
import { minutes, type Instant, type WallTime } from '../../protocol/time.ts';

const one = 1 as UserMessageId;
const note = { kind: 'test.note', carries: carriesNothing };

/** A messenger that connects when it is written in, and says what it is told over its connection. */
const messenger: CoreFactory = (stored): Core => ({
  step(_clock, input, out) {
    if (input.kind === 'user' && input.action.kind === 'send') {
      out.persist('written', input.action.message);
      out.connect('service.example' as Address, 'line', { timeout: minutes(1) });
      out.observe({ kind: 'hold', messages: [input.action.message], reason: 'connecting', cause: noCause });
    }
    if (input.kind === 'user' && input.action.kind === 'undertake') {
      out.persist('undertaken', input.action.id);
      out.connect('service.example' as Address, 'line', { timeout: minutes(1) });
    }
    if (input.kind === 'user' && input.action.kind === 'administer')
      out.connect('service.example' as Address, input.action.change.kind, { timeout: minutes(1) });
    if (input.kind === 'link-up' && input.tag !== 'line')
      out.observe({ kind: 'situation', name: `met ${input.peer}` });
    if (input.kind === 'message') out.observe((input.message as unknown as { fact: CoreFact }).fact);
  },
  inspect: () => stored?.get('written'),
});

class Phone {
  readonly facts: CoreFact[] = [];
  readonly stored = new Map<string, unknown>();
  readonly timers = new Map<string, number>();
  readonly connects: string[] = [];
  now = 0;
  #core: Core;
  readonly #factory: CoreFactory;

  constructor(secondCarries: boolean, first: Partial<Application> = {}, second: Partial<Application> = {}) {
    this.#factory = createSeveralApplications({
      applications: [
        { name: 'a', factory: messenger, carries: () => true, serves: () => true, ...first },
        {
          name: 'b',
          factory: messenger,
          carries: () => secondCarries,
          serves: () => secondCarries,
          ...second,
        },
      ],
      patience: () => minutes(5),
    });
    this.#core = this.#factory(undefined);
  }

  step(input: Input): void {
    const unused = (): void => undefined;
    const out: Effects = {
      persist: (key, value) => {
        if (value === undefined) this.stored.delete(key);
        else this.stored.set(key, value);
      },
      connect: (_to, tag) => void this.connects.push(tag),
      setTimer: (timer, at) => void this.timers.set(timer, at),
      cancelTimer: (timer) => void this.timers.delete(timer),
      observe: (fact) => void this.facts.push(fact),
      ...{ send: unused, request: unused, abandon: unused, respond: unused, refuse: unused },
      ...{ disconnect: unused, spend: unused },
    };
    this.#core.step({ now: this.now as Instant, wall: 0 as WallTime }, input, out);
  }

  restart(): void {
    this.timers.clear();
    this.#core = this.#factory(new Map(this.stored));
    this.step({ kind: 'start' });
  }

  write(message = one): void {
    const action = { kind: 'send', message, conversation: 0 as ConversationId, text: 'hello' } as const;
    this.step({ kind: 'user', action });
  }

  undertake(): void {
    const action = { kind: 'undertake', id: 1 as TaskId, task: { kind: 'log-in' } } as const;
    this.step({ kind: 'user', action });
  }

  /** Time passes until the patience with the message is at its end. */
  wait(): void {
    const [timer = '', at = 0] = [...this.timers][0] ?? [];
    this.now = at;
    this.timers.delete(timer);
    this.step({ kind: 'timer', timer });
  }

  /** The service of one messenger says something of the message. */
  hear(application: 'a' | 'b', fact: CoreFact): void {
    const link = `link:${application}` as Address;
    this.step({ kind: 'link-up', link, peer: 'service.example' as Address, tag: `${application}/line` });
    this.step({ kind: 'message', from: link, message: { ...note, fact } as never });
  }

  kinds(): string[] {
    return this.facts.map((fact) =>
      fact.kind === 'situation' || fact.kind === 'counter' ? fact.name : fact.kind,
    );
  }
}

describe('a person with two messengers', () => {
  it('writes in the second when the first has let a message wait, and goes on there', () => {
    const phone = new Phone(true);
    phone.write();
    expect(phone.connects).toEqual(['a/line']);
    phone.wait();
    expect(phone.now).toBe(minutes(5));
    expect(phone.connects).toEqual(['a/line', 'b/line']);
    phone.write(2 as UserMessageId);
    expect(phone.connects).toEqual(['a/line', 'b/line', 'b/line']);
    phone.hear('a', { kind: 'accepted', message: one });
    phone.write(3 as UserMessageId);
    expect(phone.connects.at(-1)).toBe('a/line');
  });

  it('waits on where nobody else has the second', () => {
    const phone = new Phone(false);
    phone.write();
    expect(phone.timers.size).toBe(0);
  });

  it('is told once that a service took it, and is shown once what came twice', () => {
    const phone = new Phone(true);
    phone.write();
    phone.wait();
    phone.hear('b', { kind: 'accepted', message: one });
    phone.hear('a', { kind: 'accepted', message: one });
    for (const application of ['b', 'a'] as const)
      phone.hear(application, { kind: 'delivered', message: 9 as UserMessageId, person: 0 as PersonId });
    expect(phone.kinds()).toEqual([
      'hold',
      'portfolio.moved-to-next-application',
      'hold',
      'accepted',
      'delivered',
      'portfolio.shown-twice',
    ]);
  });

  it('remembers after a restart what it has given to whom', () => {
    const phone = new Phone(true);
    phone.write();
    phone.restart();
    phone.wait();
    phone.hear('b', { kind: 'accepted', message: one });
    phone.restart();
    expect(phone.timers.size).toBe(0);
    expect([...phone.stored.keys()].sort()).toEqual(['a/written', 'b/written']);
  });

  it('waits for nothing that needs a network when there is none, and is back at once when there is one', () => {
    const phone = new Phone(true, { needsNetwork: true });
    const network = (up: boolean): void => phone.step({ kind: 'network', up, cause: noCause });
    phone.write();
    network(false);
    expect(phone.connects).toEqual(['a/line', 'b/line']);
    phone.write(2 as UserMessageId);
    expect(phone.connects).toEqual(['a/line', 'b/line', 'b/line']);
    network(true);
    phone.write(3 as UserMessageId);
    expect(phone.connects.at(-1)).toBe('a/line');
  });

  it('looks after a conversation in the one that is trusted, and not in one that cannot', () => {
    const phone = new Phone(true, {}, { administers: (change) => change.kind === 'topic' });
    const change = (what: AdministrativeChange): void => {
      const action = { kind: 'administer', conversation: 0 as ConversationId, change: what } as const;
      phone.step({ kind: 'user', action });
    };
    change({ kind: 'topic', text: 'one' });
    phone.write();
    phone.wait();
    change({ kind: 'topic', text: 'two' });
    change({ kind: 'guest-speaks', guest: 0, text: 'three' });
    expect(phone.connects).toEqual(['a/topic', 'a/line', 'b/line', 'b/topic', 'a/guest-speaks']);
  });

  it.each([
    [false, []],
    [true, ['met phone/2', 'met phone/3', 'heard']],
  ])('lets others and the radio connect the messenger that is for it (%s)', (takesLinks, heard) => {
    const phone = new Phone(true, {}, { takesLinks });
    const link = 'link:radio/2' as Address;
    phone.step({ kind: 'link-up', link: 'link:radio/1' as Address, peer: 'phone/2' as Address });
    phone.step({ kind: 'link-up', link, peer: 'phone/3' as Address, tag: 'central' });
    const fact = { kind: 'situation', name: 'heard' };
    phone.step({ kind: 'message', from: link, message: { ...note, fact } as never });
    expect(phone.kinds()).toEqual(heard);
  });

  it.each([
    [true, ['a/line', 'b/line', 'a/line']],
    [false, ['a/line', 'a/line', 'a/line']],
  ])(
    'sets out to do something in the other messenger when it has failed in one (%s: has both)',
    (both, lines) => {
      const phone = new Phone(both);
      const failure = { kind: 'timed-out', phase: 'response', definite: false, cause: noCause } as const;
      const failed = { kind: 'task-failed', task: 1 as TaskId, step: 'keys', failure, shown: true } as const;
      phone.undertake();
      phone.hear('a', failed);
      phone.undertake();
      phone.hear(both ? 'b' : 'a', failed);
      phone.undertake();
      expect(phone.connects).toEqual(lines);
      expect(phone.kinds()).toEqual(['task-failed', 'task-failed']);
    },
  );
});
