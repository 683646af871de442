// Pre-keys for a new session: rate-limited, and only the tables have them (Signal-Server controllers/KeysController.java). The
// limit fails closed (limits/RateLimiters.java, PRE_KEYS): who cannot be counted gets none.
import type { RequestId, RequestResult } from '../core.ts';
import { carriesNothing } from '../message.ts';
import type { Operation, Step } from './backend-calls.ts';
import type { ChatContext } from './chat-context.ts';
import type { GetPreKeys, PreKeys, Taken } from './messages.ts';

/** One `signal.get-pre-keys`. */
export class PreKeyFetch implements Operation {
  readonly #context: ChatContext;
  readonly #request: RequestId;
  readonly #message: GetPreKeys;

  constructor(context: ChatContext, request: RequestId, message: GetPreKeys) {
    this.#context = context;
    this.#request = request;
    this.#message = message;
  }

  begin(step: Step): void {
    const { source, accounts } = this.#message;
    const keys = accounts.map((account) => `${source}>${account}`);
    const take = { kind: 'signal.take', bucket: 'pre-keys', keys, carries: carriesNothing } as const;
    this.#context.ask(step, this, 'rate-limits', 'limit', take);
  }

  answered(step: Step, question: string, result: RequestResult): void {
    if (question === 'limit') {
      if (!result.ok) return step.out.refuse(this.#request, 500);
      const { retryAfterMs } = result.message as Taken;
      if (retryAfterMs > 0) step.out.refuse(this.#request, 429, undefined, retryAfterMs);
      else this.#context.ask(step, this, 'tables', 'keys', this.#message);
      return;
    }
    if (!result.ok) return step.out.refuse(this.#request, 500);
    const keys = result.message as PreKeys;
    if (keys.accounts.length < this.#message.accounts.length) step.out.refuse(this.#request, 404);
    else step.out.respond(this.#request, keys);
  }
}
