// One FireChat phone and a neighbour who means harm.
import { describe, expect, it } from 'vitest';
import { defaults } from '../../../protocol/firechat/constants.ts';
import { firechatCodec, type FirechatMessage } from '../../../protocol/firechat/messages.ts';
import { createFirechatPeer } from '../../../protocol/firechat/peer.ts';
import { open, seal } from '../../../protocol/firechat/sealing.ts';
import type { Address, Core, CoreFact, Effects } from '../../../protocol/core.ts';
import { sha256 } from '../../../protocol/crypto.ts';
import {
  carriesNothing,
  type Message,
  type PersonId,
  type UserMessageId,
} from '../../../protocol/message.ts';
import type { Instant, WallTime } from '../../../protocol/time.ts';
import { createRandomStream } from '../../../sim/random/streams.ts';
import { fc, property } from '../../support/property.ts';

const key = sha256('shared');
const neighbour = 'link:radio/1' as Address;
const wall = 1_760_000_000_000 as WallTime;
const idOf = (number: number): string => number.toString(16).padStart(13, '0').padEnd(32, '0');

interface Phone {
  readonly core: Core;
  readonly facts: CoreFact[];
  readonly sent: Message[];
  readonly hear: (message: object) => void;
}

function phone(): Phone {
  const facts: CoreFact[] = [];
  const sent: Message[] = [];
  const unused = (): void => undefined;
  const out: Effects = {
    persist: unused,
    send: (_to, message) => void sent.push(message),
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
  const core = createFirechatPeer({
    person: 0 as PersonId,
    account: 'ada',
    rooms: new Set(['square']),
    settings: { ...defaults, receipts: false },
    random: createRandomStream('ada'),
    service: undefined,
    conversation: () => undefined,
    keyWith: (account) => (account === 'bob' ? key : undefined),
  })(undefined);
  const clock = { now: 0 as Instant, wall };
  core.step(clock, { kind: 'user', action: { kind: 'open-app' } }, out);
  core.step(clock, { kind: 'link-up', link: neighbour, peer: neighbour, tag: 'central' }, out);
  core.step(clock, { kind: 'link-up', link: 'link:radio/2' as Address, peer: neighbour }, out);
  return {
    core,
    facts,
    sent,
    hear: (message) =>
      core.step(clock, { kind: 'message', from: neighbour, message: message as Message }, out),
  };
}

const post = (number: number, fields: object = {}): object => ({
  ...{ kind: 'firechat.post', carries: [number as UserMessageId], id: idOf(number), room: 'square' },
  ...{ author: 'bob', text: 'hello', hops: 1, ...fields },
});
const letter = (number: number, fields: object = {}): object => ({
  ...{
    kind: 'firechat.letter',
    carries: [number as UserMessageId],
    id: idOf(number),
    from: 'bob',
    to: 'ada',
  },
  ...{ sealed: seal(key, new Uint8Array(12), 'hello'), writtenAt: wall, hops: 1, ...fields },
});

describe('a FireChat phone', () => {
  it('believes any author in a room: nothing is signed', () => {
    const { hear, facts } = phone();
    hear(post(1, { author: 'whoever the neighbour likes' }));
    expect(facts.filter(({ kind }) => kind === 'delivered')).toHaveLength(1);
  });

  it('refuses letters that its friend did not seal', () => {
    const { hear, facts } = phone();
    hear(letter(1, { sealed: seal(sha256('other'), new Uint8Array(12), 'forged') }));
    hear(letter(2, { from: 'eve' }));
    hear(letter(3, { sealed: '00' }));
    expect(facts.map((fact) => fact.kind === 'situation' && fact.name)).toEqual(
      new Array(3).fill('firechat.letter-refused'),
    );
    hear(letter(4));
    expect(facts.at(-1)).toMatchObject({ kind: 'delivered', message: 4 });
  });

  it('passes each message on once, to everybody but whom it came from', () => {
    const { hear, sent } = phone();
    for (let each = 0; each < 3; each++) hear(post(1));
    expect(sent.filter(({ kind }) => kind === 'firechat.post')).toHaveLength(1);
    hear(letter(2, { to: 'carol' }));
    hear(letter(3));
    expect(sent.filter(({ kind }) => kind === 'firechat.letter')).toHaveLength(1);
  });

  it('keeps no more than its limits, whatever it hears', () => {
    const { hear, core } = phone();
    for (let each = 0; each < 500; each++) {
      hear(post(2 * each));
      hear(letter(2 * each + 1, { to: 'carol' }));
    }
    expect(core.inspect()).toMatchObject({ posts: defaults.history, letters: defaults.carried });
  });

  it('drops letters that are older than it carries any', () => {
    const { hear, core, sent } = phone();
    hear(letter(1, { to: 'carol', writtenAt: wall - 25 * 3_600_000 }));
    expect(core.inspect()).toMatchObject({ letters: 0 });
    expect(sent).toEqual([]);
  });

  const anything = fc.oneof(
    fc.anything({ maxDepth: 2 }),
    fc.constantFrom(idOf(1), 'ada', 'bob', 'square', '', -1, 1e99, [], [idOf(1)], { length: 3 }),
  );
  const kinds = ['post', 'letter', 'receipt', 'offer', 'want', 'hello', 'stored', 'other'].map(
    (name) => `firechat.${name}`,
  );
  const hostile = fc.record(
    {
      kind: fc.constantFrom(...kinds),
      carries: fc.constant(carriesNothing),
      ...Object.fromEntries(
        [
          'id',
          'ids',
          'room',
          'author',
          'text',
          'hops',
          'from',
          'to',
          'sealed',
          'writtenAt',
          'letter',
          'account',
          'rooms',
        ].map((name) => [name, anything]),
      ),
    },
    { requiredKeys: ['kind', 'carries'] },
  );
  property([fc.array(hostile, { maxLength: 30 })])(
    'survives whatever a neighbour says, and goes on',
    (messages) => {
      const { hear, facts } = phone();
      for (const message of messages) expect(() => hear(message)).not.toThrow();
      hear(letter(999_999));
      expect(facts.at(-1)).toMatchObject({ kind: 'delivered', message: 999_999 });
    },
  );
});

describe('the codec', () => {
  it.each([post(1), letter(2), { kind: 'firechat.offer', ids: [idOf(1)], carries: carriesNothing }])(
    'brings back %j',
    (message) => {
      const bytes = firechatCodec.encode(message as FirechatMessage);
      expect(bytes.length).toBe(firechatCodec.byteLength(message as FirechatMessage));
      expect(firechatCodec.decode(bytes, (message as Message).carries)).toEqual(message);
    },
  );
});

describe('sealing', () => {
  property([fc.string(), fc.uint8Array({ minLength: 12, maxLength: 12 })])(
    'opens for its key only',
    (text, nonce) => {
      const sealed = seal(key, nonce, text.toWellFormed());
      expect(open(key, sealed)).toBe(text.toWellFormed());
      expect(open(sha256('other'), sealed)).toBeUndefined();
    },
  );
});
