// `netsplit bench matrix`: the Matrix room core.
import type { Bench } from '../bench.ts';
import { referenceRows } from '../reference-loops.ts';
import { codecPart } from './codec.ts';
import { resolutionParts } from './resolution.ts';
import { verdictPart } from './verdicts.ts';

export const matrixBench: Bench = {
  name: 'matrix',
  description: 'Canonical JSON, hashes, signatures, verdicts and state resolution of the Matrix room core.',
  parts: [{ name: 'reference loops', run: referenceRows }, codecPart, verdictPart, ...resolutionParts],
};
