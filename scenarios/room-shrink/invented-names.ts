// Names for a room that is to be shown to strangers: the same thing has the same new name throughout, and no new name
// occurs in what the room said before.
import { isUserId } from '../../protocol/matrix/event-format.ts';
import { serverNameOf } from '../../protocol/matrix/ids.ts';

const people = ['alice', 'bob', 'carol', 'dan', 'erin', 'frank', 'grace', 'heidi', 'ivan', 'judy', 'mallory'];
const places = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
/** Reserved for examples and tests: https://datatracker.ietf.org/doc/html/rfc2606 */
const endings = ['example', 'test', 'invalid'];

/** Event types that the specification names: they say nothing about anybody. */
const specifiedTypes: ReadonlySet<string> = new Set(
  [
    ...['aliases', 'avatar', 'canonical_alias', 'create', 'encrypted', 'encryption', 'guest_access'],
    ...['history_visibility', 'join_rules', 'member', 'message', 'name', 'pinned_events', 'power_levels'],
    ...['redaction', 'server_acl', 'third_party_invite', 'tombstone', 'topic'],
  ].map((name) => `m.room.${name}`),
);

/** Old names to new ones. */
export class InventedNames {
  readonly #original: string;
  readonly #known = new Map<string, string>();
  readonly #given = new Set<string>();
  readonly #ending: string;

  /** `original` is everything that the room says, as one text. */
  constructor(original: string) {
    this.#original = original.toLowerCase();
    this.#ending = this.#name('ending', 'zone', endings);
  }

  /** `@local:server`; what is no user id stays none. */
  user(id: string): string {
    const server = serverNameOf(id);
    if (!isUserId(id) || server === undefined)
      return this.#name(`nobody ${id}`, id.startsWith('@') ? '@nobody' : 'nobody', []);
    const local = this.#name(`user ${id}`, 'user', people);
    return `@${local}:${this.server(server)}`;
  }

  server(name: string): string {
    return `${this.#name(`server ${name}`, 'server', places)}.${this.#ending}`;
  }

  /** Types of the specification are kept. */
  type(type: string): string {
    return specifiedTypes.has(type) ? type : this.#name(`type ${type}`, 'type', []);
  }

  /** The state key of an event of this (old) type. Empty ones, and that they name a user, matter to the rules. */
  stateKey(type: string, key: string): string {
    if (key === '') return '';
    if (type === 'm.room.third_party_invite') return this.token(key);
    if (key.startsWith('@') || type === 'm.room.member') return this.user(key);
    return this.#known.has(`server ${key}`) || type === 'm.room.aliases'
      ? this.server(key)
      : this.#name(`key ${key}`, 'key', []);
  }

  /** The token of a third-party invite. */
  token(token: string): string {
    return this.#name(`token ${token}`, 'token', []);
  }

  #name(old: string, kind: string, fancy: readonly string[]): string {
    const known = this.#known.get(old);
    if (known !== undefined) return known;
    const isFree = (name: string): boolean => !this.#given.has(name) && !this.#original.includes(name);
    let name = fancy.find(isFree);
    for (let number = 1; name === undefined; number++)
      if (isFree(`${kind}-${number}`)) name = `${kind}-${number}`;
    this.#known.set(old, name);
    this.#given.add(name);
    return name;
  }
}
