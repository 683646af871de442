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
import type { LinkDevice } from './task-messages.ts';

const accountPrefix = 'account/';
const keysPrefix = 'keys/';
const linkPrefix = 'linked/';

class TableStore implements Core {
  readonly #accounts = new Map<AccountId, AccountRecord>();
  /** One-time keys left, of accounts that have used some. */
  readonly #keys = new Map<AccountId, number>();
  readonly #messages: QueueStore;

  constructor(warm: readonly AccountRecord[], stored: StoredState | undefined) {
    for (const record of warm) this.#accounts.set(record.account, record);
    for (const [key, value] of stored ?? []) {
      if (key.startsWith(accountPrefix))
        this.#accounts.set(key.slice(accountPrefix.length) as AccountId, value as AccountRecord);
      else if (key.startsWith(keysPrefix))
        this.#keys.set(key.slice(keysPrefix.length) as AccountId, value as number);
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
      case 'signal.link-device':
        return this.#link(message, out);
      case 'signal.register':
        return this.#accounts.has(message.account) ? done : undefined;
      case 'signal.put-keys':
        this.#setKeys(message.account, message.count, out);
        return done;
      case 'signal.key-count':
        return { kind: 'signal.keys-left', count: this.#keysOf(message.account), carries: message.carries };
      case 'signal.get-pre-keys': {
        const accounts = message.accounts.filter((account) => this.#accounts.has(account));
        for (const account of accounts) this.#useKey(account, out);
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

  /** A device that was linked before under the same number is replaced. What the new one would read is not simulated. */
  #link({ account, device }: LinkDevice, out: Effects): SignalMessage | undefined {
    const record = this.#accounts.get(account);
    if (record === undefined) return undefined;
    out.persist(`${linkPrefix}${account}/${device.id}`, device);
    return done;
  }

  #keysOf(account: AccountId): number {
    return this.#keys.get(account) ?? service.oneTimeKeys.batch;
  }

  /** Each key serves once. When none is left, the key of last resort serves everybody. */
  #useKey(account: AccountId, out: Effects): void {
    const left = this.#keysOf(account);
    if (left === 0) out.observe({ kind: 'situation', name: 'signal.last-resort-key-used' });
    else this.#setKeys(account, left - 1, out);
  }

  #setKeys(account: AccountId, count: number, out: Effects): void {
    out.persist(`${keysPrefix}${account}`, count);
    this.#keys.set(account, count);
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
