// Authentication of a device's connection (Signal-Server auth/AccountAuthenticator.java).
import type { Address, RequestResult } from '../core.ts';
import type { Failure } from '../failure.ts';
import { carriesNothing } from '../message.ts';
import { AccountLookup, storeInCache, type AccountSeeker, type FoundAccounts } from './account-lookup.ts';
import type { Operation, Step } from './backend-calls.ts';
import type { ChatContext } from './chat-context.ts';
import { accountDay, type AccountRecord, type DeviceRecord, type Login } from './messages.ts';
import { withLastSeenDay } from './table-store.ts';

/** How an authentication ends. */
export interface LoginOutcome {
  authenticated(step: Step, login: DeviceLogin, device: DeviceRecord): void;
  /** `failure` undefined: there is no such account or device. */
  rejected(step: Step, login: DeviceLogin, failure: Failure | undefined): void;
}

/** One connection that has shown its credentials. */
export class DeviceLogin implements Operation, AccountSeeker {
  readonly link: Address;
  readonly message: Login;
  readonly #context: ChatContext;
  readonly #outcome: LoginOutcome;
  #record: AccountRecord | undefined;

  constructor(context: ChatContext, link: Address, message: Login, outcome: LoginOutcome) {
    this.link = link;
    this.message = message;
    this.#context = context;
    this.#outcome = outcome;
  }

  begin(step: Step): void {
    new AccountLookup(this.#context, this, [this.message.account]).begin(step);
  }

  /**
   * The first time in the account's own day the device's last-seen date is written to the tables, before the
   * connection is let in: an account that is cached fails here too when they are gone.
   */
  foundAccounts(step: Step, records: FoundAccounts): void {
    const record = records.get(this.message.account);
    const device = record?.devices.find(({ id }) => id === this.message.device);
    if (record === undefined || device === undefined) return this.#outcome.rejected(step, this, undefined);
    const day = accountDay(record, step.clock.wall);
    if (device.lastSeenDay >= day) return this.#outcome.authenticated(step, this, device);
    this.#record = withLastSeenDay(record, device.id, day);
    const { account } = record;
    this.#context.ask(step, this, 'tables', 'seen', {
      kind: 'signal.table-seen',
      account,
      device: device.id,
      day,
      carries: carriesNothing,
    });
  }

  lostAccounts(step: Step, failure: Failure): void {
    this.#outcome.rejected(step, this, failure);
  }

  answered(step: Step, question: string, result: RequestResult): void {
    if (question === 'store') return;
    const device = this.#record?.devices.find(({ id }) => id === this.message.device);
    if (!result.ok) return this.#outcome.rejected(step, this, result.failure);
    if (this.#record === undefined || device === undefined) return;
    storeInCache(this.#context, step, this, [this.#record]);
    this.#outcome.authenticated(step, this, device);
  }
}
