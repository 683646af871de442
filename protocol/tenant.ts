// A core within a core: several applications on one phone, many accounts behind one bridge. Names of everything that a
// tenant keeps, asks for and waits for get its own prefix, and inputs find their way by it.
import type { Address, Core, CoreFact, CoreFactory, Effects, Input, StoredState } from './core.ts';
import { PrefixedEffects, storedUnder } from './prefixed-effects.ts';
import type { Clock } from './time.ts';

/** Hears what tenants say of themselves, instead of the host. */
export type FactListener = (clock: Clock, fact: CoreFact, out: Effects) => void;

/** One core under a name. */
export class Tenant {
  readonly name: string;
  readonly #prefix: string;
  readonly #core: Core;
  readonly #links = new Set<Address>();
  readonly #onFact: FactListener;
  readonly #takesLinks: boolean;

  /** `name` contains no slash. `takesLinks`: links that no tenant asked for are its. */
  constructor(
    name: string,
    factory: CoreFactory,
    stored: StoredState | undefined,
    onFact: FactListener,
    takesLinks = false,
  ) {
    this.name = name;
    this.#takesLinks = takesLinks;
    this.#prefix = `${name}/`;
    this.#onFact = onFact;
    this.#core = factory(stored === undefined ? undefined : storedUnder(this.#prefix, stored));
  }

  get core(): Core {
    return this.#core;
  }

  /** Hands it an input of its own. */
  step(clock: Clock, input: Input, out: Effects): void {
    this.#core.step(clock, input, new TenantEffects(this.#prefix, clock, out, this.#onFact));
  }

  /** The input as the tenant would know it; undefined when it is for somebody else. */
  mine(input: Input): Input | undefined {
    switch (input.kind) {
      case 'timer':
        return this.#hasPrefix(input.timer) ? { ...input, timer: this.#bare(input.timer) } : undefined;
      case 'response':
        return this.#hasPrefix(input.tag) ? { ...input, tag: this.#bare(input.tag) } : undefined;
      case 'link-up':
        if (input.tag === undefined || !input.tag.includes('/')) {
          // Others began it, or the radio, which has words of its own.
          if (!this.#takesLinks) return undefined;
          this.#links.add(input.link);
          return input;
        }
        if (!this.#hasPrefix(input.tag)) return undefined;
        this.#links.add(input.link);
        return { ...input, tag: this.#bare(input.tag) };
      case 'link-down':
        if (input.link !== undefined)
          return this.#links.delete(input.link) ? this.#untagged(input) : undefined;
        return input.tag !== undefined && this.#hasPrefix(input.tag)
          ? { ...input, tag: this.#bare(input.tag) }
          : undefined;
      case 'message':
        return this.#links.has(input.from) ? input : undefined;
      case 'request':
        return undefined;
      default:
        return input;
    }
  }

  inspect(): unknown {
    return this.#core.inspect();
  }

  #untagged(input: Extract<Input, { kind: 'link-down' }>): Input {
    return input.tag === undefined ? input : { ...input, tag: this.#bare(input.tag) };
  }

  #hasPrefix(name: string): boolean {
    return name.startsWith(this.#prefix);
  }

  #bare(name: string): string {
    return name.slice(this.#prefix.length);
  }
}

/** Effects under a prefix; facts go to the listener. */
class TenantEffects extends PrefixedEffects {
  readonly #clock: Clock;
  readonly #onFact: FactListener;

  constructor(prefix: string, clock: Clock, out: Effects, onFact: FactListener) {
    super(prefix, out);
    this.#clock = clock;
    this.#onFact = onFact;
  }

  override observe(fact: CoreFact): void {
    this.#onFact(this.#clock, fact, this.out);
  }
}
