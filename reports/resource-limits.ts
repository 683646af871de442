// What a run may take of this machine. Reaching a limit ends a simulation with what it has; it is no part of the digest.
import { getHeapStatistics } from 'node:v8';
import type { EarlyEnd } from '../sim/simulation.ts';

/** Limits as the user gives them. */
export interface ResourceLimits {
  /** Wall time of the whole run, seconds. */
  readonly seconds?: number | undefined;
  /** Memory of the whole process with all its threads, MiB. */
  readonly memoryMiB?: number | undefined;
}

/** The same as every thread can check it. */
export interface ResourceBounds {
  /** Milliseconds since 1970 of the wall clock. */
  readonly deadline: number;
  /** Bytes resident. */
  readonly memory: number;
}

/** Share of a thread's heap beyond which it ends by itself: the engine would end the whole process instead. */
const fullHeap = 0.95;
const bytesPerMiB = 1_048_576;

/** Counted from now on. */
export function boundsOf({ seconds = Infinity, memoryMiB = Infinity }: ResourceLimits): ResourceBounds {
  return { deadline: Date.now() + seconds * 1_000, memory: memoryMiB * bytesPerMiB };
}

/** The limit that is reached, if any. Costs microseconds. */
export function reachedLimit({ deadline, memory }: ResourceBounds): EarlyEnd | undefined {
  if (Date.now() >= deadline) return 'time-limit';
  if (memory < Infinity && process.memoryUsage.rss() >= memory) return 'memory-limit';
  const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics();
  return used >= fullHeap * most ? 'memory-limit' : undefined;
}
