// Publish and subscribe over two sites: a device may be connected to either, so both are told, and who is absent is absent
// from both. Not Signal's, whose source knows one region.
import type { Address, Core, CoreFactory, Effects, Input, RequestId, RequestResult, Tag } from '../core.ts';
import { carriesNothing, type Message } from '../message.ts';
import type { Clock } from '../time.ts';
import { service } from './constants.ts';
import { HeldAnswer } from './held-answer.ts';
import { asSignal, nobodyAbsent, type Published } from './messages.ts';
import { createPubSub } from './pub-sub.ts';

class PairedPubSub implements Core {
  readonly #here = createPubSub(undefined);
  readonly #peer: Address;
  readonly #asked = new Map<Tag, { readonly request: RequestId; readonly answer: Message }>();
  #made = 0;

  constructor(peer: Address) {
    this.#peer = peer;
  }

  step(clock: Clock, input: Input, out: Effects): void {
    if (input.kind === 'response') return this.#answered(input.tag, input.result, out);
    if (input.kind !== 'request') return this.#here.step(clock, input, out);
    const message = asSignal(input.message);
    if (message?.kind === 'signal.replicate')
      return this.#here.step(clock, { ...input, message: message.change }, out);
    if (message?.kind !== 'signal.publish') return this.#here.step(clock, input, out);
    const held = new HeldAnswer(out, input.id);
    this.#here.step(clock, input, held);
    if (held.answer === undefined) return;
    // A connection here may be dead without anybody knowing it, and its device at the other site by now: both are told.
    this.#made += 1;
    const tag = `publish/${this.#made}`;
    this.#asked.set(tag, { request: input.id, answer: held.answer });
    const question = { kind: 'signal.replicate', change: message, carries: message.carries } as const;
    out.request(this.#peer, tag, question, { timeout: service.cacheTimeout });
  }

  inspect(): unknown {
    return this.#here.inspect();
  }

  /** Without an answer everybody counts as absent there. */
  #answered(tag: Tag, result: RequestResult, out: Effects): void {
    const asked = this.#asked.get(tag);
    if (asked === undefined) return;
    this.#asked.delete(tag);
    if (!result.ok) return out.respond(asked.request, asked.answer);
    const there = new Set((result.message as Published).absent);
    const absent = (asked.answer as Published).absent.filter((queue) => there.has(queue));
    const both: Published = { kind: 'signal.published', absent, carries: carriesNothing };
    out.respond(asked.request, absent.length === 0 ? nobodyAbsent : both);
  }
}

/** One site's half. */
export function createPairedPubSub(peer: Address): CoreFactory {
  return () => new PairedPubSub(peer);
}
