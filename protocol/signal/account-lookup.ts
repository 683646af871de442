// Accounts by the cache first and the tables for what is missing (Signal-Server storage/AccountsManager.java).
import type { RequestResult } from '../core.ts';
import type { Failure } from '../failure.ts';
import { carriesNothing } from '../message.ts';
import { SmallMap } from '../small-map.ts';
import type { Operation, Step } from './backend-calls.ts';
import type { ChatContext } from './chat-context.ts';
import type { AccountId, AccountRecord, Accounts } from './messages.ts';

/** Accounts by name. */
export type FoundAccounts = Pick<SmallMap<AccountId, AccountRecord>, 'get' | 'has'>;

/** Who wants accounts. */
export interface AccountSeeker {
  /** Accounts that nobody has are left out. */
  foundAccounts(step: Step, records: FoundAccounts): void;
  lostAccounts(step: Step, failure: Failure): void;
}

/** One lookup of several accounts. */
export class AccountLookup implements Operation {
  readonly #context: ChatContext;
  readonly #seeker: AccountSeeker;
  readonly #wanted: readonly AccountId[];
  readonly #found = new SmallMap<AccountId, AccountRecord>();

  constructor(context: ChatContext, seeker: AccountSeeker, accounts: readonly AccountId[]) {
    this.#context = context;
    this.#seeker = seeker;
    this.#wanted = accounts;
  }

  begin(step: Step): void {
    this.#askFor(step, 'account-cache', this.#wanted);
  }

  answered(step: Step, question: string, result: RequestResult): void {
    if (question === 'store') return;
    const records = result.ok ? (result.message as Accounts).records : [];
    for (const record of records) this.#found.set(record.account, record);
    if (question === 'tables') {
      if (!result.ok) return this.#seeker.lostAccounts(step, result.failure);
      if (records.length > 0) storeInCache(this.#context, step, this, records);
      return this.#seeker.foundAccounts(step, this.#found);
    }
    // A cache that does not answer is a cache without the account.
    const missing = this.#wanted.filter((account) => !this.#found.has(account));
    if (missing.length === 0) this.#seeker.foundAccounts(step, this.#found);
    else this.#askFor(step, 'tables', missing);
  }

  #askFor(step: Step, backend: 'account-cache' | 'tables', accounts: readonly AccountId[]): void {
    const message = { kind: 'signal.accounts-get', accounts, carries: carriesNothing } as const;
    this.#context.ask(step, this, backend, backend, message);
  }
}

/** Writes accounts into the cache; whether that works changes nothing but speed. */
export function storeInCache(
  context: ChatContext,
  step: Step,
  operation: Operation,
  records: readonly AccountRecord[],
): void {
  const message = { kind: 'signal.accounts-put', records, carries: carriesNothing } as const;
  context.ask(step, operation, 'account-cache', 'store', message);
}
