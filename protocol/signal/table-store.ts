// DynamoDB as Signal uses it: accounts, pre-keys, and messages that waited longer than the persist delay
// (Signal-Server storage/MessagesDynamoDb.java, Accounts.java, KeysManager.java).
import type { Core, CoreFactory, Effects, Input, StoredState } from '../core.ts';
import { noCause } from '../failure.ts';
import type { Clock } from '../time.ts';
import { service } from './constants.ts';
import {
  asSignal,
  done,
  zip,
  type AccountId,
  type AccountRecord,
  type SignalMessage,
  type TableInsert,
  type TableSeen,
} from './messages.ts';
import { QueueStore } from './queue-store.ts';

const accountPrefix = 'account/';

class TableStore implements Core {
  readonly #accounts = new Map<AccountId, AccountRecord>();
  readonly #messages: QueueStore;

  constructor(warm: readonly AccountRecord[], stored: StoredState | undefined) {
    for (const record of warm) this.#accounts.set(record.account, record);
    for (const [key, value] of stored ?? []) {
      if (!key.startsWith(accountPrefix)) continue;
      this.#accounts.set(key.slice(accountPrefix.length) as AccountId, value as AccountRecord);
    }
    this.#messages = new QueueStore(service.persistedMessageLife, stored);
  }

  step(clock: Clock, input: Input, out: Effects): void {
    if (input.kind !== 'request') return;
    const message = asSignal(input.message);
    const answer = message === undefined ? undefined : this.#answer(clock, message, out);
    if (answer === undefined) out.refuse(input.id, 400);
    else out.respond(input.id, answer);
  }

  inspect(): unknown {
    return { accounts: this.#accounts.size, queues: this.#messages.inspect() };
  }

  #answer(clock: Clock, message: SignalMessage, out: Effects): SignalMessage | undefined {
    switch (message.kind) {
      case 'signal.accounts-get': {
        const records = message.accounts.flatMap((account) => this.#accounts.get(account) ?? []);
        return { kind: 'signal.accounts', records, carries: message.carries };
      }
      case 'signal.table-seen':
        this.#setLastSeen(message, out);
        return done;
      case 'signal.get-pre-keys': {
        const accounts = message.accounts.filter((account) => this.#accounts.has(account));
        return { kind: 'signal.pre-keys', accounts, carries: message.carries };
      }
      case 'signal.table-insert':
        this.#insert(clock, message, out);
        return done;
      case 'signal.queue-read':
        return this.#messages.page(clock, message);
      case 'signal.queue-remove':
        return this.#messages.remove(message, out);
      default:
        return undefined;
    }
  }

  #setLastSeen({ account, device, day }: TableSeen, out: Effects): void {
    const record = this.#accounts.get(account);
    if (record === undefined) return;
    const updated = withLastSeenDay(record, device, day);
    out.persist(`${accountPrefix}${account}`, updated);
    this.#accounts.set(account, updated);
  }

  #insert(clock: Clock, message: TableInsert, out: Effects): void {
    for (const entry of zip(message)) this.#messages.insert(clock, message.queue, entry, out);
    out.observe({ kind: 'hold', messages: message.carries, reason: 'stored-for-recipient', cause: noCause });
  }
}

/** The account after its device was seen on `day`. */
export function withLastSeenDay(record: AccountRecord, device: number, day: number): AccountRecord {
  const devices = record.devices.map((each) => (each.id === device ? { ...each, lastSeenDay: day } : each));
  return { ...record, devices };
}

/** The tables, holding `accounts` from before the run. */
export function createTableStore(accounts: readonly AccountRecord[]): CoreFactory {
  return (stored) => new TableStore(accounts, stored);
}
