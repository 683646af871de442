// Machines that keep what is not messages: accounts with their devices and keys, or groups with their members. Assumed by
// analogy with other services of one operator: WhatsApp publishes nothing of them.
import type { Core, CoreFactory, Effects, Input, StoredState } from '../core.ts';
import type { Clock, Duration } from '../time.ts';
import { service } from './constants.ts';
import { asWhatsapp, done, type AccountId } from './messages.ts';
import type { Query } from './task-messages.ts';

/** How such a machine is set up. */
export interface DirectoryConfig {
  /** Companions of the accounts that it keeps, when the run begins. */
  readonly companions: ReadonlyMap<AccountId, number>;
  /** Processor time for an answer. */
  readonly cost: Duration;
}

const companionsPrefix = 'companions/';
const groupPrefix = 'group/';

class Directory implements Core {
  readonly #config: DirectoryConfig;
  readonly #companions = new Map<AccountId, number>();
  readonly #groups = new Map<string, readonly AccountId[]>();

  constructor(config: DirectoryConfig, stored: StoredState | undefined) {
    this.#config = config;
    for (const [key, value] of stored ?? []) {
      if (key.startsWith(groupPrefix))
        this.#groups.set(key.slice(groupPrefix.length), value as readonly AccountId[]);
      else this.#companions.set(key.slice(companionsPrefix.length) as AccountId, value as number);
    }
  }

  step(_clock: Clock, input: Input, out: Effects): void {
    if (input.kind !== 'request') return;
    const message = asWhatsapp(input.message);
    if (message?.kind !== 'whatsapp.query') return out.refuse(input.id, 400);
    out.spend(this.#config.cost);
    const status = this.#take(message, out);
    if (status === 200) out.respond(input.id, done);
    else out.refuse(input.id, status);
  }

  inspect(): unknown {
    return { groups: this.#groups.size, paired: this.#companions.size };
  }

  #take({ topic, account, from, group = '', members = [] }: Query, out: Effects): number {
    switch (topic) {
      case 'pair': {
        const companions = this.#companionsOf(account);
        if (companions >= service.companionsMost) return 409;
        this.#companions.set(account, companions + 1);
        out.persist(`${companionsPrefix}${account}`, companions + 1);
        return 200;
      }
      case 'create-group':
        this.#setGroup(group, members, out);
        return 200;
      case 'join-group': {
        // Groups from before the run are known to their members only.
        const those = this.#groups.get(group) ?? [];
        if (!those.includes(from)) this.#setGroup(group, [...those, from], out);
        return 200;
      }
      default:
        return 200;
    }
  }

  #companionsOf(account: AccountId): number {
    return this.#companions.get(account) ?? this.#config.companions.get(account) ?? 0;
  }

  #setGroup(group: string, members: readonly AccountId[], out: Effects): void {
    out.persist(`${groupPrefix}${group}`, members);
    this.#groups.set(group, members);
  }
}

/** A machine for accounts or for groups. What it keeps is durable. */
export function createDirectory(config: DirectoryConfig): CoreFactory {
  return (stored) => new Directory(config, stored);
}
