// Room for objects that die young. Simulations make many of them: with three times the usual room fewer are copied to the old
// generation for nothing, and a flagship's run takes 0.9 of the time.

/** Of each thread that simulates, MiB. */
export const youngGenerationMiB = 96;

/** The engine has three semi-spaces in it. */
export const semiSpaceMiB = youngGenerationMiB / 3;
