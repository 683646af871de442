// When a phone takes somebody for absent, what it does with relays then, and when it asks its own for what they have.
import { expect, it } from 'vitest';
import type { Effects, RequestResult } from '../../../protocol/core.ts';
import { noCause } from '../../../protocol/failure.ts';
import { carriesNothing, type Message } from '../../../protocol/message.ts';
import type { NodeKey } from '../../../protocol/pinecone/node-key.ts';
import type { Turn } from '../../../protocol/pinecone/peers.ts';
import { RelayClient } from '../../../protocol/pinecone/relay-client.ts';
import type { Collect, Collected } from '../../../protocol/pinecone/relay-messages.ts';

const [friend, first, second] = ['a', 'b', 'c'].map((digit) => digit.repeat(64) as NodeKey) as [
  NodeKey,
  NodeKey,
  NodeKey,
];
const message = (kind: string): Message => ({ kind, carries: carriesNothing });
const silent: RequestResult = {
  ok: false,
  failure: { kind: 'timed-out', phase: 'connect', definite: true, cause: noCause },
};
const unwilling: RequestResult = {
  ok: false,
  failure: { kind: 'status', status: 500, definite: true, cause: noCause },
};
const fine: RequestResult = { ok: true, message: message('fine') };

class Phone {
  /** Names of requests that are under way, and whom they are for. */
  readonly asked = new Map<string, { readonly to: NodeKey; readonly message: Message }>();
  readonly ended: boolean[] = [];
  readonly got: string[] = [];
  readonly client = new RelayClient(
    {
      own: [first],
      relaysOf: () => [first, second],
      isRelayable: ({ kind }) => kind === 'transaction',
      answerFor: () => message('answer'),
    },
    {
      ask: (name, to, sent) => void this.asked.set(name, { to, message: sent }),
      deliver: ({ kind }) => void this.got.push(kind),
      ended: (_, result) => void this.ended.push(result.ok),
    },
  );
  readonly turn = {
    clock: { now: 0, wall: 0 },
    out: { observe: () => undefined, setTimer: () => undefined, cancelTimer: () => undefined },
  } as unknown as Turn & { out: Effects };

  /** An attempt of the application and its end: whether relays are asked now. */
  attempt(result: RequestResult): boolean {
    this.client.asked('homeserver/1', friend, message('transaction'));
    return this.client.answered('homeserver/1', result, this.turn);
  }

  /** The request that is under way ends. */
  answer(result: RequestResult): NodeKey {
    const [request] = this.asked;
    const [name, { to }] = request!;
    this.asked.delete(name);
    expect(this.client.answered(name, result, this.turn)).toBe(true);
    return to;
  }
}

// Dendrite: statistics.go, Failure: two set the mark; destinationqueue.go, nextTransaction: what begins with the mark uses relays.
it('leaves with relays what the third attempt cannot deliver, whatever failed', () => {
  const phone = new Phone();
  expect([silent, unwilling, silent].map((result) => phone.attempt(result))).toEqual([false, false, true]);
});

it('asks all relays in turn, and takes it for sent when one has kept it', () => {
  const phone = new Phone();
  for (let attempt = 0; attempt < 3; attempt++) phone.attempt(silent);
  expect(phone.answer(fine)).toBe(first);
  expect(phone.ended).toEqual([]);
  expect(phone.answer(silent)).toBe(second);
  expect(phone.ended).toEqual([true]);
  expect(phone.asked.size).toBe(0);
  phone.attempt(silent);
  for (const _ of [first, second]) phone.answer(silent);
  expect(phone.ended).toEqual([true, false]);
});

it('forgets that somebody was absent when he speaks', () => {
  const phone = new Phone();
  for (let attempt = 0; attempt < 2; attempt++) phone.attempt(silent);
  phone.client.isThere(friend);
  expect([silent, silent, silent].map((result) => phone.attempt(result))).toEqual([false, false, true]);
});

// retriever.go sets `running` nowhere, so that every PeerAdded begins; perform.go begins with entry 0.
it('collects with every peer that comes, from the beginning, until a relay has nothing', () => {
  const phone = new Phone();
  const collected = (entry: number): RequestResult => {
    const came = entry === 0 ? undefined : message(`entry ${entry}`);
    const collect: Collected = {
      kind: 'relay.collected',
      entry,
      message: came,
      hasMore: entry > 0,
      carries: carriesNothing,
    };
    return { ok: true, message: collect };
  };
  const previous = (): number | undefined =>
    [...phone.asked.values()].map((asked) => (asked.message as Collect).previous)[0];
  phone.client.started();
  phone.client.peersChanged(1, phone.turn);
  phone.answer(collected(4));
  expect(previous()).toBe(4);
  phone.answer(silent);
  expect(previous()).toBeUndefined();
  phone.client.peersChanged(2, phone.turn);
  expect(previous()).toBe(0);
  phone.answer(collected(4));
  phone.answer(collected(0));
  phone.client.peersChanged(1, phone.turn);
  phone.client.peersChanged(2, phone.turn);
  expect(phone.asked.size).toBe(0);
  expect(phone.got).toEqual(['entry 4', 'entry 4']);
});
