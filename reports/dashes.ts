// How curves of different systems differ beside their colours, on pages and in pictures alike.

/** Lengths of dashes and gaps, of one curve after the other: where two lie together both are seen, and print needs no colours. */
export const dashes: readonly (readonly number[])[] = [[], [8, 4], [8, 3, 2, 3], [4, 3]];
