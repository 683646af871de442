// Sessions over a network that loses datagrams: everything is answered once, or fails after silence.
import { describe, expect, it } from 'vitest';
import type { CoreFact, Effects, RequestResult } from '../../../protocol/core.ts';
import { jsonCodec } from '../../../protocol/codec.ts';
import { noCause } from '../../../protocol/failure.ts';
import { carriesNothing, type Message, type UserMessageId } from '../../../protocol/message.ts';
import type { NodeKey } from '../../../protocol/pinecone/node-key.ts';
import type { Turn } from '../../../protocol/pinecone/peers.ts';
import { Sessions } from '../../../protocol/pinecone/sessions.ts';
import { milliseconds, seconds, type Instant, type WallTime } from '../../../protocol/time.ts';
import { createRandomStream } from '../../../sim/random/streams.ts';
import { fc, property } from '../../support/property.ts';

interface Note extends Message {
  readonly kind: 'test.note';
  readonly text: string;
}

const note = (text: string, carries = carriesNothing): Note => ({ kind: 'test.note', text, carries });
const codec = jsonCodec<Message>({ overheadBytes: () => 10, isMessage: () => true });
const keys = ['a', 'b'].map((digit) => digit.repeat(64) as NodeKey);

/** Two nodes and what is between them: each datagram takes 30 ms unless said otherwise, if it comes at all. */
class Pair {
  delay = milliseconds(30);
  now = 0;
  ticks = 0;
  readonly answers = new Map<string, RequestResult[]>();
  readonly heard: string[] = [];
  readonly carried: (readonly UserMessageId[])[] = [];
  /** Messages of which an end had something that it did not keep, and when. */
  readonly notKept: (readonly [at: number, messages: readonly UserMessageId[]])[] = [];
  isLost: () => boolean = () => false;
  /** What is for the other node ends at somebody else's: that is where the other end stands then. */
  strays = false;
  readonly #events: { readonly at: number; readonly run: () => void; readonly timer?: number }[] = [];
  readonly ends: readonly Sessions[];

  constructor() {
    this.ends = keys.map((_, own): Sessions => {
      const other = 1 - own;
      return new Sessions(codec, createRandomStream(`${own}`), {
        datagram: (_to, bytes, carries) => {
          if (this.isLost()) return;
          this.#events.push({
            at: this.now + this.delay,
            run: () => {
              if (this.strays && own === 0) this.ends[1]!.strayed(keys[0]!, bytes, this.turn(1));
              else this.ends[other]!.receive(keys[own]!, bytes, carries, this.turn(other));
            },
          });
        },
        request: (name, _from, message, turn) => {
          const { text } = message as Note;
          this.heard.push(text);
          this.carried.push(message.carries);
          if (text === 'never answered') return;
          const isRefused = text === 'refuse me';
          const answer = isRefused
            ? ({ ok: false, status: 429, message: undefined, retryAfterMs: 5_000 } as const)
            : ({ ok: true, message: note(`re: ${text}`) } as const);
          this.ends[own]!.respond(name, answer, turn);
        },
        response: (name, result) => {
          this.answers.set(name, [...(this.answers.get(name) ?? []), result]);
        },
      });
    });
  }

  /** One end asks the other. */
  ask(own: number, name: string): void {
    this.ends[own]!.request(name, keys[1 - own]!, note(name), seconds(60), this.turn(own));
  }

  turn(own: number): Turn {
    const clock = { now: this.now as Instant, wall: 0 as WallTime };
    const setTimer = (_: string, at: Instant): void => {
      this.#cancel(own);
      const tick = (): void => {
        this.ticks++;
        this.ends[own]!.tick(noCause, this.turn(own));
      };
      this.#events.push({ at, timer: own, run: tick });
    };
    const observe = (fact: CoreFact): void => {
      if (fact.kind === 'not-kept') this.notKept.push([this.now, fact.messages]);
    };
    const out = { setTimer, cancelTimer: () => this.#cancel(own), observe } as unknown as Effects;
    return { clock, out };
  }

  run(until: number): void {
    for (;;) {
      const next = this.#events.reduce<number>(
        (best, { at }, index) => (at < (this.#events[best]?.at ?? Infinity) ? index : best),
        -1,
      );
      const event = this.#events[next];
      if (event === undefined || event.at > until) break;
      this.#events.splice(next, 1);
      this.now = Math.max(this.now, event.at);
      event.run();
    }
    this.now = until;
  }

  #cancel(own: number): void {
    const index = this.#events.findIndex(({ timer }) => timer === own);
    if (index >= 0) this.#events.splice(index, 1);
  }
}

const ok = (text: string): unknown => [{ ok: true, message: note(text) }];

describe('sessions', () => {
  property([fc.nat(1_000), fc.array(fc.integer({ min: 0, max: 9_000 }), { minLength: 1, maxLength: 6 })], {
    numRuns: 40,
  })(
    'answer every request once, of whatever size, though a tenth of all datagrams is lost',
    (seed, sizes) => {
      const pair = new Pair();
      const random = createRandomStream(`loss ${seed}`);
      pair.ends[0]!.request('opens', keys[1]!, note('hello'), seconds(60), pair.turn(0));
      pair.run(seconds(1));
      pair.heard.length = 0;
      pair.isLost = () => random.uniform() < 0.1;
      const texts = sizes.map((size, index) => `${index}`.padEnd(size, 'x'));
      for (const [index, text] of texts.entries())
        pair.ends[index % 2]!.request(
          `${index}`,
          keys[1 - (index % 2)]!,
          note(text),
          seconds(60),
          pair.turn(index % 2),
        );
      pair.run(seconds(70));
      for (const [index, text] of texts.entries())
        expect(pair.answers.get(`${index}`)).toEqual(ok(`re: ${text}`));
      expect([...pair.heard].sort()).toEqual([...texts].sort());
    },
  );

  it('fail after five seconds when nobody ever answers, after fifteen when somebody falls silent', () => {
    const pair = new Pair();
    pair.isLost = () => true;
    pair.ends[0]!.request('never', keys[1]!, note('hello'), seconds(60), pair.turn(0));
    pair.run(seconds(4.9));
    expect(pair.answers.size).toBe(0);
    pair.run(seconds(5.1));
    expect(pair.answers.get('never')).toMatchObject([{ failure: { kind: 'timed-out', phase: 'connect' } }]);
    const other = new Pair();
    other.ask(0, 'first');
    other.run(seconds(1));
    other.isLost = () => true;
    other.ask(0, 'silent');
    other.run(seconds(15.9));
    expect(other.answers.has('silent')).toBe(false);
    other.run(seconds(16.1));
    expect(other.answers.get('silent')).toMatchObject([
      { failure: { kind: 'timed-out', phase: 'response' } },
    ]);
  });

  // sessions/dial.go: the entry without a connection stays in the map, and whoever finds it takes it out and fails.
  it('fail at once after a dial that failed, and dial again the time after', () => {
    const pair = new Pair();
    pair.isLost = () => true;
    pair.ask(0, 'dials');
    pair.run(seconds(6));
    pair.isLost = () => false;
    pair.ask(0, 'finds nothing');
    expect(pair.answers.get('finds nothing')).toMatchObject([
      { failure: { kind: 'timed-out', phase: 'connect' } },
    ]);
    pair.ask(0, 'dials again');
    pair.run(seconds(7));
    expect(pair.answers.get('dials again')).toEqual(ok('re: dials again'));
  });

  it('dial again at once where somebody else has waited for the dial that failed', () => {
    const pair = new Pair();
    pair.isLost = () => true;
    pair.ask(0, 'dials');
    pair.ask(0, 'waits');
    pair.run(seconds(6));
    expect(pair.answers.size).toBe(2);
    pair.isLost = () => false;
    pair.ask(0, 'dials again');
    pair.run(seconds(7));
    expect(pair.answers.get('dials again')).toEqual(ok('re: dials again'));
  });

  // sessions/listen.go: "connection replaced" closes the new connection.
  it('are refused once by whoever has dialled in vain', () => {
    const pair = new Pair();
    pair.isLost = () => true;
    pair.ask(0, 'in vain');
    pair.run(seconds(6));
    pair.isLost = () => false;
    pair.ask(1, 'refused');
    pair.run(seconds(7));
    expect(pair.answers.get('refused')).toMatchObject([{ failure: { kind: 'closed' } }]);
    expect(pair.heard).toEqual([]);
    pair.ask(1, 'taken');
    pair.run(seconds(8));
    expect(pair.answers.get('taken')).toEqual(ok('re: taken'));
    // And the other way over the same session.
    pair.ask(0, 'back');
    pair.run(seconds(9));
    expect(pair.answers.get('back')).toEqual(ok('re: back'));
    expect(pair.ends.map(({ open }) => open)).toEqual([1, 1]);
  });

  // At 150 ms each first packet is sent once more before the other end's word comes.
  it.each([30, 150])('close each other when both dial at once, %i ms apart', (delay) => {
    const pair = new Pair();
    pair.delay = milliseconds(delay);
    for (const own of [0, 1]) pair.ask(own, `dial ${own}`);
    pair.run(seconds(1));
    for (const own of [0, 1])
      expect(pair.answers.get(`dial ${own}`)).toMatchObject([{ failure: { kind: 'closed' } }]);
    expect(pair.ends.map(({ open }) => open)).toEqual([0, 0]);
    pair.ask(0, 'alone');
    pair.run(seconds(2));
    expect(pair.answers.get('alone')).toEqual(ok('re: alone'));
  });

  // quic-go finds a connection by its id; sessions/dial.go, VerifyPeerCertificate.
  it('fail at the wrong key when somebody else is found in the place of who is not there', () => {
    const pair = new Pair();
    pair.strays = true;
    const absent = 'c'.repeat(64) as NodeKey;
    for (const name of ['dials', 'finds nothing']) {
      pair.ends[0]!.request(name, absent, note(name), seconds(60), pair.turn(0));
      pair.run(pair.now + milliseconds(100));
    }
    expect(pair.answers.get('dials')).toMatchObject([{ failure: { kind: 'tls' } }]);
    expect(pair.answers.get('finds nothing')).toMatchObject([{ failure: { phase: 'connect' } }]);
    expect(pair.ends.map(({ open }) => open)).toEqual([0, 0]);
  });

  it('count silence from what is said into it', () => {
    const pair = new Pair();
    pair.ask(0, 'opens');
    pair.run(seconds(1));
    // Heard last at 120 ms; the answer is there 60 ms later.
    pair.run(seconds(15.1));
    pair.ask(0, 'late');
    pair.run(seconds(16));
    expect(pair.answers.get('late')).toEqual(ok('re: late'));
    expect(pair.ends.map(({ open }) => open)).toEqual([1, 1]);
  });

  it('wait thirty seconds for an answer, however long they are told to', () => {
    const pair = new Pair();
    pair.ask(0, 'never answered');
    for (let second = 10; second < 30; second += 10) {
      pair.run(seconds(second));
      pair.ask(0, `between ${second}`);
    }
    pair.run(seconds(29.9));
    expect(pair.answers.has('never answered')).toBe(false);
    pair.run(seconds(30.1));
    expect(pair.answers.get('never answered')).toMatchObject([{ failure: { kind: 'timed-out' } }]);
  });

  it('fail what waits over a session that died while the phone slept, though a new one is opened first', () => {
    const pair = new Pair();
    pair.ends[0]!.request('opens', keys[1]!, note('hello'), seconds(60), pair.turn(0));
    pair.run(seconds(1));
    pair.isLost = () => true;
    pair.ends[0]!.request('lost', keys[1]!, note('lost'), seconds(60), pair.turn(0));
    pair.now = seconds(40); // asleep: no timer
    pair.isLost = () => false;
    pair.ticks = 0;
    pair.ends[0]!.request('again', keys[1]!, note('again'), seconds(60), pair.turn(0));
    pair.run(seconds(41));
    expect(pair.answers.get('lost')).toMatchObject([{ failure: { kind: 'timed-out', phase: 'response' } }]);
    expect(pair.answers.get('again')).toEqual(ok('re: again'));
    expect(pair.ticks).toBeLessThan(10);
  });

  it('carry refusals with their wait, and what messages carry', () => {
    const pair = new Pair();
    pair.ends[0]!.request('no', keys[1]!, note('refuse me', [7 as UserMessageId]), seconds(60), pair.turn(0));
    pair.run(seconds(2));
    expect(pair.answers.get('no')).toMatchObject([
      { failure: { kind: 'status', status: 429, retryAfterMs: 5_000 } },
    ]);
    expect(pair.carried).toEqual([[7]]);
  });

  it('say what came is not kept until the whole message is there', () => {
    const pair = new Pair();
    const long = note('x'.repeat(3_000), [7 as UserMessageId]);
    pair.ends[0]!.request('long', keys[1]!, long, seconds(60), pair.turn(0));
    pair.run(seconds(2));
    expect(pair.answers.get('long')).toMatchObject([{ ok: true }]);
    const [opening, ...parts] = pair.notKept;
    expect(opening).toEqual([milliseconds(30), [7]]);
    // There and back once more; all parts but the last.
    expect(parts.length).toBeGreaterThan(0);
    for (const part of parts) expect(part).toEqual([milliseconds(90), [7]]);
  });

  it('survive bytes that mean nothing', () => {
    const pair = new Pair();
    for (const bytes of [[], [9, 9], [2, 0, 0, 0, 1], [3, 0, 0, 0, 1, 0, 255, 255]])
      pair.ends[0]!.receive(keys[1]!, Uint8Array.from(bytes), carriesNothing, pair.turn(0));
    expect(pair.ends[0]!.open).toBe(0);
  });
});
