// Nominal typing for values that share a representation.

declare const brand: unique symbol;

/** `Base` marked so that it cannot be mixed up with another brand of the same representation. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
