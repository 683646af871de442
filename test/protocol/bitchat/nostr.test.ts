// The way over the Internet: envelopes, what relays and phones say, and what hostile relays and strangers can do.
import { describe, expect, it } from 'vitest';
import { bitchatCodec } from '../../../protocol/bitchat/codec.ts';
import { giftWrap, isIntact, nostrIdentity, unwrap } from '../../../protocol/bitchat/nostr/event.ts';
import { nostrCodec, type NostrMessage } from '../../../protocol/bitchat/nostr/messages.ts';
import { createRelay } from '../../../protocol/bitchat/nostr/relay.ts';
import { RelayPool } from '../../../protocol/bitchat/nostr/relay-pool.ts';
import type { Address, Effects, Input } from '../../../protocol/core.ts';
import { sha256 } from '../../../protocol/crypto.ts';
import { noCause } from '../../../protocol/failure.ts';
import type { Message, UserMessageId } from '../../../protocol/message.ts';
import type { Clock, Instant, WallTime } from '../../../protocol/time.ts';
import { createRandomStream } from '../../../sim/random/streams.ts';
import { fc, property } from '../../support/property.ts';

const [author, friend, stranger] = ['author', 'friend', 'stranger'].map((name) =>
  nostrIdentity(sha256(name)),
) as [ReturnType<typeof nostrIdentity>, ReturnType<typeof nostrIdentity>, ReturnType<typeof nostrIdentity>];
const wall = 1_760_000_000_000;
const random = createRandomStream('nostr test');
const wrap = (text: string): NonNullable<ReturnType<typeof giftWrap>> =>
  giftWrap(author, friend.publicKey, text, wall, random)!;

describe('a gift wrap', () => {
  property([fc.string({ maxLength: 200 })], { numRuns: 20 })(
    'tells its recipient alone who wrote what',
    (text) => {
      const event = wrap(text);
      expect(unwrap(friend, event)).toEqual({
        author: author.publicKey,
        content: text,
        writtenAt: wall / 1_000,
      });
      expect(unwrap(stranger, event)).toBeUndefined();
      expect(event.pubkey).not.toBe(author.publicKey);
      expect(JSON.stringify(event)).not.toContain(author.publicKey);
      expect(Math.abs(event.created_at - wall / 1_000)).toBeLessThanOrEqual(900);
    },
  );

  it('that was changed is refused, and so is one sealed by somebody else in an author’s name', () => {
    const event = wrap('hello');
    expect(isIntact(event)).toBe(true);
    expect(unwrap(friend, { ...event, content: `${event.content.slice(0, -2)}AA` })).toBeUndefined();
    expect(unwrap(friend, { ...event, tags: [['p', stranger.publicKey]] })).toBeUndefined();
    // A stranger knows everybody's public keys: the secret behind the seal is still its own.
    const forged = giftWrap(
      { ...stranger, publicKey: author.publicKey },
      friend.publicKey,
      'hello',
      wall,
      random,
    );
    expect(unwrap(friend, forged!)).toBeUndefined();
  });
});

describe('what is said on a WebSocket', () => {
  const event = wrap('hello');
  const carries: readonly UserMessageId[] = [];
  const messages: readonly NostrMessage[] = [
    { kind: 'nostr.publish', event, carries },
    { kind: 'nostr.subscribe', recipient: friend.publicKey, since: 5, limit: 100, carries },
    { kind: 'nostr.event', event, carries },
    { kind: 'nostr.ok', event: event.id, accepted: true, carries },
    { kind: 'nostr.eose', carries },
  ];

  it.each(messages.map((message) => [message.kind, message] as const))(
    '%s is what was encoded',
    (_kind, message) => {
      const bytes = bitchatCodec.encode(message);
      expect(bytes).toHaveLength(bitchatCodec.byteLength(message));
      expect(bitchatCodec.decode(bytes, carries)).toEqual(message);
    },
  );

  property(
    [
      fc.oneof(
        fc.json(),
        fc.array(fc.jsonValue(), { maxLength: 4 }).map((value) => JSON.stringify(value)),
      ),
    ],
    {
      numRuns: 300,
    },
  )('nothing else is read, and nothing crashes', (text) => {
    const bytes = new Uint8Array([...new Uint8Array(30), ...new TextEncoder().encode(text)]);
    const read = nostrCodec.decode(bytes, carries);
    if (read !== undefined) expect(messages.map(({ kind }) => kind)).toContain(read.kind);
  });
});

interface Said {
  readonly to: Address;
  readonly message: Message;
}

/** Effects that remember what is said, connected and timed. */
function recorder(): Effects & {
  readonly said: Said[];
  readonly connects: string[];
  readonly timers: Map<string, number>;
  readonly stored: Map<string, unknown>;
} {
  const said: Said[] = [];
  const connects: string[] = [];
  const timers = new Map<string, number>();
  const stored = new Map<string, unknown>();
  const recorded = {
    said,
    connects,
    timers,
    stored,
    send: (to: Address, message: Message) => void said.push({ to, message }),
    connect: (to: Address) => void connects.push(to),
    disconnect: () => undefined,
    setTimer: (name: string, at: number) => void timers.set(name, at),
    cancelTimer: (name: string) => void timers.delete(name),
    persist: (key: string, value: unknown) => void stored.set(key, value),
    observe: () => undefined,
  };
  return recorded as unknown as ReturnType<typeof recorder>;
}

const clockAt = (now: number): Clock => ({ now: now as Instant, wall: wall as WallTime });
const link = (name: string): Address => `link:${name}` as Address;

describe('a relay', () => {
  const say = (
    relay: ReturnType<ReturnType<typeof createRelay>>,
    from: string,
    message: NostrMessage,
  ): Said[] => {
    const out = recorder();
    relay.step(clockAt(0), { kind: 'message', from: link(from), message }, out);
    return out.said;
  };
  const subscribe = {
    kind: 'nostr.subscribe',
    recipient: friend.publicKey,
    since: 0,
    limit: 2,
    carries: [],
  } as const;

  it('keeps what is whole, across a restart, and gives the newest of it to whom it is for', () => {
    const relay = createRelay()(undefined);
    const out = recorder();
    const events = ['one', 'two', 'three'].map(wrap);
    for (const event of events)
      relay.step(
        clockAt(0),
        { kind: 'message', from: link('a'), message: { kind: 'nostr.publish', event, carries: [] } } as Input,
        out,
      );
    expect(out.said.map(({ message }) => message)).toMatchObject([
      { accepted: true },
      { accepted: true },
      { accepted: true },
    ]);
    const back = createRelay()(out.stored);
    const answers = say(back, 'f', subscribe).map(({ message }) => message as NostrMessage);
    expect(answers.map(({ kind }) => kind)).toEqual(['nostr.event', 'nostr.event', 'nostr.eose']);
    expect(answers.slice(0, 2)).toMatchObject(events.slice(1).map((event) => ({ event })));
    expect(say(back, 'x', { ...subscribe, recipient: stranger.publicKey })).toHaveLength(1);
    const later = say(back, 'a', { kind: 'nostr.publish', event: wrap('four'), carries: [] });
    expect(later.map(({ to, message }) => [to, message.kind])).toEqual([
      [link('a'), 'nostr.ok'],
      [link('f'), 'nostr.event'],
    ]);
  });

  it('refuses what was changed', () => {
    const relay = createRelay()(undefined);
    const event = { ...wrap('hello'), content: 'v2:AAAA' };
    expect(say(relay, 'a', { kind: 'nostr.publish', event, carries: [] })).toMatchObject([
      { message: { accepted: false } },
    ]);
  });
});

describe('a phone’s relays', () => {
  const failure = { kind: 'refused', definite: true, cause: noCause } as const;
  const made = (relays: readonly string[]): RelayPool =>
    new RelayPool({ relays, publicKey: friend.publicKey, random: createRandomStream('pool') });

  it('are tried again after doubling waits, give or take a fifth, then left alone for ten minutes', () => {
    const pool = made(['one']);
    const out = recorder();
    pool.open(out);
    let now = 0;
    const waits: number[] = [];
    for (let attempt = 0; attempt < 10; attempt++) {
      pool.failed(undefined, 'nostr/one', failure, clockAt(now), out);
      const at = out.timers.get('nostr/one')!;
      waits.push((at - now) / 1e6);
      now = at;
      pool.due('nostr/one', out);
    }
    for (const [index, wait] of waits.slice(0, 9).entries()) {
      const base = Math.min(2 ** index, 300);
      expect(wait).toBeGreaterThanOrEqual(base * 0.8);
      expect(wait).toBeLessThanOrEqual(base * 1.2);
    }
    expect(waits[9]).toBe(600);
  });

  it('get what waited as soon as they are there, each once, the oldest of more than 200 lost', () => {
    const pool = made(['one', 'two']);
    const out = recorder();
    pool.open(out);
    const events = Array.from({ length: 201 }, (_, index) => wrap(`${index}`));
    for (const event of events) pool.publish(event, [], out);
    expect(out.said).toEqual([]);
    pool.connected('nostr/one', link('one'), clockAt(0), out);
    const published = out.said.filter(({ message }) => message.kind === 'nostr.publish');
    expect(published).toHaveLength(200);
    expect(published[0]).toMatchObject({ to: link('one'), message: { event: { id: events[1]!.id } } });
    pool.failed(link('one'), undefined, failure, clockAt(1), out);
    pool.connected('nostr/one', link('again'), clockAt(2), out);
    expect(
      out.said.filter(({ to, message }) => to === link('again') && message.kind === 'nostr.publish'),
    ).toEqual([]);
  });
});
