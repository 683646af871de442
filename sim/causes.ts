// Cause tokens: sets of fault ids, interned, so that an account of blame carries one small number.
import { assert, present } from '../protocol/assert.ts';
import { noCause, type CauseToken } from '../protocol/failure.ts';
import { compareCodePoints } from '../protocol/order.ts';

/** The cause tokens of one simulation. Token 0 is the empty set. */
export class CauseTable {
  readonly #sets: (readonly string[])[] = [[]];
  readonly #tokens = new Map<string, CauseToken>([['', noCause]]);
  readonly #unions = new Map<number, CauseToken>();

  /** The token of these faults; order and repetition make no difference. Fault ids contain no line break. */
  intern(faultIds: readonly string[]): CauseToken {
    if (faultIds.length === 0) return noCause;
    const sorted = [...new Set(faultIds)].sort(compareCodePoints);
    const key = sorted.join('\n');
    let token = this.#tokens.get(key);
    if (token === undefined) {
      token = this.#sets.length as CauseToken;
      this.#sets.push(sorted);
      this.#tokens.set(key, token);
    }
    return token;
  }

  /** The token of all faults behind either. */
  union(left: CauseToken, right: CauseToken): CauseToken {
    if (left === right || right === noCause) return left;
    if (left === noCause) return right;
    const low = left < right ? left : right;
    const high = left < right ? right : left;
    assert(high < 0x4000000, 'more sets of faults than cause tokens can name');
    const key = low * 0x4000000 + high;
    let token = this.#unions.get(key);
    if (token === undefined) {
      token = this.intern([...this.faults(left), ...this.faults(right)]);
      this.#unions.set(key, token);
    }
    return token;
  }

  /** Ids of the faults behind a token, in code point order. */
  faults(token: CauseToken): readonly string[] {
    return present(this.#sets[token], 'cause token', token);
  }

  /** The sets by token, as `SimulationResult.causes` wants them. */
  sets(): readonly (readonly string[])[] {
    return this.#sets.slice();
  }
}
