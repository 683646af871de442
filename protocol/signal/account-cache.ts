// The Redis cluster that caches accounts for two days (Signal-Server storage/AccountsManager.java).
import type { Core, CoreFactory, Effects, Input, StoredState } from '../core.ts';
import { after, type Clock, type Instant } from '../time.ts';
import { service } from './constants.ts';
import {
  asSignal,
  done,
  type AccountId,
  type AccountRecord,
  type Accounts,
  type AccountsGet,
} from './messages.ts';

/** An account in the cache. */
export interface CachedAccount {
  readonly record: AccountRecord;
  readonly expiresAt: Instant;
}

class AccountCache implements Core {
  readonly #accounts = new Map<AccountId, CachedAccount>();

  constructor(accounts: Iterable<CachedAccount>) {
    for (const account of accounts) this.#accounts.set(account.record.account, account);
  }

  step(clock: Clock, input: Input, out: Effects): void {
    if (input.kind !== 'request') return;
    const message = asSignal(input.message);
    switch (message?.kind) {
      case 'signal.accounts-get':
        out.respond(input.id, this.#get(clock, message));
        break;
      case 'signal.accounts-put':
        for (const record of message.records) this.#put(clock, record, out);
        out.respond(input.id, done);
        break;
      default:
        out.refuse(input.id, 400);
    }
  }

  inspect(): unknown {
    return { accounts: this.#accounts.size };
  }

  /** Those that are there; whoever asks finds out what is missing. */
  #get(clock: Clock, { accounts, carries }: AccountsGet): Accounts {
    const records: AccountRecord[] = [];
    for (const account of accounts) {
      const cached = this.#accounts.get(account);
      if (cached !== undefined && cached.expiresAt > clock.now) records.push(cached.record);
    }
    return { kind: 'signal.accounts', records, carries };
  }

  #put(clock: Clock, record: AccountRecord, out: Effects): void {
    const cached = { record, expiresAt: after(clock.now, service.accountCacheLife) };
    out.persist(record.account, cached);
    this.#accounts.set(record.account, cached);
  }
}

/** The account cache, holding `warm` from before the run. After a crash it has what its replica has. */
export function createAccountCache(warm: readonly CachedAccount[]): CoreFactory {
  return (stored: StoredState | undefined) =>
    new AccountCache(
      stored === undefined ? warm : [...warm, ...(stored.values() as Iterable<CachedAccount>)],
    );
}
