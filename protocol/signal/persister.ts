// Moves queues that waited longer than the persist delay from Redis to DynamoDB (Signal-Server
// storage/MessagePersister.java, a process of its own: workers/MessagePersisterServiceCommand.java).
import type { Address, Core, CoreFactory, Effects, Input, RequestResult } from '../core.ts';
import { noCause } from '../failure.ts';
import { carriesNothing } from '../message.ts';
import { after, inMilliseconds, microseconds, type Clock, type Duration } from '../time.ts';
import { service } from './constants.ts';
import type { QueueId, QueuePage, Queues, SignalMessage } from './messages.ts';

/** How the persister is set up. */
export interface PersisterConfig {
  readonly queues: Address;
  readonly pubSub: Address;
  readonly tables: Address;
  readonly persistDelay: Duration;
}

/** What it is waiting for; the name is also the request's tag. */
type Stage = 'find' | 'read' | 'write' | 'remove' | 'publish';

class Persister implements Core {
  readonly #config: PersisterConfig;
  /** Queues still to move; the first one is being moved. */
  #queues: readonly QueueId[] = [];
  #failures = 0;
  #guids: readonly string[] = [];
  #more = false;

  constructor(config: PersisterConfig) {
    this.#config = config;
  }

  step(clock: Clock, input: Input, out: Effects): void {
    if (input.kind === 'start') this.#find(out);
    else if (input.kind === 'timer') this.#resume(out);
    else if (input.kind === 'response') this.#answered(clock, input.tag as Stage, input.result, out);
  }

  inspect(): unknown {
    return { queues: this.#queues, failures: this.#failures };
  }

  #answered(clock: Clock, stage: Stage, result: RequestResult, out: Effects): void {
    if (!result.ok) return this.#failed(clock, stage, out);
    switch (stage) {
      case 'find':
        this.#queues = (result.message as Queues).queues;
        return this.#resume(out);
      case 'read':
        return this.#write(result.message as QueuePage, out);
      case 'write': {
        const [queue] = this.#queues;
        if (queue === undefined) return;
        const remove = { kind: 'signal.queue-remove', queue, guids: this.#guids } as const;
        return this.#ask(out, this.#config.queues, 'remove', { ...remove, carries: carriesNothing });
      }
      case 'remove':
        if (this.#more) return this.#read(out);
        return this.#ask(out, this.#config.pubSub, 'publish', {
          kind: 'signal.publish',
          queues: this.#queues.slice(0, 1),
          event: 'persisted',
          carries: carriesNothing,
        });
      case 'publish':
        return this.#nextQueue(out);
    }
  }

  #find(out: Effects): void {
    const ageMs = inMilliseconds(this.#config.persistDelay);
    const message = { kind: 'signal.stale-queues', ageMs, carries: carriesNothing } as const;
    const renewEvery = service.persisterPoll;
    const timeout = microseconds(renewEvery + service.cacheTimeout);
    out.request(this.#config.queues, 'find', message, { timeout, renewEvery });
  }

  #resume(out: Effects): void {
    if (this.#queues.length === 0) this.#find(out);
    else this.#read(out);
  }

  #read(out: Effects): void {
    const [queue] = this.#queues;
    if (queue === undefined) return this.#find(out);
    this.#ask(out, this.#config.queues, 'read', {
      kind: 'signal.queue-read',
      queue,
      after: 0,
      carries: carriesNothing,
    });
  }

  #write({ envelopes, next, carries }: QueuePage, out: Effects): void {
    const [queue] = this.#queues;
    if (queue === undefined) return;
    // Somebody else emptied it meanwhile.
    if (envelopes.length === 0) return this.#nextQueue(out);
    this.#guids = envelopes.map(({ guid }) => guid);
    this.#more = next > 0;
    // While the tables cannot be written, they wait for their recipient where they are.
    out.observe({ kind: 'hold', messages: carries, reason: 'stored-for-recipient', cause: noCause });
    this.#ask(out, this.#config.tables, 'write', { kind: 'signal.table-insert', queue, envelopes, carries });
  }

  #nextQueue(out: Effects): void {
    this.#failures = 0;
    this.#queues = this.#queues.slice(1);
    this.#resume(out);
  }

  /** Some attempts with growing waits for one queue; then it lets go, pauses, and asks anew what is to be moved. */
  #failed(clock: Clock, stage: Stage, out: Effects): void {
    out.observe({ kind: 'situation', name: `signal.persister-failed-to-${stage}` });
    if (stage === 'publish') return this.#nextQueue(out);
    this.#failures += 1;
    let wait: Duration = microseconds(service.persisterFirstWait * 2 ** (this.#failures - 1));
    if (stage === 'find' || this.#failures >= service.persisterAttempts) {
      this.#failures = 0;
      this.#queues = [];
      wait = service.persisterErrorPause;
    }
    out.setTimer('resume', after(clock.now, wait));
  }

  #ask(out: Effects, to: Address, stage: Stage, message: SignalMessage): void {
    const timeout = to === this.#config.tables ? service.tableCallTimeout : service.cacheTimeout;
    out.request(to, stage, message, { timeout });
  }
}

/** The persister. It keeps nothing: what it has not moved is still where it was. */
export function createPersister(config: PersisterConfig): CoreFactory {
  return () => new Persister(config);
}
