// The Redis cluster that holds every device's message queue (Signal-Server storage/MessagesCache.java).
import type { Core, CoreFactory, Effects, Input, RequestId, StoredState } from '../core.ts';
import { noCause } from '../failure.ts';
import { carriesNothing } from '../message.ts';
import { after, milliseconds, type Clock } from '../time.ts';
import { service } from './constants.ts';
import { asSignal, done, type Queues, type QueueInsert } from './messages.ts';
import { QueueStore } from './queue-store.ts';

/**
 * The message queues. They are durable, which stands for each shard's replica: a cluster that comes back has what the
 * replica had; if that is lost too, what no persister had moved yet is gone.
 */
class MessageCache implements Core {
  readonly #store: QueueStore;
  /** The persister's question for old queues, kept while there is nothing to answer. */
  #question: { readonly request: RequestId; readonly ageMs: number } | undefined;
  #timerIsSet = false;

  constructor(stored: StoredState | undefined) {
    this.#store = new QueueStore(service.cachedMessageLife, stored);
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
    for (const queue of queues) this.#store.insert(clock, queue, { envelope, words: carries[0] }, out);
    out.observe({ kind: 'hold', messages: carries, reason: 'stored-for-recipient', cause: noCause });
    this.#setTimer(out);
  }

  /** Names every queue whose oldest message has the age asked for, or waits until one has. */
  #answerPersister(clock: Clock, out: Effects): void {
    if (this.#question === undefined) return;
    const { request, ageMs } = this.#question;
    const stale = this.#store.queuesOlderThan(clock, milliseconds(ageMs));
    if (stale.length === 0) {
      this.#setTimer(out);
      return;
    }
    const answer: Queues = { kind: 'signal.queues', queues: stale, carries: carriesNothing };
    out.respond(request, answer);
    this.#question = undefined;
  }

  /** One timer, and only while somebody asks and something is there: empty queues cost nothing. */
  #setTimer(out: Effects): void {
    if (this.#question === undefined || this.#timerIsSet) return;
    const oldest = this.#store.oldest();
    if (oldest === undefined) return;
    this.#timerIsSet = true;
    out.setTimer('stale', after(oldest, milliseconds(this.#question.ageMs)));
  }
}

/** The message queues' Redis cluster. */
export const createMessageCache: CoreFactory = (stored) => new MessageCache(stored);
