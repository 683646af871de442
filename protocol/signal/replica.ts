// A store with a twin at another site: what changes one is repeated at the other. Not Signal's, whose source knows one
// region. The form is that of DynamoDB global tables, which repeat changes without waiting
// (docs.aws.amazon.com/amazondynamodb, GlobalTables); message queues wait, so that no site alone holds what a sender
// believes to be stored.
import type { Address, Core, CoreFactory, Effects, Input, RequestId, StoredState, Tag } from '../core.ts';
import type { Message } from '../message.ts';
import { after, seconds, type Clock } from '../time.ts';
import { service } from './constants.ts';
import { HeldAnswer } from './held-answer.ts';
import { asSignal, type SignalMessage } from './messages.ts';

/** Changes that the other site must have too. */
const repeated: ReadonlySet<SignalMessage['kind']> = new Set([
  'signal.queue-insert',
  'signal.queue-remove',
  'signal.table-insert',
  'signal.table-seen',
  'signal.put-keys',
  'signal.link-device',
]);

/** Pause before what the other site did not take is repeated once more. Assumed; plausible 1 to 30 s. */
const retryPause = seconds(5);

const prefix = 'replicate/';
const retryTimer = 'replicate-again';

/** How a store is replicated. */
export interface ReplicaConfig {
  readonly store: CoreFactory;
  /** The store's twin at the other site. */
  readonly peer: Address;
  /** An insertion into a queue is acknowledged when both have it, or when the other site is known not to answer. */
  readonly waits: boolean;
}

type Request = Input & { readonly kind: 'request' };

class Replica implements Core {
  readonly #store: Core;
  readonly #config: ReplicaConfig;
  /** Changes that the other site may not have, oldest first. */
  readonly #missing = new Map<Tag, SignalMessage>();
  /** Answers that wait for the other site. */
  readonly #held = new Map<Tag, { readonly request: RequestId; readonly answer: Message }>();
  /** The other site did not take the last change: nobody waits for it, and changes are repeated one after the other. */
  #apart: boolean;
  #made: number;

  constructor(config: ReplicaConfig, stored: StoredState | undefined) {
    this.#config = config;
    const own: [string, unknown][] = [];
    const rest: [string, unknown][] = [];
    for (const entry of stored ?? []) (entry[0].startsWith(prefix) ? own : rest).push(entry);
    for (const [tag, change] of own) this.#missing.set(tag, change as SignalMessage);
    this.#apart = own.length > 0;
    this.#made = Math.max(0, ...own.map(([tag]) => Number(tag.slice(prefix.length))));
    this.#store = config.store(stored === undefined ? undefined : new Map(rest));
  }

  step(clock: Clock, input: Input, out: Effects): void {
    if (input.kind === 'timer' && input.timer === retryTimer) return this.#repeatOldest(out);
    if (input.kind === 'response' && input.tag.startsWith(prefix))
      return this.#repeated(clock, input.tag, input.result.ok, out);
    if (input.kind === 'request') return this.#asked(clock, input, out);
    this.#store.step(clock, input, out);
    if (input.kind === 'start' && this.#apart) this.#repeatOldest(out);
  }

  inspect(): unknown {
    return { store: this.#store.inspect(), missingAtPeer: this.#missing.size };
  }

  #asked(clock: Clock, input: Request, out: Effects): void {
    const message = asSignal(input.message);
    if (message?.kind === 'signal.replicate')
      return this.#store.step(clock, { ...input, message: message.change }, out);
    if (message === undefined || !repeated.has(message.kind)) return this.#store.step(clock, input, out);
    this.#made += 1;
    const tag = `${prefix}${this.#made}`;
    const waits = this.#config.waits && message.kind === 'signal.queue-insert' && !this.#apart;
    if (waits) this.#hold(clock, tag, input, out);
    else this.#store.step(clock, input, out);
    this.#missing.set(tag, message);
    out.persist(tag, message);
    if (!this.#apart) this.#repeat(tag, message, out);
  }

  #hold(clock: Clock, tag: Tag, input: Request, out: Effects): void {
    const held = new HeldAnswer(out, input.id);
    this.#store.step(clock, input, held);
    if (held.answer !== undefined) this.#held.set(tag, { request: input.id, answer: held.answer });
  }

  #repeat(tag: Tag, change: SignalMessage, out: Effects): void {
    const message = { kind: 'signal.replicate', change, carries: change.carries } as const;
    out.request(this.#config.peer, tag, message, { timeout: service.cacheTimeout });
  }

  #repeatOldest(out: Effects): void {
    for (const [tag, change] of this.#missing) return this.#repeat(tag, change, out);
  }

  #repeated(clock: Clock, tag: Tag, ok: boolean, out: Effects): void {
    const held = this.#held.get(tag);
    this.#held.delete(tag);
    if (held !== undefined) out.respond(held.request, held.answer);
    if (ok) {
      this.#missing.delete(tag);
      out.persist(tag, undefined);
      if (!this.#apart) return;
      this.#apart = this.#missing.size > 0;
      return this.#repeatOldest(out);
    }
    if (!this.#apart) out.observe({ kind: 'situation', name: 'signal.sites-apart' });
    this.#apart = true;
    out.setTimer(retryTimer, after(clock.now, retryPause));
  }
}

/** A store that repeats its changes at its twin. */
export function createReplica(config: ReplicaConfig): CoreFactory {
  return (stored) => new Replica(config, stored);
}
