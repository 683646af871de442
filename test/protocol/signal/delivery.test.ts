// The delivery state machine by itself: what it asks, in which order, and when.
import { describe, expect, it } from 'vitest';
import type { Address, Effects, RequestResult } from '../../../protocol/core.ts';
import { noCause } from '../../../protocol/failure.ts';
import type { UserMessageId } from '../../../protocol/message.ts';
import type { Operation, Step } from '../../../protocol/signal/backend-calls.ts';
import type { ChatContext } from '../../../protocol/signal/chat-context.ts';
import { Delivery } from '../../../protocol/signal/delivery.ts';
import type { Envelope, QueueId, SignalMessage } from '../../../protocol/signal/messages.ts';
import type { Clock } from '../../../protocol/time.ts';

const link = 'link:1' as Address;
const envelope = (guid: string): Envelope => ({
  guid,
  source: 'aci-0' as Envelope['source'],
  timestamp: 1,
  content: guid,
  urgent: true,
});

/** A delivery whose questions and frames are written down, and whose answers the test gives. */
class Bench {
  readonly log: string[] = [];
  readonly delivery: Delivery;
  readonly #step: Step;
  readonly #open: { question: string; message: SignalMessage; operation: Operation }[] = [];
  failed = false;

  constructor() {
    const out = {
      observe: () => undefined,
      send: (_to: Address, message: SignalMessage) =>
        void this.log.push(
          message.kind === 'signal.delivery' ? `deliver ${message.envelope.guid}` : 'queue empty',
        ),
    } as unknown as Effects;
    this.#step = { clock: { now: 0, wall: 0 } as Clock, out };
    const context = {
      ask: (_step: Step, operation: Operation, backend: string, question: string, message: SignalMessage) => {
        this.log.push(question === 'read' ? `read ${backend}` : question);
        this.#open.push({ question, message, operation });
      },
    } as unknown as ChatContext;
    this.delivery = new Delivery(context, 'aci-1.1' as QueueId, link, () => (this.failed = true));
    this.delivery.begin(this.#step);
  }

  page(guids: readonly string[], next = 0): void {
    const carries = guids.map((_, index) => index as UserMessageId);
    this.#answer('read', {
      ok: true,
      message: { kind: 'signal.queue-page', envelopes: guids.map(envelope), next, carries } as SignalMessage,
    });
  }

  fail(question: 'read' | 'remove' = 'read'): void {
    const failure = { kind: 'reset', definite: false, cause: noCause } as const;
    this.#answer(question, { ok: false, failure });
  }

  removed(...guids: string[]): void {
    this.#answer('remove', {
      ok: true,
      message: { kind: 'signal.queue-removed', guids, carries: [] } as SignalMessage,
    });
  }

  acknowledge(...guids: string[]): void {
    for (const guid of guids) this.delivery.acknowledged(this.#step, guid);
  }

  notice(event: 'available' | 'persisted'): void {
    this.delivery.noticed(this.#step, event);
  }

  /** What happened since the last time. */
  take(): string[] {
    return this.log.splice(0);
  }

  #answer(question: string, result: RequestResult): void {
    const index = this.#open.findIndex((each) => each.question.startsWith(question));
    const [asked] = this.#open.splice(index, 1);
    asked?.operation.answered(this.#step, asked.question, result);
  }
}

describe('delivery state machine', () => {
  it('reads tables, then the cache, then says once that the queue is empty', () => {
    const bench = new Bench();
    expect(bench.take()).toEqual(['read tables']);
    bench.page(['a']);
    expect(bench.take()).toEqual(['deliver a', 'read queues']);
    bench.page(['b']);
    expect(bench.take()).toEqual(['deliver b', 'queue empty']);
    expect(bench.delivery.stored).toBe('empty');
  });

  it('after that reads the cache alone when something new comes', () => {
    const bench = drained();
    bench.notice('available');
    expect(bench.take()).toEqual(['read queues']);
    bench.page(['c']);
    expect(bench.take()).toEqual(['deliver c']);
  });

  it('begins at the tables again when messages were persisted', () => {
    const bench = drained();
    bench.notice('persisted');
    bench.notice('available');
    expect(bench.take()).toEqual(['read tables']);
  });

  it('reads nothing before everything sent is acknowledged and removed', () => {
    const bench = drained();
    bench.notice('available');
    bench.page(['c', 'd']);
    bench.take();
    bench.notice('available');
    expect(bench.take()).toEqual([]);
    bench.acknowledge('c', 'd');
    expect(bench.take()).toEqual(['remove-queues']);
    bench.removed('c');
    expect(bench.take()).toEqual(['remove-queues']);
    bench.removed('d');
    expect(bench.take()).toEqual(['read queues']);
  });

  it('removes from the tables what the persister has moved meanwhile', () => {
    const bench = drained();
    bench.notice('available');
    bench.page(['c']);
    bench.acknowledge('c');
    bench.take();
    bench.removed();
    expect(bench.take()).toEqual(['remove-tables']);
  });

  it('reads on only while a page fits into what may be in flight', () => {
    const bench = new Bench();
    const guids = (page: number): string[] => Array.from({ length: 100 }, (_, index) => `${page}/${index}`);
    bench.page(guids(1), 100);
    bench.page(guids(2), 200);
    expect(bench.take().filter((line) => line.startsWith('read'))).toEqual(['read tables', 'read tables']);
    bench.acknowledge(...guids(1));
    expect(bench.take().filter((line) => line.startsWith('read'))).toEqual(['read tables']);
  });

  it('fails when either store fails, and does nothing more after its end', () => {
    for (const pages of [0, 1]) {
      const bench = new Bench();
      for (let page = 0; page < pages; page++) bench.page([]);
      bench.fail();
      expect(bench.failed).toBe(true);
    }
    const bench = new Bench();
    bench.delivery.end();
    bench.page(['a']);
    bench.notice('available');
    expect(bench.take()).toEqual(['read tables']);
    expect(bench.failed).toBe(false);
  });

  it('fails when an acknowledged message cannot be removed, unless the connection has ended', () => {
    for (const hasEnded of [false, true]) {
      const bench = drained();
      bench.notice('available');
      bench.page(['c']);
      bench.acknowledge('c');
      if (hasEnded) bench.delivery.end();
      bench.take();
      bench.fail('remove');
      expect(bench.failed).toBe(!hasEnded);
      expect(bench.take()).toEqual([]);
    }
  });

  it('has something pending until the last acknowledgement', () => {
    const bench = drained();
    expect(bench.delivery.hasPending).toBe(false);
    bench.notice('available');
    bench.page(['c']);
    expect(bench.delivery.hasPending).toBe(true);
    bench.acknowledge('c');
    expect(bench.delivery.hasPending).toBe(false);
  });
});

function drained(): Bench {
  const bench = new Bench();
  bench.page([]);
  bench.page([]);
  bench.take();
  return bench;
}
