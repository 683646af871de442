// One instance of the chat service: everything devices talk to. It keeps nothing durable; all state is in the stores.
import type { Address, Core, CoreFactory, Input, RequestId } from '../core.ts';
import { carriesNothing, type Message } from '../message.ts';
import { after, type Clock } from '../time.ts';
import type { Effects } from '../core.ts';
import type { Failure } from '../failure.ts';
import { BackendCalls, type Operation, type Step } from './backend-calls.ts';
import { ChatContext, type ChatConfig } from './chat-context.ts';
import { client, service } from './constants.ts';
import { Delivery } from './delivery.ts';
import { DeviceLogin, type LoginOutcome } from './login.ts';
import { asSignal, type DeviceRecord, type Login, type Notice, type QueueId } from './messages.ts';
import { Errand, errandFor } from './errand.ts';
import { PreKeyFetch } from './pre-key-fetch.ts';
import { Sending } from './sending.ts';

/** A device that may need a wake-up because its connection closed with messages pending. */
const pushTimer = 'push-after-close/';
const subscriptionTag = 'subscription';
const subscriptionTimer = 'subscribe-again';

class ChatService implements Core, LoginOutcome, Operation {
  readonly #config: ChatConfig;
  readonly #calls = new BackendCalls();
  readonly #context: ChatContext;
  readonly #logins = new Map<Address, DeviceLogin>();
  readonly #deliveries = new Map<Address, Delivery>();
  readonly #consumers = new Map<QueueId, Delivery>();
  /** Devices that were connected here, for a push after their connection's end. */
  readonly #devices = new Map<QueueId, DeviceRecord>();
  /** The link over which Redis tells of queues; undefined while there is none. */
  #subscription: Address | undefined;

  constructor(config: ChatConfig) {
    this.#config = config;
    this.#context = new ChatContext(config, this.#calls);
  }

  step(clock: Clock, input: Input, out: Effects): void {
    const step: Step = { clock, out };
    switch (input.kind) {
      case 'start':
        return this.#subscribeAnew(step);
      case 'request':
        return this.#requested(step, input.id, input.message);
      case 'response':
        return this.#calls.answered(step, input.tag, input.result);
      case 'message':
        return this.#told(step, input.from, input.message);
      case 'timer':
        return this.#timer(step, input.timer);
      case 'link-up':
        if (input.tag === subscriptionTag) this.#subscribed(step, input.link);
        return;
      case 'link-down':
        return this.#linkDown(step, input.link, input.tag);
      default:
        return;
    }
  }

  inspect(): unknown {
    return {
      connections: [...this.#deliveries.values()].map(({ queue, stored }) => ({ queue, stored })),
      callsUnderWay: this.#calls.underWay,
      subscribed: this.#subscription !== undefined,
    };
  }

  // --- Requests and messages of devices ---

  #requested(step: Step, id: RequestId, body: Message): void {
    const message = asSignal(body);
    if (message?.kind === 'signal.send') {
      if (message.content.length > service.maximumContentBytes) return step.out.refuse(id, 413);
      step.out.spend(this.#config.costs.send);
      new Sending(this.#context, id, message).begin(step);
    } else if (message?.kind === 'signal.get-pre-keys') {
      new PreKeyFetch(this.#context, id, message).begin(step);
    } else {
      const errand = message === undefined ? undefined : errandFor(message);
      if (errand === undefined) return step.out.refuse(id, 400);
      step.out.spend(this.#config.costs.send);
      new Errand(this.#context, id, errand).begin(step);
    }
  }

  #told(step: Step, from: Address, body: Message): void {
    const message = asSignal(body);
    if (message?.kind === 'signal.login') this.#login(step, from, message);
    else if (message?.kind === 'signal.received')
      this.#deliveries.get(from)?.acknowledged(step, message.guid);
    else if (message?.kind === 'signal.notice' && from === this.#subscription) this.#noticed(step, message);
  }

  #login(step: Step, link: Address, message: Login): void {
    step.out.spend(this.#config.costs.login);
    const login = new DeviceLogin(this.#context, link, message, this);
    this.#logins.set(link, login);
    login.begin(step);
  }

  authenticated(step: Step, login: DeviceLogin, device: DeviceRecord): void {
    if (!this.#logins.delete(login.link)) return;
    const queue = this.#context.queueOf(login.message.account, login.message.device);
    const before = this.#consumers.get(queue);
    if (before !== undefined) this.#close(step, before, service.closeCode.connectedElsewhere);
    const delivery = new Delivery(this.#context, queue, login.link, (failedStep, failed) =>
      this.#retrievalFailed(failedStep, failed),
    );
    this.#devices.set(queue, device);
    this.#consumers.set(queue, delivery);
    this.#deliveries.set(login.link, delivery);
    step.out.cancelTimer(`${pushTimer}${queue}`);
    this.#tellRedis(step, 'signal.subscribe', queue);
    delivery.begin(step);
  }

  rejected(step: Step, login: DeviceLogin, failure: Failure | undefined): void {
    if (!this.#logins.delete(login.link)) return;
    step.out.observe({ kind: 'situation', name: 'signal.login-rejected' });
    const { retrievalFailed, reAuthenticate } = service.closeCode;
    step.out.disconnect(login.link, failure === undefined ? reAuthenticate : retrievalFailed);
  }

  // --- Ends of connections ---

  #retrievalFailed(step: Step, delivery: Delivery): void {
    step.out.observe({ kind: 'situation', name: 'signal.retrieval-failed' });
    this.#tellRedis(step, 'signal.unsubscribe', delivery.queue);
    this.#close(step, delivery, service.closeCode.retrievalFailed);
  }

  #close(step: Step, delivery: Delivery, code: number): void {
    this.#forget(step, delivery);
    step.out.disconnect(delivery.link, code);
  }

  #forget(step: Step, delivery: Delivery): void {
    delivery.end();
    this.#deliveries.delete(delivery.link);
    if (this.#consumers.get(delivery.queue) === delivery) this.#consumers.delete(delivery.queue);
    if (!delivery.hasPending) return;
    step.out.setTimer(`${pushTimer}${delivery.queue}`, after(step.clock.now, service.pushAfterClose));
  }

  #linkDown(step: Step, link: Address | undefined, tag: string | undefined): void {
    if (tag === subscriptionTag || (link !== undefined && link === this.#subscription)) {
      this.#subscription = undefined;
      step.out.setTimer(subscriptionTimer, after(step.clock.now, service.subscriptionRetry));
      return;
    }
    if (link === undefined) return;
    this.#logins.delete(link);
    const delivery = this.#deliveries.get(link);
    if (delivery === undefined) return;
    this.#tellRedis(step, 'signal.unsubscribe', delivery.queue);
    this.#forget(step, delivery);
  }

  #timer(step: Step, timer: string): void {
    if (this.#calls.timer(step, timer)) return;
    if (timer === subscriptionTimer) return this.#subscribeAnew(step);
    const queue = timer.slice(pushTimer.length) as QueueId;
    const device = this.#devices.get(queue);
    if (device !== undefined && !this.#consumers.has(queue)) this.#context.push(step, this, device, true);
  }

  /** A push after a close is sent once, whatever becomes of it. */
  answered(): void {
    return;
  }

  // --- What Redis tells of queues ---

  #subscribeAnew({ out }: Step): void {
    const { keepAlive } = client;
    out.connect(this.#config.backends['pub-sub'], subscriptionTag, {
      timeout: service.cacheTimeout,
      keepAlive,
    });
  }

  #subscribed(step: Step, link: Address): void {
    this.#subscription = link;
    for (const queue of this.#consumers.keys()) this.#tellRedis(step, 'signal.subscribe', queue);
  }

  #tellRedis(step: Step, kind: 'signal.subscribe' | 'signal.unsubscribe', queue: QueueId): void {
    if (this.#subscription === undefined) return;
    step.out.send(this.#subscription, { kind, queue, carries: carriesNothing } as Message);
  }

  #noticed(step: Step, { queue, event }: Notice): void {
    const delivery = this.#consumers.get(queue);
    if (delivery === undefined) return;
    if (event === 'displaced') this.#close(step, delivery, service.closeCode.connectedElsewhere);
    else delivery.noticed(step, event);
  }
}

/** A chat instance. */
export function createChatService(config: ChatConfig): CoreFactory {
  return () => new ChatService(config);
}
