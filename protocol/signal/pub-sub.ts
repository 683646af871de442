// Redis publish and subscribe: tells the chat instance that holds a device's WebSocket what happens to its queue
// (Signal-Server push/RedisMessageAvailabilityManager.java). It keeps nothing: subscribers are the open links.
import type { Address, Core, CoreFactory, Effects, Input } from '../core.ts';
import { carriesNothing } from '../message.ts';
import type { Clock } from '../time.ts';
import {
  asSignal,
  nobodyAbsent,
  type Notice,
  type Publish,
  type Published,
  type QueueId,
} from './messages.ts';

class PubSub implements Core {
  readonly #subscriber = new Map<QueueId, Address>();

  step(_clock: Clock, input: Input, out: Effects): void {
    if (input.kind === 'link-down') {
      for (const [queue, link] of this.#subscriber) {
        if (link === input.link) this.#subscriber.delete(queue);
      }
      return;
    }
    if (input.kind === 'message') {
      const message = asSignal(input.message);
      if (message?.kind === 'signal.subscribe') this.#subscribe(message.queue, input.from, out);
      else if (message?.kind === 'signal.unsubscribe' && this.#subscriber.get(message.queue) === input.from) {
        this.#subscriber.delete(message.queue);
      }
      return;
    }
    if (input.kind !== 'request') return;
    const message = asSignal(input.message);
    if (message?.kind === 'signal.publish') out.respond(input.id, this.#publish(message, out));
    else out.refuse(input.id, 400);
  }

  inspect(): unknown {
    return { subscriptions: this.#subscriber.size };
  }

  /** At most one consumer per queue: a new one displaces the one before. */
  #subscribe(queue: QueueId, link: Address, out: Effects): void {
    const before = this.#subscriber.get(queue);
    if (before !== undefined && before !== link) {
      out.send(before, {
        kind: 'signal.notice',
        queue,
        event: 'displaced',
        carries: carriesNothing,
      } as Notice);
    }
    this.#subscriber.set(queue, link);
  }

  #publish({ queues, event, carries }: Publish, out: Effects): Published {
    const absent: QueueId[] = [];
    for (const queue of queues) {
      const link = this.#subscriber.get(queue);
      if (link === undefined) absent.push(queue);
      else out.send(link, { kind: 'signal.notice', queue, event, carries } as Notice);
    }
    if (absent.length === 0) return nobodyAbsent;
    return { kind: 'signal.published', absent, carries: carriesNothing };
  }
}

/** The publish-and-subscribe Redis. */
export const createPubSub: CoreFactory = () => new PubSub();
