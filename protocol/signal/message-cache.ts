// The Redis cluster that holds every device's message queue (Signal-Server storage/MessagesCache.java).
import type { Core, CoreFactory, Effects, Input, RequestId, StoredState } from '../core.ts';
import { noCause } from '../failure.ts';
import { carriesNothing } from '../message.ts';
import { compareNumbers } from '../order.ts';
import { after, milliseconds, type Clock, type Instant } from '../time.ts';
import { service } from './constants.ts';
import { asSignal, done, type Queues, type QueueId, type QueueInsert } from './messages.ts';
import { QueueStore } from './queue-store.ts';

/** One insertion, for finding old queues; void once its message is gone. */
interface Insertion {
  readonly queue: QueueId;
  readonly guid: string;
  readonly at: Instant;
}

/** Void insertions kept before the list is compacted. */
const compactAfter = 1_024;

/**
 * The message queues. They are durable, which stands for each shard's replica: a cluster that comes back has what the
 * replica had; if that is lost too, what no persister had moved yet is gone.
 */
class MessageCache implements Core {
  readonly #store: QueueStore;
  /** In order of time, from `#oldest` on. */
  #insertions: Insertion[];
  #oldest = 0;
  /** The persister's question for old queues, kept while there is nothing to answer. */
  #question: { readonly request: RequestId; readonly ageMs: number } | undefined;
  #timerIsSet = false;

  constructor(stored: StoredState | undefined) {
    this.#store = new QueueStore(service.cachedMessageLife, stored);
    this.#insertions = [...this.#store.insertions()].sort((left, right) => compareNumbers(left.at, right.at));
  }

  step(clock: Clock, input: Input, out: Effects): void {
    if (input.kind === 'timer') {
      this.#timerIsSet = false;
      this.#answerPersister(clock, out);
    }
    if (input.kind !== 'request') return;
    const message = asSignal(input.message);
    switch (message?.kind) {
      case 'signal.queue-insert':
        this.#insert(clock, message, out);
        out.respond(input.id, done);
        break;
      case 'signal.queue-read':
        out.respond(input.id, this.#store.page(clock, message));
        break;
      case 'signal.queue-remove':
        out.respond(input.id, this.#store.remove(message, out));
        break;
      case 'signal.stale-queues':
        this.#question = { request: input.id, ageMs: message.ageMs };
        this.#answerPersister(clock, out);
        break;
      default:
        out.refuse(input.id, 400);
    }
  }

  inspect(): unknown {
    return { queues: this.#store.inspect() };
  }

  #insert(clock: Clock, { queues, envelope, carries }: QueueInsert, out: Effects): void {
    for (const queue of queues) {
      if (!this.#store.insert(clock, queue, { envelope, words: carries[0] }, out)) continue;
      this.#insertions.push({ queue, guid: envelope.guid, at: clock.now });
    }
    out.observe({ kind: 'hold', messages: carries, reason: 'stored-for-recipient', cause: noCause });
    this.#setTimer(out);
  }

  /** Names every queue whose oldest message has the age asked for, or waits until one has. */
  #answerPersister(clock: Clock, out: Effects): void {
    if (this.#question === undefined) return;
    this.#dropVoidInsertions();
    const stale = new Set<QueueId>();
    for (let index = this.#oldest; index < this.#insertions.length; index++) {
      const insertion = this.#insertions[index];
      if (insertion === undefined || this.#dueAt(insertion, this.#question.ageMs) > clock.now) break;
      if (this.#store.has(insertion.queue, insertion.guid)) stale.add(insertion.queue);
    }
    if (stale.size === 0) {
      this.#setTimer(out);
      return;
    }
    const answer: Queues = { kind: 'signal.queues', queues: [...stale], carries: carriesNothing };
    out.respond(this.#question.request, answer);
    this.#question = undefined;
  }

  /** One timer, and only while somebody asks and something is there: empty queues cost nothing. */
  #setTimer(out: Effects): void {
    if (this.#question === undefined || this.#timerIsSet) return;
    const oldest = this.#insertions[this.#oldest];
    if (oldest === undefined) return;
    this.#timerIsSet = true;
    out.setTimer('stale', this.#dueAt(oldest, this.#question.ageMs));
  }

  #dueAt(insertion: Insertion, ageMs: number): Instant {
    return after(insertion.at, milliseconds(ageMs));
  }

  #dropVoidInsertions(): void {
    let first = this.#insertions[this.#oldest];
    while (first !== undefined && !this.#store.has(first.queue, first.guid)) {
      this.#oldest += 1;
      first = this.#insertions[this.#oldest];
    }
    if (this.#oldest < compactAfter) return;
    this.#insertions = this.#insertions.slice(this.#oldest);
    this.#oldest = 0;
  }
}

/** The message queues' Redis cluster. */
export const createMessageCache: CoreFactory = (stored) => new MessageCache(stored);
