// Types of the one generator used from seedrandom: its package types cover only the main entry, which reaches for
// ambient entropy.
declare module 'seedrandom/lib/alea.js' {
  interface AleaState {
    readonly c: number;
    readonly s0: number;
    readonly s1: number;
    readonly s2: number;
  }
  interface AleaGenerator {
    /** Uniform in [0, 1), 32 bits. */
    (): number;
    /** Uniform signed 32-bit integer. */
    int32(): number;
    /** Uniform in [0, 1), 53 bits. */
    double(): number;
    /** Present when made with `{ state: true }`. */
    state?(): AleaState;
  }
  function alea(seed: string, options: { readonly state: true }): Required<AleaGenerator>;
  function alea(seed: string, options?: { readonly state: AleaState }): AleaGenerator;
  export = alea;
}
