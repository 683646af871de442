// What the chat service does for requests about more than messages: the account is looked up, then one dependency is asked
// (Signal-Server controllers/KeysController.java, DeviceController.java, ProvisioningController.java,
// RegistrationController.java, VerificationController.java, AttachmentControllerV4.java).
import type { RequestId, RequestResult } from '../core.ts';
import { carriesNothing } from '../message.ts';
import { AccountLookup, type AccountSeeker, type FoundAccounts } from './account-lookup.ts';
import type { Operation, Step } from './backend-calls.ts';
import type { ChatContext, InternalBackend } from './chat-context.ts';
import { done, queueOf, type AccountId, type SignalMessage, type Taken } from './messages.ts';

/** One dependency's part in a request. */
interface Question {
  readonly backend: InternalBackend;
  readonly message: SignalMessage;
  /** The request comes from a device that has not authenticated. */
  readonly anonymous?: boolean;
}

/** What such a request needs; undefined for requests of other kinds. */
export function errandFor(message: SignalMessage): (Question & { readonly account: AccountId }) | undefined {
  switch (message.kind) {
    case 'signal.put-keys':
    case 'signal.key-count':
    case 'signal.link-device':
      return { account: message.account, backend: 'tables', message };
    case 'signal.register':
      return { account: message.account, backend: 'tables', message, anonymous: true };
    case 'signal.verify':
      return { account: message.account, backend: 'registration', message, anonymous: true };
    case 'signal.provision': {
      // The new device waits on a queue of its own; whether anybody listens is for the two devices to see.
      const queues = [queueOf(message.account, 0)];
      const publish = {
        kind: 'signal.publish',
        queues,
        event: 'available',
        carries: carriesNothing,
      } as const;
      return { account: message.account, backend: 'pub-sub', message: publish };
    }
    case 'signal.upload-form': {
      const take = {
        kind: 'signal.take',
        bucket: 'uploads',
        keys: [message.account],
        carries: carriesNothing,
      } as const;
      return { account: message.account, backend: 'rate-limits', message: take };
    }
    default:
      return undefined;
  }
}

/** One such request. */
export class Errand implements Operation, AccountSeeker {
  readonly #context: ChatContext;
  readonly #request: RequestId;
  readonly #errand: Question & { readonly account: AccountId };

  constructor(context: ChatContext, request: RequestId, errand: Question & { readonly account: AccountId }) {
    this.#context = context;
    this.#request = request;
    this.#errand = errand;
  }

  begin(step: Step): void {
    if (this.#errand.anonymous === true) this.#ask(step);
    else new AccountLookup(this.#context, this, [this.#errand.account]).begin(step);
  }

  foundAccounts(step: Step, records: FoundAccounts): void {
    if (records.has(this.#errand.account)) this.#ask(step);
    else step.out.refuse(this.#request, 401);
  }

  lostAccounts(step: Step): void {
    step.out.refuse(this.#request, 500);
  }

  answered(step: Step, _question: string, result: RequestResult): void {
    const { backend } = this.#errand;
    // Rate limits fail open.
    if (backend === 'rate-limits') {
      const retryAfterMs = result.ok ? (result.message as Taken).retryAfterMs : 0;
      if (retryAfterMs > 0) step.out.refuse(this.#request, 429, undefined, retryAfterMs);
      else step.out.respond(this.#request, done);
    } else if (!result.ok) step.out.refuse(this.#request, 500);
    else step.out.respond(this.#request, backend === 'pub-sub' ? done : result.message);
  }

  #ask(step: Step): void {
    this.#context.ask(step, this, this.#errand.backend, 'errand', this.#errand.message);
  }
}
