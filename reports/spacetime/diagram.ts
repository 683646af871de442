// A slice as a space-time diagram that can be handed on: whose it is, and how far it can be trusted, stand in it.
import { packageVersion } from '../package-version.ts';
import { drawSpacetime } from './draw-spacetime.ts';
import type { Slice } from './slice.ts';

/** @throws RangeError when there is nothing in it, or too much to be read */
export function diagram(slice: Slice, about: Readonly<Record<string, string>>): string {
  const day = new Date(slice.epochMs + slice.from / 1_000).toISOString().slice(0, 10);
  return drawSpacetime(slice, `${about['title'] ?? ''}: ${slice.system}, ${day} UTC`, [
    `netsplit ${packageVersion()} · ${about['scenario'] ?? ''} · seed ${slice.seed}${slice.variant === 'twin' ? ' · twin without the faults' : ''}`,
    `${about['range'] ?? ''} ${about['fidelity'] ?? ''}.`,
  ]);
}
