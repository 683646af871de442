// Room for objects that die young. Simulations make many of them, and much that they make lives for some virtual minutes: with six
// times the usual room less is copied to the old generation for nothing. Three times the room took 0.9 of a flagship's time, six
// times the room take 0.87 of that again for a day of 2,500 people on Signal, at the same peak memory.

/** Of each thread that simulates, MiB. */
export const youngGenerationMiB = 192;

/** The engine has three semi-spaces in it. */
export const semiSpaceMiB = youngGenerationMiB / 3;
