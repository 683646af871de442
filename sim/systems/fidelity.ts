// How near a system's model is to the software that people run: one letter that stands beside every figure of it.

/**
 * `A`: the protocol's own rules and bytes, held against official vectors or other implementations. `B`: message paths,
 * time-outs and retries follow published source code; what runs in production is assumed. `C`: a profile of something that
 * was never published: its behaviour as observed or described, its numbers assumed.
 */
export type Fidelity = 'A' | 'B' | 'C';

/** The grades for readers, after "fidelity A: ". Short enough to be quoted with every figure. */
export const fidelityInWords: Readonly<Record<Fidelity, string>> = {
  A: 'real rules and bytes of the protocol; deployments assumed',
  B: 'follows published source; production assumed',
  C: 'a profile of what was never published; numbers assumed',
};

/** `fidelity B: follows published source; production assumed`. */
export function fidelityOf(grade: Fidelity): string {
  return `fidelity ${grade}: ${fidelityInWords[grade]}`;
}
